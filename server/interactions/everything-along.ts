/** The resources of the directory to which a record refers, found in its bytes without parsing them. */
import type { Found } from '../store/store.ts'
import { shownOf } from './everything-access.ts'
import type { Call, Context } from './interaction.ts'
import { locateAll } from './locate.ts'

/** The most that one answer brings along, and how many are asked for at once. */
const mostAlong = 1000
const mostAtOnce = 200

type Reference = { readonly type: string; readonly id: string }

const literally = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\/]/g, '\\$&')

/**
 * What was referred to so far. A quotation mark within a text of JSON has a backslash before it, so that
 * `"reference":"…"` is always a member of that name.
 */
export class References {
  readonly #form: RegExp | undefined
  readonly #found = new Map<string, Reference>()

  constructor({ base }: Pick<Context, 'base'>, types: ReadonlySet<string>) {
    const names = [...types].join('|')
    const form = `"reference"\\s*:\\s*"(?:${literally(base)}/)?(${names})\\\\?/([A-Za-z0-9.-]{1,64})["/\\\\]`
    this.#form = types.size === 0 ? undefined : new RegExp(form, 'g')
  }

  /** Notes what the JSON of a resource refers to. */
  note({ json }: Pick<Found, 'json'>): void {
    if (this.#form === undefined || this.areTooMany) return
    const text = Buffer.from(json.buffer, json.byteOffset, json.byteLength).toString('latin1')
    this.#form.lastIndex = 0
    for (let match = this.#form.exec(text); match !== null; match = this.#form.exec(text)) this.#note(match)
  }

  #note([, type = '', id = '']: RegExpExecArray): void {
    const name = `${type}/${id}`
    if (!this.#found.has(name)) this.#found.set(name, { type, id })
  }

  get areTooMany(): boolean {
    return this.#found.size > mostAlong
  }

  get all(): readonly Reference[] {
    return [...this.#found.values()].slice(0, mostAlong)
  }
}

/** The keys of rows of the directory, by type. */
async function keysOf(context: Context, references: readonly Reference[]): Promise<ReadonlyMap<string, string[]>> {
  const places = await locateAll(context, references)
  const keys = new Map<string, string[]>()
  for (const { type, id } of references) {
    const place = places.get(`${type}/${id}`)
    if (place?.collection === 'directory') keys.set(type, [...(keys.get(type) ?? []), place._id])
  }
  return keys
}

/** @returns the rows that are referred to, as far as the caller may see them, some at a time. */
export async function* rowsAlong(
  context: Context,
  call: Call,
  references: References,
): AsyncGenerator<readonly Found[]> {
  for (const [type, keys] of await keysOf(context, references.all)) {
    const within = shownOf(context, call, { type, patient: null, facts: undefined })
    for (let from = 0; within !== undefined && from < keys.length; from += mostAtOnce) {
      let rows: readonly Found[] = []
      let asked: readonly string[] = keys.slice(from, from + mostAtOnce)
      for (const restriction of within) {
        rows = await context.store.rows(restriction, type, asked)
        asked = rows.map(({ _id }) => _id)
      }
      yield rows
    }
  }
}
