/** Denials that were given while two records were one: they hold in both once these are parted. `docs/decisions/0037-one-person-one-record.md` */
import { splice } from '../../../resources/json-text.ts'
import { type JsonObject, objectOf } from '../../../resources/json-value.ts'
import type { Resource } from '../../../resources/resource.ts'
import { agreedKey } from '../../../search/key.ts'
import { everything } from '../../../search/query.ts'
import { type Covered, coveredNames } from '../../../security/covered-names.ts'
import { type CoveredThere, coveredElsewhere, denialElsewhere } from '../../../security/denial-elsewhere.ts'
import { objectsOf, targetOf } from '../../../security/elements.ts'
import { exceptionsAlone } from '../../../security/exceptions-alone.ts'
import type { Facts } from '../../../security/facts.ts'
import { denies } from '../../../security/merged-rules.ts'
import { systemRestriction } from '../../../security/system-restriction.ts'
import type { Moving } from '../../store/merge-request.ts'
import type { RowWrite } from '../../store/store.ts'
import type { Context } from '../interaction.ts'
import { storedText } from '../write/draft.ts'
import { withoutNames } from '../write/in-whose-name.ts'
import { type Renaming, renamingEdits } from './moved-version.ts'
import { type Current, firstVersion } from './server-version.ts'

/** The Consents that were written since the merge and keep somebody out, whichever record brought them. */
async function denialsSince(context: Context, patient: string, since: number): Promise<readonly Current[]> {
  const restriction = systemRestriction('current version of an update', { collection: 'record', patient })
  const order = { by: '_id', descending: false } as const
  const rows = await context.store.page({ restriction, type: 'Consent', query: everything, order, limit: 10_000 })
  const later = rows.filter(({ updated }) => updated > since)
  const current = await Promise.all(later.map(({ _id }) => context.store.stored(restriction, 'Consent', _id)))
  return current
    .filter(each => each !== undefined)
    .filter(({ resource }) => resource.status === 'active' && denies(resource))
}

/** Ids of rows: the key of a patient, and the time of the deposit. */
const rowIds = /[0-9a-hjkmnp-tv-z]{12}(?=-[0-9a-hjkmnp-tv-z]{26})/g

/** The record of a Consent, or the other one, and what is there. */
interface There {
  readonly renaming: Renaming
  /** As the two are still one, with what their parts reach. */
  readonly facts: Facts | undefined
  /** Whether a resource will be there. */
  readonly isThere: (each: Covered) => boolean
}

/** Whether something names what will not be in a record: another row, or the other Patient. */
const staysOutOf =
  ({ from, to }: Moving) =>
  (part: unknown): boolean => {
    const said = JSON.stringify(part) ?? ''
    return said.includes(from) || (said.match(rowIds) ?? []).some(key => key !== to)
  }

/** The letters of a Consent as they are written there; of a permit each exception, for it permits nothing there. */
function writtenThere({ row }: Current, renaming: Renaming): readonly Resource[] {
  const { text, root } = storedText(row)
  const there = JSON.parse(splice(text, root, renamingEdits(root, renaming))) as Resource
  const { id: _, meta: __, ...written } = there
  return exceptionsAlone(objectOf(there.provision) ?? {}).map(provision => ({ ...written, provision }))
}

function versionOf(context: Context, { labels }: Current, { resource, at }: { resource: Resource; at: Renaming }) {
  const { from, to } = at
  const depositor = labels.depositor === `patient:${from}` ? `patient:${to}` : (labels.depositor ?? '')
  // There it is no agreement that was turned into a refusal.
  const keys = withoutNames(labels.keys).filter(key => key !== agreedKey)
  return firstVersion(context, { patient: to, resource, depositor, keys })
}

/** What is there and was denied by its relation to what is not, each by its own name. */
function coveredThere(consent: Resource, { renaming, facts, isThere }: There): readonly Resource[] {
  const { names } = renaming
  const stays = staysOutOf(renaming)
  const before = new Map([...names].map(([was, is]) => [is, was]))
  const about = (name: string): boolean => !isThere({ name, row: name.slice(name.indexOf('/') + 1) })
  const covered: CoveredThere = provision => {
    if (facts === undefined) return []
    const asked = { data: objectsOf(provision.data).map(datum => asBefore(datum, before)) }
    const found = coveredNames(facts, asked, about)
    if (found === 'everything') return found
    const there = found.filter(isThere).map(({ name }) => names.get(name) ?? name)
    return there.filter(name => !stays(name))
  }
  return coveredElsewhere(consent, stays, covered)
}

/** A datum by the name that its resource has while the two are one. */
function asBefore(datum: JsonObject, before: ReadonlyMap<string, string>): JsonObject {
  const name = targetOf(datum.reference)
  const was = name === undefined ? undefined : before.get(name)
  return was === undefined ? datum : { ...datum, reference: { reference: was } }
}

/** @returns a copy of each such denial for the record in which it will not be: what goes back to the source keeps somebody out of the target too. What it denied by relation is denied in both by its name, where the two sides of the relation part. */
export async function copiedDenials(context: Context, renaming: Renaming, since: number): Promise<readonly RowWrite[]> {
  const { from: target, to: source, base, names } = renaming
  const facts = await context.store.facts(target)
  const goes = ({ name, row }: Covered): boolean => row.startsWith(`${source}-`) || names.has(name)
  const there: There = { renaming, facts, isThere: goes }
  const back = { from: source, to: target, source, base, names: new Map<string, string>() }
  const here: There = { renaming: back, facts, isThere: each => !goes(each) }
  const denials = await denialsSince(context, target, since)
  return denials.flatMap(each => {
    const isBack = each._id.startsWith(`${source}-`)
    const other = (isBack ? here : there).renaming
    const copies = writtenThere(each, other).flatMap(denial => {
      const copy = denialElsewhere(denial, staysOutOf(other))
      return copy === undefined ? [] : [{ resource: copy, at: other }]
    })
    for (const side of [here, there]) {
      const said = writtenThere(each, side.renaming).flatMap(denial => coveredThere(denial, side))
      copies.push(...said.map(resource => ({ resource, at: side.renaming })))
    }
    return copies.map(said => versionOf(context, each, said))
  })
}
