/** A part of a resource is not the resource: to write it back would take away the rest. https://hl7.org/fhir/R4/search.html#elements */
import t from 'tap'
import type { Answer } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import { bundleOf, idOf, issuesOf, startRest } from './rest.ts'

const rest = await startRest(t)
const whole = { resourceType: 'Practitioner', gender: 'female', name: [{ family: 'Whole', given: ['A'] }] }
const born = async (): Promise<string> => idOf(await rest.post('Practitioner', whole))
const inXml = { headers: { 'content-type': 'application/fhir+xml' } }
const subsetted = { system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'SUBSETTED' }
const operation = [{ op: 'add', path: '/meta/tag', value: [subsetted] }]
const [ofItself, ofEntry] = ['Practitioner.meta.tag', 'Bundle.entry[0].resource.meta.tag']

/** What a client does with the part that it read, and the outcome in which it is told. */
const doors: readonly (readonly [
  sentence: string,
  expression: string,
  send: (part: object, id: string) => Promise<Answer>,
])[] = [
  ['an update', ofItself, (part, id) => rest.put(`Practitioner/${id}`, part)],
  ['an update by criteria', ofItself, (part, id) => rest.put(`Practitioner?_id=${id}`, part)],
  ['a create', ofItself, part => rest.post('Practitioner', part)],
  ['an entry of a transaction that updates', ofEntry, (part, id) => bundled('transaction', 'PUT', part, `/${id}`)],
  ['an entry of a transaction that creates', ofEntry, part => bundled('transaction', 'POST', part)],
  ['a patch that says it is one', ofItself, (_, id) => rest.patch(`Practitioner/${id}`, operation)],
  [
    'XML',
    ofItself,
    async (_, id) => {
      const xml = await rest.get(`Practitioner/${id}?_elements=gender&_format=xml`)
      return rest.put(`Practitioner/${id}`, xml.bytes.toString(), inXml)
    },
  ],
]

const bundled = (type: 'batch' | 'transaction', method: string, part: object, id = ''): Promise<Answer> =>
  rest.post('', bundleOf(type, [[method, `Practitioner${id}`, part]]))

for (const query of ['_elements=gender', '_summary=true', '_summary=data'])
  for (const [sentence, expression, send] of doors)
    t.test(`what was read with ${query} is refused by ${sentence}, and the rest stays`, async t => {
      const id = await born()
      const part = (await rest.get(`Practitioner/${id}?${query}`)).json as object
      const answer = await send(part, id)
      t.equal(answer.status, 422, String(answer.bytes))
      t.same(issuesOf(answer), [`invalidResource business-rule ${expression}`])
      t.match(select(answer.json, '/issue/0/diagnostics')[0], /SUBSETTED.*read .*whole/)
      t.match((await rest.get(`Practitioner/${id}`)).json, { ...whole, meta: { versionId: '1' } })
    })

t.test('an entry of a batch is refused by itself', async t => {
  const id = await born()
  const part = (await rest.get(`Practitioner/${id}?_elements=gender`)).json as object
  const answer = await bundled('batch', 'PUT', part, `/${id}`)
  t.same(select(answer.json, '/entry/*/response/status'), ['422 Unprocessable Entity'])
  t.match((await rest.get(`Practitioner/${id}`)).json, { ...whole, meta: { versionId: '1' } })
})

for (const [sentence, tag] of [
  ['of the code alone', { code: 'SUBSETTED' }],
  ['of another system', { ...subsetted, system: 'urn:example:tags' }],
  ['of another code', { ...subsetted, code: 'A' }],
] as const)
  t.test(`a tag ${sentence} says nothing of parts`, async t => {
    const answer = await rest.post('Practitioner', { ...whole, meta: { tag: [tag] } })
    t.equal(answer.status, 201)
  })
