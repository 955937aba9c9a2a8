/** The place of a heavy request is free again when its connection broke, whenever that was. `docs/decisions/0046-a-caller-leaves-room-for-others.md` */
import { type ClientRequest, request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { finess, gp, hospital, patientOf, rpps } from '../access/support/cast.ts'
import { authorises, consent } from '../access/support/consents.ts'
import { asks, batch, byFiness, creates, document } from '../access/support/contents.ts'
import { startStage } from '../access/support/stage.ts'
import type { Answer } from '../support/client.ts'

t.setTimeout(240_000)
const stage = await startStage(t, { MAX_EVENT_LOOP_DELAY_MILLIS: '0', MAX_HEAVY_REQUESTS_PER_CALLER: '1' })
const record = await stage.open(each => [patientOf(each), consent(each, authorises(rpps.gp))])
const author = [byFiness(finess.hospital)]
await stage.create(hospital, ...Array.from({ length: 60 }, () => creates(document(record, { author }))))
const token = await stage.token(gp)
const everything = `Patient/${record.id}/$everything`
const count = `AuditEvent?patient=${record.id}&_summary=count`

interface Asked {
  readonly method: string
  readonly path: string
  readonly body?: string
}

const send = ({ method, path, body }: Asked): ClientRequest => {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/fhir+json' }
  const sent = request(`${stage.base}/${path}`, { method, headers, agent: false })
  sent.on('error', () => undefined) // it is broken on purpose
  sent.end(body)
  return sent
}

/** Ends the connection once `when` is so. */
const broken = (asked: Asked, when: (sent: ClientRequest) => Promise<unknown>): Promise<void> =>
  new Promise(resolve => {
    const sent = send(asked)
    sent.once('close', () => resolve())
    void when(sent).then(() => sent.destroy())
  })

const event = (sent: ClientRequest, name: string): Promise<unknown> =>
  new Promise(resolve => void sent.once(name, resolve))

const moments: Readonly<Record<string, (sent: ClientRequest) => Promise<unknown>>> = {
  'as soon as it was sent': sent => event(sent, 'finish'),
  'a moment later': async sent => {
    await event(sent, 'finish')
    await sleep(3)
  },
  'when the answer began': sent => event(sent, 'response'),
}

/** Asks until there is a place, for a while: the work of a request that broke is still done to its end. */
async function admitted(): Promise<Answer> {
  for (let tries = 1; ; tries += 1) {
    const answer = await stage.get(gp, `${everything}?_count=5`)
    if ((answer.status !== 429 && answer.status !== 503) || tries === 600) return answer
    await sleep(50)
  }
}

for (const [what, asked] of [
  ['$everything', { method: 'GET', path: everything }],
  ['a number of AuditEvents', { method: 'GET', path: count }],
  [
    'a batch of such',
    { method: 'POST', path: '', body: JSON.stringify(batch(asks('GET', count), asks('GET', count))) },
  ],
] as const)
  for (const [moment, when] of Object.entries(moments))
    t.test(`${what}, whose connection broke ${moment}`, async t => {
      for (let times = 0; times < 4; times += 1) await broken(asked, when)
      t.equal((await admitted()).status, 200)
    })

t.test('of many that break at once none keeps the only place', async t => {
  await Promise.all(
    Array.from({ length: 30 }, (_, n) =>
      broken({ method: 'GET', path: n % 2 === 0 ? everything : count }, async sent => {
        await event(sent, 'finish')
        await sleep(n % 7)
      }),
    ),
  )
  t.equal((await admitted()).status, 200)
})
