/** A transaction that another server overtakes is thought through anew, and so are its conditional references. `docs/decisions/0022-criteria-in-the-place-of-an-id.md` */
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { linesOf } from '../audit/lines.ts'
import { select } from '../support/pointer.ts'
import { atOnce, bundleOf, idOf, tally } from './rest.ts'
import { db, one, other } from './two-processes.ts'

const system = 'urn:example:again'
const by = (type: string, value: string): string => `${type}?identifier=${system}|${value}`
const patient = idOf(await one.post('Patient', { resourceType: 'Patient' }))
const observation = (more: object) => ({
  ...{ resourceType: 'Observation', status: 'final', code: { text: 'x' } },
  ...{ subject: { reference: `Patient/${patient}` }, ...more },
})
const numbered = (id: string, value: string) => ({
  resourceType: 'Practitioner',
  id,
  identifier: [{ system, value }],
})
/** So many different criteria that find one: each asked again at the next attempt, they are more than may be asked. */
const many = (value: string) =>
  Array.from({ length: 1100 }, (_, n) => ({
    reference: `${by('Practitioner', value)}&_lastUpdated=gt${new Date(n * 1000).toISOString()}`,
  }))
const put = (id: string, more: object) => ['PUT', `Observation/${id}`, observation({ id, ...more })] as const
const versionsOf = async (id: string) =>
  select((await one.get(`Observation/${id}/_history?_count=50`)).json, '/entry/*').length

t.test('what a rival lets the criteria find in the meantime is what the last attempt finds', async t => {
  await one.put('Observation/overtaken', observation({ id: 'overtaken' }))
  await one.put('Practitioner/first', numbered('first', 'moves'))
  const written = one.post('', bundleOf('transaction', [put('overtaken', { performer: many('moves') })]))
  await sleep(400)
  const rival = await other.post(
    '',
    bundleOf('transaction', [
      put('overtaken', { note: [{ text: 'rival' }] }),
      ['PUT', 'Practitioner/first', numbered('first', 'moved')],
      ['PUT', 'Practitioner/second', numbered('second', 'moves')],
    ]),
  )
  t.equal(rival.status, 200)
  const answer = await written
  t.equal(answer.status, 200, answer.bytes.toString())
  t.equal(await versionsOf('overtaken'), 3)
  const performers = select((await other.get('Observation/overtaken')).json, '/performer/*/reference')
  t.same([performers.length, new Set(performers)], [1100, new Set(['Practitioner/second'])])
})

t.test('what they find no more fails the attempt, and nothing is written', async t => {
  await one.put('Observation/failing', observation({ id: 'failing' }))
  await one.put('Practitioner/leaves', numbered('leaves', 'leaves'))
  const written = one.post('', bundleOf('transaction', [put('failing', { performer: many('leaves') })]))
  await sleep(400)
  const rival = [put('failing', {}), ['DELETE', 'Practitioner/leaves'] as const]
  t.equal((await other.post('', bundleOf('transaction', rival))).status, 200)
  t.equal((await written).status, 412)
  t.equal(await versionsOf('failing'), 2)
})

t.test(
  'of 16 transactions at two servers on one resource each is written, and leaves one line of its search',
  async t => {
    await one.put('Observation/raced', observation({ id: 'raced' }))
    const found = idOf(await one.post('Observation', observation({ identifier: [{ system, value: 'member' }] })))
    const hasMember = [{ reference: by('Observation', 'member') }]
    const answers = await atOnce(16, n =>
      (n % 2 === 0 ? one : other).post('', bundleOf('transaction', [put('raced', { hasMember })]), {
        headers: { 'x-request-id': `raced-${n}` },
      }),
    )
    t.same(tally(answers), { 200: 16 })
    t.equal(await versionsOf('raced'), 17)
    t.same(select((await one.get('Observation/raced')).json, '/hasMember/0/reference'), [`Observation/${found}`])
    for (let n = 0; n < 16; n += 1) {
      const lines = await linesOf(db, { request: `raced-${n}` })
      t.same(lines.map(({ interaction }) => interaction).sort(), ['search-type', 'update'], `raced-${n}`)
    }
  },
)
