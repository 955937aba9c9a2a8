/** What belongs to records and has no patient lives outside of them: the criteria of a unit about a patient find it there. `docs/decisions/0022-criteria-in-the-place-of-an-id.md` */
import t from 'tap'
import { select } from '../support/pointer.ts'
import { atOnce, bundleOf, type EntryMore, idOf, idsOf, startRest, statusesOf, tally } from './rest.ts'

const rest = await startRest(t)
const system = 'urn:example:outside'
const by = (type: string, value: string): string => `${type}?identifier=${system}|${value}`
const patientId = async (): Promise<string> => idOf(await rest.post('Patient', { resourceType: 'Patient' }))
const patient = await patientId()
const ofHim = { subject: { reference: `Patient/${patient}` } }
const observation = (more: object = {}): object => ({
  ...{ resourceType: 'Observation', status: 'final', code: { text: 'x' } },
  ...more,
})
const numbered = (value: string, more: object = {}): object => observation({ identifier: [{ system, value }], ...more })
const practitioner = (value: string): object => ({ resourceType: 'Practitioner', identifier: [{ system, value }] })
type Entry = readonly [method: string, url: string, resource?: object, more?: EntryMore]
const transact = (...entries: readonly Entry[]) => rest.post('', bundleOf('transaction', entries))
const aboutHim: Entry = ['POST', 'Observation', observation(ofHim)]
const unless = (value: string): EntryMore => ({ ifNoneExist: `identifier=${system}|${value}` })
const placeOf = (json: unknown, entry: number): string =>
  /([A-Za-z]+\/[^/]+)\/_history/.exec(String(select(json, `/entry/${entry}/response/location`)[0]))?.[1] ?? ''
const outside = async (value: string): Promise<string> => idOf(await rest.post('Observation', numbered(value)))
const member = (value: string): Entry => [
  'POST',
  'Observation',
  observation({ ...ofHim, hasMember: [{ reference: by('Observation', value) }] }),
]

t.test('a conditional reference of a unit about a patient finds what has no patient', async t => {
  const id = await outside('referred')
  const answer = await transact(member('referred'))
  t.equal(answer.status, 200, answer.bytes.toString())
  const written = await rest.get(placeOf(answer.json, 0))
  t.same(select(written.json, '/hasMember/0/reference'), [`Observation/${id}`])
})

t.test('beside one in the record it is a second match; with the patient among the criteria it is none', async t => {
  await outside('twice')
  await rest.post('Observation', numbered('twice', ofHim))
  t.equal((await transact(member('twice'))).status, 412)
  t.equal((await transact(member(`twice&patient=${patient}`))).status, 200)
})

t.test('what is in the record of another patient is not found', async t => {
  await rest.post('Observation', numbered('another', { subject: { reference: `Patient/${await patientId()}` } }))
  t.equal((await transact(member('another'))).status, 412)
})

for (const [sentence, create] of [
  [
    'as an entry',
    (value: string) =>
      transact(['POST', 'Observation', numbered(value), unless(value)], aboutHim).then(({ json, status }) => ({
        status: statusesOf({ json })[0] ?? status,
        place: placeOf(json, 0),
      })),
  ],
  [
    'for the patient, as an entry',
    (value: string) =>
      transact(['POST', 'Observation', numbered(value, ofHim), unless(value)], aboutHim).then(({ json, status }) => ({
        status: statusesOf({ json })[0] ?? status,
        place: placeOf(json, 0),
      })),
  ],
  [
    'as an entry beside the Patient whom it creates',
    (value: string) =>
      transact(
        ['POST', 'Observation', numbered(value), unless(value)],
        ['POST', 'Patient', { resourceType: 'Patient' }],
      ).then(({ json, status }) => ({ status: statusesOf({ json })[0] ?? status, place: placeOf(json, 0) })),
  ],
  [
    'by itself',
    async (value: string) => {
      const headers = { 'if-none-exist': `identifier=${system}|${value}` }
      const answer = await rest.post('Observation', numbered(value, ofHim), { headers })
      return { status: answer.status, place: `Observation/${idOf(answer)}` }
    },
  ],
] as const)
  t.test(`a conditional create ${sentence} finds what has no patient, and creates no second one`, async t => {
    const value = sentence.replaceAll(/\W/g, '-')
    const id = await outside(value)
    t.same(await create(value), { status: 200, place: `Observation/${id}` })
    t.same(idsOf(await rest.get(by('Observation', value))), [id])
  })

t.test('a conditional update of a unit about a patient updates what has no patient', async t => {
  const id = await outside('updated')
  const put = ['PUT', by('Observation', 'updated'), numbered('updated', { note: [{ text: 'new' }] })] as const
  const answer = await transact(put, aboutHim)
  t.same(statusesOf(answer), [200, 201], answer.bytes.toString())
  t.equal(placeOf(answer.json, 0), `Observation/${id}`)
  t.equal((await rest.get(`Observation/${id}`)).headers.get('etag'), 'W/"2"')
  const read = await transact(put, aboutHim, ['GET', `Observation/${id}`])
  t.same(select(read.json, '/entry/2/resource/meta/versionId'), ['3'], 'and who reads it is given what it becomes')
})

t.test(
  'a conditional patch, and a conditional delete, beside entries about a patient find what has no patient',
  async t => {
    const id = await outside('patched')
    const patch = [{ op: 'add', path: '/note', value: [{ text: 'new' }] }]
    const data = Buffer.from(JSON.stringify(patch)).toString('base64')
    const binary = { resourceType: 'Binary', contentType: 'application/json-patch+json', data }
    t.same(statusesOf(await transact(['PATCH', by('Observation', 'patched'), binary], aboutHim)), [200, 201])
    t.same(select((await rest.get(`Observation/${id}`)).json, '/note/0/text'), ['new'])
    t.same(statusesOf(await transact(['DELETE', by('Observation', 'patched')], aboutHim)), [204, 201])
    t.equal((await rest.get(`Observation/${id}`)).status, 410)
  },
)

/** Each of 64 in the record of a patient of its own. */
const others = await Promise.all(Array.from({ length: 64 }, patientId))

for (const [sentence, type, patientOf] of [
  ['a type that lives outside of records, in transactions of one patient', 'Practitioner', () => patient],
  ['a type that lives outside of records, in transactions of 64 patients', 'Practitioner', (n: number) => others[n]],
  ['a type of records that has no patient, in transactions of one patient', 'Observation', () => patient],
] as const)
  t.test(`of 64 equal conditional creates at once one creates: ${sentence}`, async t => {
    const value = sentence.replaceAll(/\W/g, '-')
    const resource = type === 'Practitioner' ? practitioner(value) : numbered(value)
    const answers = await atOnce(64, n =>
      transact(
        ['POST', type, resource, unless(value)],
        ['POST', 'Observation', observation({ subject: { reference: `Patient/${patientOf(n)}` } })],
      ),
    )
    t.same(tally(answers), { 200: 64 })
    t.same(tally(answers.map(({ json }) => ({ status: statusesOf({ json })[0] ?? 0 }))), { 200: 63, 201: 1 })
    t.equal(new Set(answers.map(({ json }) => placeOf(json, 0))).size, 1)
    t.equal(idsOf(await rest.get(by(type, value))).length, 1)
  })

t.test("what was kept as nobody's does not become a patient's by an update, a patch or criteria", async t => {
  const id = await outside('kept')
  const elements = async (): Promise<unknown> => (await rest.get(`Observation/${id}`)).json
  const before = await elements()
  const given = numbered('kept', { id, ...ofHim })
  const patched = [{ op: 'add', path: '/subject', value: ofHim.subject }]
  for (const [way, answer, element] of [
    ['an update', await rest.put(`Observation/${id}`, given), 'Observation.subject'],
    ['an update by criteria', await rest.put(by('Observation', 'kept'), given), 'Observation.subject'],
    ['a patch', await rest.patch(`Observation/${id}`, patched), 'Observation.subject'],
    ['an entry', await transact(aboutHim, ['PUT', `Observation/${id}`, given]), 'Bundle.entry[1].resource.subject'],
  ] as const) {
    t.equal(answer.status, 422, `${way}: ${answer.bytes.toString()}`)
    t.same(select(answer.json, '/issue/0/expression'), [[element]], way)
  }
  t.same(await elements(), before)
  t.equal((await rest.put(`Observation/${id}`, numbered('kept', { id }))).status, 200, 'without one it is changed')
})
