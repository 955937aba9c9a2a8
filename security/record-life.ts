/** When a record was closed, and what its closing ended for good. `access.md` section 4; `docs/decisions/0032-the-record-s-life.md` */
import { type JsonObject, objectOf, textOf } from '../resources/json-value.ts'
import type { Resource } from '../resources/resource.ts'
import { monthsAfter } from './calendar.ts'
import { isLegalRepresentative } from './compile-facts.ts'
import { objectsOf } from './elements.ts'
import { exceptionsAlone } from './exceptions-alone.ts'

/** Milliseconds since 1970. */
export interface RecordLife {
  /** When the record was closed; null while it is open. */
  readonly closed: number | null
  /** What authorises and was written then, or before, holds no more; null when the record never was closed. */
  readonly lapsed: number | null
  /** When all of it is destroyed; null while it is open. */
  readonly destroy: number | null
}

/** What is kept after the closing. Code de la santé publique, L.1111-18. */
const monthsKept = 120

const writtenAt = ({ meta }: Resource): number => Date.parse(textOf(meta?.lastUpdated) ?? '') || 0

/**
 * The life of a record after its rules were written. While it is closed, whatever was written up to the last of these
 * rules ends, whichever server's clock said when: so nothing that stood before it was opened again can hold after it.
 * @param asked when its destruction was asked for, if it was.
 */
export function lifeAfter(
  former: (RecordLife & { readonly open: boolean }) | undefined,
  { resources, open }: { readonly resources: readonly Resource[]; readonly open: boolean },
  asked: number | null = null,
): RecordLife {
  if (open) return { closed: null, lapsed: former?.lapsed ?? null, destroy: null }
  const last = resources.reduce((latest, resource) => Math.max(latest, writtenAt(resource)), 0)
  const before = former === undefined || former.open ? undefined : former
  const closed = before?.closed ?? last
  const due = before?.destroy ?? monthsAfter(closed, monthsKept)
  return { closed, lapsed: Math.max(former?.lapsed ?? 0, last), destroy: asked === null ? due : Math.min(due, asked) }
}

/** A provision without what it permits to somebody; undefined when nothing else is left. */
function withoutPermits(provision: JsonObject): JsonObject | undefined {
  if (provision.type === 'permit' && provision.actor !== undefined) return undefined
  if (provision.provision === undefined) return provision
  const nested = objectsOf(provision.provision).flatMap(inner => withoutPermits(inner) ?? [])
  const { provision: _, ...alone } = provision
  return nested.length === 0 ? alone : { ...alone, provision: nested } // an empty list could not be read
}

/** What an old rule still says: denials and masks hold, authorisations, care teams and relatives do not. */
function stillHolds(resource: Resource): readonly Resource[] {
  if (resource.resourceType === 'CareTeam') return []
  if (resource.resourceType === 'RelatedPerson') return isLegalRepresentative(resource) ? [resource] : []
  const provision = resource.resourceType === 'Consent' ? objectOf(resource.provision) : undefined
  if (provision === undefined) return [resource]
  return exceptionsAlone(provision)
    .flatMap(each => withoutPermits(each) ?? [])
    .map(left => ({ ...resource, provision: left }))
}

/** @returns the rules of a record as they hold after its last closing. */
export const rulesInForce = <Rule extends { readonly resource: Resource }>(
  resources: readonly Rule[],
  { lapsed }: Pick<RecordLife, 'lapsed'>,
): readonly Rule[] =>
  lapsed === null
    ? resources
    : resources.flatMap(each =>
        writtenAt(each.resource) > lapsed ? [each] : stillHolds(each.resource).map(resource => ({ ...each, resource })),
      )
