/** Chains and what comes along, in searches over several types, are no oracle and open nothing. `access.md` sections 3 and 9. */
import t from 'tap'
import type { Answer } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import { type Actor, finess, gp, hospital, patientOf, rpps } from './support/cast.ts'
import { authorises, consent, masksDocument } from './support/consents.ts'
import { byFiness, document, numbers, observation, report } from './support/contents.ts'
import { idsIn, refusalOf, startStage } from './support/stage.ts'

const stage = await startStage(t)
const author = [byFiness(finess.hospital)]
const lets = (each: { id: string }) => [patientOf(each), consent(each, authorises(rpps.gp))] as const
const [record, foreign] = await Promise.all([stage.open(lets), stage.open()])
const owner = patientOf(record)

/** A document, a result that derives from it, and a report of the result. */
async function deposit({ id }: { id: string }, number: string) {
  const identifier = [{ system: numbers, value: number }]
  const documentId = await stage.createOne(hospital, document({ id }, { author, identifier }))
  const derived = { derivedFrom: [{ reference: `DocumentReference/${documentId}` }] }
  const result = await stage.createOne(hospital, observation({ id }, { performer: author, ...derived }))
  const of = { performer: author, result: [{ reference: `Observation/${result}` }] }
  return { documentId, result, report: await stage.createOne(hospital, report({ id }, of)) }
}

const seen = await deposit(record, 'seen')
const masked = await deposit(record, 'masked')
const elsewhere = await deposit(foreign, 'elsewhere')
await stage.create(owner, consent(record, masksDocument(`DocumentReference/${masked.documentId}`)))

const by = (number: string): string => encodeURIComponent(`${numbers}|${number}`)
const idsOf = (answer: Answer, ...types: readonly string[]): readonly string[] =>
  types.flatMap(type => idsIn(answer, type).map(String)).sort()
const entries = ({ json }: Answer) => select(json, '/entry/*').length

for (const [place, at] of [
  ['a compartment', ({ id }: { id: string }) => `Patient/${id}/*?_type=Observation`],
  ['the server', ({ id }: { id: string }) => `?_type=Observation&patient=${id}`],
] as const) {
  const chained = (number: string, actor: Actor = gp, of = record) =>
    stage.get(actor, `${at(of)}&derived-from:DocumentReference.identifier=${by(number)}&_total=accurate`)

  t.test(`${place}: a chain to what is masked finds what a chain to nothing finds`, async t => {
    const answers = await Promise.all(['seen', 'masked', 'nothing'].map(number => chained(number)))
    t.same(
      answers.map(answer => idsOf(answer, 'Observation')),
      [[seen.result], [], []],
    )
    t.same(
      answers.map(({ json }) => select(json, '/total')),
      [[1], [0], [0]],
    )
    t.same(idsOf(await chained('masked', owner), 'Observation'), [masked.result], 'its patient sees it')
  })

  t.test(`${place}: a record that is not open answers like one that never was`, async t => {
    for (const of of [foreign, { id: '0'.repeat(12) }]) {
      const answer = await chained('elsewhere', gp, { ...record, id: of.id })
      t.same([answer.status, entries(answer), select(answer.json, '/total')], [200, 0, [0]])
    }
    t.same(idsOf(await chained('elsewhere', hospital, foreign), 'Observation'), [elsewhere.result])
  })

  t.test(`${place}: nothing that is hidden comes along, in no direction`, async t => {
    const both = at(record).replace('_type=Observation', '_type=Observation,DiagnosticReport')
    const more = '_include=Observation:derived-from&_include=DiagnosticReport:result'
    const along = await stage.get(gp, `${both}&${more}`)
    t.same(idsOf(along, 'DocumentReference'), [seen.documentId])
    t.notMatch(along.bytes.toString(), new RegExp(`fullUrl[^,]*${masked.documentId}`))
    const documents = at(record).replace('_type=Observation', '_type=DocumentReference')
    const back = await stage.get(
      gp,
      `${documents}&_revinclude=Observation:derived-from&_revinclude:iterate=DiagnosticReport:result`,
    )
    t.same(idsOf(back, 'DocumentReference'), [seen.documentId])
    t.same([idsOf(back, 'Observation'), idsOf(back, 'DiagnosticReport')], [[seen.result], [seen.report]])
  })

  t.test(`${place}: a chain to a type that the token does not open is 403, the same for every id`, async t => {
    const narrow: Actor = { ...gp, scope: 'user/Observation.rs' }
    const refused = await Promise.all(['seen', 'masked', 'nothing'].map(number => chained(number, narrow)))
    t.same(
      refused.map(({ status }) => status),
      [403, 403, 403],
    )
    t.equal(new Set(refused.map(answer => JSON.stringify(answer.json))).size, 1)
    t.match(refusalOf(refused[0] as Answer), /insufficientScope/)
    const along = await stage.get(narrow, `${at(record)}&_include=Observation:derived-from`)
    t.same([along.status, idsOf(along, 'DocumentReference')], [200, []], 'what it may not search does not come along')
  })

  t.test(`${place}: each order and each page hides the same`, async t => {
    const search = `${at(record).replace('_type=Observation', '_type=DocumentReference,DiagnosticReport')}&_sort=status,-date&_count=1`
    const found: string[] = []
    const pages = [await stage.get(gp, search)]
    for (let page = pages[0]; page !== undefined && pages.length < 9; ) {
      found.push(...idsOf(page, 'DocumentReference', 'DiagnosticReport'))
      const [next] = select(page.json, '/link/[relation=next]/url')
      page = next === undefined ? undefined : await stage.get(gp, String(next))
      if (page !== undefined) pages.push(page)
    }
    t.notOk(found.includes(masked.documentId))
    t.ok(found.includes(seen.documentId) && found.includes(seen.report))
    const [previous] = select(pages.at(-1)?.json, '/link/[relation=previous]/url')
    t.equal((await stage.get(gp, String(previous))).status, 200)
    t.equal((await stage.get(owner, String(previous))).status, 400, 'a link back is nobody else’s')
  })
}

t.test('the trail tells the chain, and what came along', async t => {
  const request = `several-${seen.documentId.slice(-8).toLowerCase()}`
  await stage.get(gp, `Patient/${record.id}/*?_type=Observation&_include=Observation:derived-from`, {
    'x-request-id': request,
  })
  const trail = await stage.get(owner, `AuditEvent?patient=${record.id}&_count=200`)
  const [event] = select(trail.json, '/entry/*/resource').filter(each => JSON.stringify(each).includes(request))
  const what = select(event, '/entity/*/what/reference').map(String)
  t.ok(what.some(each => each.startsWith(`DocumentReference/${seen.documentId}`)))
  t.notOk(what.some(each => each.includes(masked.documentId)))
})
