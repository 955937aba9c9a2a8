/** Writes the trail: in groups that clock themselves, durable before anybody is answered, each line chained to the one before. `access.md` section 8. */
import type { AuditEntry } from '../../security/audit-entry.ts'
import { newUlid } from '../new-ids.ts'
import { checkpoint, type Head, openChain } from './audit-chain.ts'
import type { LinkedEntry } from './audit-document.ts'
import { groupAfter, identify } from './audit-group.ts'
import type { Months } from './audit-months.ts'
import { existing, type Legacy, settle, survey } from './audit-recovery.ts'
import type { Deployment } from './deployment.ts'
import { insertDurably } from './durable-insert.ts'
import { inGroups } from './groups.ts'
import { asUnavailable } from './mongo-errors.ts'

export interface AuditWriter {
  /** Resolves when the entries are durable. Rejects with `Unavailable` otherwise. */
  readonly write: (entries: readonly AuditEntry[]) => Promise<void>
  /** The chain that a write's line names as its writer. */
  readonly chain: () => string
  /** Takes committed lines of writes into the chain, with the next group or within a second. */
  readonly link: (lines: readonly LinkedEntry[]) => void
  /** The same for lines of which it is not known whether they were committed: they are looked for later. */
  readonly doubt: (lines: readonly LinkedEntry[]) => void
  /** Waits for what is under way, links what is not, and says that the chain is complete. */
  readonly close: () => Promise<void>
}

/** Milliseconds. */
const linkDelay = 1000
const roundEvery = 20_000
const doubtLasts = 120_000 // longer than a transaction lives

/** Most links of one group, so that its document stays small. */
const linksAtOnce = 1000

/** A group is one command, which must stay below 16 MB: at most 1,000 lines, fewer when they name many targets. */
const limits = { group: 8_000_000, queue: 20_000 }
const weigh = (entries: readonly AuditEntry[]): number =>
  entries.reduce(
    (sum, entry) => sum + Math.max(8000, 1000 + entry.targets.length * 200 + (entry.query?.length ?? 0) * 4),
    0,
  )

interface Link {
  readonly chain: string
  readonly head: Head
}

/** What one process knows of its chain. */
class Writer {
  readonly #deployment: Deployment
  readonly #months: Months
  readonly #push: (entries: readonly AuditEntry[]) => Promise<void>
  #last: Link
  /** A failed group may stand in the database in part: its chain is left, and another begins. */
  #broken = false
  #pending: LinkedEntry[] = []
  #doubtful: { readonly line: LinkedEntry; readonly since: number }[] = []
  #linkTimer: NodeJS.Timeout | undefined

  constructor(deployment: Deployment, months: Months, first: Link) {
    this.#deployment = deployment
    this.#months = months
    this.#last = first
    this.#push = inGroups(items => this.#writeGroup(items.flat()), { ...limits, weigh })
  }

  get chain(): string {
    return this.#last.chain
  }

  write(entries: readonly AuditEntry[]): Promise<void> {
    return this.#push(entries)
  }

  async #writeGroup(entries: readonly AuditEntry[]): Promise<void> {
    const links = this.#pending.splice(0, linksAtOnce)
    try {
      await this.#append(entries, links)
    } catch (error) {
      this.#pending.unshift(...links)
      throw asUnavailable(error)
    }
    if (this.#pending.length > 0) this.#linkSoon()
  }

  async #append(entries: readonly AuditEntry[], links: readonly LinkedEntry[]): Promise<void> {
    const { now } = this.#deployment
    if (this.#broken) this.#last = await begin(this.#deployment)
    this.#broken = true
    const { chain, head } = this.#last
    const at = now()
    const identified = entries.map(entry => identify(entry, at))
    const group = groupAfter(chain, head, { entries: identified, links, now: at })
    await this.#months.ensure(group.runs.flatMap(({ documents }) => documents.map(document => document.at.getTime())))
    for (const { month, documents } of group.runs) await insertDurably(this.#deployment, month, documents)
    this.#last = { chain, head: group.head }
    this.#broken = false
  }

  link(lines: readonly LinkedEntry[]): void {
    this.#pending.push(...lines)
    this.#linkSoon()
  }

  doubt(lines: readonly LinkedEntry[]): void {
    const since = this.#deployment.now()
    this.#doubtful.push(...lines.map(line => ({ line, since })))
  }

  #linkSoon(): void {
    this.#linkTimer ??= setTimeout(() => {
      this.#linkTimer = undefined
      if (this.#pending.length > 0) this.#push([]).catch(() => this.#linkSoon()) // the lines still wait
    }, linkDelay).unref()
  }

  async #resolveDoubts(): Promise<void> {
    const { db, now } = this.#deployment
    const asked = this.#doubtful
    const found = new Set(
      await existing(
        db,
        asked.map(({ line }) => line),
      ),
    )
    const over = now() - doubtLasts
    this.#doubtful = this.#doubtful.filter(({ line, since }) => !found.has(line) && since > over)
    this.#pending.push(...found)
  }

  /** Looks for doubtful lines, links everything, and says how far the chain is. @param complete whether nothing will follow. */
  async round(complete: boolean): Promise<void> {
    if (this.#doubtful.length > 0) await this.#resolveDoubts()
    while (this.#pending.length > 0) await this.#push([])
    if (this.#broken) return
    const { chain, head } = this.#last
    const settled = complete && this.#doubtful.length === 0
    await checkpoint(this.#deployment.db, chain, { head, alive: new Date(this.#deployment.now()), settled })
  }

  async close(): Promise<void> {
    clearTimeout(this.#linkTimer)
    await this.#push([])
    await this.round(true)
  }
}

async function begin(deployment: Deployment): Promise<Link> {
  const at = deployment.now()
  const chain = newUlid(at)
  return { chain, head: await openChain(deployment, chain, new Date(at)) }
}

/** Opens a chain of this process behind the others as far as they go, and links what writers before it left unlinked. */
export async function openAuditWriter(deployment: Deployment, months: Months): Promise<AuditWriter> {
  const { db, now } = deployment
  const left = await survey({ db, months, now: now(), chains: 'unsettled' })
  const writer = new Writer(deployment, months, await begin(deployment))
  const adopt = async (legacy: Legacy): Promise<void> => {
    writer.link(legacy.lines)
    if (legacy.lines.length > 0) await writer.round(false)
    await settle(db, legacy, now())
  }
  await adopt(left)
  const rounds = setInterval(() => {
    // A round that fails is done again: nothing is forgotten meanwhile.
    writer
      .round(false)
      .then(() => survey({ db, months, now: now(), own: writer.chain, chains: 'stale' }))
      .then(adopt)
      .catch(() => undefined)
  }, roundEvery).unref()
  return {
    write: entries => (entries.length === 0 ? Promise.resolve() : writer.write(entries)),
    chain: () => writer.chain,
    link: lines => writer.link(lines),
    doubt: lines => writer.doubt(lines),
    close: async () => {
      clearInterval(rounds)
      await writer.close()
    },
  }
}
