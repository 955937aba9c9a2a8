/** The row of the matrix that governs a resource. `access.md` section 7. */
import { fail, ok, type Result } from '../resources/outcome.ts'
import type { Coding, Resource } from '../resources/resource.ts'
import { conceptCodings } from './elements.ts'
import type { Policy } from './policy.ts'

/** The clinical kinds that a category can tell. */
type Kind = 'laboratory' | 'imaging' | 'vital-signs'

const observationCategory = 'http://terminology.hl7.org/CodeSystem/observation-category'
const diagnosticSection = 'http://terminology.hl7.org/CodeSystem/v2-0074'
const snomed = 'http://snomed.info/sct'

/** Genetics, cytology and pathology are not here: they have types of their own, which fewer may read. */
const kinds: readonly { readonly system: string; readonly kind: Kind; readonly codes: readonly string[] }[] = [
  { system: observationCategory, kind: 'laboratory', codes: ['laboratory'] },
  { system: observationCategory, kind: 'imaging', codes: ['imaging'] },
  { system: observationCategory, kind: 'vital-signs', codes: ['vital-signs'] },
  {
    ...{ system: diagnosticSection, kind: 'laboratory' },
    codes: ['LAB', 'BG', 'BLB', 'CH', 'HM', 'IMM', 'MB', 'MCB', 'MYC', 'OSL', 'PAR', 'SR', 'TX', 'VR'],
  },
  {
    ...{ system: diagnosticSection, kind: 'imaging' },
    codes: ['RAD', 'CT', 'CUS', 'NMR', 'NMS', 'OUS', 'RUS', 'RX', 'VUS', 'XRC'],
  },
  { system: snomed, kind: 'laboratory', codes: ['108252007'] },
  { system: snomed, kind: 'imaging', codes: ['363679005'] },
]

const kindOf = ({ system, code }: Coding): Kind | undefined =>
  kinds.find(row => row.system === system && code !== undefined && row.codes.includes(code))?.kind

/** The type for the one kind that the categories tell; `otherwise` when they tell none, or two. */
const byCategory =
  (types: Readonly<Partial<Record<Kind, string>>>, otherwise: string) =>
  (resource: Resource): string => {
    const told = [...new Set(conceptCodings(resource.category).flatMap(coding => kindOf(coding) ?? []))]
    const [only] = told
    return told.length === 1 && only !== undefined ? (types[only] ?? otherwise) : otherwise
  }

const ofResults = byCategory({ laboratory: '11502-2', imaging: '18748-4', 'vital-signs': '11506-3' }, 'other')
const ofRequests = byCategory({ laboratory: 'PRESC-BIO', imaging: '55115-0' }, '57832-8')

/** Access to the record suffices to see one of these. */
export const recordTypes: ReadonlySet<string> = new Set(['Patient', 'RelatedPerson', 'CareTeam'])

/** Types of resource that the matrix does not name, and the row that stands for them. */
const rows = new Map<string, string | ((resource: Resource) => string)>([
  ['AllergyIntolerance', '60591-5'],
  ['Condition', '60591-5'],
  ['MedicationStatement', '57833-6'],
  ['MedicationRequest', '57833-6'],
  ['Procedure', '11505-5'],
  ['Immunization', '87273-9'],
  ['Observation', ofResults],
  ['DiagnosticReport', ofResults],
  ['ServiceRequest', ofRequests],
  ['CarePlan', '18776-5'],
  ['Patient', 'record'],
  ['RelatedPerson', 'record'],
  ['CareTeam', 'record'],
  ['Consent', 'consent'],
  ['Communication', 'notice'],
])

/** The types of the matrix that codings name, each once. */
export const matrixTypes = (
  codings: readonly Coding[],
  { documentTypes }: Pick<Policy, 'documentTypes'>,
): readonly string[] => {
  const named = codings.flatMap(({ system, code }) => {
    const type = code === undefined ? undefined : documentTypes.get(code)
    return type !== undefined && type.system !== '' && type.system === system ? [type.code] : []
  })
  return named.length < 2 ? named : [...new Set(named)]
}

/**
 * The document type of a resource by itself: a code of the matrix, `record`, `consent`, `notice` or `other`. What follows a
 * document (Binary, List, Provenance, reports of a Bundle) is corrected by `companionLabels`.
 * Fails on a DocumentReference whose type is none of the matrix, or two of it.
 */
export function documentTypeOf(resource: Resource, policy: Pick<Policy, 'documentTypes'>): Result<string> {
  if (resource.resourceType !== 'DocumentReference') {
    const row = rows.get(resource.resourceType) ?? 'other'
    return ok(typeof row === 'string' ? row : row(resource))
  }
  const found = matrixTypes(conceptCodings(resource.type), policy)
  const [only] = found
  if (found.length === 1 && only !== undefined) return ok(only)
  const count = found.length === 0 ? 'none' : 'several'
  return fail(
    'refusedByRule',
    `expected exactly one coding of the habilitation matrix, found ${count}`,
    'DocumentReference.type',
  )
}
