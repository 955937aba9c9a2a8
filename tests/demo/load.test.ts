/** The demonstration is loaded through the public interface, in every regime, and may be loaded again. */
import { join } from 'node:path'
import t from 'tap'
import { identityNamed } from '../../server/demo/identities.ts'
import { loadDemonstration } from '../../server/demo/load.ts'
import { steps } from '../../server/demo/steps.ts'
import { root } from '../../server/root.ts'
import { call } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import { startServer, type TestServer } from '../support/server.ts'

// Loading takes some seconds for each server, more on a busy machine.
t.setTimeout(180_000)

/** How many resources of each type Marie sees of her own record. */
async function counts(server: TestServer): Promise<Record<string, unknown>> {
  const authorization = `Bearer ${await server.token('patient-marie')}`
  const types = [
    'DocumentReference',
    'Observation',
    'Consent',
    'CareTeam',
    'List',
    'Condition',
    'Provenance',
    'Immunization',
  ]
  const count = async (type: string) => {
    const url = `${server.base}/${type}?patient=${server.records.marie}&_summary=count`
    return [type, select((await call(url, { headers: { authorization } })).json, '/total')[0]] as const
  }
  return Object.fromEntries(await Promise.all(types.map(count)))
}

t.test('an interrupted loading is done again, and doubles nothing', async t => {
  const server = await startServer(t, { demonstration: true })
  const before = await counts(server)
  t.match(before, {
    DocumentReference: 11,
    Observation: 20,
    Consent: 9,
    CareTeam: 1,
    Condition: 2,
    Provenance: 1,
    Immunization: 2,
  })
  const progress: number[] = []
  const records = await loadDemonstration({
    send: async ({ path, headers, body }) => {
      const answer = await call(`${server.base}${path}`, { method: 'POST', headers, body })
      return { status: answer.status, body: answer.bytes.toString() }
    },
    tokenOf: (identity, known) => server.token(identity.name, { records: known }),
    onProgress: done => progress.push(done),
  })
  t.same(records, server.records)
  t.equal(progress.length, steps.length)
  t.same(await counts(server), before)
})

t.test('a refused step stops the loading and says what the server said', async t => {
  const loading = loadDemonstration({
    send: async () => ({ status: 422, body: 'expected something else' }),
    tokenOf: async () => 'token',
  })
  await t.rejects(loading, { message: 'directory by operator: 422 expected something else' })
})

t.test('an opened record must say where it is', async t => {
  const loading = loadDemonstration({ send: async () => ({ status: 200, body: '{}' }), tokenOf: async () => 'token' })
  await t.rejects(loading, { message: /without saying where/ })
})

for (const regime of ['smart', 'none'] as const) {
  t.test(`the demonstration loads in the regime ${regime}`, async t => {
    const server = await startServer(t, { demonstration: true, environment: { ACCESS_REGIME: regime } })
    t.same(Object.keys(server.records), ['marie', 'paul', 'lea'])
  })
}

t.test('the demonstration loads where every type of R4 is served', async t => {
  const statement = join(root, 'fixtures/capability-statement-all-types.json')
  const server = await startServer(t, { demonstration: true, environment: { CAPABILITY_STATEMENT: statement } })
  t.same(Object.keys(server.records), ['marie', 'paul', 'lea'])
})

t.test('a second server beside the first accepts the tokens of the first', async t => {
  const first = await startServer(t, { demonstration: true })
  const second = await startServer(t, {
    environment: { SECRETS_FILE: first.environment.SECRETS_FILE, MONGODB_DATABASE: first.database.name },
  })
  const token = await first.token('gp')
  const answer = await call(`${second.base}/Patient/${first.records.marie}`, {
    headers: { authorization: `Bearer ${token}` },
  })
  t.equal(answer.status, 200)
})

t.test('every identity that a step names exists', async t => {
  for (const { as } of steps) t.ok(identityNamed(as), as)
})
