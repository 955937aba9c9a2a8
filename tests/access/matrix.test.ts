/** Every cell of the habilitation matrix, through HTTP: search, count, read by id. `access.md` sections 2 and 6. */
import t from 'tap'
import { startServer } from '../../server/start.ts'
import { matchesOf } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import { finess, gp, hospital, insurance, patientOf, podologue, stranger } from './support/cast.ts'
import { authorises, authorisesStructure, consent } from './support/consents.ts'
import { asks, batch, byFiness, coded, document, loinc, observation, report, subjectOf } from './support/contents.ts'
import { depositsOf, matchable, readable, structureDeposits, types } from './support/oracle.ts'
import { type Reader, readers, socialReaders } from './support/readers.ts'
import { type Stage, stageOn, startStage } from './support/stage.ts'

t.setTimeout(240_000) // every cell for every profession: a busy machine takes its time
const stage = await startStage(t)
const record = await stage.open(
  each => [patientOf(each), consent(each, authorisesStructure(finess.practice))],
  each => [patientOf(each), consent(each, authorises(podologue.claims.rpps as string))],
)

/** One document of each type that exists, by somebody who may deposit it. */
async function depositAll(): Promise<ReadonlyMap<string, string>> {
  const author = {
    hospital: [byFiness(finess.hospital)],
    patient: [subjectOf(record)],
    insurance: [{ display: 'Assurance Maladie' }],
  }
  const of = (code: string, by: keyof typeof author) => {
    const { system = '' } = matchable.find(type => type.code === code) ?? {}
    return document(record, { type: coded(system, code), author: author[by] })
  }
  const ids = await Promise.all([
    stage.create(hospital, ...structureDeposits.map(code => of(code, 'hospital'))),
    stage.create(patientOf(record), ...depositsOf('patient').map(code => of(code, 'patient'))),
    stage.create(insurance, ...depositsOf('insurance').map(code => of(code, 'insurance'))),
  ])
  const codes = [...structureDeposits, ...depositsOf('patient'), ...depositsOf('insurance')]
  return new Map(ids.flat().map((id, at) => [codes[at] ?? '', id]))
}

const documents = await depositAll()

t.test('somebody may deposit each type of the matrix that has a system, and each exists once', async t => {
  t.same([...documents.keys()].sort(), matchable.map(({ code }) => code).sort())
  t.equal(types.length, 108)
})

t.test('a type of the matrix without a system is never matched: no document can have it', async t => {
  for (const { code } of types.filter(({ system }) => system === ''))
    for (const type of [{ coding: [{ code }] }, coded('', code), coded(loinc, code)])
      t.match(await stage.post(hospital, document(record, { type, author: [byFiness(finess.hospital)] })), {
        status: 422,
      })
})

const codesOf = (answer: Awaited<ReturnType<Stage['get']>>): readonly unknown[] =>
  matchesOf(answer)
    .flatMap(resource => select(resource, '/type/coding/0/code'))
    .sort()

/** What one reader gets of all documents: by search, by count, and by id. */
async function rowOf({ get, post }: Stage, { actor }: Reader) {
  const search = `DocumentReference?patient=${record.id}`
  const reads = [...documents].map(([code, id]) => ({ code, entry: asks('GET', `DocumentReference/${id}`) }))
  const [found, counted, read] = await Promise.all([
    get(actor, `${search}&_count=200&_total=accurate`),
    get(actor, `${search}&_summary=count`),
    post(actor, batch(...reads.map(({ entry }) => entry))),
  ])
  const statuses = select(read.json, '/entry/*/response/status')
  return {
    search: found.status === 200 ? codesOf(found) : found.status,
    total: select(found.json, '/total'),
    count: counted.status === 200 ? select(counted.json, '/total') : counted.status,
    read: reads
      .filter((_, at) => statuses[at] === '200 OK')
      .map(({ code }) => code)
      .sort(),
    otherwise: [...new Set(statuses.filter(status => status !== '200 OK'))],
  }
}

/** What the law says that he gets. */
function expectedRow({ column, deposits }: Reader, social: boolean) {
  const open = readable(column, social)
  if (column === undefined && !deposits)
    return { search: 403, total: [], count: 403, read: [], otherwise: ['403 Forbidden'] }
  const otherwise = open.length < documents.size ? ['404 Not Found'] : []
  return { search: open, total: [open.length], count: [open.length], read: open, otherwise }
}

for (const reader of readers) {
  const { name, column } = reader
  const of = column === undefined ? 'no column' : `column ${column}`
  t.test(`${name} (${of}) gets each of the 108 types as the matrix says`, async t => {
    t.same(await rowOf(stage, reader), expectedRow(reader, false))
  })
}

/** One reader for each column. */
const ofColumns = [...new Map(readers.map(reader => [reader.column, reader])).values()].filter(
  ({ column }) => column !== undefined,
)

for (const { name, column, actor } of ofColumns) {
  t.test(`column ${column} (${name}) counts each type by itself`, async t => {
    const counts = matchable.map(({ system, code }) =>
      asks(
        'GET',
        `DocumentReference?patient=${record.id}&type=${encodeURIComponent(`${system}|${code}`)}&_summary=count`,
      ),
    )
    const answer = await stage.post(actor, batch(...counts))
    const open = readable(column)
    t.same(
      select(answer.json, '/entry/*/resource/total'),
      matchable.map(({ code }) => (open.includes(code) ? 1 : 0)),
    )
  })
}

t.test('un pédicure podologue ne peut pas accéder à vos comptes rendus d’hospitalisation', async t => {
  const id = documents.get('34112-3')
  t.match(await stage.get(podologue, `DocumentReference/${id}`), { status: 404 })
  const found = await stage.get(podologue, `DocumentReference?patient=${record.id}&_count=200`)
  t.notMatch(codesOf(found), ['34112-3'])
  t.ok(codesOf(found).includes('11502-2'), 'though he reads other documents')
})

const category = (code: string) => [coded('http://terminology.hl7.org/CodeSystem/observation-category', code)]
const section = (code: string) => [coded('http://terminology.hl7.org/CodeSystem/v2-0074', code)]
const concept = { text: 'x' }

/** Resources that are no documents, and the row of the matrix that stands for each. `access.md` section 7. */
const others = [
  ['AllergyIntolerance', '60591-5', { patient: subjectOf(record), code: concept }],
  ['Condition', '60591-5', { subject: subjectOf(record), code: concept }],
  [
    'MedicationStatement',
    '57833-6',
    { subject: subjectOf(record), status: 'active', medicationCodeableConcept: concept },
  ],
  [
    'MedicationRequest',
    '57833-6',
    { subject: subjectOf(record), status: 'active', intent: 'order', medicationCodeableConcept: concept },
  ],
  ['Procedure', '11505-5', { subject: subjectOf(record), status: 'completed', code: concept }],
  [
    'Immunization',
    '87273-9',
    { patient: subjectOf(record), status: 'completed', vaccineCode: concept, occurrenceDateTime: '2026-03-02' },
  ],
  ['Observation', '11502-2', observation(record)],
  ['Observation', '18748-4', observation(record, { category: category('imaging') })],
  ['Observation', '11506-3', observation(record, { category: category('vital-signs') })],
  ['Observation', 'other', observation(record, { category: category('social-history') })],
  ['Observation', 'other', observation(record, { category: [...category('laboratory'), ...category('imaging')] })],
  ['DiagnosticReport', '11502-2', report(record)],
  ['DiagnosticReport', '18748-4', report(record, { category: section('RAD') })],
  ['DiagnosticReport', 'other', report(record, { category: section('GE') })],
  ['List', 'other', { subject: subjectOf(record), status: 'current', mode: 'working' }],
] as const

const deposited = await stage.create(
  hospital,
  ...others.map(([resourceType, , elements]) => ({ ...elements, resourceType })),
)

for (const { name, column, actor } of ofColumns) {
  t.test(`column ${column} (${name}) gets other resources by the row that stands for them`, async t => {
    const open = [...readable(column), ...(column === 'J' ? ['other'] : [])]
    const answer = await stage.post(
      actor,
      batch(...others.map(([type], at) => asks('GET', `${type}/${deposited[at]}`))),
    )
    t.same(
      select(answer.json, '/entry/*/response/status'),
      others.map(([, row]) => (open.includes(row) ? '200 OK' : '404 Not Found')),
    )
    for (const type of new Set(others.map(([each]) => each))) {
      const count = await stage.get(actor, `${type}?patient=${record.id}&_summary=count`)
      t.same(
        select(count.json, '/total'),
        [others.filter(([each, row]) => each === type && open.includes(row)).length],
        type,
      )
    }
  })
}

t.test('who deposited documents reads them whatever the column, and no other', async t => {
  const found = await stage.get(hospital, `DocumentReference?patient=${record.id}&_count=200&_total=accurate`)
  t.same(codesOf(found), [...structureDeposits].sort())
  t.same(select(found.json, '/total'), [structureDeposits.length])
})

t.test('without an authorisation no column opens anything', async t => {
  const found = await stage.get(stranger, `DocumentReference?patient=${record.id}&_total=accurate`)
  t.same(select(found.json, '/total'), [0])
  t.same(select((await stage.get(gp, `DocumentReference?patient=${record.id}&_summary=count`)).json, '/total'), [
    readable('J').length,
  ])
})

t.test('the social columns are closed until an operator opens them by SOCIAL_COLUMNS', async t => {
  const starting = startServer({ ...stage.server.environment, PORT: '0', SOCIAL_COLUMNS: 'true' }, () => undefined)
  t.teardown(starting.stop)
  const running = await starting.running
  if (!running.ok) throw new Error(JSON.stringify(running.failure))
  const opened = stageOn(stage.server, running.value.base)
  const open = socialReaders.filter(({ column }) => column !== undefined)
  t.ok(open.length > 0)
  for (const reader of open) {
    t.test(`${reader.name} (column ${reader.column}) then reads as the matrix says`, async t => {
      t.same(await rowOf(opened, reader), expectedRow(reader, true))
      t.ok(readable(reader.column, true).length > 0)
    })
  }
  const podologist = readers.find(({ column }) => column === 'X')
  if (podologist !== undefined)
    t.same(await rowOf(opened, podologist), expectedRow(podologist, true), 'no other column changes')
})
