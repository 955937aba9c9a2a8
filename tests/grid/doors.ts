/** The ways of asking. Each says which of the objects it shows to an actor. */

import { newUlid } from '../../server/new-ids.ts'
import type { Actor } from '../access/support/cast.ts'
import { asks, batch, type Json, numbers, transaction } from '../access/support/contents.ts'
import type { Stage } from '../access/support/stage.ts'
import type { Answer } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import type { GridObject, GridRecord } from './objects.ts'

/** What a door is given: who asks, of which record, about which objects. */
export interface Asked {
  readonly stage: Stage
  readonly actor: Actor
  readonly record: GridRecord
  readonly objects: readonly GridObject[]
}

/** The ids that came out; a number where only their number does; `closed` when the door told nothing of anything. */
export type Shown = ReadonlySet<string> | number

export interface Door {
  readonly name: string
  /** Whether it asks about one object after the other. */
  readonly each?: (asked: Asked, object: GridObject) => Promise<boolean>
  readonly all?: (asked: Asked) => Promise<Shown>
  /** Whether the door stands behind a document of the hospital that refers to all objects. */
  readonly behindPointer?: true
  /** Actors who would change something by it are left out. */
  readonly changes?: true
  /** A third of the objects stands for all, for each actor and record another. */
  readonly sampled?: true
}

const idsOf = (answers: readonly Answer[]): ReadonlySet<string> =>
  new Set(answers.flatMap(({ json }) => select(json, '/entry/*/resource/id').map(String)))

type Each = NonNullable<Door['each']>

const textOf = ({ status, bytes }: Answer): string => `${status} ${bytes}`

/** One thing by its name: shown where the answer is another than for a name that nobody has, which is asked once. */
function byName(
  send: (asked: Asked, name: string) => Promise<Answer>,
  nameOf: (object: GridObject) => string,
  never: string,
): Each {
  const absences = new Map<string, Promise<string>>()
  return async (asked, object) => {
    const key = JSON.stringify([asked.actor, asked.record.id])
    const absent = absences.get(key) ?? send(asked, `${asked.record.id}-${never}`).then(textOf)
    absences.set(key, absent)
    return textOf(await send(asked, nameOf(object))) !== (await absent)
  }
}

const neverUlid = newUlid(0)

const byId = (
  path: (id: string) => string,
  of: 'id' | 'binary' = 'id',
  headers: Readonly<Record<string, string>> = {},
): Each => {
  const send = ({ stage, actor }: Asked, id: string): Promise<Answer> => stage.get(actor, path(id), headers)
  return byName(send, object => object[of], neverUlid)
}

const searching =
  (path: (record: GridRecord) => string) =>
  async ({ stage, actor, record }: Asked): Promise<Shown> =>
    idsOf([await stage.get(actor, path(record))])

const posting =
  (path: (record: GridRecord) => string, form: (record: GridRecord) => string) =>
  async ({ stage, actor, record }: Asked): Promise<Shown> =>
    idsOf([
      await stage.send(actor, `POST ${path(record)}`, {
        body: form(record),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      }),
    ])

const walking =
  (path: (record: GridRecord) => string) =>
  async ({ stage, actor, record }: Asked): Promise<Shown> => {
    const pages = [await stage.get(actor, path(record))]
    for (let next = nextOf(pages[0]); next !== undefined && pages.length < 60; next = nextOf(pages.at(-1)))
      pages.push(await stage.get(actor, next))
    const ids = pages.flatMap(({ json }) => select(json, '/entry/*/resource/id').map(String))
    if (new Set(ids).size !== ids.length) throw new Error(`a row twice among ${ids}`)
    return new Set(ids)
  }

const nextOf = (page: Answer | undefined): string | undefined =>
  select(page?.json, '/link/[relation=next]/url').map(String)[0]

/** Only a number comes out: of those among the objects, by the numbers which they alone have. */
const counting =
  (more: string) =>
  async ({ stage, actor, record, objects }: Asked): Promise<Shown> => {
    const all = objects.map(({ number }) => `${numbers}%7C${number}`).join(',')
    const answer = await stage.get(actor, `DocumentReference?patient=${record.id}&identifier=${all}&${more}`)
    return Number(select(answer.json, '/total')[0] ?? 0)
  }

/** Entries that read: each answers for its object. */
const bundling =
  (make: (...entries: readonly ReturnType<typeof asks>[]) => Json, path: (object: GridObject) => string) =>
  async ({ stage, actor, objects }: Asked): Promise<Shown> => {
    const answer = await stage.post(actor, make(...objects.map(object => asks('GET', path(object)))))
    const statuses = select(answer.json, '/entry/*/response/status').map(status => Number(String(status).slice(0, 3)))
    return new Set(objects.filter((_, at) => statuses[at] === 200).map(({ id }) => id))
  }

/** A link that searches by one object and shows another document, which everybody in the record sees. */
const chaining =
  (path: (record: GridRecord, number: string) => string) =>
  async ({ stage, actor, record }: Asked, { number }: GridObject): Promise<boolean> =>
    idsOf([await stage.get(actor, path(record, number))]).has(record.pointer)

const jsonPatch = { 'content-type': 'application/json-patch+json' }
const neverHolds = JSON.stringify([{ op: 'test', path: '/status', value: 'never' }])

/** A patch whose test never holds, of what an id or criteria name. */
const patching = (path: (record: GridRecord, name: string) => string, by: 'id' | 'number'): Each =>
  byName(
    ({ stage, actor, record }, name) =>
      stage.send(actor, `PATCH ${path(record, name)}`, { body: neverHolds, headers: jsonPatch }),
    object => object[by],
    `${by}-${neverUlid}`.replace('id-', ''),
  )

const deleting: Each = byName(
  ({ stage, actor, record }, name) =>
    stage.remove(actor, `DocumentReference?patient=${record.id}&identifier=${numbers}%7C${name}`),
  ({ number }) => number,
  'by criteria',
)

const link = 'DocumentReference:relatesto'

export const doors: readonly Door[] = [
  { name: 'read', each: byId(id => `DocumentReference/${id}`) },
  {
    name: 'read of a version that is known',
    sampled: true,
    each: byId(id => `DocumentReference/${id}`, 'id', { 'if-none-match': 'W/"1"' }),
  },
  { name: 'vread', sampled: true, each: byId(id => `DocumentReference/${id}/_history/1`) },
  { name: 'history of one', sampled: true, each: byId(id => `DocumentReference/${id}/_history`) },
  { name: 'Binary as bytes', each: byId(id => `Binary/${id}`, 'binary', { accept: 'text/plain' }) },
  {
    name: 'Binary as JSON',
    sampled: true,
    each: byId(id => `Binary/${id}`, 'binary', { accept: 'application/fhir+json' }),
  },
  { name: 'search', all: searching(({ id }) => `DocumentReference?patient=${id}&_count=100`) },
  {
    name: 'search by POST',
    all: posting(
      () => 'DocumentReference/_search',
      ({ id }) => `patient=${id}&_count=100`,
    ),
  },
  {
    name: 'search for all but another type',
    all: searching(({ id }) => `DocumentReference?patient=${id}&type:not=x&_count=100`),
  },
  {
    name: 'search by what has a number',
    all: searching(({ id }) => `DocumentReference?patient=${id}&identifier:missing=false&_count=100`),
  },
  { name: 'sorted by date', all: searching(({ id }) => `DocumentReference?patient=${id}&_sort=date&_count=100`) },
  {
    name: 'sorted in memory',
    all: searching(({ id }) => `DocumentReference?patient=${id}&_sort=type,-date&_count=100`),
  },
  { name: 'elements', all: searching(({ id }) => `DocumentReference?patient=${id}&_elements=type&_count=100`) },
  { name: 'page by page', all: walking(({ id }) => `DocumentReference?patient=${id}&_count=4`) },
  {
    name: 'page by page, sorted in memory',
    all: walking(({ id }) => `DocumentReference?patient=${id}&_count=4&_sort=type`),
  },
  { name: 'count', all: counting('_summary=count') },
  { name: 'total', all: counting('_total=accurate&_count=1') },
  { name: 'compartment', all: searching(({ id }) => `Patient/${id}/DocumentReference?_count=100`) },
  { name: 'compartment of all types', all: walking(({ id }) => `Patient/${id}/*?_count=30`) },
  { name: 'several types', all: walking(({ id }) => `?_type=DocumentReference,Binary&patient=${id}&_count=30`) },
  { name: 'history of the type', all: walking(({ id }) => `DocumentReference/_history?patient=${id}&_count=20`) },
  {
    name: 'history of the record',
    all: walking(({ id }) => `_history?patient=${id}&_type=DocumentReference&_count=20`),
  },
  { name: '$everything', all: searching(({ id }) => `Patient/${id}/$everything?_type=DocumentReference`) },
  { name: 'batch of reads', all: bundling(batch, ({ id }) => `DocumentReference/${id}`) },
  { name: 'transaction of reads', all: bundling(transaction, ({ id }) => `DocumentReference/${id}`) },
  { name: 'batch of contents', all: bundling(batch, ({ binary }) => `Binary/${binary}`) },
  {
    ...{ name: '_include', behindPointer: true },
    all: searching(
      ({ id, kind }) => `DocumentReference?patient=${id}&identifier=${numbers}%7C${kind}-pointer&_include=${link}`,
    ),
  },
  {
    ...{ name: '_include, iterated', behindPointer: true },
    all: searching(
      ({ id, kind }) =>
        `DocumentReference?patient=${id}&identifier=${numbers}%7C${kind}-pointer&_include:iterate=${link}`,
    ),
  },
  {
    ...{ name: '_has of what points to it', behindPointer: true },
    all: searching(
      ({ id, kind }) =>
        `DocumentReference?patient=${id}&_has:${link}:identifier=${numbers}%7C${kind}-pointer&_count=100`,
    ),
  },
  {
    ...{ name: 'chain', behindPointer: true, sampled: true },
    each: chaining(
      ({ id }, number) =>
        `DocumentReference?patient=${id}&relatesto:DocumentReference.identifier=${numbers}%7C${number}`,
    ),
  },
  {
    ...{ name: '_revinclude', behindPointer: true, sampled: true },
    each: chaining(
      ({ id }, number) => `DocumentReference?patient=${id}&identifier=${numbers}%7C${number}&_revinclude=${link}`,
    ),
  },
  { name: 'patch', sampled: true, each: patching((_, id) => `DocumentReference/${id}`, 'id') },
  {
    name: 'patch by criteria',
    sampled: true,
    each: patching(({ id }, name) => `DocumentReference?patient=${id}&identifier=${numbers}%7C${name}`, 'number'),
  },
  { name: 'delete by criteria', sampled: true, changes: true, each: deleting },
]
