/** Small resources that the tests of the trail deposit, in the shapes of the demonstration. */
import { createHash, randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  finessOf,
  insOf,
  type PatientName,
  type PractitionerName,
  rppsOf,
  type StructureName,
} from '../../server/demo/people.ts'
import { root } from '../../server/root.ts'

export type Json = Readonly<Record<string, unknown>>

const visibility =
  'https://mos.esante.gouv.fr/NOS/TRE_A07-StatutVisibiliteDocument/FHIR/TRE-A07-StatutVisibiliteDocument'

export type Mask = 'MASQUE_PS' | 'INVISIBLE_PATIENT' | 'INVISIBLE_REPRESENTANTS_LEGAUX'

/** The label of a mask, as documents carry it. */
export const label = (mask: Mask): Json => ({ coding: [{ system: visibility, code: mask }] })

/** The patient as a deposit names it. */
export const subject = (patient: PatientName): Json => {
  const { system, value } = insOf(patient)
  return { reference: `Patient?identifier=${system}|${value}` }
}

/** A finding that a physician notes. */
export const condition = (patient: PatientName, by: PractitionerName, text: string): Json => ({
  resourceType: 'Condition',
  clinicalStatus: {
    coding: [{ system: 'http://terminology.hl7.org/CodeSystem/condition-clinical', code: 'active' }],
  },
  code: { text },
  subject: subject(patient),
  recordedDate: '2026-10-01',
  recorder: { type: 'Practitioner', identifier: rppsOf(by) },
})

/** A result that the laboratory posts. */
export const observation = (patient: PatientName, value: string): Json => ({
  resourceType: 'Observation',
  identifier: [{ system: 'https://laboratory.demo.example/identifiers', value }],
  status: 'final',
  category: [
    { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'laboratory' }] },
  ],
  code: { text: 'Glycémie' },
  subject: subject(patient),
  effectiveDateTime: '2026-10-01',
  performer: [{ type: 'Organization', identifier: finessOf('laboratory') }],
  valueQuantity: { value: 1.1, unit: 'g/L' },
})

/** A Bundle of these entries. */
export const bundle = (type: 'batch' | 'transaction', entry: readonly Json[]): Json => ({
  ...{ resourceType: 'Bundle', type },
  entry,
})

/** An entry that posts a resource. */
export const posting = (resource: Json, ifNoneExist?: string): Json => ({
  fullUrl: `urn:uuid:${randomUUID()}`,
  resource,
  request: { method: 'POST', url: resource.resourceType, ...(ifNoneExist === undefined ? {} : { ifNoneExist }) },
})

export const getting = (url: string): Json => ({ request: { method: 'GET', url } })

interface BundleText {
  readonly entry: readonly { readonly resource: Json }[]
}

const summary = readFileSync(join(root, 'fixtures/demo/tour/discharge-summary.json'), 'utf8')

/** A discharge summary of the hospital (a List, a DocumentReference and a Binary), never pushed before, with these masks. */
export function discharge(patient: PatientName, ...masks: readonly Mask[]): Json {
  const text = summary.replaceAll(insOf('marie').value ?? '', insOf(patient).value ?? '')
  const parsed = JSON.parse(text) as BundleText
  const entry = parsed.entry.map(each => {
    const { resource } = each
    if (resource.resourceType !== 'DocumentReference') return each
    const masterIdentifier = { system: 'urn:ietf:rfc:3986', value: `urn:uuid:${randomUUID()}` }
    return {
      ...each,
      resource: { ...resource, masterIdentifier, securityLabel: [...labelsOf(resource), ...masks.map(label)] },
    }
  })
  return { ...parsed, entry }
}

/** The same with other content, of which the document tells hash and size. */
export function withContent(pushed: Json, bytes: Buffer): Json {
  const { entry } = pushed as unknown as BundleText
  const told = { size: bytes.length, hash: createHash('sha1').update(bytes).digest('base64') }
  const changed = entry.map(each => {
    const { resource } = each
    if (resource.resourceType === 'Binary')
      return { ...each, resource: { ...resource, data: bytes.toString('base64') } }
    const [content] = (resource.content ?? []) as readonly { readonly attachment: Json }[]
    if (content === undefined) return each
    return {
      ...each,
      resource: { ...resource, content: [{ ...content, attachment: { ...content.attachment, ...told } }] },
    }
  })
  return { ...pushed, entry: changed }
}

const labelsOf = ({ securityLabel }: Json): readonly unknown[] => (Array.isArray(securityLabel) ? securityLabel : [])

/** The document without its masks, as its depositor lifts them. */
export const unmasked = (document: Json): Json => ({
  ...document,
  securityLabel: labelsOf(document).filter(each => !JSON.stringify(each).includes(visibility)),
})

const category = [{ coding: [{ system: 'http://loinc.org', code: '59284-0', display: 'Attestation de consentement' }] }]

/** A Consent of the patient with this provision. */
export const consent = (patient: PatientName, provision: Json): Json => ({
  resourceType: 'Consent',
  status: 'active',
  scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
  category,
  patient: subject(patient),
  dateTime: '2026-10-01T09:00:00+02:00',
  policy: [{ uri: 'https://demo.dossier.example/notice/2026-01' }],
  provision,
})

const recipient = {
  coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'IRCP' }],
}

/** A provision that lets a professional in, or shuts him out. */
export const about = (type: 'permit' | 'deny', who: PractitionerName): Json => ({
  type,
  period: { start: '2026-01-05' },
  actor: [{ role: recipient, reference: { type: 'Practitioner', identifier: rppsOf(who) } }],
})

/** The same for a structure. */
export const aboutStructure = (type: 'permit' | 'deny', who: StructureName): Json => ({
  type,
  period: { start: '2026-01-05' },
  actor: [{ role: recipient, reference: { type: 'Organization', identifier: finessOf(who) } }],
})
