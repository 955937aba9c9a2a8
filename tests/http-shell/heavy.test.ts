/** Of what is worth many requests a caller has some in flight, and leaves room for others. `docs/decisions/0046-a-caller-leaves-room-for-others.md` */
import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { ok } from '../../resources/outcome.ts'
import type { EntryRequest } from '../../server/interactions/bundle-entry.ts'
import {
  HeavyRequests,
  isHeavy,
  isHeavyEntryOf,
  isLongInTransaction,
  onceLong,
} from '../../server/interactions/heavy.ts'
import type { Call, Context, Perform } from '../../server/interactions/interaction.ts'
import { pageQueries } from '../../server/interactions/page-link.ts'
import { aesPageLinks } from '../../server/page-links-aes.ts'
import { fine, issueOf, principal, shell } from './shell.ts'

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await sleep(2)
}

const everything = '/fhir/Patient/1/$everything'

/** `Bearer <subject> <client>` is that subject by that client. Work ends when it is told to. */
function held(test: Test, most = '2', then: Perform = fine) {
  const gates: (() => void)[] = []
  const perform: Perform = async (context, call) => {
    if (call.interaction !== 'read') await new Promise<void>(resolve => gates.push(resolve))
    return then(context, call)
  }
  const made = shell({
    perform,
    environment: { MAX_HEAVY_REQUESTS_PER_CALLER: most },
    parts: {
      authenticate: async authorization => {
        const [, subject = '', client = null] = (authorization ?? '').split(' ')
        return ok({ ...principal, subject, client })
      },
    },
  })
  const release = (): void => {
    for (const open of gates.splice(0)) open()
  }
  test.teardown(() => {
    release()
    return made.app.close()
  })
  const ask = (url: string, who = 'one app', method: 'GET' | 'HEAD' = 'GET') =>
    made.app.inject({ method, url, headers: { authorization: `Bearer ${who}` } })
  return { ...made, release, ask }
}

t.test('what comes beyond is 429 with Retry-After, nothing is done; when one is over there is room again', async t => {
  const { ask, calls, release } = held(t)
  const running = [ask(everything), ask(everything)]
  await until(() => calls.length === 2)
  const beyond = await ask(everything)
  t.equal(beyond.statusCode, 429)
  t.equal(beyond.headers['retry-after'], '5')
  t.match(issueOf(beyond.body), { code: 'throttled', kind: 'tooManyRequests' })
  t.equal(calls.length, 2)
  release()
  t.same(
    (await Promise.all(running)).map(({ statusCode }) => statusCode),
    [200, 200],
  )
  const again = ask(everything)
  await until(() => calls.length === 3)
  release()
  t.equal((await again).statusCode, 200)
})

t.test(
  'another subject, and the same one by another client, have places of their own; ordinary requests need none',
  async t => {
    const { ask, calls, release } = held(t)
    const running = [ask(everything), ask(everything)]
    await until(() => calls.length === 2)
    running.push(ask(everything, 'two app'), ask(everything, 'one other'), ask('/fhir/Observation?date=2025'))
    await until(() => calls.length === 5)
    t.equal((await ask('/fhir/Patient/1')).statusCode, 200)
    t.equal((await ask(everything)).statusCode, 429)
    release()
    for (const each of await Promise.all(running)) t.equal(each.statusCode, 200)
  },
)

t.test('a HEAD, of which no body flows, and an answer that fails give their places back', async t => {
  const { ask, calls, release } = held(t, '1', async (context, call) =>
    calls.length % 2 === 0 ? fine(context, call) : Promise.reject(new Error('broken')),
  )
  for (let times = 1; times <= 4; times += 1) {
    const head = ask(everything, 'one app', 'HEAD')
    await until(() => calls.length === times)
    release()
    t.not((await head).statusCode, 429)
  }
})

t.test('who hangs up gives the place back when the work has ended, and not before', async t => {
  const { app, ask, calls, release } = held(t, '1')
  await app.listen({ port: 0, host: '127.0.0.1' })
  const [address] = app.addresses()
  const port = typeof address === 'object' ? address.port : 0
  const socket = connect(port, '127.0.0.1', () =>
    socket.write(`GET ${everything} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer one app\r\n\r\n`),
  )
  socket.on('error', () => undefined)
  await until(() => calls.length === 1)
  socket.destroy()
  await sleep(50)
  t.equal((await ask(everything)).statusCode, 429)
  release()
  // The place is free a moment later.
  for (let status = 429; status === 429; await sleep(5)) {
    const again = ask(everything)
    const releasing = setInterval(release, 5)
    status = (await again).statusCode
    clearInterval(releasing)
  }
})

t.test('0 sets no limit', async t => {
  const { ask, calls, release } = held(t, '0')
  const running = Array.from({ length: 20 }, () => ask(everything))
  await until(() => calls.length === 20)
  release()
  for (const each of await Promise.all(running)) t.equal(each.statusCode, 200)
})

t.test('a place is given back once, and who has none is forgotten', async t => {
  const heavy = new HeavyRequests(2)
  const [first, second] = [heavy.enter(principal), heavy.enter(principal)]
  t.equal(heavy.enter(principal), undefined)
  for (const _ of [1, 2, 3]) first?.()
  t.ok(heavy.enter(principal))
  t.equal(heavy.enter(principal), undefined)
  second?.()
  t.ok(heavy.enter({ ...principal, subject: `${principal.subject}","x`, issuer: principal.issuer }))
})

t.test(
  'what turns out to be long takes a place then, and has it until it ends; without one it ends at once',
  async t => {
    const context = { heavy: new HeavyRequests(1) } as Pick<Context, 'heavy'>
    const call = { principal } as Pick<Call, 'principal'>
    const ends: (() => void)[] = []
    const long = (parts: number) =>
      onceLong(context, call, async goesOn => {
        for (let part = 0; part < parts; part += 1) if (!goesOn()) return 'broken off'
        await new Promise<void>(resolve => ends.push(resolve))
        return 'whole'
      })
    const short = long(0)
    const first = long(3)
    t.match(await long(1), { ok: false, failure: { kind: 'tooManyRequests' } })
    for (const end of ends.splice(0)) end()
    t.same([await short, await first], [ok('whole'), ok('whole')])
    const again = long(1)
    for (const end of ends.splice(0)) end()
    t.same(await again, ok('whole'))
    await t.rejects(
      onceLong(context, call, async goesOn => Promise.reject(new Error(String(goesOn())))),
      /true/,
    )
    t.ok(context.heavy.enter(principal), 'the place is given back')
  },
)

/** What opens links to pages. */
const linking = { links: aesPageLinks(randomBytes(32)), now: () => 1 } as Context

const callOf = (some: Pick<Call, 'type' | 'operation' | 'parameters'>): Call => ({
  ...{ principal, interaction: 'search-type', request: 'r-1' },
  preferences: { returns: 'minimal', handling: 'strict', accept: '' },
  ...some,
})

for (const [what, expected, call] of [
  ['$everything', true, { operation: 'everything', type: 'Patient', parameters: [] }],
  ['$merge', true, { operation: 'merge', type: 'Patient', parameters: [] }],
  ['$explain-access', false, { operation: 'explain-access', type: 'Parameters', parameters: [] }],
  ['the number of AuditEvents', true, { type: 'AuditEvent', parameters: [['_summary', 'count']] }],
  ['a page of AuditEvents with its total', true, { type: 'AuditEvent', parameters: [['_total', 'accurate']] }],
  ['no page of them', true, { type: 'AuditEvent', parameters: [['_count', '0']] }],
  [
    'a page of them',
    false,
    {
      type: 'AuditEvent',
      parameters: [
        ['_count', '20'],
        ['_total', 'none'],
      ],
    },
  ],
  ['the number of another type', false, { type: 'Observation', parameters: [['_summary', 'count']] }],
] as const)
  t.test(`${what}: ${expected ? 'heavy' : 'ordinary'}`, async t => t.equal(isHeavy(linking, callOf(call)), expected))

t.test('a later page is what the first one was: its link says so to this server, and to nobody else', async t => {
  const search = callOf({ type: 'AuditEvent', parameters: [] })
  const linkTo = (parameters: Call['parameters'], address = 'AuditEvent'): string =>
    pageQueries(linking, search, { address, parameters, next: { after: 1 } })('next')
  const followed = (query: string, more: Partial<Call> = {}): Call => ({
    ...search,
    parameters: [...new URLSearchParams(query)],
    ...more,
  })
  const counted = linkTo([['_total', 'accurate']])
  t.equal(isHeavy(linking, followed(counted)), true)
  t.equal(isHeavy(linking, followed(linkTo([['date', 'gt2025']]))), false)
  t.equal(isHeavy(linking, followed(linkTo([['_total', 'accurate']], 'Observation'), { type: 'Observation' })), false)
  t.equal(isHeavy(linking, followed(counted.slice(0, -2))), false, 'a broken link is refused, not counted')
  const compartment = { type: 'Patient', id: '1' } as const
  const within = linkTo([['_total', 'accurate']], 'Patient/1/AuditEvent')
  t.equal(isHeavy(linking, followed(within, { compartment })), true)
  const entry = { type: 'AuditEvent', method: 'GET', query: counted, history: false } as EntryRequest
  t.equal(isHeavyEntryOf(linking, search)(entry), true)
  const plain = { ...entry, query: linkTo([]) }
  t.equal(isHeavyEntryOf(linking, search)(plain), false)
  t.equal(isLongInTransaction(plain), true, 'a transaction cannot stop once it has written')
  t.equal(isLongInTransaction({ ...plain, id: '1' }), false)
  t.equal(isLongInTransaction({ ...plain, type: 'Observation' }), false)
})
