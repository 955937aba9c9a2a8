/** Provisions that IHE PCF calls intermediate and advanced: a part of the record, a purpose, exceptions within. `access.md` section 4. */
import type { JsonObject } from '../resources/json-value.ts'
import { fail, ok, type Result } from '../resources/outcome.ts'
import { actorOfReference } from './authors.ts'
import { intersection, periodOf, type Span } from './calendar.ts'
import { onlyElements, provisionElements } from './consent-elements.ts'
import { namesPart, type Provision, readPart } from './consent-part.ts'
import type { ConsentRule, Given } from './consent-rule.ts'
import { actReason } from './consent-shapes.ts'
import { codingsOf, conceptCodings, isCoding, objectsOf } from './elements.ts'
import type { Limits, PartRule } from './part-rule.ts'
import type { AccessMode } from './principal.ts'

const participationType = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType'

/** Purposes of use that a token can have. Others would permit and deny nothing, so they are refused. */
const modes: ReadonlyMap<string | undefined, AccessMode> = new Map([
  ['TREAT', 'normal'],
  ['BTG', 'bris_de_glace'],
  ['ETREAT', 'centre_15'],
])

const refused = (expected: string, path: string): Result<never> =>
  fail('refusedByRule', `expected ${expected}, found another`, path)

function readModes({ provision, path }: Provision): Result<readonly AccessMode[] | null> {
  if (provision.purpose === undefined) return ok(null)
  const asked = codingsOf(provision.purpose)
  const known = asked.flatMap(({ system, code }) => (system === actReason ? (modes.get(code) ?? []) : []))
  if (known.length > 0 && known.length === asked.length) return ok([...new Set(known)])
  return refused('the purposes TREAT, BTG or ETREAT', `${path}.purpose`)
}

const actorElements: ReadonlySet<string> = new Set(['role', 'reference'])

function readActor({ resource, provision, path }: Provision): Result<string | null> {
  if (provision.actor === undefined) return ok(null)
  const [actor, ...others] = objectsOf(provision.actor)
  if (actor === undefined || others.length > 0) return refused('one actor', `${path}.actor`)
  const understood = onlyElements(actor, actorElements, `${path}.actor`)
  if (!understood.ok) return understood
  const codings = conceptCodings(actor.role)
  if (codings.length === 0 || !codings.every(coding => isCoding(coding, participationType, 'IRCP')))
    return refused('the role IRCP for a part of the record', `${path}.actor.role`)
  const named = actorOfReference(actor.reference, resource)
  return named === undefined ? refused('one identifier, rpps or finess', `${path}.actor.reference`) : ok(named)
}

/** What a provision limits itself to, its exceptions left out. */
function readLimits(given: Provision, span: Span): Result<Limits> {
  const actor = readActor(given)
  if (!actor.ok) return actor
  const purposes = readModes(given)
  if (!purposes.ok) return purposes
  const parts = readPart(given)
  return parts.ok ? ok({ actor: actor.value, modes: purposes.value, parts: parts.value, ...span }) : parts
}

const inner: ReadonlySet<string> = new Set(provisionElements.filter(name => name !== 'provision'))
const within = 'Consent.provision.provision'

/** An exception says the opposite of what it stands in, and of less than all of it. */
function readException(given: Given, provision: JsonObject): Result<Limits> {
  const understood = onlyElements(provision, inner, within)
  if (!understood.ok) return understood
  const opposite = given.effect === 'permit' ? 'deny' : 'permit'
  if (provision.type !== opposite)
    return refused(`${opposite} within ${given.effect}, or a Consent of its own`, `${within}.type`)
  if (Object.keys(provision).length === 1) return refused('what the exception is about', within)
  const span = periodOf(provision.period, given.zone)
  if (span === undefined) return refused('a period that can be understood', `${within}.period`)
  return readLimits({ ...given, provision, path: within }, span)
}

/** Every decision about the record reads them all. */
const mostExceptions = 20

function readExceptions(given: Given): Result<readonly Limits[]> {
  const exceptions: Limits[] = []
  const provisions = objectsOf(given.provision.provision)
  if (provisions.length > mostExceptions)
    return fail('refusedByRule', `expected at most ${mostExceptions} exceptions, found ${provisions.length}`, within)
  for (const provision of provisions) {
    const read = readException(given, provision)
    if (!read.ok) return read
    exceptions.push(read.value)
  }
  if (exceptions.length > 0 || given.provision.provision === undefined) return ok(exceptions)
  return refused('provisions', within)
}

/**
 * An exception of a permit denies within it, and so stands against every other permit too: where two consents disagree,
 * the denial stands.
 */
function denialWithin(permit: Limits, exception: Limits): readonly PartRule[] {
  const span = intersection(permit, exception)
  const shared = exception.modes?.filter(mode => permit.modes?.includes(mode) ?? true) ?? permit.modes
  if (span === undefined || shared?.length === 0) return []
  const parts = [...permit.parts, ...exception.parts]
  const actor = exception.actor ?? permit.actor
  return [{ effect: 'deny', actor, modes: shared, parts, except: [], ...span }]
}

const kindOf = (effect: 'permit' | 'deny', actor: string | null) =>
  effect === 'permit' ? 'authorise-part' : actor === null ? 'mask-part' : 'block-part'

/** Whether the provision is one of these, and none of the plain shapes. */
export const isLimited = (provision: JsonObject): boolean =>
  provision.provision !== undefined || namesPart(provision) || provision.actor !== undefined

/** The patient agrees to the record as it is kept, but for the exceptions: those are what it adds. */
function readAgreement(agreed: Limits, exceptions: readonly Limits[]): Result<ConsentRule> {
  const toAll = agreed.parts.length === 0 && (agreed.modes ?? ['normal']).join() === 'normal'
  if (!toAll || exceptions.length === 0)
    return refused('whom the patient permits a part of the record', 'Consent.provision.actor')
  const rules = exceptions.flatMap(each => denialWithin({ ...agreed, modes: null }, each))
  return ok({ kind: 'mask-part', rules })
}

/**
 * Reads a provision that permits or denies a part of the record, or for some purposes, with its exceptions.
 * Fails with `refusedByRule` and the name of the first element that cannot be heeded exactly.
 */
export function readLimited(given: Given): Result<ConsentRule> {
  const limits = readLimits({ ...given, path: 'Consent.provision' }, given.span)
  if (!limits.ok) return limits
  const exceptions = readExceptions(given)
  if (!exceptions.ok) return exceptions
  const { effect } = given
  if (effect === 'permit' && limits.value.actor === null) return readAgreement(limits.value, exceptions.value)
  const except = effect === 'deny' ? exceptions.value : []
  const denials = effect === 'permit' ? exceptions.value.flatMap(each => denialWithin(limits.value, each)) : []
  const rules = [{ effect, ...limits.value, except }, ...denials]
  return ok({ kind: kindOf(effect, limits.value.actor), rules })
}
