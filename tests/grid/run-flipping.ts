/** Some read a record, others mask and show its documents. What a read shows is judged by what stood during the whole of it. */
import { setTimeout as sleep } from 'node:timers/promises'
import { finess, gp, hospital, patientOf, rpps } from '../access/support/cast.ts'
import { authorises, consent, masksDocument } from '../access/support/consents.ts'
import {
  asks,
  batch,
  byFiness,
  creates,
  document,
  type Json,
  labels,
  numbers,
  observation,
} from '../access/support/contents.ts'
import { expectStatus, startStage } from '../access/support/stage.ts'
import type { Answer } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import { tell } from './apart.ts'
import { asking } from './asking.ts'

const wanted = Number(process.env.FLIPPING_READS ?? 5000)
const endings: (() => Promise<void>)[] = []
const stage = await startStage({ teardown: ending => void endings.push(ending) }, { RATE_LIMIT_PER_MINUTE: '10000000' })
const record = await stage.open(each => [patientOf(each), consent(each, authorises(rpps.gp))])
const owner = patientOf(record)
const author = [byFiness(finess.hospital)]

/** A document that is masked and shown in turn, with what it brought. */
interface Flipping {
  readonly id: string
  readonly binary: string
  readonly result: string
  readonly number: string
  /** How many changes have begun or ended: what is the same before and after a read stood during it. */
  changes: number
  state: 'shown' | 'masked' | 'changing'
}

async function deposited(at: number): Promise<Flipping> {
  const [contents = '', about = ''] = [1, 2].map(n => `urn:uuid:5b0c7a44-0003-4000-8000-00000000000${n}`)
  const number = `flipping-${at}`
  const [id = '', binary = '', result = ''] = await stage.create(
    hospital,
    creates(
      document(record, {
        author,
        identifier: [{ system: numbers, value: number }],
        content: [{ attachment: { contentType: 'text/plain', url: contents } }],
        context: { related: [{ reference: about }] },
      }),
    ),
    creates({ resourceType: 'Binary', contentType: 'text/plain', data: 'YWJj' }, contents),
    creates(observation(record, { performer: author, identifier: [{ system: numbers, value: number }] }), about),
  )
  return { ...{ id, binary, result, number }, changes: 0, state: 'shown' }
}

const documents = await Promise.all(Array.from({ length: 6 }, (_, at) => deposited(at)))
const pointerNumber = 'flipping-pointer'
const pointer = await stage.createOne(
  hospital,
  document(record, {
    ...{ author, identifier: [{ system: numbers, value: pointerNumber }] },
    relatesTo: documents.map(({ id }) => ({ code: 'appends', target: { reference: `DocumentReference/${id}` } })),
  }),
)

/** Masks, and shows again. */
interface Flip {
  mask(): Promise<unknown>
  show(): Promise<unknown>
}

/** Sends until it is done: a write that met others too often is 503, and wrote nothing. */
async function done(send: () => Promise<Answer>, ...statuses: readonly number[]): Promise<Answer> {
  for (let tries = 0; ; tries += 1) {
    const answer = await send()
    if (answer.status !== 503 || tries === 20) return expectStatus(answer, ...statuses)
    await sleep(20 + 50 * Math.random())
  }
}

/** The patient masks a document by a Consent, and withdraws it. */
function byConsent({ id }: Flipping): Flip {
  const masking = consent(record, masksDocument(`DocumentReference/${id}`))
  const of: { id?: string } = {}
  const put = (status: string): Promise<Answer> => done(() => stage.put(owner, { ...masking, ...of, status }), 200)
  return {
    mask: async () => {
      if (of.id !== undefined) return put('active')
      const made = await done(() => stage.post(owner, masking), 201)
      of.id = String(select(made.json, '/id')[0])
      return made
    },
    show: () => put('inactive'),
  }
}

/** Its depositor masks it by a patch. */
function byPatch({ id }: Flipping): Flip {
  const patch = (operation: Json): Promise<unknown> => {
    const headers = { 'content-type': 'application/json-patch+json' }
    const body = JSON.stringify([operation])
    return done(() => stage.send(hospital, `PATCH DocumentReference/${id}`, { body, headers }), 200)
  }
  return {
    mask: () => patch({ op: 'add', path: '/securityLabel', value: labels('MASQUE_PS') }),
    show: () => patch({ op: 'remove', path: '/securityLabel' }),
  }
}

const run = { reads: 0, flips: 0, longest: 0, judged: 0, hidden: 0, over: false }
const differences: string[] = []

/** So many reads begin between two changes of one mask. */
const between = 100

/** Who waits for reads to begin, with their number: nobody looks again and again, which cost more than the reads. */
const waiting = new Set<{ readonly until: number; readonly go: () => void }>()

const someReads = (): Promise<void> =>
  new Promise(resolve => {
    if (run.over) resolve()
    else waiting.add({ until: run.reads + between, go: resolve })
  })

/** Lets those go on who have waited for long enough; all when it is over. */
function letGo(): void {
  for (const each of waiting) {
    if (!run.over && run.reads < each.until) continue
    waiting.delete(each)
    each.go()
  }
}

async function flip(flipped: Flipping, { mask, show }: Flip): Promise<void> {
  while (!run.over) {
    const masks = flipped.state === 'shown'
    flipped.changes += 1
    flipped.state = 'changing'
    const begun = performance.now()
    await (masks ? mask() : show())
    run.longest = Math.max(run.longest, performance.now() - begun)
    flipped.changes += 1
    flipped.state = masks ? 'masked' : 'shown'
    run.flips += 1
    // Some reads begin and end while it stands, however slow they are.
    await someReads()
  }
}

/** How the documents stood when a read began. */
type Begun = readonly Pick<Flipping, 'changes' | 'state'>[]

const standing = (): Begun => documents.map(({ changes, state }) => ({ changes, state }))

/** What came out: of which documents, how many, whether more follow. */
interface Seen {
  readonly among: readonly Flipping[]
  readonly shown?: readonly Flipping[]
  readonly total?: number
  /** Whether a link leads on, and how many rows the page had at most. */
  readonly more?: { readonly isThere: boolean; readonly after: number }
  /** Of a read that began later than the way to it. */
  readonly begun?: Begun
}

const ask = asking(stage, gp, () => undefined)
const of = `patient=${record.id}`
const anyNumber = documents.map(({ number }) => `${numbers}%7C${number}`).join(',')
const anyOne = (): Flipping => documents[Math.floor(Math.random() * documents.length)] as Flipping
const byAny = (ids: readonly unknown[], id: (each: Flipping) => string = ({ id }) => id): readonly Flipping[] =>
  documents.filter(each => ids.includes(id(each)))
const totalOf = (json: unknown): number => Number(select(json, '/total')[0])
const hasNext = (json: unknown): boolean => select(json, '/link/[relation=next]').length > 0
const rows = (json: unknown): readonly unknown[] => select(json, '/entry/*/resource/id')

const one = (path: (each: Flipping) => string) => async (): Promise<Seen> => {
  const each = anyOne()
  const { status } = await ask(`GET ${path(each)}`)
  return { among: [each], shown: status === 200 ? [each] : [] }
}

const searched = (path: string, id?: (each: Flipping) => string) => async (): Promise<Seen> => {
  const { json } = await ask(`GET ${path}`)
  return { among: documents, shown: byAny(rows(json), id) }
}

const counted = (type: string, more: string) => async (): Promise<Seen> => {
  const { json } = await ask(`GET ${type}?${of}&identifier=${anyNumber}&${more}`)
  return { among: documents, total: totalOf(json) }
}

const link = 'DocumentReference:relatesto'

const ways: readonly (readonly [name: string, read: () => Promise<Seen>])[] = [
  ['read', one(({ id }) => `DocumentReference/${id}`)],
  ['read of the content', one(({ binary }) => `Binary/${binary}`)],
  ['read of a result', one(({ result }) => `Observation/${result}`)],
  ['vread', one(({ id }) => `DocumentReference/${id}/_history/1`)],
  ['history of one', one(({ id }) => `DocumentReference/${id}/_history`)],
  ['search', searched(`DocumentReference?${of}&_count=50`)],
  ['search of results', searched(`Observation?${of}&_count=50`, ({ result }) => result)],
  ['sorted in memory', searched(`DocumentReference?${of}&_count=50&_sort=type`)],
  ['compartment', searched(`Patient/${record.id}/*?_count=100`)],
  ['_include', searched(`DocumentReference?${of}&identifier=${numbers}%7C${pointerNumber}&_include=${link}`)],
  [
    'history of the type',
    async () => {
      const begun = standing()
      const { json } = await ask(`GET DocumentReference/_history?${of}&_count=50`)
      // Of so many versions some are on later pages: only what stands masked is judged.
      return { among: documents.filter((_, at) => begun[at]?.state === 'masked'), shown: byAny(rows(json)), begun }
    },
  ],
  ['count', counted('DocumentReference', '_summary=count')],
  ['count of results', counted('Observation', '_summary=count')],
  ['total', counted('DocumentReference', '_total=accurate&_count=1')],
  [
    'link to more',
    async () => {
      const after = 3
      const { json } = await ask(`GET DocumentReference?${of}&identifier=${anyNumber}&_count=${after}`)
      return { among: documents, more: { isThere: hasNext(json), after } }
    },
  ],
  [
    'the page behind a link',
    async () => {
      const { json } = await ask(`GET DocumentReference?${of}&identifier=${anyNumber}&_count=3`)
      const [next] = select(json, '/link/[relation=next]/url')
      if (next === undefined) return { among: [] }
      const begun = standing()
      const shown = byAny(rows((await ask(`GET ${next}`)).json))
      // What the first page shows is not expected here: only what stands masked is judged.
      return { among: documents.filter((_, at) => begun[at]?.state === 'masked'), shown, begun }
    },
  ],
  [
    'chain',
    async () => {
      const each = anyOne()
      const chain = `relatesto:DocumentReference.identifier=${numbers}%7C${each.number}`
      const { json } = await ask(`GET DocumentReference?${of}&${chain}`)
      return { among: [each], shown: rows(json).includes(pointer) ? [each] : [] }
    },
  ],
  [
    'batch of reads',
    async () => {
      const { json } = await ask('POST ', {
        body: batch(...documents.map(({ id }) => asks('GET', `DocumentReference/${id}`))),
      })
      const statuses = select(json, '/entry/*/response/status').map(String)
      return { among: documents, shown: documents.filter((_, at) => statuses[at]?.startsWith('200')) }
    },
  ],
]

/** What is known of a read: the documents that stood masked, and those that stood shown, all the while. */
function judge(name: string, seen: Seen, begun: Begun): void {
  const stood = (state: Flipping['state']): readonly Flipping[] =>
    documents.filter(
      (each, at) => seen.among.includes(each) && begun[at]?.state === state && begun[at]?.changes === each.changes,
    )
  const [masked, shown] = [stood('masked'), stood('shown')]
  const most = seen.among.length - masked.length
  run.judged += masked.length + shown.length
  run.hidden += masked.length
  const differ = (found: string): void => void differences.push(`${name}: ${found}`)
  if (seen.shown !== undefined) {
    for (const each of masked) if (seen.shown.includes(each)) differ(`${each.number} is masked and came out`)
    for (const each of shown) if (!seen.shown.includes(each)) differ(`${each.number} is shown and did not come out`)
  }
  if (seen.total !== undefined && !(seen.total >= shown.length && seen.total <= most))
    differ(`total ${seen.total}, expected ${shown.length} to ${most}`)
  if (seen.more === undefined) return
  const { isThere, after } = seen.more
  if (isThere && most <= after) differ(`a link to more than ${after}, of ${most}`)
  if (!isThere && shown.length > after) differ(`no link, of ${shown.length}`)
}

async function reads(): Promise<void> {
  while (run.reads < wanted) {
    const [name, read] = ways[run.reads % ways.length] as (typeof ways)[number]
    run.reads += 1
    letGo()
    const begun = standing()
    const seen = await read()
    judge(name, seen, seen.begun ?? begun)
  }
}

const flipping = documents.map((each, at) => flip(each, at % 2 === 0 ? byConsent(each) : byPatch(each)))
await Promise.all(Array.from({ length: 8 }, reads))
run.over = true
letGo()
await Promise.all(flipping)
for (const end of endings) await end()
tell({
  sentence: `${run.reads} reads, ${run.flips} changes of a mask, the longest ${Math.round(run.longest)} ms, ${run.judged} rows judged, ${run.hidden} of them masked: ${differences.length} leaked or lost`,
  cells: run.hidden,
  differences,
})
