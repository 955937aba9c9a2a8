/** The three values of Prefer: return on every write, alone and in Bundles. https://hl7.org/fhir/R4/http.html#ops */
import { join } from 'node:path'
import t from 'tap'
import { root } from '../../server/root.ts'
import type { Answer } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import { bundleOf, type Content, idOf, startRest } from './rest.ts'

const rest = await startRest(t, {
  environment: { CAPABILITY_STATEMENT: join(root, 'fixtures', 'capability-statement-all-types.json') },
})
const system = 'urn:example:prefer'
const basic = (more: object = {}) => ({ resourceType: 'Basic', code: { text: 'x' }, ...more })
let counted = 0
const numbered = () => {
  counted += 1
  const identifier = [{ system, value: String(counted) }]
  return { resource: basic({ identifier }), criteria: `identifier=${system}|${counted}` }
}
const made = async () => {
  const { resource, criteria } = numbered()
  return { id: idOf(await rest.post('Basic', resource)), resource, criteria }
}
const jsonPatch = [{ op: 'add', path: '/created', value: '2026-01-01' }]
const fhirPathPatch = {
  resourceType: 'Parameters',
  parameter: [
    {
      name: 'operation',
      part: [
        { name: 'type', valueCode: 'add' },
        { name: 'path', valueString: 'Basic' },
        { name: 'name', valueString: 'created' },
        { name: 'value', valueDate: '2026-01-01' },
      ],
    },
  ],
}
const inBinary = {
  resourceType: 'Binary',
  contentType: 'application/json-patch+json',
  data: Buffer.from(JSON.stringify(jsonPatch)).toString('base64'),
}

type Headers = Readonly<Record<string, string>>
type Write = (headers: Headers) => Promise<Answer>
const raw = { 'content-type': 'text/plain' }
const send = async (path: string, body: Content, headers: Headers) => rest.post(path, body, { headers })

/** Each write: the status, the type of what it writes, and how it is sent. */
const writes: readonly (readonly [sentence: string, status: number, type: string | undefined, write: Write])[] = [
  ['create', 201, 'Basic', headers => send('Basic', basic(), headers)],
  [
    'conditional create that creates',
    201,
    'Basic',
    headers => {
      const { resource, criteria } = numbered()
      return send('Basic', resource, { ...headers, 'if-none-exist': criteria })
    },
  ],
  [
    'conditional create that finds',
    200,
    'Basic',
    async headers => {
      const { resource, criteria } = await made()
      return send('Basic', resource, { ...headers, 'if-none-exist': criteria })
    },
  ],
  ['create of a raw Binary', 201, 'Binary', headers => send('Binary', 'bytes', { ...headers, ...raw })],
  [
    'update',
    200,
    'Basic',
    async headers => {
      const { id, resource } = await made()
      return rest.put(`Basic/${id}`, { ...resource, id }, { headers })
    },
  ],
  [
    'update that creates',
    201,
    'Basic',
    headers => {
      counted += 1
      const id = `chosen-${counted}`
      return rest.put(`Basic/${id}`, basic({ id }), { headers })
    },
  ],
  [
    'conditional update that creates',
    201,
    'Basic',
    headers => {
      const { resource, criteria } = numbered()
      return rest.put(`Basic?${criteria}`, resource, { headers })
    },
  ],
  [
    'conditional update that updates',
    200,
    'Basic',
    async headers => {
      const { resource, criteria } = await made()
      return rest.put(`Basic?${criteria}`, resource, { headers })
    },
  ],
  [
    'update of a raw Binary',
    200,
    'Binary',
    async headers => {
      const id = idOf(await send('Binary', 'bytes', raw))
      return rest.put(`Binary/${id}`, 'others', { headers: { ...headers, ...raw } })
    },
  ],
  ['JSON Patch', 200, 'Basic', async headers => rest.patch(`Basic/${(await made()).id}`, jsonPatch, { headers })],
  [
    'FHIRPath Patch',
    200,
    'Basic',
    async headers =>
      rest.patch(`Basic/${(await made()).id}`, fhirPathPatch, {
        headers: { ...headers, 'content-type': 'application/fhir+json' },
      }),
  ],
  [
    'conditional patch',
    200,
    'Basic',
    async headers => rest.patch(`Basic?${(await made()).criteria}`, jsonPatch, { headers }),
  ],
  ['delete', 204, undefined, async headers => rest.delete(`Basic/${(await made()).id}`, { headers })],
  ['conditional delete', 204, undefined, async headers => rest.delete(`Basic?${(await made()).criteria}`, { headers })],
  [
    'conditional delete of nothing',
    204,
    undefined,
    headers => rest.delete(`Basic?${numbered().criteria}`, { headers }),
  ],
]

for (const returns of ['minimal', 'representation', 'OperationOutcome'] as const) {
  for (const [sentence, status, type, write] of writes)
    t.test(`${sentence} with return=${returns}`, async t => {
      const answer = await write({ prefer: `return=${returns}`, accept: 'application/fhir+json' })
      const told = returns === 'OperationOutcome'
      t.equal(answer.status, told && status === 204 ? 200 : status, answer.bytes.toString())
      const body = told ? 'OperationOutcome' : returns === 'representation' ? type : undefined
      t.equal(select(answer.json, '/resourceType')[0], body)
      if (body === undefined) t.equal(answer.bytes.length, 0)
      if (told) t.match(select(answer.json, '/issue/0'), [{ severity: 'information' }])
      if (type !== undefined) t.match(answer.headers.get('etag'), /^W\/"\d+"$/)
      if (status === 201) t.match(answer.headers.get('location'), new RegExp(`^${rest.base}/${type}/[^/]+/_history/1$`))
    })

  for (const kind of ['batch', 'transaction'] as const)
    t.test(`every entry of a ${kind} with return=${returns}`, async t => {
      const some = await Promise.all(Array.from({ length: 6 }, made))
      const [update, condition, found, patched, criteria, gone] = some.map(({ id, resource, criteria }) => ({
        ...{ id, resource, criteria },
        url: `Basic/${id}`,
      })) as never as readonly { id: string; url: string; resource: object; criteria: string }[]
      if (!(update && condition && found && patched && criteria && gone)) throw new Error('expected six resources')
      const created = numbered()
      const answer = await rest.post(
        '',
        bundleOf(kind, [
          ['POST', 'Basic', basic()],
          ['POST', 'Basic', created.resource, { ifNoneExist: created.criteria }],
          ['POST', 'Basic', found.resource, { ifNoneExist: found.criteria }],
          ['PUT', update.url, { ...update.resource, id: update.id }],
          ['PUT', `Basic?${condition.criteria}`, condition.resource],
          ['PATCH', patched.url, inBinary],
          ['PATCH', `Basic?${criteria.criteria}`, inBinary],
          ['DELETE', gone.url],
          ['DELETE', `Basic?${numbered().criteria}`],
        ]),
        { headers: { prefer: `return=${returns}` } },
      )
      t.equal(answer.status, 200, answer.bytes.toString())
      const entries = select(answer.json, '/entry/*')
      t.same(
        entries.map(entry => select(entry, '/response/status').map(status => Number.parseInt(String(status), 10))[0]),
        [201, 201, 200, 200, 200, 200, 200].concat(
          returns === 'OperationOutcome' && kind === 'batch' ? [200, 200] : [204, 204],
        ),
      )
      const resources = entries.map(entry => select(entry, '/resource/resourceType')[0])
      const whole = [...Array(7).fill('Basic'), undefined, undefined]
      t.same(resources, returns === 'representation' ? whole : Array(9).fill(undefined))
      const outcomes = entries.map(entry => select(entry, '/response/outcome/resourceType')[0])
      t.same(outcomes, Array(9).fill(returns === 'OperationOutcome' ? returns : undefined))
    })
}
