/** Which part of a record a provision names: types, classes, dates, single documents, authors, labels. IHE PCF, `access.md` section 4. */
import { type JsonObject, textOf } from '../resources/json-value.ts'
import { fail, ok, type Result } from '../resources/outcome.ts'
import type { Resource } from '../resources/resource.ts'
import { actorOfReference } from './authors.ts'
import { periodOf } from './calendar.ts'
import { onlyElements } from './consent-elements.ts'
import { codingsOf, objectsOf, targetOf } from './elements.ts'
import { labelBit } from './mask.ts'
import type { Part } from './part-rule.ts'
import { isNormal, sensitivitiesOf } from './sensitivity.ts'

/** One provision, outer or inner, and where it stands. */
export interface Provision {
  readonly resource: Resource
  readonly provision: JsonObject
  /** Such as `Consent.provision`. */
  readonly path: string
  readonly zone: string
}

const refused = (expected: string, path: string): Result<never> =>
  fail('refusedByRule', `expected ${expected}, found another`, path)

/** TRE_A03: the class of a document, which its type decides. */
export const classSystem = 'https://mos.esante.gouv.fr/NOS/TRE_A03-ClasseDocument/FHIR/TRE-A03-ClasseDocument'

/** Resources about the record itself are no part that can be taken out of it. */
const notADocument = /^(Patient|RelatedPerson|CareTeam|Consent|AuditEvent)\//

/** A reference to a resource of the record that may be masked, permitted or denied by itself. */
export function documentOf(reference: unknown, path: string): Result<string> {
  const document = targetOf(reference)
  return document === undefined || notADocument.test(document)
    ? refused('a reference to a document of the record', path)
    : ok(document)
}

function readTypes({ provision, path }: Provision): Result<Part> {
  const codes = objectsOf(provision.code).map(concept => {
    const codings = codingsOf(concept.coding)
    return codings.length === 1 ? codings[0]?.code : undefined
  })
  const known = codes.filter(code => code !== undefined)
  if (known.length > 0 && known.length === codes.length) return ok({ documentTypes: [...new Set(known)] })
  return refused('one coding for each type of document', `${path}.code`)
}

function readClasses({ provision, path }: Provision): Result<Part> {
  const codings = codingsOf(provision.class)
  const known = codings.flatMap(({ system, code }) => (system === classSystem && code !== undefined ? [code] : []))
  if (known.length > 0 && known.length === codings.length) return ok({ classes: [...new Set(known)] })
  return refused(`classes of document of ${classSystem}`, `${path}.class`)
}

function readDates({ provision, path, zone }: Provision): Result<Part> {
  const dates = periodOf(provision.dataPeriod, zone)
  return dates === undefined ? refused('a period that can be understood', `${path}.dataPeriod`) : ok({ dates })
}

const dataElements: ReadonlySet<string> = new Set(['meaning', 'reference'])

/** What each meaning makes of a reference. https://hl7.org/fhir/R4/codesystem-consent-data-meaning.html */
const meanings: ReadonlyMap<unknown, readonly ('documents' | 'related' | 'dependents' | 'authors')[]> = new Map([
  ['instance', ['documents']],
  ['related', ['documents', 'related']],
  ['dependents', ['documents', 'dependents']],
  ['authoredby', ['authors']],
])

function readDatum(datum: JsonObject, { resource, path }: Provision): Result<Part> {
  const understood = onlyElements(datum, dataElements, `${path}.data`)
  if (!understood.ok) return understood
  const members = meanings.get(datum.meaning)
  if (members === undefined)
    return refused('the meaning instance, related, dependents or authoredby', `${path}.data.meaning`)
  if (!members.includes('authors')) {
    const document = documentOf(datum.reference, `${path}.data.reference`)
    return document.ok ? ok(Object.fromEntries(members.map(member => [member, [document.value]]))) : document
  }
  const author = actorOfReference(datum.reference, resource)
  return author === undefined
    ? refused('an author by RPPS or FINESS', `${path}.data.reference`)
    : ok({ authors: [author] })
}

/** Alternatives; a member that none of them has is absent. */
const eitherOf = (one: Part, other: Part): Part => ({
  ...one,
  ...Object.fromEntries(
    (['documents', 'related', 'dependents', 'authors'] as const).flatMap(member =>
      other[member] === undefined ? [] : [[member, [...(one[member] ?? []), ...other[member]]]],
    ),
  ),
})

/** Every decision about the record reads them all. */
export const mostData = 100

function readData(given: Provision): Result<Part> {
  let part: Part = {}
  const data = objectsOf(given.provision.data)
  if (data.length > mostData)
    return fail('refusedByRule', `expected at most ${mostData} data, found ${data.length}`, `${given.path}.data`)
  for (const datum of data) {
    const read = readDatum(datum, given)
    if (!read.ok) return read
    part = eitherOf(part, read.value)
  }
  if (part.documents !== undefined && part.authors !== undefined)
    return refused('documents or authors, not both', `${given.path}.data.meaning`)
  return data.length > 0 ? ok(part) : refused('documents or authors', `${given.path}.data`)
}

function readLabels({ provision, path }: Provision): Result<Part> {
  const codings = codingsOf(provision.securityLabel)
  const strange = codings.some(each => !isNormal(each) && (labelBit(each) ?? sensitivitiesOf(each)) === undefined)
  if (strange || codings.length === 0)
    return refused('labels of visibility, confidentiality or sensitivity', `${path}.securityLabel`)
  const bits = codings.reduce((all, each) => all | (labelBit(each) ?? 0), 0)
  const codes = [...new Set(codings.flatMap(each => sensitivitiesOf(each) ?? []))]
  return ok({ labels: { bits, codes, normal: codings.some(isNormal) } })
}

/** The elements that name a part, each with its reader. */
const readers = {
  code: readTypes,
  class: readClasses,
  dataPeriod: readDates,
  data: readData,
  securityLabel: readLabels,
} as const satisfies Record<string, (given: Provision) => Result<Part>>

const elements = Object.entries(readers)

/** Whether the provision names a part, and not the whole record. */
export const namesPart = (provision: JsonObject): boolean => elements.some(([name]) => provision[name] !== undefined)

/**
 * @returns the part that the provision names: what all its elements name together; nothing for the whole record.
 * Fails with `refusedByRule` and the name of the first element that cannot be heeded exactly.
 */
export function readPart(given: Provision): Result<readonly Part[]> {
  let part: Part | undefined
  for (const [name, read] of elements) {
    if (given.provision[name] === undefined) continue
    const more = read(given)
    if (!more.ok) return more
    part = { ...part, ...more.value }
  }
  return ok(part === undefined ? [] : [part])
}

/** What stands in one element of a provision and of those within it, with its place. */
export const codingsWithin = (
  provision: JsonObject | undefined,
  element: 'code' | 'class',
): readonly { readonly path: string; readonly system: string; readonly code: string }[] =>
  provision === undefined
    ? []
    : [
        { path: 'Consent.provision', each: provision },
        ...objectsOf(provision.provision).map(each => ({ path: 'Consent.provision.provision', each })),
      ].flatMap(({ path, each }) =>
        (element === 'class'
          ? codingsOf(each.class)
          : objectsOf(each.code).flatMap(code => codingsOf(code.coding))
        ).map(({ system, code }) => ({
          path: `${path}.${element}`,
          system: textOf(system) ?? '',
          code: textOf(code) ?? '',
        })),
      )
