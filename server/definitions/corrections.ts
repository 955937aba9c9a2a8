/** Where the package of definitions departs from R4 4.0.1: its own product's additions go, what they displaced comes back. */
import type { SnapshotElement } from './structure-definition.ts'

/** Types that R4 4.0.1 does not have. */
export const additionalTypes: ReadonlySet<string> = new Set(['SubscriptionStatus'])

/** Types of the package's product, named as targets of references. */
export const additionalTargets: ReadonlySet<string> = new Set(['Bot', 'ClientApplication', 'SubscriptionStatus'])

/** Elements that R4 4.0.1 does not have, each with everything below it. */
export const additionalElements: readonly string[] = [
  'Binary.url',
  'DeviceDefinition.bodySite',
  'DeviceDefinition.classification',
  'EvidenceVariable.characteristic.definitionByCombination',
  'EvidenceVariable.characteristic.definitionByTypeAndValue',
  'EvidenceVariable.characteristic.definitionCanonical',
  'EvidenceVariable.characteristic.definitionCodeableConcept',
  'EvidenceVariable.characteristic.definitionExpression',
  'EvidenceVariable.characteristic.definitionId',
  'EvidenceVariable.characteristic.definitionReference',
  'EvidenceVariable.characteristic.exclude', // R4 has it too, at another place
  'EvidenceVariable.characteristic.duration[x]',
  'EvidenceVariable.characteristic.instances[x]',
  'EvidenceVariable.characteristic.linkId',
  'EvidenceVariable.characteristic.note',
  'EvidenceVariable.characteristic.timeFromEvent',
  'Meta.account',
  'Meta.accounts',
  'Meta.author',
  'Meta.compartment',
  'Meta.onBehalfOf',
  'Meta.project',
  'ObservationDefinition.publisher',
  'ResearchStudy.associatedParty',
  'ResearchStudy.classifier',
  'ResearchStudy.comparisonGroup',
  'ResearchStudy.descriptionSummary',
  'ResearchStudy.label',
  'ResearchStudy.name',
  'ResearchStudy.objective.description',
  'ResearchStudy.outcomeMeasure',
  'ResearchStudy.progressStatus',
  'ResearchStudy.recruitment',
  'ResearchStudy.region',
  'ResearchStudy.result',
  'ResearchStudy.studyDesign',
  'ResearchStudy.whyStopped',
]

const profile = (type: string): string => `http://hl7.org/fhir/StructureDefinition/${type}`

const to = (...targets: readonly string[]) => ({ code: 'Reference', targetProfile: targets.map(profile) })

/** Elements that R4 binds to media types, and whose short codes (`json`, `xml`) its own text and examples use. */
export const unboundElements: ReadonlySet<string> = new Set(['CapabilityStatement.format'])

/** Elements as R4 4.0.1 has them. */
export const restoredElements: readonly SnapshotElement[] = [
  {
    path: 'AuditEvent.source.observer',
    min: 1,
    max: '1',
    type: [to('PractitionerRole', 'Practitioner', 'Organization', 'Device', 'Patient', 'RelatedPerson')],
  },
  { path: 'Bundle.entry.response.outcome', min: 0, max: '1', type: [{ code: 'Resource' }] },
  { path: 'EvidenceVariable.characteristic', min: 1, max: '*', type: [{ code: 'BackboneElement' }] },
  { path: 'EvidenceVariable.characteristic.description', min: 0, max: '1', type: [{ code: 'string' }] },
  {
    path: 'EvidenceVariable.characteristic.definition[x]',
    min: 1,
    max: '1',
    type: [
      to('Group'),
      { code: 'canonical' },
      { code: 'CodeableConcept' },
      { code: 'Expression' },
      { code: 'DataRequirement' },
      { code: 'TriggerDefinition' },
    ],
  },
  { path: 'EvidenceVariable.characteristic.usageContext', min: 0, max: '*', type: [{ code: 'UsageContext' }] },
  { path: 'EvidenceVariable.characteristic.exclude', min: 0, max: '1', type: [{ code: 'boolean' }] },
  {
    path: 'EvidenceVariable.characteristic.participantEffective[x]',
    min: 0,
    max: '1',
    type: [{ code: 'dateTime' }, { code: 'Period' }, { code: 'Duration' }, { code: 'Timing' }],
  },
  { path: 'EvidenceVariable.characteristic.timeFromStart', min: 0, max: '1', type: [{ code: 'Duration' }] },
  {
    path: 'EvidenceVariable.characteristic.groupMeasure',
    min: 0,
    max: '1',
    type: [{ code: 'code' }],
    binding: { strength: 'required', valueSet: 'http://hl7.org/fhir/ValueSet/group-measure' },
  },
  {
    path: 'MeasureReport.subject',
    min: 0,
    max: '1',
    type: [to('Patient', 'Practitioner', 'PractitionerRole', 'Location', 'Device', 'RelatedPerson', 'Group')],
  },
  { path: 'ResearchStudy.site', min: 0, max: '*', type: [to('Location')] },
]
