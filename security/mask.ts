/** Who a document is hidden from: the bits of `mask` and the labels that set them. `access.md` section 5. */
import { fail, ok, type Result } from '../resources/outcome.ts'
import type { Coding, Resource } from '../resources/resource.ts'
import { oneMonthAfter } from './calendar.ts'
import { codingsOf, conceptCodings, objectsOf } from './elements.ts'

/** Hidden from professionals, but for the author and the médecin traitant. */
export const masqueePs = 1
/** Hidden from the patient until it was announced, one month at most. */
export const invisiblePatient = 2
/** Hidden from a minor's legal representatives. */
export const invisibleRepresentants = 4
/** Put aside: for the médecin traitant, the patient and its author. PDSm, `isArchived`. */
export const archived = 8
/** Entered in error, as its author says: for him and its depositor alone. TD3.3c. */
export const withdrawn = 16

export const visibilitySystem =
  'https://mos.esante.gouv.fr/NOS/TRE_A07-StatutVisibiliteDocument/FHIR/TRE-A07-StatutVisibiliteDocument'

/** The same code system by its OID. */
const visibilityOid = 'urn:oid:1.2.250.1.213.1.1.4.13'

/** The codes of TRE_A07 that this record knows. NOS, TRE_A07-StatutVisibiliteDocument. */
const bits: ReadonlyMap<string | undefined, number> = new Map([
  ['MASQUE_PS', masqueePs],
  ['INVISIBLE_PATIENT', invisiblePatient],
  ['INVISIBLE_REPRESENTANTS_LEGAUX', invisibleRepresentants],
])

/** The bit that a coding asks for: 0 for a label of another kind, undefined when it looks like one of ours and is not. */
function bitOf({ system, code }: Coding): number | undefined {
  if (system === visibilitySystem || system === visibilityOid) return bits.get(code)
  return bits.has(code) ? undefined : 0
}

/** The bit of a visibility label; undefined for any other coding. */
export const labelBit = ({ system, code }: Coding): number | undefined =>
  system === visibilitySystem || system === visibilityOid ? bits.get(code) : undefined

/** The code of a visibility label; undefined for any other coding. */
export const labelOf = ({ system, code }: Coding): string | undefined =>
  (system === visibilitySystem || system === visibilityOid) && bits.has(code) ? code : undefined

function bitsOf(labels: readonly Coding[], expression: string): Result<number> {
  let mask = 0
  for (const coding of labels) {
    const bit = bitOf(coding)
    if (bit === undefined)
      return fail(
        'refusedByRule',
        `expected a visibility label of ${visibilitySystem}, found "${coding.system}|${coding.code}"`,
        expression,
      )
    mask |= bit
  }
  return ok(mask)
}

/** The extension by which a document is archived. PDSm 3.1, `pdsm-ext-is-archived`. */
export const isArchivedExtension =
  'https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/pdsm-ext-is-archived'

const isArchived = ({ extension }: Resource): boolean =>
  objectsOf(extension).some(({ url, valueBoolean }) => url === isArchivedExtension && valueBoolean === true)

/** The bits that follow from where a document stands: archived, withdrawn. */
export const standingMask = (document: Resource): number =>
  (isArchived(document) ? archived : 0) | (document.status === 'entered-in-error' ? withdrawn : 0)

const hasCode = ({ code }: Coding): boolean => code !== undefined

/** Where a label has words and no code: it would hide nothing, whatever it says. */
function withoutCode({ resourceType, meta, securityLabel }: Resource): string | undefined {
  if (!codingsOf(meta?.security).every(hasCode)) return `${resourceType}.meta.security`
  if (resourceType !== 'DocumentReference' || securityLabel === undefined) return undefined
  const coded = objectsOf(securityLabel).every(({ coding }) => codingsOf(coding).some(hasCode))
  return coded ? undefined : `${resourceType}.securityLabel`
}

/**
 * The bits that a resource sets by itself: its labels, those of `DocumentReference.securityLabel`, else of `meta.security`,
 * and of a document whether it is archived or withdrawn.
 * Fails by the element's name when a label is unknown or has no code, and when the two elements disagree.
 */
export function ownMask(resource: Resource): Result<number> {
  const type = resource.resourceType
  const wordsOnly = withoutCode(resource)
  if (wordsOnly !== undefined) return fail('refusedByRule', 'expected a code in each label, found none', wordsOnly)
  const inMeta = bitsOf(codingsOf(resource.meta?.security), `${type}.meta.security`)
  if (!inMeta.ok) return inMeta
  const labels = type === 'DocumentReference' ? conceptCodings(resource.securityLabel) : []
  const hasLabels = labels.length > 0
  const element = hasLabels ? `${type}.securityLabel` : `${type}.meta.security`
  const own = hasLabels ? bitsOf(labels, element) : inMeta
  if (!own.ok) return own
  if ((inMeta.value & ~own.value) !== 0)
    return fail(
      'refusedByRule',
      'expected the visibility labels of securityLabel, found others',
      `${type}.meta.security`,
    )
  return type === 'DocumentReference' ? ok(own.value | standingMask(resource)) : own
}

const both = masqueePs | invisiblePatient

/** Fails with 422 for what is hidden from professionals and from its patient at once: hardly anybody is left who could announce it. */
export const masksApart = (mask: number, type: string): Result<number> =>
  (mask & both) === both
    ? fail(
        'refusedByRule',
        'expected MASQUE_PS or INVISIBLE_PATIENT, one of them, found both',
        type === 'DocumentReference' ? `${type}.securityLabel` : `${type}.meta.security`,
      )
    : ok(mask)

/** When a document that is hidden from its patient is shown at last: one calendar month after its first deposit. */
export const hiddenUntil = (firstDeposit: number): number => oneMonthAfter(firstDeposit)
