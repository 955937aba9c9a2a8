/** What came with two documents is destroyed with the last of them, whether it stands or was deleted. `docs/decisions/0033-destroying-a-record.md` */
import t from 'tap'
import { databaseOf } from '../notifications/support.ts'
import { finess, hospital, operator } from './support/cast.ts'
import { byFiness, creates, document, observation } from './support/contents.ts'
import { expectStatus, startStage } from './support/stage.ts'

t.setTimeout(240_000)
const stage = await startStage(t)
const db = databaseOf(t, stage)
const author = [byFiness(finess.hospital)]
const urn = 'urn:uuid:a0000000-0000-4000-8000-000000000001'
const body = { resourceType: 'Parameters', parameter: [{ name: 'reason', valueString: 'MOTIF_LEGITIME' }] }

const destroy = async (id: string): Promise<void> =>
  void expectStatus(await stage.send(operator, `POST DocumentReference/${id}/$destroy`, { body }), 200)

/** How many rows, versions and tombstones there are of it. */
const left = async (id: string): Promise<number> =>
  (await db.collection('record').countDocuments({ _id: id as never })) +
  (await db.collection('record_history').countDocuments({ row: id }))

/** @returns the ids of two letters, and of the result that came with both. */
async function resultOfTwo(): Promise<readonly [string, string, string]> {
  const record = await stage.open()
  const letter = creates(document(record, { author, context: { related: [{ reference: urn }] } }))
  const result = creates(observation(record, { performer: author }), urn)
  const [one = '', other = '', of = ''] = await stage.create(hospital, letter, letter, result)
  return [one, other, of]
}

for (const deleted of [false, true])
  t.test(`a result of two letters ${deleted ? 'that was deleted' : 'that stands'}`, async t => {
    const [one, other, result] = await resultOfTwo()
    const row = await db.collection('record').findOne({ _id: result as never })
    t.same(row?.follows.toSorted(), [one, other].toSorted(), 'it follows both')
    if (deleted) expectStatus(await stage.remove(hospital, `Observation/${result}`), 204)
    const before = await left(result)
    await destroy(one)
    t.equal(await left(one), 0)
    t.equal(await left(result), before, 'it belongs to the other too')
    await destroy(other)
    t.equal(await left(result), 0, 'and goes with the last')
  })

t.test('a result stays while one of its letters was deleted, and not destroyed', async t => {
  const [one, other, result] = await resultOfTwo()
  for (const id of [one, other]) expectStatus(await stage.remove(hospital, `DocumentReference/${id}`), 204)
  await destroy(one)
  t.equal(await left(result), 1, 'what a deleted letter passes on holds until that is destroyed')
  await destroy(other)
  t.equal(await left(result), 0)
})
