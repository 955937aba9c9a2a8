/** Two servers, and one that is killed: what was declared complete finds everything. `docs/decisions/0027-parameters-are-known-before-they-are-used.md` */
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { deploymentOn, startProcess } from '../audit/server-process.ts'
import { bundleOf, idOf, idsOf, issuesOf, restOf, statusesOf } from '../http/rest.ts'
import type { Answer } from '../support/client.ts'
import { testDatabase } from '../support/mongod.ts'
import { select } from '../support/pointer.ts'
import { awaitStatus, type Defined, define, soon, statusIn } from './define.ts'

t.setTimeout(400_000)
const deployment = await deploymentOn(t, await testDatabase(t))
const environment = {
  ...{ ...deployment.environment, ...soon },
  ...{ ACCESS_REGIME: 'none', MAX_EVENT_LOOP_DELAY_MILLIS: '0' },
}
const start = async () => {
  const server = await startProcess(t, { ...deployment, environment })
  return { ...restOf(server), kill: server.kill, pid: server.pid }
}
const [one, other] = [await start(), await start()]

const url = 'https://example.org/mark'
const marked = (mark: string, more: object = {}) => ({
  resourceType: 'Organization',
  name: mark,
  extension: [{ url, valueString: mark }],
  ...more,
})
const by = (code: string): Defined => ({
  ...{ code, base: ['Organization'], type: 'string' },
  expression: `Organization.extension('${url}').value`,
})
const totalOf = async (client: typeof one, query: string): Promise<number> =>
  Number(select((await client.get(`Organization?${query}&_total=accurate&_count=1`)).json, '/total')[0])

const thousands = 2
t.test('thousands of resources are there before', async t => {
  for (let n = 0; n < thousands; n += 1) {
    const entries = Array.from(
      { length: 1000 },
      (_, at) => ['POST', 'Organization', marked(`before-${n}-${at}`)] as const,
    )
    t.equal((await one.post('', bundleOf('transaction', entries))).status, 200)
  }
})

t.test('what another server writes meanwhile is found when it is complete, and no write is lost', async t => {
  const changing = idOf(await other.post('Organization', marked('changing')))
  const id = await define(one, by('mark'))
  const written: string[] = []
  let over = false
  let updates = 1
  const writing = (async () => {
    for (; !over; await sleep(10)) {
      const mark = `during-${written.length}`
      t.equal((await other.post('Organization', marked(mark))).status, 201)
      written.push(mark)
      updates += 1
      t.equal(
        (await other.put(`Organization/${changing}`, marked(`changing-${updates}`, { id: changing }))).status,
        200,
      )
    }
  })()
  await awaitStatus(one, id)
  over = true
  await writing
  t.ok(written.length > 20, `${written.length} were written meanwhile`)
  t.equal(await totalOf(one, 'mark=before'), thousands * 1000)
  t.equal(await totalOf(one, 'mark=during'), written.length)
  t.same(idsOf(await one.get(`Organization?mark:exact=changing-${updates}`)), [changing])
  t.equal(select((await one.get(`Organization/${changing}`)).json, '/meta/versionId')[0], String(updates))
  await awaitStatus(other, id)
  t.equal(await totalOf(other, 'mark=during'), written.length)
})

t.test('a server that stood still while a parameter was defined indexes by it when it goes on', async t => {
  process.kill(other.pid, 'SIGSTOP')
  const id = await define(one, by('still'))
  await awaitStatus(one, id)
  process.kill(other.pid, 'SIGCONT')
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, n) => other.post('Organization', marked(`still-${n}`))),
  )
  t.same([...new Set(answers.map(({ status }) => status))], [201])
  t.same([...idsOf(await one.get('Organization?still=still'))].sort(), answers.map(idOf).sort())
})

t.test('retired at one server it is soon refused at the other', async t => {
  const id = await define(one, by('short'))
  await awaitStatus(other, id)
  t.equal(await totalOf(other, 'short=before'), thousands * 1000)
  t.equal((await one.delete(`SearchParameter/${id}`)).status, 204)
  let answer: Answer | undefined
  for (const until = Date.now() + 10_000; Date.now() < until && answer?.status !== 400; await sleep(50))
    answer = await other.get('Organization?short=before')
  t.match(answer === undefined ? [] : issuesOf(answer), [/^unknownParameter/])
})

t.test('two servers asked at once give one name to one definition', async t => {
  await Promise.all(
    [one, other].map(client => client.post('SearchParameter', { ...twin(), resourceType: 'SearchParameter' })),
  )
  const { json } = await one.get('SearchParameter?code=twin&status=active')
  const statuses = async () =>
    Promise.all(
      select(json, '/entry/*/resource/id').map(async id =>
        statusIn(await one.get(`SearchParameter/${String(id)}/$reindex`)),
      ),
    )
  let found = await statuses()
  for (const until = Date.now() + 90_000; Date.now() < until && !found.includes('complete'); await sleep(100))
    found = await statuses()
  t.equal(found.filter(status => status === 'complete').length, 1, found.join())
})

const twin = () => ({
  ...by('twin'),
  ...{ url: 'https://example.org/twin', name: 'Twin', status: 'active', description: 'Of a test.' },
})

t.test('an index that was killed in the middle is gone on with, and finds everything', async t => {
  await other.kill()
  const id = await define(one, by('killed'))
  let looked = 0
  for (; looked === 0 || looked > thousands * 1000; await sleep(3)) {
    const { json } = await one.get(`SearchParameter/${id}/$reindex`)
    looked = Number(select(json, '/parameter/[name=looked]/valueInteger')[0] ?? 0)
    if (select(json, '/parameter/[name=status]/valueCode')[0] === 'complete') throw new Error('it was too fast')
  }
  await one.kill()
  const again = await start()
  t.match(issuesOf(await again.get('Organization?killed=before')), [/^parameterNotReady/])
  await awaitStatus(again, id, 'indexing')
  const { json } = await again.get(`SearchParameter/${id}/$reindex`)
  t.ok(Number(select(json, '/parameter/[name=looked]/valueInteger')[0]) >= looked, 'it does not begin anew')
  await awaitStatus(again, id)
  t.equal(await totalOf(again, 'killed=before'), thousands * 1000)
  t.same(statusesOf(await again.post('', bundleOf('batch', [['GET', 'Organization?killed=none']]))), [200])
})
