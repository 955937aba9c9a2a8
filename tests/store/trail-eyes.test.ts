/** Which targets of a line are a record's: the database and the program say the same. `docs/decisions/0037-one-person-one-record.md` */
import t from 'tap'
import { newPatientKey, newUlid } from '../../server/new-ids.ts'
import { eyesOf, isOfRecord } from '../../server/store/trail-eyes.ts'

const [own, merged, other] = [newPatientKey(), newPatientKey(), newPatientKey()]
const ulid = newUlid(Date.now())
const asker = {
  ...{ patient: own, also: [own, merged], parted: [{ from: 0, until: 1 }] },
  ...{ visibleMasks: [0], masksAfterHidden: [], now: 0 },
}
const ids = [
  own,
  `${own}-${ulid}`,
  merged,
  `${merged}-${ulid}`,
  other,
  `${other}-${ulid}`,
  ulid,
  'consultation', // twelve letters, some of which no key has
  'allocation-2',
  'ab',
  `${other}-2`,
  'consultation-01m8p5ckfe3ygbzxsfp0y6cabe',
  `${other}-consultationconsultation99`,
]

for (const id of ids)
  t.test(`${id.replace(own, 'own').replace(merged, 'merged').replace(other, 'other')}`, async t => {
    const { seen } = eyesOf(asker, [])
    const isForeign = new RegExp(seen.id.$not.$regex).test(id)
    const isOwn = isOfRecord(
      { ...asker, ownAgent: null, at: [], agents: [], types: [], entities: [], descending: true, limit: 1 },
      { id },
    )
    t.equal(!isForeign, isOwn)
    t.equal(isOwn, ![other, `${other}-${ulid}`].includes(id))
  })

t.test('where nothing parted, nothing is asked of ids', async t => {
  t.equal(eyesOf({ ...asker, parted: [] }, []).seen.id, undefined)
})
