/** A label that has words and no code would hide nothing: it is refused, not passed over. `access.md` section 5. */
import t from 'tap'
import { finess, hospital, patientOf } from './support/cast.ts'
import { byFiness, document, type Json, labels, transaction } from './support/contents.ts'
import { refusalOf, startStage } from './support/stage.ts'

t.setTimeout(240_000)
const stage = await startStage(t)
const record = await stage.open()
const author = [byFiness(finess.hospital)]
const element = 'DocumentReference.securityLabel'

const wordless: readonly (readonly [string, Json, string])[] = [
  ['a text', { securityLabel: [{ text: 'INVISIBLE_PATIENT' }] }, element],
  ['a display', { securityLabel: [{ coding: [{ display: 'INVISIBLE_PATIENT' }] }] }, element],
  ['a text beside a label', { securityLabel: [...labels('MASQUE_PS'), { text: 'INVISIBLE_PATIENT' }] }, element],
  [
    'a display in meta.security',
    { meta: { security: [{ display: 'INVISIBLE_PATIENT' }] } },
    'DocumentReference.meta.security',
  ],
]

for (const [what, elements, path] of wordless)
  t.test(`${what}: no create, no update and no patch takes it`, async t => {
    const written = document(record, { author, ...elements })
    t.equal(refusalOf(await stage.post(hospital, written)), `422 refusedByRule ${path}`)
    const entry = { resource: written, request: { method: 'POST', url: 'DocumentReference' } }
    t.equal((await stage.post(hospital, transaction(entry))).status, 422)
    const id = await stage.createOne(hospital, document(record, { author }))
    t.equal(refusalOf(await stage.put(hospital, { ...written, id })), `422 refusedByRule ${path}`)
    if (elements.securityLabel !== undefined) {
      const body = JSON.stringify([{ op: 'add', path: '/securityLabel', value: elements.securityLabel }])
      const headers = { 'content-type': 'application/json-patch+json' }
      t.equal((await stage.send(hospital, `PATCH DocumentReference/${id}`, { body, headers })).status, 422)
    }
  })

t.test('a label of another system with a code stays, and words beside a code do too', async t => {
  const [label = {}] = labels('INVISIBLE_PATIENT')
  const other = { coding: [{ system: 'https://hospital.example/labels', code: 'X', display: 'x' }], text: 'x' }
  const securityLabel = [{ ...label, text: 'Non visible par le patient' }, other]
  const id = await stage.createOne(hospital, document(record, { author, securityLabel }))
  t.match((await stage.get(hospital, `DocumentReference/${id}`)).json, { securityLabel })
  t.equal((await stage.get(patientOf(record), `DocumentReference/${id}`)).status, 404)
})
