/** Two servers on one database are one: no state in a process but caches with a stated lifetime. `docs/architecture.md`; `access.md` sections 4, 8 and 12. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import type { Resource } from '../../resources/resource.ts'
import { rppsOf } from '../../server/demo/people.ts'
import { keepDemoRecords } from '../../server/demo/records.ts'
import { startServer as start } from '../../server/start.ts'
import { verifyAudit } from '../../server/store/verify-audit.ts'
import { matchesOf } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import { startServer } from '../support/server.ts'
import { databaseOf, linesOf } from './lines.ts'
import { type Asking, createdId, locationsOf, outcomeOf, type Send, type Sent, sender } from './requests.ts'
import { about, condition, consent, discharge, type Json, subject } from './resources.ts'

t.setTimeout(300_000)

const first = await startServer(t, { demonstration: true })
const { database, environment, records, token } = first

/** Another server on the same database, with a data folder of its own. */
async function another(test: Pick<Test, 'teardown'>, changes: Readonly<Record<string, string>> = {}) {
  const dataDir = await mkdtemp(join(tmpdir(), 'dmp-server-'))
  keepDemoRecords(dataDir, records)
  const starting = start({ ...environment, DATA_DIR: dataDir, ...changes }, () => undefined)
  test.teardown(() => starting.stop().then(() => rm(dataDir, { recursive: true, force: true })))
  return { dataDir, stop: starting.stop, running: await starting.running }
}

const second = await another(t)
if (!second.running.ok) throw new Error(JSON.stringify(second.running.failure))
const here = sender(first)
const there = sender({ base: second.running.value.base, token })
const db = databaseOf(t, database)
const { marie = '' } = records

const posted = async (send: Send, as: string, body: Json): Promise<Sent> => {
  const answer = await send({ as, method: 'POST', path: String(body.resourceType), body })
  if (answer.status !== 201) throw new Error(`${answer.status} ${JSON.stringify(outcomeOf(answer))}`)
  return answer
}

const noted = await posted(here, 'gp', condition('marie', 'gp', 'Rhume'))
const own = `Condition/${createdId(noted)}`
const [, document = ''] = locationsOf(
  await here({ as: 'hospital', method: 'POST', path: '', body: discharge('marie') }),
)

/** Withdraws a Consent, or ends a CareTeam. */
async function withdrawn(send: Send, answer: Sent): Promise<Sent> {
  const resource = answer.json as Resource
  const path = `${resource.resourceType}/${resource.id}`
  const body = { ...resource, status: 'inactive' }
  const changed = await send({ as: 'patient-marie', method: 'PUT', path, body })
  if (changed.status !== 200) throw new Error(`${changed.status} ${JSON.stringify(outcomeOf(changed))}`)
  return changed
}

const careTeam: Json = {
  resourceType: 'CareTeam',
  status: 'active',
  subject: subject('marie'),
  participant: [{ member: { type: 'Practitioner', identifier: rppsOf('dentist') } }],
}

const mask = (what: Json): Json => consent('marie', { type: 'deny', ...what })

/** What Marie decides, who notices by asking what, and what he is answered before, after, and when it is withdrawn. */
const decisions: readonly (readonly [sentence: string, decision: Json, asking: Asking, answers: readonly number[]])[] =
  [
    [
      'an authorisation',
      consent('marie', about('permit', 'gp-unrelated')),
      { as: 'gp-unrelated', path: own },
      [404, 200, 404],
    ],
    ['a block', consent('marie', about('deny', 'nurse')), { as: 'nurse', path: `Patient/${marie}` }, [200, 404, 404]],
    ['a place in the care team', careTeam, { as: 'dentist', path: `Patient/${marie}` }, [404, 200, 404]],
    [
      'a mask on one document',
      mask({ data: [{ meaning: 'instance', reference: { reference: document } }], securityLabel: [] }),
      { as: 'nurse', path: `DocumentReference?patient=${marie}&_id=${document.split('/')[1]}` },
      [200, 200, 200],
    ],
  ]

for (const [sentence, decision, asking, expected] of decisions) {
  for (const [writer, reader, where] of [
    [here, there, 'the second'],
    [there, here, 'the first'],
  ] as const) {
    t.test(`${sentence} holds on the very next request, at ${where} server too`, async t => {
      const found = async () => {
        const { status, json } = await reader(asking)
        return { status, found: select(json, '/entry/*').length }
      }
      const { securityLabel: _, ...provision } = (decision.provision ?? {}) as Json
      const body = decision.provision === undefined ? decision : { ...decision, provision }
      const before = await found()
      const answer = await posted(writer, 'patient-marie', body)
      const after = await found()
      await withdrawn(writer, answer)
      const finally_ = await found()
      t.strictSame([before.status, after.status, finally_.status], expected)
      // A block that is taken back authorises nobody again: docs/decisions/0031.
      if (expected[0] === expected[2]) t.strictSame(finally_, before)
      else await posted(writer, 'patient-marie', consent('marie', about('permit', 'nurse')))
      t.notSame(after, before)
    })
  }
}

t.test('what happened at one server is in the trail of the other at once', async t => {
  const { request } = await there({ as: 'gp', path: own })
  const trail = await here({ as: 'patient-marie', path: `AuditEvent?patient=${marie}&_count=5` })
  t.ok(trail.bytes.toString().includes(request))
})

t.test('a link to a page of one server opens at the other, for its caller alone', async t => {
  const page = await here({ as: 'gp', path: `Condition?patient=${marie}&_count=1` })
  const next = String(select(page.json, '/link/[relation=next]/url')[0])
  const path = next.slice(first.base.length + 1)
  const other = await there({ as: 'gp', path })
  t.equal(other.status, 200)
  t.strictSame(matchesOf(other), matchesOf(await here({ as: 'gp', path })))
  t.equal((await there({ as: 'patient-marie', path })).status, 400)
})

t.test('the same push at both servers, many times at once, is one', async t => {
  const body = discharge('marie')
  const answers = await Promise.all(
    Array.from({ length: 16 }, (_, number) =>
      (number % 2 === 0 ? here : there)({ as: 'hospital', method: 'POST', path: '', body }),
    ),
  )
  t.ok(answers.every(({ status }) => status === 200))
  t.equal(new Set(answers.map(answer => locationsOf(answer).join())).size, 1)
  t.equal(
    answers.filter(answer => select(answer.json, '/entry/0/response/status')[0] === '201 Created').length,
    1,
    'one server wrote it, once',
  )
  for (const { request } of answers) t.equal((await linesOf(db, { request })).length, 3)
})

t.test('of writers at both servers exactly one wins each version', async t => {
  for (const version of [1, 2]) {
    const answers = await Promise.all(
      Array.from({ length: 12 }, (_, number) =>
        (number % 2 === 0 ? here : there)({
          ...{ as: 'gp', method: 'PUT', path: own, headers: { 'If-Match': `W/"${version}"` } },
          body: { ...condition('marie', 'gp', `Rhume ${version}.${number}`), id: own.split('/')[1] },
        }),
      ),
    )
    const statuses = answers.map(({ status }) => status).sort()
    t.strictSame(statuses, [200, ...Array.from({ length: 11 }, () => 412)])
  }
  const history = await there({ as: 'gp', path: `${own}/_history` })
  t.strictSame(
    matchesOf(history).map(each => select(each, '/meta/versionId')[0]),
    ['3', '2', '1'],
  )
})

t.test('verification of running servers finds nothing broken, while others come and go', async t => {
  const state = { over: false }
  const busy = Array.from({ length: 4 }, async (_, number) => {
    while (!state.over) {
      await (number % 2 === 0 ? here : there)({ as: 'gp', path: own })
      await posted(number % 2 === 0 ? there : here, 'gp', condition('marie', 'gp', 'Toux'))
    }
  })
  const comings = (async () => {
    for (let coming = 0; coming < 3; coming += 1) await (await another(t)).stop()
    state.over = true
  })()
  const verdicts: (string | undefined)[] = []
  while (!state.over) verdicts.push((await verifyAudit(database.url, database.name)).broken)
  await Promise.all([...busy, comings])
  t.ok(verdicts.length > 3)
  t.strictSame(
    verdicts.filter(broken => broken !== undefined),
    [],
  )
})

t.test('a server with other secrets refuses to start, and says which setting is wrong', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'dmp-secrets-'))
  t.teardown(() => rm(folder, { recursive: true, force: true }))
  const { running } = await another(t, { SECRETS_FILE: join(folder, 'secrets.json') })
  t.match(running, { ok: false, failure: { complaints: [{ diagnostics: /^SECRETS_FILE: / }] } })
  t.equal((await there({ as: 'gp', path: own })).status, 200, 'those that run are not disturbed')
})

t.test('when both have stopped, the chains of both verify', async t => {
  await Promise.all([first.stop(), second.stop()])
  const { waiting, broken, heads } = await verifyAudit(database.url, database.name)
  t.strictSame({ waiting, broken }, { waiting: 0, broken: undefined })
  t.ok(heads.filter(({ seq }) => seq > 10).length >= 2)
})
