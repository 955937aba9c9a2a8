/** Reads a Consent in one of the shapes that this record knows. `access.md` section 4. */
import type { JsonObject } from '../resources/json-value.ts'
import { fail, ok, type Result } from '../resources/outcome.ts'
import type { Resource } from '../resources/resource.ts'
import { defaultZone, periodOf } from './calendar.ts'
import { checkElements, type ProvisionElement, policyUris, provisionElements } from './consent-elements.ts'
import { isLimited, readLimited } from './consent-exceptions.ts'
import type { ConsentRule, Given } from './consent-rule.ts'
import { actReason, readActor, readDataPeriod, readDocument, readEmergency, readTypes } from './consent-shapes.ts'
import { codingsOf, isCoding, objectsOf } from './elements.ts'

interface Shape {
  /** The element by which the shape is known. */
  readonly main: ProvisionElement
  /** Elements that may stand beside it and `type`. */
  readonly beside: readonly ProvisionElement[]
  readonly effects: readonly ('permit' | 'deny')[]
  readonly read: (given: Given) => Result<ConsentRule>
}

/** Hides the whole record from professionals for a time. */
const readPause = ({ span }: Given): Result<ConsentRule> =>
  ok({ kind: 'mask', mask: { rule: { by: 'period', from: null, before: null }, ...span } })

/** In this order: an element further down may stand beside one further up. */
const shapes: readonly Shape[] = [
  { main: 'purpose', beside: ['securityLabel'], effects: ['permit', 'deny'], read: readEmergency },
  { main: 'data', beside: [], effects: ['deny'], read: readDocument },
  { main: 'code', beside: ['period'], effects: ['deny'], read: readTypes },
  { main: 'dataPeriod', beside: ['period'], effects: ['deny'], read: readDataPeriod },
  { main: 'actor', beside: ['period'], effects: ['permit', 'deny'], read: readActor },
  { main: 'period', beside: [], effects: ['deny'], read: readPause },
]

function readOpened(resource: Resource, effect: 'permit' | 'deny'): Result<ConsentRule> {
  if (policyUris(resource).length > 0) return ok({ kind: 'opened', effect })
  return fail('refusedByRule', 'expected the version of the notice as policy.uri, found none', 'Consent.policy')
}

function effectOf(provision: JsonObject): Result<'permit' | 'deny'> {
  if (provision.type === 'permit' || provision.type === 'deny') return ok(provision.type)
  return fail('refusedByRule', 'expected permit or deny, found neither', 'Consent.provision.type')
}

/** One document by itself is the plain mask; several, or others that its meaning adds, or an author, are a part. */
const partMeanings: ReadonlySet<unknown> = new Set(['related', 'dependents', 'authoredby'])

const isPlain = (main: ProvisionElement, { provision }: Given): boolean =>
  main !== 'data' ||
  (objectsOf(provision.data).length === 1 && !partMeanings.has(objectsOf(provision.data)[0]?.meaning))

/** The patient agrees to the record for what it is kept for, or refuses it. IHE PCF, basic consent. */
const isTreatment = ({ provision }: Given): boolean =>
  codingsOf(provision.purpose).every(coding => isCoding(coding, actReason, 'TREAT')) &&
  codingsOf(provision.purpose).length > 0

function readShape(given: Given): Result<ConsentRule> {
  const present = provisionElements.filter(name => name !== 'type' && given.provision[name] !== undefined)
  const shape = shapes.find(({ main }) => present.includes(main))
  const [first, ...others] = present
  if (first === undefined || (first === 'purpose' && others.length === 0 && isTreatment(given)))
    return readOpened(given.resource, given.effect)
  const stranger = present.find(name => name !== shape?.main && !shape?.beside.includes(name))
  const plain = shape !== undefined && stranger === undefined && isPlain(shape.main, given)
  if (!plain && isLimited(given.provision)) return readLimited(given)
  if (shape === undefined || stranger !== undefined)
    return fail(
      'refusedByRule',
      `expected one rule in a Consent, found "${stranger ?? first}" beside it`,
      `Consent.provision.${stranger ?? first}`,
    )
  if (shape.effects.includes(given.effect)) return shape.read(given)
  return fail(
    'refusedByRule',
    `expected ${shape.effects.join(' or ')}, found ${given.effect}`,
    'Consent.provision.type',
  )
}

/**
 * Reads a Consent, whatever its status: only an active one has an effect. Days are those of `zone`.
 * Fails with `refusedByRule` and the name of the first element that this record does not understand.
 */
export function readConsent(resource: Resource, zone = defaultZone): Result<ConsentRule> {
  const provision = checkElements(resource)
  if (!provision.ok) return provision
  if (provision.value === undefined) return readOpened(resource, 'permit')
  const effect = effectOf(provision.value)
  if (!effect.ok) return effect
  const span = periodOf(provision.value.period, zone)
  if (span === undefined)
    return fail('refusedByRule', 'expected a period that can be understood, found another', 'Consent.provision.period')
  return readShape({ resource, provision: provision.value, effect: effect.value, span, zone })
}
