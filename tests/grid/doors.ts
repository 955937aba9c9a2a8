/** The ways of asking. Each says which of the objects it shows to an actor. */
import { newUlid } from '../../server/new-ids.ts'
import { asks, batch, document, type Entry, type Json, numbers, transaction } from '../access/support/contents.ts'
import { select } from '../support/pointer.ts'
import type { GridActor } from './actors.ts'
import type { Ask, Heard } from './asking.ts'
import type { GridObject, GridRecord } from './objects.ts'
import { mayAskWho, sees, tracks } from './oracle.ts'

/** What a door is given: who asks, and of which record. */
export interface Asked {
  readonly ask: Ask
  readonly who: GridActor
  readonly record: GridRecord
}

/** The ids that came out; a number where only their number does. */
export type Shown = ReadonlySet<string> | number

export interface Door {
  readonly name: string
  shows(asked: Asked, objects: readonly GridObject[]): Promise<Shown>
  /** Whether all objects of the record are asked about at once. */
  readonly whole?: true
  /** Whether the door stands behind a document of the hospital that refers to all objects. */
  readonly behindPointer?: true
  /** Actors who would change something by it are left out. */
  readonly changes?: true
  /** A third of the objects stands for all, for each actor and record another; a twelfth for what is dear. */
  readonly sampled?: 3 | 12
  /** Whether some are refused by token and content before anything is looked for: then it shows what they see, or nothing. */
  readonly orNothing?: true
  /** Who is left out: what another did under his name is in what he sees. */
  readonly except?: (who: GridActor) => boolean
  /** Whom it opens to; everybody who sees the object by default. */
  readonly opens?: (who: GridActor, object: GridObject) => boolean
}

type Shows = Door['shows']
type Each = (asked: Asked, object: GridObject) => Promise<boolean>

const neverUlid = newUlid(0)
/** What nobody has: an id of the record, and a number. */
const neverId = ({ id }: GridRecord): string => `${id}-${neverUlid}`
const neverNumber = 'nothing-has-this'

const each =
  (shows: Each): Shows =>
  async (asked, objects) => {
    const shown = new Set<string>()
    for (const object of objects) if (await shows(asked, object)) shown.add(object.id)
    return shown
  }

type By = 'id' | 'binary' | 'number'
const neverBy = (by: By, record: GridRecord): string => (by === 'number' ? neverNumber : neverId(record))

/** An answer without the name that it was asked by. */
const without = (name: string, text: string): string => text.replaceAll(name, 'it')
const wholeText = ({ status, traces, text }: Heard): string => `${status} ${traces} ${text}`

/** One thing by its name: shown where the answer is another than for a name that nobody has, which is asked once. */
function byName(by: By, send: (asked: Asked, name: string) => Promise<Heard>): Shows {
  const absences = new Map<string, Promise<string>>()
  const answerTo = async (asked: Asked, name: string): Promise<string> =>
    without(name, wholeText(await send(asked, name)))
  return each(async (asked, object) => {
    const key = JSON.stringify([asked.who.name, asked.record.kind])
    const absent = absences.get(key) ?? answerTo(asked, neverBy(by, asked.record))
    absences.set(key, absent)
    return (await answerTo(asked, object[by])) !== (await absent)
  })
}

const reading = (by: By, path: (name: string) => string, headers: Readonly<Record<string, string>> = {}): Shows =>
  byName(by, ({ ask }, name) => ask(`GET ${path(name)}`, { headers }))

const entriesOf = async ({ ask }: Asked, bundle: Json): Promise<readonly unknown[]> =>
  select((await ask('POST ', { body: bundle })).json, '/entry/*')

/** The same as `byName`, with all names in one batch. */
const batched =
  (by: By, entryOf: (name: string, record: GridRecord) => Entry): Shows =>
  async (asked, objects) => {
    const names = [neverBy(by, asked.record), ...objects.map(object => object[by])]
    const entries = await entriesOf(asked, batch(...names.map(name => entryOf(name, asked.record))))
    const [absent, ...found] = names.map((name, at) => without(name, JSON.stringify(entries[at]) ?? ''))
    return new Set(objects.filter((_, at) => found[at] !== absent).map(({ id }) => id))
  }

const idsOf = (answers: readonly unknown[]): ReadonlySet<string> =>
  new Set(answers.flatMap(json => select(json, '/entry/*/resource/id').map(String)))

type PathOf = (record: GridRecord) => string

const searching =
  (path: PathOf): Shows =>
  async ({ ask, record }) =>
    idsOf([(await ask(`GET ${path(record)}`)).json])

const posting =
  (path: PathOf, form: PathOf): Shows =>
  async ({ ask, record }) => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    return idsOf([(await ask(`POST ${path(record)}`, { body: form(record), headers })).json])
  }

const nextOf = (page: unknown): string | undefined => select(page, '/link/[relation=next]/url').map(String)[0]

const walking =
  (path: PathOf): Shows =>
  async ({ ask, record }) => {
    const pages = [(await ask(`GET ${path(record)}`)).json]
    for (let next = nextOf(pages[0]); next !== undefined && pages.length < 60; next = nextOf(pages.at(-1)))
      pages.push((await ask(`GET ${next}`)).json)
    const keys = pages.flatMap(json => select(json, '/entry/*/fullUrl').map(String))
    if (!path(record).includes('_history') && new Set(keys).size !== keys.length)
      throw new Error(`a row twice among ${keys}`)
    return idsOf(pages)
  }

/** Only a number comes out: of those among the objects, by the numbers which they alone have. */
const counting =
  (more: string): Shows =>
  async ({ ask, record }, objects) => {
    const all = objects.map(({ number }) => `${numbers}%7C${number}`).join(',')
    const { json } = await ask(`GET DocumentReference?patient=${record.id}&identifier=${all}&${more}`)
    return Number(select(json, '/total')[0] ?? 0)
  }

/** Entries that read: each answers for its object. */
const reads: Shows = async (asked, objects) => {
  const entries = await entriesOf(asked, batch(...objects.map(({ id }) => asks('GET', `DocumentReference/${id}`))))
  const isFound = (at: number): boolean => String(select(entries[at], '/response/status')[0]).startsWith('200')
  return new Set(objects.filter((_, at) => isFound(at)).map(({ id }) => id))
}

/** Links that search by one object each, and show another document, which everybody in the record sees. */
const chaining =
  (path: (record: GridRecord, number: string) => string): Shows =>
  async (asked, objects) => {
    const gets = objects.map(({ number }) => asks('GET', path(asked.record, number)))
    const entries = await entriesOf(asked, batch(...gets))
    const reaches = (at: number): boolean => idsOf(select(entries[at], '/resource')).has(asked.record.pointer)
    return new Set(objects.filter((_, at) => reaches(at)).map(({ id }) => id))
  }

const numbered = ({ id }: GridRecord, number: string): string =>
  `DocumentReference?patient=${id}&identifier=${numbers}%7C${number}`

/** A patch whose test never holds. */
const neverHolds: Json = {
  ...{ resourceType: 'Binary', contentType: 'application/json-patch+json' },
  data: Buffer.from(JSON.stringify([{ op: 'test', path: '/status', value: 'never' }])).toString('base64'),
}
const patching = (by: By, path: (record: GridRecord, name: string) => string): Shows =>
  batched(by, (name, record) => ({ resource: neverHolds, request: { method: 'PATCH', url: path(record, name) } }))

/** A document that nobody among the actors may write: its author is somebody else. */
const foreign = (record: GridRecord): Json =>
  document(record, { author: [{ identifier: { system: 'https://rpps.esante.gouv.fr', value: '99700029998' } }] })

/** How many events of the trail are about a document, after it was read: as many as of one that is not. */
const trailing: Shows = each(async ({ ask, record }, object) => {
  const numberOf = async (id: string): Promise<number> => {
    await ask(`GET DocumentReference/${id}`)
    const { json } = await ask(`GET AuditEvent?patient=${record.id}&entity=DocumentReference/${id}&_count=5`)
    return select(json, '/entry/*').length
  }
  return (await numberOf(object.id)) !== (await numberOf(`${record.id}-${newUlid(0)}`))
})

/** Patient, representative and médecin traitant find everybody's accesses; others their own, also those that ended at a 404. */
const inTrail: Door['opens'] = (who, object) => tracks(who, object) || (who.kind !== 'patient' && sees(who, object))

const link = 'DocumentReference:relatesto'
/** A representative is refused every write, whatever it names. */
const isWriter: Door['opens'] = (who, object) => who.kind !== 'representative' && sees(who, object)
const mayCreate: Door['opens'] = (who, object) =>
  (who.kind === 'professional' || who.kind === 'patient') && sees(who, object)
const pointerNumber = ({ kind }: GridRecord): string => `${numbers}%7C${kind}-pointer`

export const doors: readonly Door[] = [
  { name: 'read', shows: reading('id', id => `DocumentReference/${id}`) },
  {
    ...{ name: 'read of a version that is known', sampled: 3 },
    shows: batched('id', id => ({ request: { method: 'GET', url: `DocumentReference/${id}`, ifNoneMatch: 'W/"1"' } })),
  },
  { name: 'vread', sampled: 3, shows: batched('id', id => asks('GET', `DocumentReference/${id}/_history/1`)) },
  { name: 'history of one', sampled: 3, shows: batched('id', id => asks('GET', `DocumentReference/${id}/_history`)) },
  { name: 'Binary as bytes', sampled: 3, shows: reading('binary', id => `Binary/${id}`, { accept: 'text/plain' }) },
  { name: 'Binary in a batch', shows: batched('binary', id => asks('GET', `Binary/${id}`)) },
  { name: 'version of a Binary', sampled: 3, shows: batched('binary', id => asks('GET', `Binary/${id}/_history/1`)) },
  ...(
    [
      ['search', ({ id }) => `DocumentReference?patient=${id}&_count=100`],
      ['search for all but another type', ({ id }) => `DocumentReference?patient=${id}&type:not=x&_count=100`],
      [
        'search by what has a number',
        ({ id }) => `DocumentReference?patient=${id}&identifier:missing=false&_count=100`,
      ],
      ['sorted by date', ({ id }) => `DocumentReference?patient=${id}&_sort=date&_count=100`],
      ['sorted in memory', ({ id }) => `DocumentReference?patient=${id}&_sort=type,-date&_count=100`],
      ['elements', ({ id }) => `DocumentReference?patient=${id}&_elements=type&_count=100`],
      ['compartment', ({ id }) => `Patient/${id}/DocumentReference?_count=100`],
    ] as const satisfies readonly (readonly [string, PathOf])[]
  ).map(([name, path]): Door => ({ name, whole: true, shows: searching(path) })),
  {
    ...{ name: 'search by POST', whole: true },
    shows: posting(
      () => 'DocumentReference/_search',
      ({ id }) => `patient=${id}&_count=100`,
    ),
  },
  ...(
    [
      ['page by page', ({ id }) => `DocumentReference?patient=${id}&_count=7`],
      ['page by page, sorted in memory', ({ id }) => `DocumentReference?patient=${id}&_count=7&_sort=type`],
      ['compartment of all types', ({ id }) => `Patient/${id}/*?_count=50`],
      ['several types', ({ id }) => `?_type=DocumentReference,Observation&patient=${id}&_count=15`],
      ['history of the type', ({ id }) => `DocumentReference/_history?patient=${id}&_count=15`],
      ['history of the record', ({ id }) => `_history?patient=${id}&_type=DocumentReference&_count=15`],
    ] as const satisfies readonly (readonly [string, PathOf])[]
  ).map(([name, path]): Door => ({ name, whole: true, shows: walking(path) })),
  { name: 'count', whole: true, shows: counting('_summary=count') },
  { name: 'total', whole: true, shows: counting('_total=accurate&_count=1') },
  {
    ...{
      name: '$everything',
      whole: true,
      shows: searching(({ id }) => `Patient/${id}/$everything?_type=DocumentReference`),
    },
    // It begins with the Patient, whom the hospital wrote; another depositor does not see him.
    opens: (who, object) => who.deposits !== 'laboratory' && sees(who, object),
  },
  { name: 'batch of reads', whole: true, shows: reads },
  {
    ...{ name: 'transaction with a read', sampled: 3 }, // one that finds nothing fails the whole
    shows: byName('id', ({ ask }, id) => ask('POST ', { body: transaction(asks('GET', `DocumentReference/${id}`)) })),
  },
  ...(
    [
      [
        '_include',
        record => `DocumentReference?patient=${record.id}&identifier=${pointerNumber(record)}&_include=${link}`,
      ],
      [
        '_include, iterated',
        record => `DocumentReference?patient=${record.id}&identifier=${pointerNumber(record)}&_include:iterate=${link}`,
      ],
      [
        '_has of what points to it',
        record => `DocumentReference?patient=${record.id}&_has:${link}:identifier=${pointerNumber(record)}&_count=100`,
      ],
    ] as const satisfies readonly (readonly [string, PathOf])[]
  ).map(([name, path]): Door => ({ name, whole: true, behindPointer: true, shows: searching(path) })),
  {
    ...{ name: 'chain', behindPointer: true, sampled: 3 },
    shows: chaining(
      ({ id }, number) =>
        `DocumentReference?patient=${id}&relatesto:DocumentReference.identifier=${numbers}%7C${number}`,
    ),
  },
  {
    ...{ name: '_revinclude', behindPointer: true, sampled: 3 },
    shows: chaining((record, number) => `${numbered(record, number)}&_revinclude=${link}`),
  },
  {
    ...{ name: '_filter', sampled: 3 },
    shows: batched('number', (number, { id }) =>
      asks(
        'GET',
        `DocumentReference?patient=${id}&_filter=${encodeURIComponent(`identifier eq ${numbers}|${number}`)}`,
      ),
    ),
  },
  { name: 'patch', sampled: 3, opens: isWriter, shows: patching('id', (_, id) => `DocumentReference/${id}`) },
  { name: 'patch by criteria', sampled: 3, opens: isWriter, shows: patching('number', numbered) },
  {
    ...{ name: 'delete by criteria', sampled: 3, changes: true, opens: isWriter },
    shows: batched('number', (number, record) => asks('DELETE', numbered(record, number))),
  },
  {
    ...{ name: 'create where there is none', sampled: 12, changes: true, opens: mayCreate },
    shows: byName('number', ({ ask, record }, number) =>
      ask('POST DocumentReference', {
        body: foreign(record),
        headers: { 'if-none-exist': `identifier=${numbers}|${number}` },
      }),
    ),
  },
  {
    ...{ name: 'update by criteria', sampled: 12, changes: true, orNothing: true, opens: mayCreate },
    shows: byName('number', ({ ask, record }, number) =>
      ask(`PUT ${numbered(record, number)}`, { body: foreign(record) }),
    ),
  },
  {
    ...{ name: '$who-can-access', sampled: 12, opens: (who, object) => mayAskWho(who, object) && sees(who, object) },
    shows: byName('id', ({ ask, record }, id) =>
      ask(`GET Patient/${record.id}/$who-can-access?document=DocumentReference/${id}`),
    ),
  },
  {
    ...{ name: '$explain-access', sampled: 12 },
    shows: byName('id', ({ ask }, id) => ask(`GET $explain-access?reference=DocumentReference/${id}`)),
  },
  {
    ...{ name: 'trail of a document', sampled: 12, opens: inTrail, shows: trailing },
    except: ({ relation, mode, shares }) => relation !== 'treating' && (mode !== 'normal' || shares === true),
  },
]
