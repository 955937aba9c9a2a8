/** The search language is no way around: what is hidden is found by no modifier, filter, list or inclusion. `access.md` section 3. */
import t from 'tap'
import type { Answer } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import { type Actor, finess, gp, hospital, patientOf, rpps } from './support/cast.ts'
import { authorises, consent, masksDocument } from './support/consents.ts'
import { byFiness, coded, document, type Json, loinc, numbers, observation } from './support/contents.ts'
import { idsIn, refusalOf, startStage } from './support/stage.ts'

const stage = await startStage(t)
const author = [byFiness(finess.hospital)]
const lets = (each: { id: string }) => [patientOf(each), consent(each, authorises(rpps.gp))] as const
const [record, other, foreign] = await Promise.all([stage.open(lets), stage.open(lets), stage.open()])
const owner = patientOf(record)

const follows = (...ids: readonly string[]) => ({
  relatesTo: ids.map(id => ({ code: 'appends', target: { reference: `DocumentReference/${id}` } })),
})
const deposit = (name: string, more: Json = {}, of = record): Promise<string> =>
  stage.createOne(
    hospital,
    document(of, { author, identifier: [{ system: numbers, value: name }], description: `About ${name}`, ...more }),
  )

// last → masked → first: who does not see the middle must not get from one end to the other.
const first = await deposit('first')
const masked = await deposit('masked', follows(first))
const last = await deposit('last', follows(masked))
const elsewhere = await deposit('elsewhere', {}, other)
const unopened = await deposit('unopened', {}, foreign)
const result = (more: Json) => stage.createOne(hospital, observation(record, { performer: author, ...more }))
const seenResult = await result({ derivedFrom: [{ reference: `DocumentReference/${first}` }] })
await stage.create(owner, consent(record, masksDocument(`DocumentReference/${masked}`)))

const list = (of: { id: string }, ...references: readonly string[]) => ({
  ...{ resourceType: 'List', status: 'current', mode: 'working' },
  subject: { reference: `Patient/${of.id}` },
  entry: references.map(reference => ({ item: { reference } })),
})
const visibleList = await stage.createOne(hospital, list(record, `DocumentReference/${first}`))
const hiddenList = await stage.createOne(
  hospital,
  list(record, `DocumentReference/${masked}`, `DocumentReference/${last}`),
)
const foreignList = await stage.createOne(hospital, list(foreign, `DocumentReference/${unopened}`))

const at = `DocumentReference?patient=${record.id}`
const ask = (actor: Actor, more: string): Promise<Answer> => stage.get(actor, `${at}&${more}&_total=accurate`)
const sorted = (...ids: readonly string[]) => [...ids].sort()
const found = (answer: Answer) => [
  answer.status,
  select(answer.json, '/total')[0],
  sorted(...idsIn(answer, 'DocumentReference').map(String)),
]
const matched = (...ids: readonly string[]) => [200, ids.length, sorted(...ids)]

const rows: readonly (readonly [door: string, query: string])[] = [
  ['a filter that holds for all', '_filter=identifier pr true'],
  ['a filter that names the hidden one or another', `_filter=identifier eq masked or identifier pr true`],
  ['a filter that is not what nobody is', '_filter=not (identifier eq nothing)'],
  ['a filter by id', `_filter=_id eq ${masked} or _id eq ${first} or _id eq ${last}`],
  ['a filter by other ids', `_filter=_id ne ${elsewhere}`],
  [':missing=false', 'identifier:missing=false'],
  [':missing=true of what nobody has', 'custodian:missing=true'],
  [':not', 'identifier:not=nothing'],
  [':contains', 'description:contains=about'],
  [':contains, short, within one record', 'description:contains=ou'],
  ['every sort', '_sort=-description,identifier'],
]

for (const [door, query] of rows)
  t.test(`${door} finds and counts what the caller may see`, async t => {
    t.same(found(await ask(owner, query)), matched(first, masked, last), 'its patient sees all')
    t.same(found(await ask(gp, query)), matched(first, last))
  })

const hidden: readonly (readonly [door: string, query: string])[] = [
  ['a filter for it', '_filter=identifier eq masked'],
  ['a filter for it by its words', '_filter=description co "masked"'],
  ['its end', '_filter=description ew "masked"'],
  ['a relation only it has', `relationship=DocumentReference/${first}$appends`],
  [':contains', 'description:contains=masked'],
  ['its number', 'identifier=masked'],
  ['a filter by its id', `_filter=_id eq ${masked}`],
]

for (const [door, query] of hidden)
  t.test(`${door} finds the hidden one for its patient, and nothing for others`, async t => {
    t.same(found(await ask(owner, query)), matched(masked))
    t.same(found(await ask(gp, query)), matched())
    t.same(
      (await ask(gp, query)).bytes.length,
      (await ask(gp, query.replaceAll('masked', 'absent'))).bytes.length,
      'as long as what is not there',
    )
  })

t.test('the order of a sort tells nothing of what lies between', async t => {
  const order = async (actor: Actor, sort: string) => idsIn(await ask(actor, `_sort=${sort}`), 'DocumentReference')
  t.same(await order(owner, 'description'), [first, last, masked])
  t.same(await order(gp, 'description'), [first, last])
  t.same(await order(gp, '-description'), [last, first])
  const page = await ask(gp, '_sort=description&_count=1')
  t.equal(select(page.json, '/total')[0], 2)
})

t.test('the words of a hidden document are not read', async t => {
  const typed = await deposit('typed', { type: { ...coded(loinc, '34133-9'), text: 'Synthèse' } })
  t.same(found(await ask(gp, 'type:text=synth')), matched(typed))
  await stage.create(owner, consent(record, masksDocument(`DocumentReference/${typed}`)))
  t.same(found(await ask(gp, 'type:text=synth')), matched())
  t.same(found(await ask(owner, 'type:text=synth')), matched(typed))
  const byChain = `Patient?_id=${record.id}&_has:DocumentReference:patient:type:text=synth`
  t.same(idsIn(await stage.get(owner, byChain), 'Patient'), [record.id])
  t.same(idsIn(await stage.get(gp, byChain), 'Patient'), [], 'nor at the end of a chain')
})

const along = (answer: Answer) => {
  const ids = select(answer.json, '/entry/*').filter(entry => select(entry, '/search/mode')[0] === 'include')
  return sorted(...ids.map(entry => String(select(entry, '/resource/id')[0])))
}

t.test(':iterate does not go through a hidden link', async t => {
  const path = `${at}&_id=${last}&_include:iterate=DocumentReference:relatesto`
  t.same(along(await stage.get(owner, path)), sorted(masked, first))
  t.same(along(await stage.get(gp, path)), [])
  const back = `${at}&_id=${first}&_revinclude:iterate=DocumentReference:relatesto`
  t.same(along(await stage.get(owner, back)), sorted(masked, last))
  t.same(along(await stage.get(gp, back)), [])
})

t.test('* brings what each caller may see', async t => {
  const path = `Observation?patient=${record.id}&_id=${seenResult}&_include=*&_include:iterate=*&_revinclude:iterate=DocumentReference:*`
  const all = along(await stage.get(owner, path))
  t.ok(all.includes(masked) && all.includes(last) && all.includes(first))
  const some = along(await stage.get(gp, path))
  t.ok(some.includes(first) && !some.includes(masked))
  t.notMatch((await stage.get(gp, path)).bytes.toString(), `"id":"${masked}"`)
})

t.test(':iterate stays in the record', async t => {
  const pointing = await deposit('pointing', follows(elsewhere, unopened))
  const path = `${at}&_id=${pointing}&_include:iterate=DocumentReference:relatesto`
  t.same(along(await stage.get(gp, path)), [])
  t.same(along(await stage.get(hospital, path)), [])
})

t.test('a scope for the included type is needed at every step', async t => {
  const narrow: Actor = { ...owner, scope: 'patient/Observation.rs patient/Patient.rs' }
  const path = `Observation?patient=${record.id}&_id=${seenResult}&_include=*&_include:iterate=*`
  t.same(along(await stage.get(narrow, path)), [record.id])
})

t.test('_list shows of a list what the caller may see, and nothing of a list that he may not', async t => {
  const listed = async (actor: Actor, id: string) => found(await ask(actor, `_list=${id}`))
  t.same(await listed(gp, visibleList), matched(first))
  t.same(await listed(owner, hiddenList), matched(masked, last))
  t.same(await listed(gp, hiddenList), matched(), 'a list takes the strictest mask of what it lists')
  t.same(await listed(gp, foreignList), matched(), 'another record')
  t.same(await listed(gp, '0123456789ab-01ab23cd45ef67gh89jk01mn23'), matched(), 'no list')
})

t.test('_list of another record says the same as none, to the byte', async t => {
  const answers = await Promise.all(
    [foreignList, foreignList.replace(/.$/, each => (each === '0' ? '1' : '0'))].map(id => ask(gp, `_list=${id}`)),
  )
  const [one, two] = answers.map(({ bytes }, n) =>
    bytes
      .toString()
      .replaceAll(n === 0 ? foreignList : foreignList.replace(/.$/, each => (each === '0' ? '1' : '0')), 'x'),
  )
  t.equal(one, two)
})

t.test('_list of a list that names resources of another record', async t => {
  const mixed = await stage.post(hospital, list(record, `DocumentReference/${unopened}`, `DocumentReference/${first}`))
  t.ok([201, 422].includes(mixed.status))
  if (mixed.status !== 201) return
  const id = String(select(mixed.json, '/id')[0])
  t.same(found(await ask(gp, `_list=${id}`)), matched(first))
  t.same(found(await stage.get(gp, `DocumentReference?patient=${other.id}&_list=${id}&_total=accurate`)), matched())
})

t.test('_list needs a scope for List: 403, the same for every list', async t => {
  const narrow: Actor = { ...gp, scope: 'user/DocumentReference.rs' }
  const refused = await Promise.all([visibleList, foreignList, 'none'].map(id => ask(narrow, `_list=${id}`)))
  t.same([...new Set(refused.map(refusalOf))], ['403 insufficientScope'])
})

t.test('no filter and no list goes without the name of the patient', async t => {
  const { patient: _, ...unlaunched } = gp
  for (const query of ['_filter=status eq current', `_list=${visibleList}`, '_filter=identifier eq masked'])
    t.match(refusalOf(await stage.get(unlaunched, `DocumentReference?${query}`)), /^400 tooCostly/, query)
})

t.test('a scope that asks by other resources, by words or by a filter grants nothing', async t => {
  const filter = '_filter=identifier%20eq%20first'
  for (const narrowing of [
    `_list=${visibleList}`,
    'type:text=a',
    '_contained=false',
    '_include:iterate=*',
    'description:contains=fir',
    filter,
  ]) {
    const actor: Actor = { ...gp, scope: `user/DocumentReference.rs?${narrowing}` }
    t.equal(refusalOf(await stage.get(actor, at)), '403 insufficientScope', narrowing)
  }
  const plain: Actor = { ...gp, scope: 'user/DocumentReference.rs?description=about%20first' }
  t.same(idsIn(await stage.get(plain, at), 'DocumentReference'), [first], 'a plain parameter narrows')
})
