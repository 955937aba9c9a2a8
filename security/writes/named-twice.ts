/** Rules name professionals and structures by identifier; a reference beside it must not say another. `access.md` section 4. */
import { objectOf, textOf } from '../../resources/json-value.ts'
import { fail, ok, type Result } from '../../resources/outcome.ts'
import type { Resource } from '../../resources/resource.ts'
import { actorOf } from '../actor-identifier.ts'
import { actorOfReference, type Directory } from '../authors.ts'
import { objectsOf } from '../elements.ts'

/** `Type/id` at the end of a reference, whatever base stands before it: the directory holds nothing of other servers. */
const leading = (reference: unknown): string =>
  /(?:^|\/)([A-Z][A-Za-z]+\/[A-Za-z0-9.-]{1,64})(?:\/_history\/[^/]*)?$/.exec(
    textOf(objectOf(reference)?.reference) ?? '',
  )?.[1] ?? ''

/** A Reference, and where it stands. */
interface Naming {
  readonly reference: unknown
  readonly path: string
}

function namingsOf(resource: Resource): readonly Naming[] {
  if (resource.resourceType === 'CareTeam')
    return objectsOf(resource.participant).map(({ member }) => ({
      reference: member,
      path: 'CareTeam.participant.member',
    }))
  const outer = objectOf(resource.provision)
  return [
    ...objectsOf(outer).map(provision => ({ provision, path: 'Consent.provision' })),
    ...objectsOf(outer?.provision).map(provision => ({ provision, path: 'Consent.provision.provision' })),
  ].flatMap(({ provision, path }) =>
    (['actor', 'data'] as const).flatMap(element =>
      objectsOf(provision[element]).map(({ reference }) => ({ reference, path: `${path}.${element}.reference` })),
    ),
  )
}

/** @returns fails with 422 by its element where the directory knows whom a reference leads to, and that is not whom its identifier names. */
export function checkNamedTwice(resource: Resource, directory: Directory = new Map()): Result<void> {
  if (directory.size === 0) return ok(undefined)
  const double = namingsOf(resource).find(({ reference }) => {
    const actor = actorOfReference(reference, resource)
    const known = (directory.get(leading(reference)) ?? []).flatMap(each => actorOf({ ...each }) ?? [])
    return actor !== undefined && known.length > 0 && !known.includes(actor)
  })
  if (double === undefined) return ok(undefined)
  return fail(
    'refusedByRule',
    'expected an identifier of whom the reference leads to, found that of another',
    double.path,
  )
}
