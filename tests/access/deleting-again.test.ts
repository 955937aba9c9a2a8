/** To delete what was deleted is told to those who may know of the deletion; to all others it never was. `docs/decisions/0045-deleting-again-and-what-a-batch-may-ask.md` */
import t from 'tap'
import { newUlid } from '../../server/new-ids.ts'
import type { Answer } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import { type Actor, finess, gp, hospital, nurse, patientOf, rpps, stranger } from './support/cast.ts'
import { authorises, consent, masksDocument } from './support/consents.ts'
import { asks, batch, byFiness, document, type Json, labels, numbers, transaction } from './support/contents.ts'
import { expectStatus, startStage } from './support/stage.ts'

t.setTimeout(240_000)
const stage = await startStage(t)
const author = [byFiness(finess.hospital)]
const record = await stage.open(each => [patientOf(each), consent(each, authorises(rpps.gp))])
const owner = patientOf(record)
const numbered = (value: string): Json => ({ author, identifier: [{ system: numbers, value }] })

const [plain = '', masked = '', told = '', invisible = '', living = ''] = await stage.create(
  hospital,
  document(record, numbered('plain')),
  document(record, { ...numbered('masked'), securityLabel: labels('MASQUE_PS') }),
  document(record, numbered('told')),
  document(record, { ...numbered('invisible'), securityLabel: labels('INVISIBLE_PATIENT') }),
  document(record, { ...numbered('living'), securityLabel: labels('MASQUE_PS') }),
)
await stage.createOne(owner, consent(record, masksDocument(`DocumentReference/${told}`)))
for (const id of [plain, masked, told, invisible])
  expectStatus(await stage.remove(hospital, `DocumentReference/${id}`), 204)
const never = `${record.id}-${newUlid(Date.now())}`

/** Everything of an answer that could be compared. */
const shown = ({ status, headers, bytes }: Answer, id: string): readonly unknown[] => [
  status,
  ...[...headers].filter(([name]) => name !== 'date' && name !== 'x-request-id'),
  bytes.toString().replaceAll(id, '<id>'),
]

const deleting =
  (more: string, headers: Readonly<Record<string, string>> = {}) =>
  (actor: Actor, id: string) =>
    stage.send(actor, `DELETE DocumentReference/${id}${more}`, { headers })
const bundled =
  (wrap: typeof batch, headers: Readonly<Record<string, string>> = {}) =>
  (actor: Actor, id: string) =>
    stage.post(actor, wrap(asks('DELETE', `DocumentReference/${id}`)), headers)
const byCriteria = (criteria: (id: string) => string) => (actor: Actor, id: string) =>
  stage.remove(actor, `DocumentReference?patient=${record.id}&${criteria(id)}`)

const ways: readonly (readonly [string, (actor: Actor, id: string) => Promise<Answer>, number])[] = [
  ['alone', deleting(''), 404],
  ...['json', 'xml', 'application/fhir%2Bxml&_pretty=true', 'json&_pretty=true'].map(
    form => [`in the form ${form}`, deleting(`?_format=${form}`), 404] as const,
  ),
  ['in a form that is not served', deleting('?_format=html'), 406],
  ['in a form that is not served, by header', deleting('', { accept: 'text/html' }), 406],
  ['with a parameter', deleting('?status=current'), 400],
  ['with an outcome', deleting('', { prefer: 'return=OperationOutcome' }), 404],
  ['with the version that was', deleting('', { 'if-match': 'W/"1"' }), 404],
  ['with the version of the deletion', deleting('', { 'if-match': 'W/"2"' }), 404],
  ['with any version', deleting('', { 'if-match': '*' }), 404],
  ['in a batch', bundled(batch), 200],
  ['in a batch, with an outcome', bundled(batch, { prefer: 'return=OperationOutcome' }), 200],
  ['in a batch, as XML', bundled(batch, { accept: 'application/fhir+xml' }), 200],
  ['in a transaction', bundled(transaction), 404],
  ['in a transaction, with an outcome', bundled(transaction, { prefer: 'return=OperationOutcome' }), 404],
  ['by its id as a criterion', byCriteria(id => `_id=${id}`), 204],
  ['by its number', byCriteria(id => `identifier=${numbers}|${id}`), 204],
  ['by its id, as XML', byCriteria(id => `_id=${id}&_format=xml`), 204],
]

const readers: readonly (readonly [string, Actor, Readonly<Record<string, string>>])[] = [
  ['a GP, of what is masked by its label or a Consent', gp, { masked, told, living }],
  ['the patient, of what waits for a consultation', owner, { invisible }],
  ['a physician without an authorisation', stranger, { plain, masked, told, invisible, living }],
  ['a nurse without one', nurse, { plain, masked }],
  ['another patient', patientOf({ id: '0123456789ab' }), { plain, masked, living }],
]

for (const [name, actor, hidden] of readers)
  t.test(`${name}: a hidden deletion is answered as what never was`, async t => {
    for (const [way, ask, status] of ways) {
      const absent = await ask(actor, never)
      t.equal(absent.status, status, way)
      for (const [what, id] of Object.entries(hidden)) {
        const answer = await ask(actor, id)
        t.same(shown(answer, id), shown(absent, never), `${what}, ${way}`)
        if (way === 'by its number') t.same(shown(await ask(actor, what), what), shown(absent, never), what)
      }
    }
    expectStatus(await stage.get(hospital, `DocumentReference/${living}`), 200)
  })

t.test('who may see the deletion is answered like the first time, and nothing is written', async t => {
  for (const [actor, seen] of [
    [gp, [plain, invisible]],
    [owner, [plain, masked, told]],
    [hospital, [plain, masked, told, invisible]],
  ] as const)
    for (const id of seen) {
      const path = `DocumentReference/${id}`
      t.equal((await stage.get(actor, path)).status, 410)
      for (const form of ['', '?_format=xml', '?_pretty=true']) {
        const { status, headers, bytes } = await deleting(form)(actor, id)
        t.same([status, headers.get('etag'), bytes.length], [204, 'W/"2"', 0])
      }
      const outcome = await deleting('?_format=xml', { prefer: 'return=OperationOutcome' })(actor, id)
      t.equal(outcome.status, 200)
      t.match(outcome.bytes.toString(), '<diagnostics value="deleted"/>')
      t.equal((await deleting('', { 'if-match': 'W/"2"' })(actor, id)).status, 412)
      for (const wrap of [batch, transaction]) {
        const { json } = expectStatus(await bundled(wrap)(actor, id), 200)
        t.same(select(json, '/entry/0/response/status'), ['204 No Content'])
        t.same(select(json, '/entry/0/response/etag'), ['W/"2"'])
      }
      t.equal((await byCriteria(each => `_id=${each}`)(actor, id)).status, 204)
      t.equal((await stage.get(actor, `${path}/_history/3`)).status, 404, 'no version of it')
    }
})

t.test('the trail says who deleted again; of what is hidden the patient is told no more than before', async t => {
  const told = async (id: string) => {
    const trail = `AuditEvent?patient=${record.id}&entity=DocumentReference/${id}&_count=200`
    return select(expectStatus(await stage.get(owner, trail), 200).json, '/entry/*/resource').map(event =>
      JSON.stringify(event),
    )
  }
  t.ok((await told(plain)).some(line => line.includes('deleted before')))
  t.same(await told(invisible), [])
})

t.test('a token that may not delete learns nothing of what was deleted, by no way', async t => {
  const reading = { ...gp, scope: 'user/*.rs' }
  for (const id of [plain, masked, never]) {
    t.equal((await deleting('')(reading, id)).status, 403)
    t.equal((await bundled(transaction)(reading, id)).status, 403)
    t.match(select((await bundled(batch)(reading, id)).json, '/entry/0/response/status')[0], /^403/)
  }
})

t.test('beside a hidden deletion nothing of a transaction is written, beside a visible one everything is', async t => {
  const deposit = document(record, {
    author: [{ identifier: { system: 'https://rpps.esante.gouv.fr', value: rpps.gp } }],
  })
  const own = async () =>
    select((await stage.get(gp, `DocumentReference?patient=${record.id}&_total=accurate`)).json, '/total')[0]
  const before = await own()
  for (const [id, status] of [
    [masked, 404],
    [never, 404],
    [plain, 200],
  ] as const) {
    const answer = await stage.post(
      gp,
      transaction(
        { resource: deposit, request: { method: 'POST', url: 'DocumentReference' } },
        asks('DELETE', `DocumentReference/${id}`),
      ),
    )
    t.equal(answer.status, status)
    t.equal(Number(await own()) - Number(before), status === 200 ? 1 : 0)
  }
})
