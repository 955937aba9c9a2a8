/** The registry's part of a unit: claims first, because who loses there must not write anything. `access.md` section 6. */
import type { Deployment } from './deployment.ts'
import { runFind } from './run-read.ts'
import { find, type InTransaction, insert, remove, update } from './statements.ts'
import type { Claim, Committed, Unit } from './store.ts'
import { Stopped } from './unit-of-work.ts'

const claimed = (claim: Claim | undefined): Stopped<Committed> =>
  new Stopped<Committed>({ outcome: 'claimed', key: claim?.key ?? '' })

const lineOf = ({
  collection,
  resource,
  answer,
}: Claim): { collection: string; resource: string; answer: string | null } => ({
  collection,
  resource,
  answer: answer ?? null,
})

async function takeOver(at: InTransaction, claims: readonly Claim[]): Promise<void> {
  const changes = claims.map(claim => ({
    q: { _id: claim.key, resource: claim.replaces },
    u: { $set: lineOf(claim) },
    hint: '_id_',
  }))
  if ((await update(at, 'identifier', changes)) === claims.length) return
  const lines = await find(at, {
    find: 'identifier',
    filter: { _id: { $in: claims.map(({ key }) => key) } },
    hint: '_id_',
  })
  const own = new Map(lines.map(({ _id, resource }) => [_id, resource]))
  throw claimed(claims.find(({ key, resource }) => own.get(key) !== resource))
}

/** Gives back, takes over and claims. Stops the unit with `claimed` when another owns a key. */
export async function claim(at: InTransaction, units: readonly Pick<Unit, 'claims' | 'releases'>[]): Promise<void> {
  const released = units.flatMap(({ releases }) => releases)
  await remove(
    at,
    'identifier',
    released.map(_id => ({ _id })),
  )
  const claims = units.flatMap(unit => unit.claims)
  const [stale, fresh] = [
    claims.filter(({ replaces }) => replaces !== undefined),
    claims.filter(({ replaces }) => replaces === undefined),
  ]
  if (stale.length > 0) await takeOver(at, stale)
  const taken = await insert(
    at,
    'identifier',
    fresh.map(one => ({ _id: one.key, ...lineOf(one) })),
  )
  if (taken !== undefined) throw claimed(fresh[taken.index])
}

/** @returns the outcome of a unit whose claim is lost already, seen without a transaction. */
export async function lostClaim(deployment: Deployment, claims: readonly Claim[]): Promise<Committed | undefined> {
  const fresh = claims.filter(({ replaces }) => replaces === undefined).map(({ key }) => key)
  if (fresh.length === 0) return undefined
  const one = { limit: 1, batchSize: 1, projection: { _id: 1 }, hint: '_id_' }
  const [line] = await runFind(deployment, { find: 'identifier', filter: { _id: { $in: fresh } }, ...one })
  return line === undefined ? undefined : { outcome: 'claimed', key: String(line._id) }
}
