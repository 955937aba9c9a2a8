/** Which documents the resources of a deposit go with. `access.md` section 5, last paragraph, and section 7. */
import { objectOf, textOf } from '../resources/json-value.ts'
import { parseReference } from '../resources/reference.ts'
import type { Resource } from '../resources/resource.ts'
import { objectsOf, targetOf } from './elements.ts'
import type { Labels } from './regime.ts'

/** What a row passes on to those that follow it. */
export type Carried = Pick<Labels, 'documentType' | 'mask' | 'hiddenUntil' | 'follows'> & { readonly _id: string }

/** A resource of the unit with the labels that it has by itself. */
export interface Deposit extends Omit<Carried, 'follows'> {
  readonly type: string
  /** The FHIR id. */
  readonly id: string
  readonly resource: Resource
  /** Whether a Consent masks this very row. */
  readonly masked: boolean
  /** The labels of the version before this one. */
  readonly before?: Labels
}

/** What documents or reports say of others, so that each is asked once and not for each deposit. */
type Told = ReadonlyMap<string, ReadonlySet<Deposit>>

/** What a unit holds and what it refers to. */
export interface Unit {
  readonly deposits: readonly Deposit[]
  readonly documents: readonly Deposit[]
  /** Without those that the unit supersedes or withdraws: they lend only to what they name. */
  readonly standing: readonly Deposit[]
  readonly reports: readonly Deposit[]
  /** Documents by `Type/id` of what they name as related, and by the URLs of what they attach. */
  readonly about: Told
  /** Reports by `Type/id` of their results. */
  readonly reporting: Told
  /** By `Type/id`; grows as labels are found. */
  readonly carried: Map<string, Carried>
}

export const nameOf = ({ type, id }: Pick<Deposit, 'type' | 'id'>): string => `${type}/${id}`

/** `Type/id` at the end of a URL of an attachment, whatever base stands before it. */
function targetOfUrl(url: string | undefined): string | undefined {
  const [type, id] = (url ?? '')
    .replace(/\/_history\/[^/]*$/, '')
    .split('/')
    .slice(-2)
  const parsed = parseReference(`${type}/${id}`, '')
  return parsed.form === 'local' ? `${parsed.type}/${parsed.id}` : undefined
}

const urlsOf = (attachments: unknown): readonly string[] =>
  objectsOf(attachments)
    .map(({ url }) => textOf(url))
    .filter(url => url !== undefined)

/** URLs of the content of a document, or of the printed form of a report. */
const attachmentsOf = (resource: Resource): readonly string[] => [
  ...objectsOf(resource.content).flatMap(({ attachment }) => urlsOf(attachment)),
  ...urlsOf(resource.presentedForm),
]

/** `Binary/id` of everything that a resource attaches. */
export const attachedBinaries = (resource: Resource): readonly string[] =>
  attachmentsOf(resource)
    .map(targetOfUrl)
    .filter(target => target?.startsWith('Binary/'))
    .filter(target => target !== undefined)

const targetsOf = (references: unknown): readonly string[] =>
  objectsOf(references)
    .map(targetOf)
    .filter(target => target !== undefined)

export const carriedBy = (deposits: readonly Deposit[], { carried }: Unit): readonly Carried[] =>
  deposits.map(deposit => carried.get(nameOf(deposit))).filter(found => found !== undefined)

const byUrl = (url: string): string => `url ${url}`

function told(deposits: readonly Deposit[], names: (resource: Resource) => readonly string[]): Told {
  const found = new Map<string, Set<Deposit>>()
  for (const deposit of deposits)
    for (const name of names(deposit.resource)) found.set(name, (found.get(name) ?? new Set()).add(deposit))
  return found
}

export const toldByDocuments = (documents: readonly Deposit[]): Told =>
  told(documents, resource => [
    ...targetsOf(objectOf(resource.context)?.related),
    ...attachmentsOf(resource).map(byUrl),
  ])

export const toldByReports = (reports: readonly Deposit[]): Told => told(reports, ({ result }) => targetsOf(result))

/** Documents that name a deposit as related, or attach the same content; in their order. */
function documentsAbout(deposit: Deposit, { documents, about }: Unit): readonly Deposit[] {
  const names = [nameOf(deposit), ...attachmentsOf(deposit.resource).map(byUrl)]
  const found = new Set(names.flatMap(name => [...(about.get(name) ?? [])]))
  return found.size === 0 ? [] : documents.filter(document => found.has(document))
}

/** The document that a report belongs to; when nothing tells which one, all of them. */
export function documentsOfReport(report: Deposit, unit: Unit): readonly Deposit[] {
  const told = documentsAbout(report, unit)
  return told.length > 0 ? told : unit.standing
}

/** A result goes with its report; anything else as a report does. */
export function documentsOfResult(result: Deposit, unit: Unit): readonly Deposit[] {
  const told = documentsAbout(result, unit)
  if (told.length > 0) return told
  const reports = [...(unit.reporting.get(nameOf(result)) ?? [])]
  return reports.length > 0 ? reports.flatMap(report => documentsOfReport(report, unit)) : unit.standing
}

/** What attaches a Binary, or lends it its access rules; when nothing does, every document that it comes with. */
export function holdersOf(binary: Deposit, unit: Unit): readonly Carried[] {
  const attaching = [...unit.documents, ...unit.reports].filter(({ resource }) =>
    attachedBinaries(resource).includes(nameOf(binary)),
  )
  const names = [...attaching.map(nameOf), ...targetsOf(binary.resource.securityContext)]
  const holders = names.map(name => unit.carried.get(name)).filter(found => found !== undefined)
  return holders.length > 0 ? holders : carriedBy(unit.standing, unit)
}

/** What a list or a provenance is about, and whether all of it is known. */
export function listed(references: readonly unknown[], { carried }: Unit): readonly (Carried | undefined)[] {
  return references.map(reference => carried.get(targetOf(reference) ?? ''))
}

/** Documents of the unit that a document replaces and that the patient masked: what takes their place is masked too. */
export function maskedPredecessors(document: Deposit, unit: Unit): readonly Carried[] {
  const replaced = objectsOf(document.resource.relatesTo)
    .filter(({ code }) => code === 'replaces')
    .map(({ target }) => targetOf(target))
  const predecessors = unit.deposits.filter(({ masked, before, ...deposit }) => {
    const wasMasked = masked || (before !== undefined && before.follows.length > 0)
    return wasMasked && replaced.includes(nameOf(deposit))
  })
  return carriedBy(predecessors, unit)
}
