/** The work in the background: looks at the definitions, and indexes rows by those that every server knows. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Resource } from '../../resources/resource.ts'
import { typesOf } from '../../search/custom-parameter.ts'
import type { Index } from '../../search/index-resource.ts'
import type { Extent } from '../../security/restriction.ts'
import { systemRestriction } from '../../security/system-restriction.ts'
import { mostBytes, mostValues, sizeOf, valuesOf } from '../interactions/write/row-size.ts'
import type { IndexedRow, Reindexing, ReindexRun } from '../store/reindexing-request.ts'
import type { KnownParameters } from './known.ts'

/** What it is made of. */
export interface WatchMaterials {
  readonly known: KnownParameters
  readonly reindexing: Reindexing
  /** Names this server among those who may index. */
  readonly holder: string
  readonly clock: () => number
  /** Is told what went wrong: it is tried again. */
  readonly onError: (error: unknown) => void
}

/** Milliseconds for which the run is surely held: after them another server may have taken it. */
const sure = 5000

const extents: Readonly<Record<ReindexRun['collection'], Extent>> = {
  record: { collection: 'record', patient: 'every' },
  directory: { collection: 'directory' },
}

/** What a row is found by now. Its `json` is what was validated when it was written. */
const indexedBy =
  (index: Index) =>
  (row: IndexedRow): { readonly row: IndexedRow; readonly search: ReturnType<Index> } => ({
    row,
    search: index(JSON.parse(Buffer.from(row.json).toString()) as Resource),
  })

type Reindexed = ReturnType<ReturnType<typeof indexedBy>>

/** What no write could have stored is left as it is found. */
const fits = ({ row, search }: Reindexed): boolean =>
  sizeOf(search) + row.json.byteLength <= mostBytes && valuesOf(search) <= mostValues

export interface Watch {
  /** Resolves when nothing is under way any more. */
  readonly stop: () => Promise<void>
}

class Watching implements Watch {
  readonly #materials: WatchMaterials
  readonly #stopping = new AbortController()
  #running: Promise<void> | undefined
  #working: Promise<void> | undefined

  constructor(materials: WatchMaterials) {
    this.#materials = materials
  }

  start(): this {
    this.#running = this.#run()
    return this
  }

  readonly stop = async (): Promise<void> => {
    this.#stopping.abort()
    await Promise.all([this.#running, this.#working])
  }

  /** @returns false when it was stopped meanwhile. */
  #pause(milliseconds: number): Promise<boolean> {
    const { signal } = this.#stopping
    return sleep(milliseconds, true, { signal, ref: false }).catch(() => false)
  }

  async #run(): Promise<void> {
    const { known, onError } = this.#materials
    while (await this.#pause(known.every)) {
      await known.look().catch(onError)
      this.#working ??= this.#work()
        .catch(onError)
        .finally(() => {
          this.#working = undefined
        })
    }
  }

  async #work(): Promise<void> {
    const { known, reindexing, holder } = this.#materials
    const due = known.due()
    if (known.standing.run === undefined && due.length > 0) {
      const types = new Set(due.flatMap(({ parameter }) => typesOf(parameter.value)))
      await reindexing.begin({ of: due.map(({ _id, version }) => ({ _id, version })), types: [...types] })
    } else if (known.standing.run === undefined) return
    let run = await reindexing.hold(holder)
    while (run !== undefined && !this.#stopping.signal.aborted) run = await this.#step(run)
  }

  /** One batch. @returns the run as it is then; undefined when it is over, or held by another server. */
  async #step(run: ReindexRun): Promise<ReindexRun | undefined> {
    const { known, reindexing, holder, clock } = this.#materials
    const began = clock()
    const restriction = systemRestriction('re-index', extents[run.collection])
    const { rows, last, looked } = await reindexing.batch(restriction, run)
    if (last === undefined) return this.#end(run)
    await known.fresh()
    const indexed = rows.map(indexedBy(known.inForce.index))
    const fit = indexed.filter(fits)
    if (clock() - began > sure && (await reindexing.hold(holder))?.after !== run.after) return undefined
    await reindexing.replace(restriction, fit)
    const leftOut = run.leftOut + indexed.length - fit.length
    const next = await reindexing.advance(holder, run, { after: last, looked: run.looked + looked, leftOut })
    await this.#pause(clock() - began) // as long as it took: whoever asks comes first
    return next
  }

  async #end(run: ReindexRun): Promise<ReindexRun | undefined> {
    const { known, reindexing, holder } = this.#materials
    if (run.collection === 'record') return reindexing.advance(holder, run, { collection: 'directory', after: '' })
    await reindexing.finish(holder)
    await known.look()
    return undefined
  }
}

/** Begins to watch. Where no SearchParameter is served there is nothing to watch. */
export const watch = (materials: WatchMaterials): Watch =>
  materials.known.served ? new Watching(materials).start() : { stop: async () => undefined }
