/** Verified claims → who asks, in our words. `access.md` section 1. */
import { objectOf } from '../resources/json-value.ts'
import { parseScopes } from './parse-scopes.ts'
import type { AccessMode, Principal, Professional } from './principal.ts'
import { type ClaimReader, type Claims, readClaims } from './read-claims.ts'

type Everyone = Pick<Professional, 'subject' | 'issuer' | 'client' | 'fhirUser' | 'scopes' | 'patient' | 'token'>

const rppsForm = /^\d{11}$/
const finessForm = /^[0-9A-Z]{9}$/
const idForm = /^[A-Za-z0-9.-]{1,64}$/

const modes: ReadonlyMap<string, AccessMode> = new Map([
  ['normal', 'normal'],
  ['bris_de_glace', 'bris_de_glace'],
  ['centre_15', 'centre_15'],
])

function professional(dmp: ClaimReader, everyone: Everyone): Principal | undefined {
  const rpps = dmp.text('rpps', rppsForm)
  const structure = dmp.text('structure', finessForm)
  const mode = modes.get(dmp.text('mode') ?? 'normal')
  const reason = dmp.text('reason')
  if (mode === undefined || (mode !== 'normal' && reason === null)) return undefined
  if (rpps === null && structure === null) return undefined
  return {
    ...everyone,
    kind: 'professional',
    rpps,
    profession: dmp.code('profession'),
    specialities: dmp.codes('specialities'),
    cnopSection: dmp.text('cnopSection'),
    role: dmp.text('role'),
    genre: dmp.text('genre'),
    structure,
    mode,
    reason,
    secret: dmp.flag('secret'),
  }
}

function structure(dmp: ClaimReader, everyone: Everyone): Principal | undefined {
  const finess = dmp.text('structure', finessForm)
  return finess === null ? undefined : { ...everyone, kind: 'structure', structure: finess }
}

const ofOneRecord =
  (kind: 'patient' | 'representative') =>
  (dmp: ClaimReader, everyone: Everyone): Principal | undefined => {
    const patient = dmp.text('patient', idForm) ?? everyone.patient
    return patient === null ? undefined : { ...everyone, kind, patient }
  }

const insForm = /^urn:oid:[\d.]{1,60}\|[0-9A-Z]{13,22}$/

/** A token of the patient names the record; where there is none yet, the INS. */
function patient(dmp: ClaimReader, everyone: Everyone): Principal | undefined {
  const [system, value] = dmp.text('ins', insForm)?.split('|') ?? []
  const record = ofOneRecord('patient')(dmp, everyone)
  if (record !== undefined || system === undefined || value === undefined) return record
  return { ...everyone, kind: 'person', patient: null, ins: { system, value } }
}

/** One reader for each kind that a token may name. The list is closed. */
const kinds: ReadonlyMap<string, (dmp: ClaimReader, everyone: Everyone) => Principal | undefined> = new Map([
  ['professional', professional],
  ['structure', structure],
  ['patient', patient],
  ['representative', ofOneRecord('representative')],
  ['insurance', (_dmp, everyone) => ({ ...everyone, kind: 'insurance' })],
  ['operator', (_dmp, everyone) => ({ ...everyone, kind: 'operator' })],
])

function everyoneOf(claims: ClaimReader, scope: unknown): Everyone | undefined {
  const subject = claims.text('sub')
  const issuer = claims.text('iss')
  if (subject === null || issuer === null) return undefined
  return {
    subject,
    issuer,
    client: claims.text('client_id'),
    fhirUser: claims.text('fhirUser'),
    scopes: typeof scope === 'string' ? parseScopes(scope) : [],
    patient: claims.text('patient', idForm),
    token: claims.text('jti'),
  }
}

/**
 * Reads the claims of a verified token. Claims that nobody knows are ignored (RFC 7519 section 4).
 * @returns the principal, or undefined when a claim is malformed, or `dmp` is missing where it is demanded.
 */
export function toPrincipal(claims: Claims, { demandsDmp }: { readonly demandsDmp: boolean }): Principal | undefined {
  const standard = readClaims(claims)
  const everyone = everyoneOf(standard, claims.scope)
  if (everyone === undefined || !standard.sound()) return undefined
  if (claims.dmp === undefined) return demandsDmp ? undefined : { ...everyone, kind: 'client' }

  const object = objectOf(claims.dmp)
  if (object === undefined) return undefined
  const dmp = readClaims(object)
  const principal = kinds.get(dmp.text('kind') ?? '')?.(dmp, everyone)
  return dmp.sound() ? principal : undefined
}
