/** Consents about what a resource refers to, and what refers to it, as IHE PCF and R4 write them: every door obeys, as the record is now. `access.md` section 4. */
import t, { type Test } from 'tap'
import { type Answer, matchesOf } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import { type Actor, colleague, finess, gp, hospital, operator, patientOf, rpps, stranger } from './support/cast.ts'
import { authorises, consent, treats } from './support/consents.ts'
import {
  byFiness,
  byRpps,
  coded,
  creates,
  document,
  type Json,
  loinc,
  observation,
  subjectOf,
} from './support/contents.ts'
import { mergingOn } from './support/merging.ts'
import { type DossierRecord, expectStatus, idsIn, refusalOf, startStage } from './support/stage.ts'

t.setTimeout(600_000)
const stage = await startStage(t)
const author = [byFiness(finess.hospital)]
const { actor: toGp } = authorises(rpps.gp)

type Meaning = 'instance' | 'related' | 'dependents'

const reference = (name: string): Json => ({ reference: name })
const about = (meaning: Meaning, name: string): Json => ({ data: [{ meaning, reference: reference(name) }] })
const deny = (elements: Json): Json => ({ type: 'deny', ...elements })
const permit = (elements: Json): Json => ({ type: 'permit', ...elements })
const decide = (record: DossierRecord, provision: Json) =>
  stage.createOne(patientOf(record), consent(record, provision))

const urn = (digit: number): string => `urn:uuid:a0000000-0000-4000-8000-00000000000${digit}`
const telling = (...names: readonly string[]): Json => ({ context: { related: names.map(reference) } })

/** A letter with its text tells of a result; another stands alone; a series is made of the result; a list has the letter. */
async function filled(...decisions: readonly ((names: Names) => Json)[]) {
  const record = await stage.open()
  const result = `Observation/${await stage.createOne(hospital, observation(record))}`
  const content = [{ attachment: { contentType: 'text/plain', url: urn(2) } }]
  const [letter = '', text = ''] = await stage.create(
    hospital,
    creates(document(record, { author, content, ...telling(result) }), urn(1)),
    creates({ resourceType: 'Binary', contentType: 'text/plain', data: 'eA==' }, urn(2)),
  )
  const alone = await stage.createOne(hospital, document(record, { author }))
  const series = await stage.createOne(hospital, observation(record, { derivedFrom: [reference(result)] }))
  const names = {
    ...{ result, letter: `DocumentReference/${letter}`, text: `Binary/${text}` },
    ...{ alone: `DocumentReference/${alone}`, series: `Observation/${series}` },
  }
  for (const decision of decisions) await decide(record, decision(names))
  return { record, names }
}

type Filled = Awaited<ReturnType<typeof filled>>
type Names = Readonly<Record<'result' | 'letter' | 'text' | 'alone' | 'series', string>>

const idOf = (name: string): string => name.slice(name.indexOf('/') + 1)

const status = async (reader: Actor, path: string): Promise<number> => (await stage.get(reader, path)).status

const linkOf = ({ json }: Answer, relation: string): string | undefined =>
  select(json, `/link/[relation=${relation}]/url`).map(String)[0]

/** Everything that a search has on its pages of one. */
async function pagesOf(reader: Actor, path: string): Promise<readonly string[]> {
  const names: string[] = []
  for (let next: string | undefined = `${path}&_count=1`; next !== undefined; ) {
    const page = await stage.get(reader, next)
    names.push(...select(page.json, '/entry/*/resource').map(nameOf))
    next = linkOf(page, 'next')
  }
  return names
}

const nameOf = (resource: unknown): string => `${select(resource, '/resourceType')[0]}/${select(resource, '/id')[0]}`

/** The names that a reader reads; fails where another door tells otherwise. */
async function told(t: Test, reader: Actor, { record, names }: Filled): Promise<string> {
  const all = Object.entries(names)
  const statuses = await Promise.all(all.map(([, name]) => status(reader, name)))
  const read = all.filter((_, at) => statuses[at] === 200)
  const having = (found: readonly unknown[], types = /./) =>
    all.filter(([, name]) => types.test(name) && found.includes(name)).map(([short]) => short)
  const expected = (types: RegExp) => read.filter(([, name]) => types.test(name)).map(([short]) => short)
  for (const type of ['DocumentReference', 'Observation']) {
    const of = `${type}?patient=${record.id}`
    const counted = await stage.get(reader, `${of}&_total=accurate`)
    const found = select(counted.json, '/entry/*/resource').map(nameOf)
    t.strictSame(having(found), expected(new RegExp(type)), `a search of ${type}`)
    t.equal(select(counted.json, '/total')[0], found.length, `the number of ${type}`)
    const number = await stage.get(reader, `${of}&_summary=count`)
    t.equal(select(number.json, '/total')[0], found.length, `the number of ${type} alone`)
    t.strictSame((await pagesOf(reader, of)).toSorted(), found.toSorted(), `pages of ${type}`)
    const versions = await stage.get(reader, `${type}/_history?patient=${record.id}`)
    t.strictSame(having(select(versions.json, '/entry/*/resource').map(nameOf)), expected(new RegExp(type)), 'versions')
  }
  const reads = read.map(([short]) => short)
  const whole = await stage.get(reader, `Patient/${record.id}/$everything?_count=100`)
  const inWhole = select(whole.json, '/entry/*/resource').map(nameOf)
  t.strictSame(having(inWhole, /Doc|Obs/), expected(/Doc|Obs/), '$everything')
  const included = await stage.get(reader, `DocumentReference?patient=${record.id}&_include=DocumentReference:related`)
  const brought = idsIn(included, 'Observation').map(id => `Observation/${id}`)
  t.strictSame(brought, reads.includes('letter') && reads.includes('result') ? [names.result] : [], '_include')
  const both = reads.includes('result') && reads.includes('series')
  const of = `Observation?patient=${record.id}`
  const made = await stage.get(reader, `${of}&derived-from=${names.result}&_include=Observation:derived-from`)
  const makes = await stage.get(reader, `${of}&_id=${idOf(names.result)}&_revinclude=Observation:derived-from`)
  const series = reads.includes('series') ? ['series'] : []
  const result = reads.includes('result') ? ['result'] : []
  const observations = ({ json }: Answer) => having(select(json, '/entry/*/resource').map(nameOf))
  t.strictSame(observations(made), both ? ['result', 'series'] : series, 'included')
  t.strictSame(observations(makes), both ? ['result', 'series'] : result, 'included from what refers to it')
  for (const [short, name] of all) {
    t.equal(await status(reader, `${name}/_history/1`), reads.includes(short) ? 200 : 404, `a version of ${short}`)
    const why = await stage.get(reader, `$explain-access?reference=${name}`)
    const outcome = select(why.json, '/parameter/[name=outcome]/valueCode')[0]
    t.equal(outcome === 'permitted', reads.includes(short), `$explain-access of ${short}: ${outcome}`)
  }
  return reads.join(' ')
}

for (const [sentence, decisions, expected] of [
  [
    'a permit for what refers to a result',
    [({ result }: Names) => permit({ actor: toGp, ...about('dependents', result) })],
    'result letter text series',
  ],
  [
    'a permit for a letter and what it refers to',
    [({ letter }: Names) => permit({ actor: toGp, ...about('related', letter) })],
    'result letter text',
  ],
  [
    'a denial of what refers to a result, beside a permit',
    [() => authorises(rpps.gp), ({ result }: Names) => deny({ actor: toGp, ...about('dependents', result) })],
    'alone',
  ],
  [
    'a denial of a letter and what it refers to, to all',
    [() => authorises(rpps.gp), ({ letter }: Names) => deny(about('related', letter))],
    'alone series',
  ],
  [
    'a permit but for what refers to a result, and a permit for all',
    [
      ({ result }: Names) => permit({ actor: toGp, provision: [deny(about('dependents', result))] }),
      () => authorises(rpps.gp),
    ],
    'alone',
  ],
  [
    'what refers to a result denied to all but one, of the letter that tells of it',
    [
      () => authorises(rpps.gp),
      ({ result, letter }: Names) =>
        deny({ ...about('dependents', result), provision: [permit({ actor: toGp, ...about('related', letter) })] }),
    ],
    'result letter text alone',
  ],
  [
    'what refers to a result, of one type: both elements narrow',
    [({ result }: Names) => permit({ actor: toGp, ...about('dependents', result), code: [coded(loinc, '11488-4')] })],
    'letter text',
  ],
] as const)
  t.test(`${sentence}: by every door ${expected}`, async t => {
    const filling = await filled(...decisions)
    t.equal(await told(t, gp, filling), expected)
    t.equal(await told(t, stranger, filling), '', 'nobody else is let in')
    t.equal(await status(hospital, filling.names.letter), 200, 'a depositor reads his own')
  })

t.test('a médecin traitant is bound by a denial that names him, not by one to all', async t => {
  const bound = await filled(
    () => treats(rpps.gp),
    ({ result }) => deny({ actor: toGp, ...about('dependents', result) }),
  )
  t.equal(await told(t, gp, bound), 'alone')
  const free = await filled(
    () => treats(rpps.gp),
    ({ result }) => deny(about('dependents', result)),
  )
  t.equal(await told(t, gp, free), 'result letter text alone series')
})

t.test('what comes later, and what changes, counts from the next request on', async t => {
  const filling = await filled(
    () => authorises(rpps.gp),
    ({ result }) => deny({ actor: toGp, ...about('dependents', result) }),
  )
  const { record, names } = filling
  const put = (elements: Json) =>
    stage.put(hospital, {
      ...document(record, { author, ...elements }),
      content: [{ attachment: { contentType: 'text/plain', url: names.text } }],
      id: idOf(names.letter),
    })
  const both = async () => [await status(gp, names.letter), await status(gp, names.text)]
  t.same(await both(), [404, 404])
  expectStatus(await put({}), 200)
  t.same(await both(), [404, 404], 'it no longer refers to the result, and stays denied')
  t.equal(await status(gp, `${names.letter}/_history/1`), 404, 'as does the version that did')
  expectStatus(
    await stage.put(hospital, {
      ...document(record, { author, ...telling(`${names.result}/_history/1`) }),
      id: idOf(names.alone),
    }),
    200,
  )
  t.equal(await status(gp, names.alone), 404, 'another refers to a version of it')
  t.equal(await status(gp, `${names.letter}/_history/2`), 404, 'and so the version that did not')
  const [late = '', scan = ''] = await stage.create(
    hospital,
    creates(document(record, { author, content: [{ attachment: { url: urn(4) } }], ...telling(names.result) }), urn(3)),
    creates({ resourceType: 'Binary', contentType: 'text/plain', data: 'eQ==' }, urn(4)),
  )
  for (const name of [`DocumentReference/${late}`, `Binary/${scan}`]) t.equal(await status(gp, name), 404, name)
  const named = { identifier: { system: 'urn:x', value: names.result } }
  const other = await stage.createOne(hospital, document(record, { author, context: { related: [named] } }))
  t.equal(await status(gp, `DocumentReference/${other}`), 200, 'an identifier is no reference')
  expectStatus(await stage.remove(hospital, names.series), 204)
  t.equal(await status(gp, `${names.series}/_history/1`), 404, 'what was deleted')
})

t.test('what a resource refers to is what it refers to now', async t => {
  const filling = await filled(({ letter }) => permit({ actor: toGp, ...about('related', letter) }))
  const { record, names } = filling
  const refer = (...others: readonly string[]) =>
    stage.put(hospital, {
      ...document(record, { author, ...(others.length === 0 ? {} : telling(...others)) }),
      content: [{ attachment: { contentType: 'text/plain', url: names.text } }],
      id: idOf(names.letter),
    })
  t.equal(await told(t, gp, filling), 'result letter text')
  expectStatus(await refer(names.series, names.alone), 200)
  const seen = async () =>
    (await Promise.all(Object.values(names).map(name => status(gp, name)))).map(each => each === 200)
  t.same(await seen(), [false, true, true, true, true])
  expectStatus(await refer(), 200)
  t.same(await seen(), [false, true, true, false, false])
  expectStatus(await refer(names.result), 200)
  expectStatus(await stage.remove(hospital, names.letter), 204)
  t.same(
    await seen(),
    [false, false, true, false, false],
    'what is gone refers to nothing; what came with it follows it',
  )
})

t.test('what another record has is reached by nothing of this one', async t => {
  const [filling, other] = await Promise.all([filled(), filled()])
  const { record } = filling
  for (const meaning of ['related', 'dependents'] as const)
    for (const name of [
      other.names.result,
      'Observation/absent',
      `Patient/${record.id}`,
      'Practitioner/1',
      'Encounter/1',
    ])
      t.equal(
        refusalOf(
          await stage.post(patientOf(record), consent(record, permit({ actor: toGp, ...about(meaning, name) }))),
        ),
        '422 refusedByRule Consent.provision.data.reference',
        `${meaning} ${name}`,
      )
  const list = await stage.createOne(hospital, {
    ...{ resourceType: 'List', status: 'current', mode: 'working', subject: subjectOf(record) },
    entry: [{ item: reference(filling.names.alone) }],
  })
  await decide(record, permit({ actor: toGp, ...about('related', `List/${list}`) }))
  t.equal(await told(t, gp, filling), 'alone')
  t.equal(await told(t, gp, other), '')
})

t.test('who deposited a letter that is permitted to him opens nothing more by what he lets it refer to', async t => {
  const { record, names } = await filled()
  const others = [names.alone, names.series]
  const mine = document(record, { author: [byRpps(rpps.gp)], ...telling(names.alone) })
  const entered = await decide(record, authorises(rpps.gp))
  const id = await stage.createOne(gp, mine)
  const taken = { ...consent(record, authorises(rpps.gp)), id: entered, status: 'inactive' }
  expectStatus(await stage.put(patientOf(record), taken), 200)
  for (const number of [rpps.gp, rpps.colleague])
    await decide(record, permit({ ...authorises(number), ...about('related', `DocumentReference/${id}`) }))
  expectStatus(await stage.put(gp, { ...mine, ...telling(...others), id }), 200)
  for (const name of others) t.equal(await status(gp, name), 404, name)
  t.equal(await status(gp, `DocumentReference/${id}`), 200, 'his own')
  for (const name of others) t.equal(await status(colleague, name), 200, `${name} to a colleague`)
})

t.test('$who-can-access names the Consent that hides it', async t => {
  const { record, names } = await filled(() => authorises(rpps.gp))
  const id = await decide(record, deny(about('dependents', names.result)))
  for (const [name, expected] of [
    [names.letter, true],
    [names.alone, false],
  ] as const) {
    const answer = await stage.get(patientOf(record), `Patient/${record.id}/$who-can-access?document=${idOf(name)}`)
    t.equal(answer.status, 200)
    t.equal(answer.bytes.toString().includes(`Consent/${id}`), expected, name)
  }
})

t.test('a denial holds where a record goes that is merged, and when they part', async t => {
  const { merges, parts } = mergingOn(stage)
  const filling = await filled(({ result }) => deny({ actor: toGp, ...about('dependents', result) }))
  const target = await stage.open((record: DossierRecord) => [patientOf(record), consent(record, authorises(rpps.gp))])
  expectStatus(await merges(filling.record, target), 200)
  const seen = async () => Promise.all(Object.values(filling.names).map(name => status(gp, name)))
  t.same(await seen(), [404, 404, 404, 200, 404], 'by their old ids')
  const late = document(target, { author, ...telling(filling.names.result) })
  t.equal(await status(gp, `DocumentReference/${await stage.createOne(hospital, late)}`), 404, 'deposited since')
  expectStatus(await parts(filling.record, target), 200)
  await decide(filling.record, authorises(rpps.gp))
  t.same(await seen(), [404, 404, 404, 200, 404], 'once they are parted')
})

t.test('a search with _id, a chain and a conditional delete find nothing that is denied', async t => {
  const { record, names } = await filled(
    () => authorises(rpps.gp),
    ({ result }) => deny({ actor: toGp, ...about('dependents', result) }),
  )
  const id = idOf(names.letter)
  const of = `patient=${record.id}`
  t.same(matchesOf(await stage.get(gp, `DocumentReference?${of}&_id=${id}`)), [])
  t.same(matchesOf(await stage.get(gp, `DocumentReference?${of}&related=${names.result}`)), [])
  t.same(
    matchesOf(await stage.get(gp, `Patient?_id=${record.id}&_has:Observation:patient:derived-from=${names.result}`)),
    [],
  )
  t.equal((await stage.remove(gp, names.letter)).status, 404)
  t.equal((await stage.get(operator, names.letter)).status === 200, false)
})
