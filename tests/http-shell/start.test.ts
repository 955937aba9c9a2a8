import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Result } from '../../resources/outcome.ts'
import { keepDemoRecords } from '../../server/demo/records.ts'
import { type Environment, type Running, startServer } from '../../server/start.ts'
import { testDatabase } from '../support/mongod.ts'
import { issueOf } from './shell.ts'

/** The settings of a server on a database of its own; all that it writes is gone after the test. */
async function environmentFor(test: Test): Promise<Environment> {
  const { url, name } = await testDatabase(test)
  const folder = mkdtempSync(join(tmpdir(), 'start-'))
  test.teardown(() => rmSync(folder, { recursive: true }))
  return {
    PORT: '0',
    DATA_DIR: folder,
    MONGODB_URL: url,
    MONGODB_DATABASE: name,
    SECRETS_FILE: join(folder, 'secrets.json'),
    DEMO: 'force',
    LOG_LEVEL: 'silent',
  }
}

/** Starts a server that the test stops. */
async function started(test: Test, environment: Environment) {
  const said: string[] = []
  const { running, stop } = startServer(environment, sentence => said.push(sentence))
  test.teardown(stop)
  return { result: await running, said, stop }
}

function runningOf(result: Result<Running>): Running {
  if (!result.ok) throw new Error(JSON.stringify(result.failure))
  return result.value
}

async function complaintsOf(test: Test, environment: Environment): Promise<readonly string[]> {
  const { result } = await started(test, environment)
  return result.ok ? [] : result.failure.complaints.map(({ diagnostics }) => diagnostics)
}

t.test('a server starts with its demonstration, answers, and stops; a second start loads nothing again', async t => {
  const environment = await environmentFor(t)
  const first = await started(t, environment)
  const { base, documentation } = runningOf(first.result)
  t.match(base, /^http:\/\/127\.0\.0\.1:\d+\/fhir$/)
  t.match(first.said.at(-1), /^Demonstration 23\/23/)
  const metadata = (await (await fetch(`${base}/metadata`)).json()) as object
  t.match(metadata, { resourceType: 'CapabilityStatement', date: String, implementation: { url: base } })
  t.equal((await fetch(documentation)).status, 200)
  t.equal((await fetch(`${base}/Patient/x`)).status, 401)
  t.equal((await fetch(base.replace('/fhir', '/health/ready'))).status, 200)
  await first.stop()
  await t.rejects(fetch(`${base}/metadata`))

  const second = await started(t, environment)
  t.equal(second.result.ok, true)
  t.same(second.said, [])
})

t.test('an instance with other secrets on the same database does not start', async t => {
  const environment = await environmentFor(t)
  const first = await started(t, { ...environment, DEMO: 'false', ACCESS_REGIME: 'none' })
  t.equal(first.result.ok, true)
  const other = { ...environment, SECRETS_FILE: join(environment.DATA_DIR ?? '', 'other.json') }
  t.match(await complaintsOf(t, other), [/^SECRETS_FILE: .*first used with/])
  const beside = await started(t, { ...environment, DEMO: 'false', ACCESS_REGIME: 'none' })
  t.equal(beside.result.ok, true, 'one with the same secrets starts beside the first')
})

for (const regime of ['dmp', 'smart', 'none']) {
  t.test(`a statement of every type of R4 is served under ${regime} without any code`, async t => {
    const environment = await environmentFor(t)
    keepDemoRecords(environment.DATA_DIR ?? '', {}) // as if they were loaded before
    const all = { CAPABILITY_STATEMENT: 'fixtures/capability-statement-all-types.json', ACCESS_REGIME: regime }
    const { result } = await started(t, { ...environment, ...all })
    const response = await fetch(`${runningOf(result).base}/MeasureReport`)
    t.equal(response.status, regime === 'none' ? 200 : 401)
    t.equal(response.headers.get('x-access-regime'), regime === 'none' ? 'none' : null)
  })
}

t.test('a promise without code stops the start and is named', async t => {
  const environment = await environmentFor(t)
  const path = join(environment.DATA_DIR ?? '', 'statement.json')
  const resource = [
    { type: 'Patient', interaction: [{ code: 'search-system' }], searchParam: [{ name: 'shoe-size', type: 'number' }] },
  ]
  writeFileSync(path, JSON.stringify({ resourceType: 'CapabilityStatement', rest: [{ mode: 'server', resource }] }))
  const { result } = await started(t, { ...environment, CAPABILITY_STATEMENT: path })
  t.match(result, {
    ok: false,
    failure: { complaints: [{ expression: /searchParam\[0\]/ }, { expression: /interaction\[0\]/ }] },
  })
})

t.test('a port that another program has is said before anything is opened', async t => {
  const other = createServer().listen(0, '127.0.0.1')
  await new Promise(resolve => other.once('listening', resolve))
  t.teardown(() => void other.close())
  const address = other.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  t.match(await complaintsOf(t, { PORT: String(port) }), [new RegExp(`^PORT: ${port} is taken`)])
})

t.test('bad settings are all said', async t => {
  t.match(await complaintsOf(t, { PORT: 'x', ZONE: 'y' }), [/^PORT/, /^ZONE/])
})

t.test('none: a record is written and read by anybody on this machine', async t => {
  const environment = await environmentFor(t)
  const { result } = await started(t, { ...environment, ACCESS_REGIME: 'none', DEMO: 'false' })
  const { base } = runningOf(result)
  const created = await fetch(`${base}/Patient`, {
    method: 'POST',
    headers: { 'content-type': 'application/fhir+json' },
    body: '{"resourceType":"Patient","name":[{"family":"Essai"}],"multipleBirthInteger":1}',
  })
  t.equal(created.status, 201)
  const { id } = (await created.json()) as { id: string }
  const read = await fetch(`${base}/Patient/${id}`)
  t.match(await read.json(), { id, name: [{ family: 'Essai' }] })
  const absent = await fetch(`${base}/Patient/nobody`)
  t.equal(absent.status, 404)
  t.match(issueOf(await absent.text()), { kind: 'notFound' })
})
