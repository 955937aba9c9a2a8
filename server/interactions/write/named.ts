/** What the resources of a unit name and the regime must know of: rows that labels come from, and who the authors are. */
import { listOf, objectOf, textOf } from '../../../resources/json-value.ts'
import type { Identifier, Resource } from '../../../resources/resource.ts'
import type { Stored, WriteRequest } from '../../../security/regime.ts'
import type { Found } from '../../store/store.ts'
import { decideWith } from '../access.ts'
import { locate, locateAll } from '../locate.ts'
import type { Proposal } from './draft.ts'
import type { LocalReference } from './item.ts'
import { isOfRecord } from './of-record.ts'
import { referencesIn } from './references.ts'
import type { Settling } from './settling.ts'

/** What a regime may ask of beside the writes themselves. */
export type Named = Pick<WriteRequest, 'referenced' | 'directory'>

/** Types that say who an author is. */
const directoryTypes = new Set(['Practitioner', 'PractitionerRole', 'Organization'])

/** The elements whose targets give labels, by type of the resource that holds them. */
const labelling: Readonly<Record<string, (resource: Resource) => unknown>> = {
  List: ({ entry }) => entry,
  Provenance: ({ target }) => target,
  Binary: ({ securityContext }) => securityContext,
  Consent: ({ provision }) => [provision, ...listOf(objectOf(provision)?.provision)].map(each => objectOf(each)?.data),
}

function labellingReferences({ context }: Settling, { draft }: Proposal): readonly LocalReference[] {
  const resource = draft.after?.resource
  const elements = resource === undefined ? undefined : labelling[resource.resourceType]
  const named = resource === undefined || elements === undefined ? [] : referencesIn(elements(resource), context.base)
  const followed = draft.before?.labels.follows.map(id => ({ type: 'DocumentReference', id })) ?? []
  return [...named, ...followed]
}

/** A row of the unit's record that the caller may see. */
async function visibleStored(settling: Settling, { type, id }: LocalReference): Promise<Stored | undefined> {
  const { context, call, record, facts } = settling
  const place = await locate(context, type, id)
  if (place === undefined || !isOfRecord(settling, place) || !context.catalog.types.has(type)) return undefined
  const asked = { principal: call.principal, interaction: 'read', type } as const
  const decision = decideWith(context, asked, { patient: record.patient, facts })
  return decision.effect === 'permit' ? context.store.stored(decision.restriction, type, place._id) : undefined
}

async function referencedBy(settling: Settling, proposals: readonly Proposal[]): Promise<readonly Stored[]> {
  const named = proposals.flatMap(proposal => labellingReferences(settling, proposal))
  if (named.length === 0) return []
  const own = new Set(proposals.map(({ draft }) => `${draft.settled.item.type}/${draft.settled.id}`))
  const wanted = new Map(
    named
      .map(reference => [`${reference.type}/${reference.id}`, reference] as const)
      .filter(([name]) => !own.has(name)),
  )
  const found = await Promise.all([...wanted.values()].map(reference => visibleStored(settling, reference)))
  return found.filter(stored => stored !== undefined)
}

const resourceOf = (row: Found): Resource => JSON.parse(Buffer.from(row.json).toString()) as Resource

/** Rows of the directory by `Type/id`. */
async function directoryRows(
  { context }: Settling,
  references: readonly LocalReference[],
): Promise<ReadonlyMap<string, Resource>> {
  const places = await locateAll(context, references)
  const named = references.flatMap(({ type, id }) => {
    const place = places.get(`${type}/${id}`)
    return directoryTypes.has(type) && place?.collection === 'directory' ? [{ type, _id: place._id }] : []
  })
  return new Map((await context.store.named(named)).map(row => [`${row.type}/${row.id}`, resourceOf(row)]))
}

const identifiersOf = (resource: Resource | undefined): readonly Identifier[] =>
  listOf(resource?.identifier).flatMap(entry => {
    const identifier = objectOf(entry)
    const system = textOf(identifier?.system)
    const value = textOf(identifier?.value)
    return system === undefined || value === undefined ? [] : [{ system, value }]
  })

/** Who practitioners, roles and organizations are; a role is also whom it names. */
async function directoryFor(
  settling: Settling,
  proposals: readonly Proposal[],
): Promise<ReadonlyMap<string, readonly Identifier[]>> {
  const { base } = settling.context
  const named = proposals.flatMap(({ draft }) => draft.after?.references ?? [])
  const wanted = named.filter(({ type }) => directoryTypes.has(type))
  if (wanted.length === 0) return new Map()
  const rows = await directoryRows(settling, wanted)
  const behind = [...rows.values()].flatMap(({ practitioner, organization }) =>
    referencesIn([practitioner, organization], base),
  )
  const others = behind.length === 0 ? rows : new Map([...(await directoryRows(settling, behind)), ...rows])
  return new Map(
    [...rows].map(([name, resource]) => {
      const whom = referencesIn([resource.practitioner, resource.organization], base)
      return [
        name,
        [...identifiersOf(resource), ...whom.flatMap(({ type, id }) => identifiersOf(others.get(`${type}/${id}`)))],
      ]
    }),
  )
}

/** @returns the rows that labels come from, within what the caller may see, and the identifiers of who is named. */
export async function namedBy(settling: Settling, proposals: readonly Proposal[]): Promise<Named> {
  if (settling.record.patient === null || !settling.context.regime.needsFacts) return {}
  const [referenced, directory] = await Promise.all([
    referencedBy(settling, proposals),
    directoryFor(settling, proposals),
  ])
  return { referenced, directory }
}
