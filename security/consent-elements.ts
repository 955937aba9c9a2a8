/** The elements of a Consent that the rules understand; any other is refused by its name. `access.md` section 4. */
import { type JsonObject, listOf, objectOf, textOf } from '../resources/json-value.ts'
import { fail, ok, type Result } from '../resources/outcome.ts'
import type { Resource } from '../resources/resource.ts'
import { conceptCodings, isCoding } from './elements.ts'

/** What tells who agreed, when and to which text: kept and shown, without an effect of its own. */
const descriptive = [
  'resourceType',
  'id',
  'meta',
  'language',
  'text',
  'contained',
  'extension',
  'identifier',
  'patient',
]
const circumstances = ['dateTime', 'performer', 'organization', 'sourceAttachment', 'sourceReference', 'policy']
const effective = ['status', 'scope', 'category', 'verification', 'provision']

const consentElements: ReadonlySet<string> = new Set([...descriptive, ...circumstances, ...effective])

/** The elements of a provision that have an effect; `read-consent.ts` says which of them go together. */
export const provisionElements = [
  'type',
  'period',
  'actor',
  'securityLabel',
  'purpose',
  'code',
  'class',
  'dataPeriod',
  'data',
  'provision',
] as const

export type ProvisionElement = (typeof provisionElements)[number]

const provisionNames: ReadonlySet<string> = new Set(provisionElements)

const scopeSystem = 'http://terminology.hl7.org/CodeSystem/consentscope'
const loinc = 'http://loinc.org'

/** LOINC for the attestation of consent: the category of every Consent of a record. */
export const consentCategory = '59284-0'

/** Refuses the first member of `object` that is not among `known`. */
export function onlyElements(object: JsonObject, known: ReadonlySet<string>, path: string): Result<void> {
  const unknown = Object.keys(object).find(name => !known.has(name))
  if (unknown === undefined) return ok(undefined)
  return fail(
    'refusedByRule',
    `expected an element with a meaning for this record, found "${unknown}"`,
    `${path}.${unknown}`,
  )
}

/** Whether a Consent is about privacy and so about who may see the record. */
export const isPrivacy = (resource: Resource): boolean =>
  conceptCodings(resource.scope).some(coding => isCoding(coding, scopeSystem, 'patient-privacy'))

/** Whether a Consent has an effect now: only an active one has. */
export const isActive = (resource: Resource): boolean => resource.status === 'active'

/** Whether somebody attests that the patient agreed. https://hl7.org/fhir/R4/consent-definitions.html#Consent.verification */
export const isVerified = (resource: Resource): boolean =>
  listOf(resource.verification).some(each => objectOf(each)?.verified === true)

/** The policies that a Consent points to. */
export const policyUris = (resource: Resource): readonly string[] =>
  listOf(resource.policy).flatMap(each => textOf(objectOf(each)?.uri) ?? [])

/** Checks everything of a Consent but the content of its provision. @returns the provision; undefined when there is none. */
export function checkElements(resource: Resource): Result<JsonObject | undefined> {
  const named = onlyElements(resource, consentElements, 'Consent')
  if (!named.ok) return named
  const scopes = conceptCodings(resource.scope)
  if (scopes.length !== 1 || !isPrivacy(resource))
    return fail('refusedByRule', 'expected the one scope patient-privacy, found another', 'Consent.scope')
  if (!conceptCodings(resource.category).some(coding => isCoding(coding, loinc, consentCategory)))
    return fail('refusedByRule', `expected the category ${loinc}|${consentCategory}, found none`, 'Consent.category')
  if (resource.provision === undefined) return ok(undefined)
  const provision = objectOf(resource.provision)
  if (provision === undefined) return fail('refusedByRule', 'expected one provision, found none', 'Consent.provision')
  const understood = onlyElements(provision, provisionNames, 'Consent.provision')
  return understood.ok ? ok(provision) : understood
}
