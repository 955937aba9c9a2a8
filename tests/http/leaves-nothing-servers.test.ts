/** A transaction that another server overtakes leaves no bytes behind. https://hl7.org/fhir/R4/http.html#trules */
import t from 'tap'
import { select } from '../support/pointer.ts'
import { atOnce, bundleOf, idOf, tally } from './rest.ts'
import { db, either, one, other } from './two-processes.ts'

const chunks = () => db.collection('blob').countDocuments()

const patient = idOf(await one.post('Patient', { resourceType: 'Patient' }))
const subject = { reference: `Patient/${patient}` }
const documentOf = (text: string, size = 1_500_000) => ({
  ...{ resourceType: 'DocumentReference', status: 'current', subject },
  content: [{ attachment: { contentType: 'text/plain', data: Buffer.alloc(size, text).toString('base64') } }],
})
const observation = (id: string, note: string) => ({
  ...{ resourceType: 'Observation', id, status: 'final', code: { text: 'x' }, subject, note: [{ text: note }] },
})

t.test(
  'of transactions at two servers on one version one is kept with its bytes, and of the others nothing',
  async t => {
    for (const turn of ['first', 'second', 'third']) {
      await one.put(`Observation/${turn}`, observation(turn, 'before'))
      const before = await chunks()
      const answers = await atOnce(12, n =>
        either(n).post(
          '',
          bundleOf('transaction', [
            ['POST', 'DocumentReference', documentOf(`${turn} ${n}`)],
            ['PUT', `Observation/${turn}`, observation(turn, String(n)), { ifMatch: 'W/"1"' }],
          ]),
        ),
      )
      t.same(tally(answers), { 200: 1, 412: 11 })
      t.equal((await chunks()) - before, 2, 'two chunks of one attachment')
    }
  },
)

t.test('what the overtaken and the one that is kept both hold stays', async t => {
  await one.put('Observation/shared', observation('shared', 'before'))
  const before = await chunks()
  const answers = await atOnce(12, n =>
    either(n).post(
      '',
      bundleOf('transaction', [
        ['POST', 'DocumentReference', documentOf('the same bytes', 2_500_000)],
        ['PUT', 'Observation/shared', observation('shared', String(n)), { ifMatch: 'W/"1"' }],
      ]),
    ),
  )
  t.same(tally(answers), { 200: 1, 412: 11 })
  t.equal((await chunks()) - before, 3)
  const [kept] = select(answers.find(({ status }) => status === 200)?.json, '/entry/0/response/location')
  const document = await other.get(
    String(kept)
      .replace(/\/_history.*/, '')
      .replace(/^.*\/fhir\//, ''),
  )
  const address = String(select(document.json, '/content/0/attachment/url')[0])
  const read = await other.get(address.replace(/^.*\/fhir\//, ''))
  t.ok(read.bytes.equals(Buffer.alloc(2_500_000, 'the same bytes')), 'they are read')
})
