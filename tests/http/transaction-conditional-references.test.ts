/** Conditional references are resolved when all of a transaction is written: they find its own entries, as they will be. https://hl7.org/fhir/R4/http.html#trules */
import t from 'tap'
import { select } from '../support/pointer.ts'
import { bundleOf, type EntryMore, idOf, issuesOf, startRest, statusesOf } from './rest.ts'

const rest = await startRest(t)
const system = 'urn:example:n'
const numbered = (type: string, value: string, more: object = {}) => ({
  ...{ resourceType: type, identifier: [{ system, value }] },
  ...more,
})
const observation = (subject: string, performer?: string) => ({
  ...{ resourceType: 'Observation', status: 'final', code: { text: 'x' }, subject: { reference: subject } },
  ...(performer === undefined ? {} : { performer: [{ reference: performer }] }),
})
type Entry = readonly [method: string, url: string, resource?: object, more?: EntryMore]
const transact = (...entries: readonly Entry[]) => rest.post('', bundleOf('transaction', entries))
const by = (type: string, value: string): string => `${type}?identifier=${system}|${value}`

const patient = idOf(await rest.post('Patient', { resourceType: 'Patient' }))
const subject = `Patient/${patient}`
const standing = idOf(await rest.post('Practitioner', numbered('Practitioner', 'standing')))

/** Where the first reference of the first entry leads. */
async function ledTo(json: unknown, pointer: string): Promise<unknown> {
  const [location = ''] = select(json, '/entry/0/response/location').map(String)
  return select((await rest.get(location.replace(/\/_history\/.*/, ''))).json, pointer)[0]
}

const placeOf = (json: unknown, entry: number): string =>
  /([A-Za-z]+\/[^/]+)\/_history/.exec(String(select(json, `/entry/${entry}/response/location`)[0]))?.[1] ?? ''

const asks = (value: string): Entry => ['POST', 'Observation', observation(subject, by('Practitioner', value))]
const patch = {
  resourceType: 'Binary',
  contentType: 'application/json-patch+json',
  data: Buffer.from(
    JSON.stringify([{ op: 'add', path: '/identifier/-', value: { system, value: 'patched' } }]),
  ).toString('base64'),
}

for (const [sentence, ...others] of [
  ['is created', 'created', ['POST', 'Practitioner', numbered('Practitioner', 'created')]],
  [
    'is created on a condition',
    'unless',
    ['POST', 'Practitioner', numbered('Practitioner', 'unless'), { ifNoneExist: `identifier=${system}|unless` }],
  ],
  ['is put', 'put', ['PUT', 'Practitioner/put', numbered('Practitioner', 'put', { id: 'put' })]],
  ['is put by criteria', 'criteria', ['PUT', by('Practitioner', 'criteria'), numbered('Practitioner', 'criteria')]],
  ['becomes so', 'became', ['PUT', 'Practitioner/became', numbered('Practitioner', 'became', { id: 'became' })]],
  ['is patched so', 'patched', ['PATCH', 'Practitioner/patched', patch]],
  ['was there', 'standing', ['POST', 'Practitioner', numbered('Practitioner', 'unasked')]],
] as const satisfies readonly (readonly [string, string, Entry])[])
  t.test(`a conditional reference to what ${sentence} leads there`, async t => {
    const [value, entry] = others
    await rest.put('Practitioner/became', numbered('Practitioner', 'before', { id: 'became' }))
    await rest.put('Practitioner/patched', numbered('Practitioner', 'before-too', { id: 'patched' }))
    const answer = await transact(asks(value), entry)
    t.equal(answer.status, 200, answer.bytes.toString())
    const expected = value === 'standing' ? `Practitioner/${standing}` : placeOf(answer.json, 1)
    t.equal(await ledTo(answer.json, '/performer/0/reference'), expected)
  })

for (const [sentence, status, ...entries] of [
  ['two of them', 412, asks('two'), ...[1, 2].map(() => ['POST', 'Practitioner', numbered('Practitioner', 'two')])],
  [
    'one beside another that stands',
    412,
    asks('standing'),
    ['POST', 'Practitioner', numbered('Practitioner', 'standing')],
  ],
  ['none', 412, asks('nobody'), ['POST', 'Practitioner', numbered('Practitioner', 'other')]],
  [
    'one that is no longer so',
    412,
    asks('leaves'),
    ['PUT', 'Practitioner/leaves', numbered('Practitioner', 'gone', { id: 'leaves' })],
  ],
  ['one that is deleted', 412, asks('leaves'), ['DELETE', 'Practitioner/leaves']],
] as unknown as readonly (readonly [string, number, ...Entry[]])[])
  t.test(`a conditional reference that finds ${sentence} fails the transaction`, async t => {
    await rest.put('Practitioner/leaves', numbered('Practitioner', 'leaves', { id: 'leaves' }))
    const before = select((await rest.get('Practitioner?_summary=count')).json, '/total')
    const answer = await transact(...entries)
    t.equal(answer.status, status)
    t.match(issuesOf(answer)[0], /Bundle\.entry\[0\]\.resource$/)
    t.same(select((await rest.get('Practitioner?_summary=count')).json, '/total'), before)
  })

for (const [sentence, entry] of [
  ['created', ['POST', 'Patient', numbered('Patient', 'new-created')]],
  ['put', ['PUT', 'Patient/new-put', numbered('Patient', 'new-put', { id: 'new-put' })]],
  [
    'created on a condition',
    ['POST', 'Patient', numbered('Patient', 'new-unless'), { ifNoneExist: `identifier=${system}|new-unless` }],
  ],
] as const satisfies readonly (readonly [string, Entry])[])
  t.test(`the Patient of the transaction who is ${sentence} is found by conditional references`, async t => {
    const [{ value = '' } = {}] = entry[2].identifier
    const answer = await transact(['POST', 'Observation', observation(by('Patient', value))], entry)
    t.equal(answer.status, 200, answer.bytes.toString())
    t.same(statusesOf(answer), [201, 201])
    const place = placeOf(answer.json, 1)
    t.equal(await ledTo(answer.json, '/subject/reference'), place)
    t.equal(
      select((await rest.get(`Observation?patient=${place.slice('Patient/'.length)}`)).json, '/entry/*').length,
      1,
    )
    const again = await transact(['POST', 'Observation', observation(by('Patient', value))])
    t.equal(await ledTo(again.json, '/subject/reference'), place, 'and afterwards')
  })

t.test('criteria for a Patient that ask for more than one identifier, or find nobody, are refused', async t => {
  for (const criteria of [`identifier=${system}|else`, `identifier=${system}|mine&active=true`, 'name=x']) {
    const entries = [
      ['POST', 'Observation', observation(`Patient?${criteria}`)],
      ['POST', 'Patient', numbered('Patient', 'mine', { active: true, name: [{ text: 'x' }] })],
    ] as const
    t.equal((await transact(...entries)).status, 422, criteria)
  }
})
