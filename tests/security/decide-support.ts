/** People, facts and rows for tests of decisions: each differs from a plain one by what the test names. */
import type { ServedType } from '../../resources/catalog.ts'
import type { IndexEntry } from '../../search/index-entry.ts'
import { matches } from '../../search/matches.ts'
import { scalar } from '../../search/query.ts'
import type { Grounds } from '../../security/decide.ts'
import type { Decision } from '../../security/decision.ts'
import type { Facts, Grant } from '../../security/facts.ts'
import { parseScopes } from '../../security/parse-scopes.ts'
import type { Policy } from '../../security/policy.ts'
import type { Client, Principal, Professional } from '../../security/principal.ts'
import { loadPolicy } from '../../server/load-policy.ts'

export const now = Date.UTC(2026, 0, 15, 12)
const day = 86_400_000
export const yesterday = now - day
export const tomorrow = now + day
export const marie = 'marie0000000'
export const rpps = '10000000001'
export const finess = '750000001'

export const professionSystem = 'https://mos.esante.gouv.fr/NOS/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante'

const everyone = {
  subject: 'somebody',
  issuer: 'https://issuer.test',
  client: null,
  fhirUser: null,
  scopes: parseScopes('user/*.cruds'),
  patient: null,
  token: null,
}

const gp: Professional = {
  ...everyone,
  kind: 'professional',
  rpps,
  profession: { system: professionSystem, code: '10' },
  specialities: [],
  cnopSection: null,
  role: null,
  structure: finess,
  mode: 'normal',
  reason: null,
  secret: false,
}

/** A general practitioner but for `differences`. */
export const professional = (differences: Partial<Professional> = {}): Professional => ({ ...gp, ...differences })

/** A professional of another profession of TRE_G15. */
export const ofProfession = (code: string, differences: Partial<Professional> = {}): Professional =>
  professional({ profession: { system: professionSystem, code }, ...differences })

export const structure: Principal = { ...everyone, kind: 'structure', structure: finess }
export const secretary = professional({ rpps: null, profession: null, role: '331' })
export const insurance: Principal = { ...everyone, kind: 'insurance', subject: 'agent-1' }
export const operator: Principal = { ...everyone, kind: 'operator', subject: 'operator-1' }
export const client: Client = { ...everyone, kind: 'client' }

/** Somebody with a record of his own; Marie unless said otherwise. */
export const ofRecord = (kind: 'patient' | 'representative', patient = marie): Principal => ({
  ...everyone,
  kind,
  patient,
  scopes: parseScopes('patient/*.cruds'),
})

export const me: Grant = { actor: `rpps:${rpps}`, from: null, before: null }
export const myStructure: Grant = { actor: `finess:${finess}`, from: null, before: null }
export const past = (grant: Grant): Grant => ({ ...grant, before: yesterday })
export const future = (grant: Grant): Grant => ({ ...grant, from: tomorrow })

const plainFacts: Facts = {
  patient: marie,
  open: true,
  authorised: [],
  blocked: [],
  treating: [],
  careTeam: [],
  representatives: [],
  masks: [],
  emergency: { breakGlass: true, centre15: true, masked: false },
  maskedRows: [],
  depositors: [],
}

/** The open record of Marie, in which nobody has any right, but for `differences`. */
export const facts = (differences: Partial<Facts> = {}): Facts => ({ ...plainFacts, ...differences })

const plainRow: IndexEntry = {
  patient: marie,
  type: 'DocumentReference',
  id: 'row',
  documentType: '60591-5',
  mask: 0,
  status: 'current',
  hiddenUntil: null,
  depositor: 'finess:999999999',
  date: yesterday,
  tie: 1,
  version: 1,
  updated: yesterday,
  search: { token: [], date: [], quantity: [] },
}

/** A medical summary that somebody else deposited, but for `differences` and keys of `search.token`. */
export const row = (differences: Partial<IndexEntry> = {}, keys: readonly string[] = []): IndexEntry => ({
  ...plainRow,
  ...differences,
  search: { ...plainRow.search, token: keys },
})

const served = (type: string, compartment: readonly string[]): [string, ServedType] => [
  type,
  {
    type,
    interactions: new Set(),
    parameters: new Map(),
    includes: new Set(),
    revincludes: new Set(),
    compartment,
  } as unknown as ServedType,
]

export const catalog = {
  types: new Map([
    ...['AllergyIntolerance', 'AuditEvent', 'Basic', 'CareTeam', 'Condition', 'Consent', 'DiagnosticReport'].map(type =>
      served(type, ['patient']),
    ),
    ...['DocumentReference', 'List', 'MedicationStatement', 'Observation', 'RelatedPerson'].map(type =>
      served(type, ['patient']),
    ),
    ...['Binary', 'Organization', 'Patient', 'Practitioner'].map(type => served(type, [])),
  ]),
}

const loaded = await loadPolicy({ socialColumns: false, now })
if (!loaded.ok) throw new Error(loaded.failure.complaints[0].diagnostics)
export const policyInForce = loaded.value
export const policy: Policy = policyInForce(now)

/** Scopes are narrowed by document type only here: `type=<code>`. */
export const readScope: Grounds['readScope'] = (_type, parameters) => {
  const codes = parameters.flatMap(([name, value]) => (name === 'type' ? [value] : []))
  return codes.length === 1 && parameters.length === 1 ? scalar('documentType', ...codes) : undefined
}

export const surroundings = { catalog, readScope }
export const grounds = (known: Facts | undefined): Grounds => ({ ...surroundings, policy, facts: known })

/** How many disjuncts of a permit hold the row; 0 for a denial. */
export const hits = (decision: Decision, entry: IndexEntry): number =>
  decision.effect === 'deny' ? 0 : decision.restriction.disjuncts.filter(query => matches(query, entry)).length
