/** Every request that touches a record leaves exactly one event, every entry of a batch or transaction one. `access.md` section 8. */
import { setTimeout } from 'node:timers/promises'
import t from 'tap'
import { insOf } from '../../server/demo/people.ts'
import { startServer } from '../support/server.ts'
import { databaseOf, linesOf } from './lines.ts'
import { type Asking, createdId, locationsOf, outcomeOf, sender } from './requests.ts'
import {
  about,
  bundle,
  condition,
  consent,
  discharge,
  getting,
  observation,
  posting,
  withContent,
} from './resources.ts'

t.setTimeout(300_000)

const server = await startServer(t, { demonstration: true })
const db = databaseOf(t, server.database)
const send = sender(server)
const marie = server.records.marie ?? ''
const noted = (text: string) =>
  send({ as: 'gp', method: 'POST', path: 'Condition', body: condition('marie', 'gp', text) })

const first = createdId(await noted('first'))
const other = createdId(await noted('second'))
const doomed = createdId(await noted('to be deleted'))
await send({ as: 'laboratory', method: 'POST', path: 'Observation', body: observation('marie', 'known') })
const pushed = discharge('marie', 'MASQUE_PS')
const [list = '', document = '', binary = ''] = locationsOf(
  await send({ as: 'hospital', method: 'POST', path: '', body: pushed }),
)
const large = withContent(discharge('marie'), Buffer.alloc(2_000_000, 'synthetic'))
const [, , movie = ''] = locationsOf(await send({ as: 'hospital', method: 'POST', path: '', body: large }))
const absent = `Condition/${marie}-${'0'.repeat(26)}`
const ins = ({ system, value }: ReturnType<typeof insOf>) => encodeURIComponent(`${system}|${value}`)

/** What the trail must hold of a request, line by line: interaction, type, outcome, status, true reason, targets. */
type Line = readonly [string, string, 'success' | 'refused', number, string | null, readonly string[]]

const success = (interaction: string, type: string, status: number, ...targets: readonly string[]): Line => [
  ...([interaction, type, 'success', status, null, targets] as const),
]
const refused = (interaction: string, type: string, status: number, reason: string | null): Line => [
  ...([interaction, type, 'refused', status, reason, []] as const),
]
const post = (as: string, body: object, headers: Record<string, string> = {}): Asking => ({
  ...{ as, method: 'POST', body, headers },
  path: 'resourceType' in body && body.resourceType !== 'Bundle' ? String(body.resourceType) : '',
})
const put = (as: string, id: string, body: object, headers: Record<string, string> = {}): Asking => ({
  ...{ as, method: 'PUT', path: `Condition/${id}`, headers },
  body: { ...body, id },
})
const own = `Condition/${first}`

const reads: readonly (readonly [string, Asking, number, readonly Line[]])[] = [
  ['a read', { as: 'gp', path: own }, 200, [success('read', 'Condition', 200, own)]],
  [
    'a read of what the client holds',
    { as: 'gp', path: own, headers: { 'If-None-Match': 'W/"1"' } },
    304,
    [success('read', 'Condition', 304, own)],
  ],
  [
    'a read without authorisation',
    { as: 'gp-unrelated', path: own },
    404,
    [refused('read', 'Condition', 404, 'authorised')],
  ],
  [
    'a read by who is blocked',
    { as: 'blocked-physician', path: own },
    404,
    [refused('read', 'Condition', 404, 'not-blocked')],
  ],
  [
    'a read of another record',
    { as: 'patient-paul', path: own },
    404,
    [refused('read', 'Condition', 404, 'scope-covers')],
  ],
  ['a read of what is not there', { as: 'gp', path: absent }, 404, [refused('read', 'Condition', 404, 'visible')]],
  [
    'a read of what is masked',
    { as: 'nurse', path: document },
    404,
    [refused('read', 'DocumentReference', 404, 'visible')],
  ],
  [
    'a read of a type outside the column',
    { as: 'podologue', path: list.replace(/.*\//, 'List/') },
    404,
    [refused('read', 'List', 404, 'visible')],
  ],
  [
    'a read without column',
    { as: 'occupational-physician', path: own },
    403,
    [refused('read', 'Condition', 403, 'column-known')],
  ],
  [
    'a read of an id in no form of ours',
    { as: 'gp', path: 'Condition/elsewhere' },
    404,
    [refused('read', 'Condition', 404, 'record-exists')],
  ],
  ['a vread', { as: 'gp', path: `${own}/_history/1` }, 200, [success('vread', 'Condition', 200, own)]],
  [
    'a vread without authorisation',
    { as: 'gp-unrelated', path: `${own}/_history/1` },
    404,
    [refused('vread', 'Condition', 404, 'authorised')],
  ],
  [
    'a vread of no version',
    { as: 'gp', path: `${own}/_history/9` },
    404,
    [refused('vread', 'Condition', 404, 'visible')],
  ],
  ['a history', { as: 'gp', path: `${own}/_history` }, 200, [success('history-instance', 'Condition', 200, own)]],
  [
    'a history without authorisation',
    { as: 'gp-unrelated', path: `${own}/_history` },
    404,
    [refused('history-instance', 'Condition', 404, 'authorised')],
  ],
  [
    'a Binary as bytes',
    { as: 'gp', path: binary, headers: { Accept: 'application/pdf' } },
    200,
    [success('read', 'Binary', 200, binary)],
  ],
  [
    'a Binary that flows, at its beginning and at its end,',
    { as: 'gp', path: movie, headers: { Accept: 'application/pdf' } },
    200,
    [success('read', 'Binary', 200, movie), success('read', 'Binary', 200, movie)],
  ],
  ['a HEAD', { as: 'gp', method: 'HEAD', path: own }, 200, [success('read', 'Condition', 200, own)]],
  [
    'a Binary as JSON',
    { as: 'gp', path: binary, headers: { Accept: 'application/fhir+json' } },
    200,
    [success('read', 'Binary', 200, binary)],
  ],
  [
    'a search',
    { as: 'gp', path: `Condition?patient=${marie}&_id=${first}` },
    200,
    [success('search-type', 'Condition', 200, own)],
  ],
  [
    'a search by POST',
    {
      as: 'gp',
      method: 'POST',
      path: 'Condition/_search',
      body: `patient=${marie}&_id=${first}`,
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    },
    ...([200, [success('search-type', 'Condition', 200, own)]] as const),
  ],
  [
    'a search that finds nothing',
    { as: 'gp', path: `Condition?patient=${marie}&_id=none` },
    200,
    [success('search-type', 'Condition', 200)],
  ],
  [
    'a count',
    { as: 'gp', path: `Condition?patient=${marie}&_summary=count` },
    200,
    [success('search-type', 'Condition', 200)],
  ],
  [
    'a search with what comes along',
    { as: 'gp', path: `Condition?patient=${marie}&_id=${first}&_include=Condition:subject` },
    ...([200, [success('search-type', 'Condition', 200, own, `Patient/${marie}`)]] as const),
  ],
  [
    'a search without authorisation',
    { as: 'gp-unrelated', path: `Condition?patient=${marie}` },
    200,
    [refused('search-type', 'Condition', 200, 'authorised')],
  ],
  [
    'a search in no record',
    { as: 'gp', path: 'Condition?patient=nobody' },
    200,
    [refused('search-type', 'Condition', 200, 'record-exists')],
  ],
  [
    'the access status',
    { as: 'gp-unrelated', path: `Patient?identifier=${ins(insOf('marie'))}` },
    200,
    [refused('search-type', 'Patient', 200, 'authorised')],
  ],
  [
    'a search in the trail',
    { as: 'patient-marie', path: `AuditEvent?patient=${marie}` },
    200,
    [success('search-type', 'AuditEvent', 200)],
  ],
  [
    'a search in the trail of another',
    { as: 'patient-paul', path: `AuditEvent?patient=${marie}` },
    200,
    [refused('search-type', 'AuditEvent', 200, 'scope-covers')],
  ],
  [
    'a read of no event',
    { as: 'patient-marie', path: `AuditEvent/${marie}-${'0'.repeat(26)}` },
    404,
    [refused('read', 'AuditEvent', 404, 'visible')],
  ],
  ['a misspelt search', { as: 'gp', path: `Condition?patient=${marie}&cod=x` }, 400, []],
  ['a read in the directory', { as: 'gp', path: 'Practitioner?_count=1' }, 200, []],
]

const fresh = (text: string) => condition('marie', 'gp', text)
const same = { 'If-None-Exist': 'identifier=https://laboratory.demo.example/identifiers|known' }
const known = observation('marie', 'known')

const operations = JSON.stringify([{ op: 'remove', path: '/code/text' }])
const byCriteria = (method: string, criteria: string): Asking => ({
  ...{ as: 'gp', method, path: `Condition?patient=${marie}&${criteria}` },
  ...(method === 'PATCH' ? { body: operations, headers: { 'Content-Type': 'application/json-patch+json' } } : {}),
})
const patching = (type: string, criteria: string) => ({
  resource: {
    ...{ resourceType: 'Binary', contentType: 'application/json-patch+json' },
    data: Buffer.from(operations).toString('base64'),
  },
  request: { method: 'PATCH', url: `${type}?${criteria}` },
})

const writes: readonly (readonly [string, Asking, number, readonly (Line | string)[]])[] = [
  ['a create', post('gp', fresh('created')), 201, ['create Condition success 201']],
  [
    'a create by who may not',
    post('occupational-physician', fresh('x')),
    403,
    [refused('create', 'Condition', 403, 'column-known')],
  ],
  [
    'a create by who is nobody’s author',
    post('gp', condition('marie', 'nurse', 'x')),
    422,
    ['create Condition refused 422'],
  ],
  [
    'a create in no record',
    post('gp', { ...fresh('x'), subject: { reference: `Patient/${'0'.repeat(12)}` } }),
    422,
    [refused('create', 'Condition', 422, 'record-exists')],
  ],
  [
    'a create that finds what it would create',
    post('laboratory', known, same),
    200,
    ['create Observation success 200'],
  ],
  ['an update', put('gp', other, fresh('changed'), { 'If-Match': 'W/"1"' }), 200, ['update Condition success 200']],
  [
    'an update of what was changed since',
    put('gp', other, fresh('late'), { 'If-Match': 'W/"1"' }),
    412,
    [refused('update', 'Condition', 412, null)],
  ],
  [
    'an update by another depositor',
    put('nurse', other, condition('marie', 'nurse', 'x')),
    403,
    ['update Condition refused 403'],
  ],
  [
    'a delete by another depositor',
    { as: 'nurse', method: 'DELETE', path: `Condition/${doomed}` },
    403,
    ['delete Condition refused 403'],
  ],
  [
    'a delete of what criteria do not find',
    byCriteria('DELETE', 'identifier=none'),
    204,
    ['delete Condition refused 204'],
  ],
  [
    'a patch of what criteria do not find',
    byCriteria('PATCH', 'identifier=none'),
    404,
    [refused('patch', 'Condition', 404, 'visible')],
  ],
  [
    'the same in a batch',
    post('gp', bundle('batch', [patching('Condition', `patient=${marie}&identifier=none`)])),
    200,
    ['patch Condition refused 404'],
  ],
  [
    'a patch of several that criteria find',
    byCriteria('PATCH', 'code:missing=false'),
    412,
    [refused('patch', 'Condition', 412, null)],
  ],
  ['a delete', { as: 'gp', method: 'DELETE', path: `Condition/${doomed}` }, 204, ['delete Condition success 204']],
  [
    'a read of what was deleted',
    { as: 'gp', path: `Condition/${doomed}` },
    410,
    [refused('read', 'Condition', 410, 'visible')],
  ],
  [
    'a Consent by who may not write it',
    post('nurse', consent('marie', about('permit', 'midwife'))),
    403,
    ['create Consent refused 403'],
  ],
  [
    'a transaction',
    post(
      'laboratory',
      bundle(
        'transaction',
        ['a', 'b', 'c'].map(value => posting(observation('marie', value))),
      ),
    ),
    200,
    ['create Observation success 201', 'create Observation success 201', 'create Observation success 201'],
  ],
  [
    'a transaction that finds a part of what it would create, and reads',
    post(
      'laboratory',
      bundle('transaction', [
        posting(known, same['If-None-Exist']),
        posting(observation('marie', 'd')),
        getting(`Observation?patient=${marie}&identifier=none`),
      ]),
    ),
    200,
    ['create Observation success 200', 'create Observation success 201', 'search-type Observation success 200'],
  ],
  [
    'a transaction that is refused',
    post(
      'laboratory',
      bundle('transaction', [posting(observation('marie', 'e')), posting(condition('marie', 'gp', 'x'))]),
    ),
    422,
    ['transaction Bundle refused 422'],
  ],
  [
    'a batch',
    post(
      'gp',
      bundle('batch', [getting(own), getting(absent), posting(fresh('in a batch')), getting('Condition?cod=x')]),
    ),
    200,
    ['create Condition success 201', 'read Condition refused 404', 'read Condition success 200'],
  ],
  [
    'the same push again',
    post('hospital', pushed),
    200,
    ['create Binary success 200', 'create DocumentReference success 200', 'create List success 200'],
  ],
]

/** The last line of what flows is written after its last byte: so many lines are waited for. */
async function linesLeft(request: string, most: number): ReturnType<typeof linesOf> {
  for (let tries = 0; ; tries += 1) {
    const lines = await linesOf(db, { request })
    if (lines.length >= most || tries === 100) return lines
    await setTimeout(50)
  }
}

const targetsOf = (targets: readonly { type: string; id: string }[]): readonly string[] =>
  targets.map(({ type, id }) => `${type}/${id}`).sort()

for (const [sentence, asking, status, expected] of [...reads, ...writes]) {
  t.test(`${sentence} leaves ${expected.length === 1 ? 'one event' : `${expected.length} events`}`, async t => {
    const answer = await send(asking)
    t.equal(answer.status, status, JSON.stringify(outcomeOf(answer)))
    const lines = await linesLeft(answer.request, expected.length)
    const short = expected.every(each => typeof each === 'string')
    const found = lines.map(({ interaction, type, outcome, status, failed = null, targets }) =>
      short
        ? `${interaction} ${type} ${outcome} ${status}`
        : [interaction, type, outcome, status, failed, targetsOf(targets)],
    )
    t.strictSame(short ? found.sort() : found, expected)
    for (const line of lines) {
      t.equal(line.agent.issuer, 'https://demo.dossier.example')
      t.match(line.policy, /\d{4}-\d\d-\d\d/, 'the matrix that decided')
    }
  })
}
