/** What the elements of a token parameter are, where that decides what a token means. https://hl7.org/fhir/R4/search.html#token */
import type { SearchParameterDefinition } from '../resources/search-parameter-definition.ts'
import { implicitSystems } from './implicit-systems.ts'

/** Paths of ContactPoint: it has a `system` that is no system of codes. */
const contactPath =
  /(?:\.telecom|^(?:Device|DeviceDefinition|Endpoint|Subscription)\.contact|^MessageHeader\.source\.contact)(?:\.where\([^)]*\))?$/

/** Whether all that it finds are telephone numbers, addresses of e-mail and the like. */
export const searchesContacts = ({ expression, elements }: SearchParameterDefinition): boolean =>
  elements === undefined
    ? expression.split('|').every(path => contactPath.test(path.trim()))
    : elements.length > 0 && elements.every(type => type === 'ContactPoint')

/** R4's parameters that find values which neither say a system nor imply one, by the type of these values. */
const valuesAlone: Readonly<Record<string, string>> = {
  boolean:
    'Group.actual Group.exclude HealthcareService.active ImplementationGuide.experimental OperationDefinition.instance ' +
    'OperationDefinition.system OperationDefinition.type Organization.active OrganizationAffiliation.active ' +
    'Patient.active Patient.deceased Practitioner.active PractitionerRole.active RelatedPerson.active Schedule.active ' +
    'StructureDefinition.abstract StructureDefinition.experimental',
  string:
    'ActivityDefinition.version AuditEvent.altid AuditEvent.site CapabilityStatement.fhirversion ' +
    'CapabilityStatement.version ChargeItemDefinition.version CodeSystem.version CompartmentDefinition.version ' +
    'ConceptMap.version EffectEvidenceSynthesis.version EventDefinition.version Evidence.version ' +
    'EvidenceVariable.version ExampleScenario.version GraphDefinition.version ImplementationGuide.version ' +
    'Library.version Measure.version Medication.lot-number MedicationKnowledge.monitoring-program-name ' +
    'MedicationKnowledge.source-cost MessageDefinition.version OperationDefinition.version PlanDefinition.version ' +
    'Questionnaire.version ResearchDefinition.version ResearchElementDefinition.version ' +
    'RiskEvidenceSynthesis.version SearchParameter.version ServiceRequest.order-detail StructureDefinition.version ' +
    'StructureDefinition.base-path StructureDefinition.path StructureMap.version TerminologyCapabilities.version ' +
    'TestScript.version ValueSet.version',
  id: 'ImagingStudy.instance ImagingStudy.series MessageHeader.response-id',
  code:
    'CodeSystem.code ConceptMap.source-code ConceptMap.target-code OperationDefinition.code SearchParameter.code ' +
    'ValueSet.code',
}

/** By `Type.parameter`: those of R4 whose values stand alone. */
export const withValuesAlone: ReadonlySet<string> = new Set(
  Object.values(valuesAlone).flatMap(parameters => parameters.split(' ')),
)

/** The types whose values have no system; a code of an operator's parameter implies none that is known here. */
const typesAlone: ReadonlySet<string> = new Set(['boolean', 'code', 'id', 'string', 'uri'])

const nameOf = ({ code, expression }: SearchParameterDefinition): string =>
  `${/^[A-Za-z]+/.exec(expression)?.[0]}.${code}`

/** Whether nothing that it finds has a system, so that no `system|…` can find any of it. */
export function searchesValuesAlone(definition: SearchParameterDefinition): boolean {
  const { elements } = definition
  return elements === undefined ? withValuesAlone.has(nameOf(definition)) : elements.every(type => typesAlone.has(type))
}

/** Media types (RFC 2045, 5.1) and languages (RFC 5646, 2.1.1) are the same in whatever case. */
const systemsOfAnyCase: ReadonlySet<string> = new Set(['urn:ietf:bcp:13', 'urn:ietf:bcp:47'])

/** R4's parameters on concepts that are languages. */
const languages: ReadonlySet<string> = new Set([
  'MedicinalProduct.name.countryLanguage.language',
  'Patient.communication.language',
  'Practitioner.communication',
])

/** Whether its values mean the same in capitals and in small letters: their keys are in small letters. */
export const isOfAnyCase = (definition: SearchParameterDefinition): boolean =>
  searchesContacts(definition) ||
  languages.has(definition.expression) ||
  systemsOfAnyCase.has(implicitSystems.get(nameOf(definition)) ?? '')

/** The values of the keys that a value is looked for under: the written one is that of rows which were indexed before. */
export const writings = (value: string, ofAnyCase: boolean): readonly string[] => {
  const folded = ofAnyCase ? value.toLowerCase() : value
  return folded === value ? [value] : [folded, value]
}
