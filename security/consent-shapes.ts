/** How each shape of a Consent's provision is read. `access.md` section 4. */
import { type JsonObject, objectOf } from '../resources/json-value.ts'
import { fail, ok, type Result } from '../resources/outcome.ts'
import { actorOfReference } from './authors.ts'
import { periodOf } from './calendar.ts'
import { onlyElements } from './consent-elements.ts'
import { documentOf } from './consent-part.ts'
import type { ConsentRule, EmergencyPurpose, Given } from './consent-rule.ts'
import { codingsOf, conceptCodings, isCoding, objectsOf } from './elements.ts'
import { visibilitySystem } from './mask.ts'

const path = 'Consent.provision'
export const actReason = 'http://terminology.hl7.org/CodeSystem/v3-ActReason'
const participationType = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType'
const roleCode = 'http://terminology.hl7.org/CodeSystem/v3-RoleCode'
const participationFunction = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationFunction'

/** The one member of a list; undefined when there are none or several. */
function only(value: unknown): JsonObject | undefined {
  const objects = objectsOf(value)
  return objects.length === 1 ? objects[0] : undefined
}

interface Named {
  readonly actor: string
  readonly given: Given
}

/** Who an actor is to the rule, and whom it may name. */
const roles: readonly {
  readonly system: string
  readonly code: string
  readonly effects: readonly ('permit' | 'deny')[]
  readonly names: readonly ('rpps' | 'finess')[]
  readonly rule: (named: Named) => ConsentRule
}[] = [
  {
    ...{ system: participationType, code: 'IRCP', effects: ['permit', 'deny'], names: ['rpps', 'finess'] },
    rule: ({ actor, given: { effect, span } }) => ({
      kind: effect === 'permit' ? 'authorise' : 'block',
      grant: { actor, ...span },
    }),
  },
  {
    ...{ system: participationFunction, code: 'PCP', effects: ['permit'], names: ['rpps'] },
    rule: ({ actor, given: { span } }) => ({ kind: 'treating', grant: { actor, ...span } }),
  },
  {
    ...{ system: roleCode, code: 'DELEGATEE', effects: ['permit'], names: ['rpps'] },
    rule: ({ actor, given: { span } }) => ({ kind: 'administrator', grant: { actor, ...span } }),
  },
  {
    ...{ system: participationType, code: 'AUT', effects: ['deny'], names: ['rpps', 'finess'] },
    rule: ({ actor, given: { span } }) => ({ kind: 'mask', mask: { rule: { by: 'author', actor }, ...span } }),
  },
]

const actorElements: ReadonlySet<string> = new Set(['role', 'reference'])

/** Authorises, blocks, makes a médecin traitant or gives his rights, or masks what an author wrote. */
export function readActor(given: Given): Result<ConsentRule> {
  const object = only(given.provision.actor)
  if (object === undefined) return fail('refusedByRule', 'expected one actor, found several', `${path}.actor`)
  const understood = onlyElements(object, actorElements, `${path}.actor`)
  if (!understood.ok) return understood
  const codings = conceptCodings(object.role)
  const role = roles.find(({ system, code }) => codings.every(coding => isCoding(coding, system, code)))
  if (role === undefined || codings.length === 0)
    return fail('refusedByRule', 'expected the role IRCP, PCP, DELEGATEE or AUT, found another', `${path}.actor.role`)
  if (!role.effects.includes(given.effect))
    return fail(
      'refusedByRule',
      `expected ${role.effects.join(' or ')} for ${role.code}, found ${given.effect}`,
      `${path}.type`,
    )
  const actor = actorOfReference(object.reference, given.resource)
  if (actor === undefined || !role.names.some(name => actor.startsWith(`${name}:`)))
    return fail(
      'refusedByRule',
      `expected one identifier, ${role.names.join(' or ')}, found none`,
      `${path}.actor.reference`,
    )
  return ok(role.rule({ actor, given }))
}

const dataElements: ReadonlySet<string> = new Set(['meaning', 'reference'])

/** Masks one document. */
export function readDocument({ provision }: Given): Result<ConsentRule> {
  const data = only(provision.data)
  if (data === undefined) return fail('refusedByRule', 'expected one document, found several', `${path}.data`)
  const understood = onlyElements(data, dataElements, `${path}.data`)
  if (!understood.ok) return understood
  if (data.meaning !== 'instance')
    return fail('refusedByRule', 'expected the meaning instance, found another', `${path}.data.meaning`)
  const document = documentOf(data.reference, `${path}.data.reference`)
  return document.ok ? ok({ kind: 'mask-document', document: document.value }) : document
}

/** Masks types of document. That the matrix has them is judged with the matrix at hand. */
export function readTypes({ provision, span }: Given): Result<ConsentRule> {
  const documentTypes = objectsOf(provision.code).map(concept => {
    const codings = codingsOf(concept.coding)
    return codings.length === 1 ? codings[0]?.code : undefined
  })
  const known = documentTypes.filter(code => code !== undefined)
  if (known.length === 0 || known.length < documentTypes.length)
    return fail('refusedByRule', 'expected one coding for each type of document, found another number', `${path}.code`)
  return ok({ kind: 'mask', mask: { rule: { by: 'type', documentTypes: known }, ...span } })
}

/** Masks the documents of a period. */
export function readDataPeriod({ provision, span, zone }: Given): Result<ConsentRule> {
  const dates = periodOf(provision.dataPeriod, zone)
  if (dates === undefined)
    return fail('refusedByRule', 'expected a period that can be understood, found another', `${path}.dataPeriod`)
  return ok({ kind: 'mask', mask: { rule: { by: 'period', ...dates }, ...span } })
}

const emergencies: ReadonlyMap<string | undefined, EmergencyPurpose> = new Map([
  ['BTG', 'BTG'],
  ['ETREAT', 'ETREAT'],
])

/** The three choices about emergencies: breaking the glass, the emergency call centre, and masked documents in both. */
export function readEmergency({ provision, effect }: Given): Result<ConsentRule> {
  const asked = codingsOf(provision.purpose)
  const purposes = asked
    .map(({ system, code }) => (system === actReason ? emergencies.get(code) : undefined))
    .filter(purpose => purpose !== undefined)
  if (purposes.length === 0 || purposes.length < asked.length)
    return fail('refusedByRule', 'expected the purposes BTG or ETREAT, found another', `${path}.purpose`)
  if (provision.securityLabel === undefined) return ok({ kind: 'emergency', effect, purposes, masked: false })
  const labels = codingsOf(provision.securityLabel)
  if (labels.length !== 1 || !labels.every(label => isCoding(label, visibilitySystem, 'MASQUE_PS')))
    return fail('refusedByRule', 'expected the label MASQUE_PS, found another', `${path}.securityLabel`)
  if (new Set(purposes).size < emergencies.size)
    return fail('refusedByRule', 'expected BTG and ETREAT for masked documents, found one of them', `${path}.purpose`)
  return ok({ kind: 'emergency', effect, purposes, masked: true })
}

/** The actors that a Consent names by identifier: they may read it. */
export const namedActors = (resource: Parameters<typeof actorOfReference>[1]): readonly string[] =>
  objectsOf(objectOf(resource.provision)?.actor).flatMap(({ reference }) => actorOfReference(reference, resource) ?? [])
