/** Two records are merged between the look of a request at the rules and its look at the rows. `docs/decisions/0037-one-person-one-record.md` */
import t from 'tap'
import type { MongoStore } from '../../server/store/mongo-store.ts'
import { startClockedServer } from '../support/clocked-server.ts'
import { select } from '../support/pointer.ts'
import { type Actor, finess, gp, hospital, patientOf, rpps } from './support/cast.ts'
import { authorises, blocks, consent } from './support/consents.ts'
import { byFiness, document } from './support/contents.ts'
import { mergingOn } from './support/merging.ts'
import { type DossierRecord, expectStatus, stageOn } from './support/stage.ts'

t.setTimeout(240_000)

/** What is done before the next read of rows reaches the database. */
let next: (() => Promise<void>) | undefined

async function before(): Promise<void> {
  const doing = next
  next = undefined
  await doing?.()
}

/** A read that waits until that is done. */
const held =
  <Given extends readonly unknown[], Answer>(read: (...given: Given) => Promise<Answer>) =>
  async (...given: Given): Promise<Answer> => {
    await before()
    return read(...given)
  }

const holding = (store: MongoStore): MongoStore => ({
  ...store,
  row: held(store.row),
  page: held(store.page),
  count: held(store.count),
  sortRows: held(store.sortRows),
  typesPage: held(store.typesPage),
  versions: held(store.versions),
})

const { clock, ...server } = await startClockedServer(t, {
  ...{ at: new Date().toISOString(), matrices: {} },
  store: holding,
})
const stage = stageOn(server, server.base, () => clock.instant)
const { merges, parts } = mergingOn(stage)
const author = [byFiness(finess.hospital)]

interface Pair {
  readonly source: DossierRecord
  readonly target: DossierRecord
  /** The document of each. */
  readonly ofSource: string
  readonly ofTarget: string
}

/** The professional is authorised in the one, and blocked in the other. */
async function pair(): Promise<Pair> {
  const target = await stage.open(each => [patientOf(each), consent(each, authorises(rpps.gp))])
  const source = await stage.open(each => [patientOf(each), consent(each, blocks(rpps.gp))])
  const [ofSource, ofTarget] = [
    await stage.createOne(hospital, document(source, { author })),
    await stage.createOne(hospital, document(target, { author })),
  ]
  return { source, target, ofSource, ofTarget }
}

/** Status, total and ids of an answer. */
async function told(actor: Actor, path: string): Promise<unknown> {
  const { status, json } = await stage.get(actor, path)
  const entries = select(json, '/entry/*/resource/id').toSorted()
  return { status, total: select(json, '/total'), entries, id: select(json, '/id').slice(0, status === 200 ? 1 : 0) }
}

const byId = ({ ofSource }: Pair): string => `DocumentReference/${ofSource}`
const ofSource =
  (rest: string) =>
  ({ source }: Pair): string =>
    rest.replace('RECORD', source.id)
const ofTarget =
  (rest: string) =>
  ({ target }: Pair): string =>
    rest.replace('RECORD', target.id)

for (const [sentence, actor, path] of [
  ['a search by who is blocked in the other', gp, ofTarget('DocumentReference?patient=RECORD')],
  ['one that sorts by a parameter', gp, ofTarget('DocumentReference?patient=RECORD&_sort=status')],
  ['a number for who is blocked in the other', gp, ofTarget('DocumentReference?patient=RECORD&_summary=count')],
  ['a page with its total', gp, ofTarget('DocumentReference?patient=RECORD&_total=accurate')],
  ['a search over types', gp, ofTarget('?_type=DocumentReference,Observation&patient=RECORD')],
  ['a search in the record that goes on', hospital, ofTarget('DocumentReference?patient=RECORD')],
  ['a search in the record that is merged', hospital, ofSource('DocumentReference?patient=RECORD')],
  ['a number of the record that is merged', hospital, ofSource('DocumentReference?patient=RECORD&_summary=count')],
  ['a read of what moves', hospital, byId],
] as const)
  t.test(`${sentence} is answered as after the merge`, async t => {
    const two = await pair()
    const asked = path(two)
    let merged = false
    next = async () => {
      expectStatus(await merges(two.source, two.target), 200)
      merged = true
    }
    const meanwhile = await told(actor, asked)
    t.ok(merged, 'it was merged meanwhile')
    next = undefined
    t.same(meanwhile, await told(actor, asked))
  })

t.test('a read and a search that meet a parting are answered as after it', async t => {
  const two = await pair()
  for (const path of [byId(two), ofSource('DocumentReference?patient=RECORD')(two)]) {
    expectStatus(await merges(two.source, two.target), 200)
    clock.instant += 700_000
    next = async () => void expectStatus(await parts(two.source, two.target), 200)
    const meanwhile = await told(hospital, path)
    t.same(meanwhile, await told(hospital, path))
    clock.instant += 1000
  }
})
