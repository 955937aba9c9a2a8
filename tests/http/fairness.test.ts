/** One caller who asks for everything at once leaves room for others. `docs/decisions/0046-a-caller-leaves-room-for-others.md` */
import { performance } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { finess, gp, hospital, patientOf, rpps } from '../access/support/cast.ts'
import { authorises, consent } from '../access/support/consents.ts'
import { asks, batch, byFiness, creates, observation, transaction } from '../access/support/contents.ts'
import { expectStatus, idsIn, startStage } from '../access/support/stage.ts'
import type { Answer } from '../support/client.ts'
import { select } from '../support/pointer.ts'

t.setTimeout(600_000) // a busy machine takes its time
const stage = await startStage(t, { MAX_EVENT_LOOP_DELAY_MILLIS: '0', MAX_HEAVY_REQUESTS_PER_CALLER: '4' })
const record = await stage.open(each => [patientOf(each), consent(each, authorises(rpps.gp))])
const owner = patientOf(record)
const performer = [byFiness(finess.hospital)]
const hundred = Array.from({ length: 100 }, () => creates(observation(record, { performer })))
for (let times = 0; times < 10; times += 1) await stage.create(hospital, ...hundred)
const everything = `Patient/${record.id}/$everything`
const trail = `AuditEvent?patient=${record.id}`

/** Milliseconds until the owner has read his record, the median of some. */
async function readingTime(): Promise<number> {
  const times: number[] = []
  for (let place = 0; place < 9; place += 1) {
    const begun = performance.now()
    expectStatus(await stage.get(owner, `Patient/${record.id}`), 200)
    times.push(performance.now() - begun)
  }
  return times.toSorted((a, b) => a - b)[4] ?? 0
}

const isThrottled = ({ status, json, headers }: Answer): boolean =>
  status === 429 && select(json, '/issue/0/code')[0] === 'throttled' && Number(headers.get('retry-after')) > 0

/** Asks until there is a place: that of an answer is free a moment after its last byte. */
async function admitted(ask: () => Promise<Answer>): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    const answer = await ask()
    if (!isThrottled(answer) || tries === 50) return expectStatus(answer, 200)
    await sleep(50)
  }
}

t.test(
  'while one asks 50 times for everything at once, another reads; those that are refused are told when to come again',
  async t => {
    const quiet = await readingTime()
    const storm = { over: false }
    const answers: Answer[] = []
    const asking = Array.from({ length: 50 }, async () => {
      do {
        const answer = await stage.get(gp, everything)
        answers.push(answer)
        if (answer.status === 429) await sleep(200)
      } while (!storm.over)
    })
    const loaded = await readingTime()
    storm.over = true
    await Promise.all(asking)
    const whole = answers.filter(({ status }) => status === 200)
    const refused = answers.filter(answer => answer.status !== 200)
    t.comment(
      `${Math.round(quiet)} ms, beside them ${Math.round(loaded)} ms; ${whole.length} of ${answers.length} whole`,
    )
    t.ok(loaded < Math.max(2000, 60 * quiet), `another reads in ${loaded} ms`)
    t.ok(refused.length > 0 && refused.every(isThrottled), 'what comes beyond is throttled')
    t.ok(whole.length > 0)
    for (const answer of whole) t.equal(idsIn(answer, 'Observation').length, 1000)
  },
)

t.test('a number of AuditEvents, and a Bundle that asks for such, take one place each', async t => {
  const entries = Array.from({ length: 6 }, () => asks('GET', `${trail}&_summary=count`))
  for (const [ask, sentence] of [
    [() => stage.get(gp, `${trail}&_summary=count`), 'a count'],
    [() => stage.post(gp, batch(...entries)), 'a batch of counts'],
    [() => stage.post(gp, transaction(...entries)), 'a transaction of counts'],
  ] as const) {
    const one = await admitted(ask)
    t.same([...new Set(select(one.json, '/entry/*/response/status'))], sentence === 'a count' ? [] : ['200 OK'])
    const answers = await Promise.all(Array.from({ length: 40 }, ask))
    t.ok(
      answers.some(({ status }) => status === 200),
      sentence,
    )
    t.ok(
      answers.every(answer => answer.status === 200 || isThrottled(answer)),
      sentence,
    )
    t.ok(answers.some(isThrottled), `${sentence}, 40 times at once`)
  }
  const all = await admitted(() => stage.get(gp, `${everything}?_count=5`))
  t.equal(all.status, 200, 'all places are free again')
})
