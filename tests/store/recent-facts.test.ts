/** Facts are what the row says now, decoded anew only when its bytes differ. */
import { BSON } from 'mongodb'
import t from 'tap'
import { RecentFacts } from '../../server/store/recent-facts.ts'

const row = (_id: string, changes: object = {}): Buffer =>
  Buffer.from(BSON.serialize({ _id, open: true, authorised: [], depositors: ['finess:1'], turn: 1, ...changes }))

/** As rows come: views of one reply. */
function inOneReply(...rows: readonly Buffer[]): readonly Buffer[] {
  const reply = Buffer.concat(rows)
  let end = 0
  return rows.map(({ length }) => {
    end += length
    return reply.subarray(end - length, end)
  })
}

t.test('the same bytes give the same facts, without the turn and the life of the record', async t => {
  const recent = new RecentFacts()
  const first = recent.decode(row('a', { life: { closed: null } }))
  t.same(first, { patient: 'a', open: true, authorised: [], depositors: ['finess:1'] })
  t.equal(recent.decode(row('a', { life: { closed: null } })), first)
})

for (const [sentence, changes] of [
  ['closed', { open: false }],
  ['authorised', { authorised: [{ actor: 'rpps:1', from: null, before: null }] }],
  ['of another turn', { turn: 2 }],
  ['longer by one depositor', { depositors: ['finess:1', 'rpps:1'] }],
  ['of another length of the same name', { depositors: ['finess:2'] }],
] as const)
  t.test(`a record that is ${sentence} since is decoded anew, and so is what it was before`, async t => {
    const recent = new RecentFacts()
    const expected = (more: object) => {
      const { turn: _turn, ...facts } = { open: true, authorised: [], depositors: ['finess:1'], turn: 1, ...more }
      return { patient: 'a', ...facts }
    }
    for (const each of [{}, changes, {}, changes, changes])
      t.same(recent.decode(row('a', each)), expected(each), JSON.stringify(each))
  })

t.test('records of one reply are told apart, also when one id begins like the other', async t => {
  const recent = new RecentFacts()
  const asked = ['a', 'ab', 'abc', '']
  for (let time = 0; time < 3; time += 1)
    t.same(
      inOneReply(...asked.map(_id => row(_id, { depositors: [_id] }))).map(
        each => [recent.decode(each)].map(({ patient, depositors }) => [patient, depositors])[0],
      ),
      asked.map(_id => [_id, [_id]]),
    )
})

t.test('what is kept does not change with the reply that it came in', async t => {
  const recent = new RecentFacts()
  const [reply = Buffer.alloc(0)] = inOneReply(row('a'))
  const first = recent.decode(reply)
  reply.fill(0)
  t.equal(recent.decode(row('a')), first)
})

t.test('the one that was used longest ago is forgotten, and long rows are not kept', async t => {
  const recent = new RecentFacts()
  const first = recent.decode(row('first'))
  const used = recent.decode(row('used'))
  for (let other = 0; other < 1999; other += 1) {
    recent.decode(row(`other-${other}`))
    if (recent.decode(row('used')) !== used) t.fail(`what was just used is forgotten after ${other} others`)
  }
  t.not(recent.decode(row('first')), first)
  const long = (length: number) => ({ depositors: Array.from({ length }, (_, at) => `finess:${at}`) })
  t.equal(recent.decode(row('full', long(1000))), recent.decode(row('full', long(1000))), 'what a record may have is')
  t.not(recent.decode(row('long', long(20_000))), recent.decode(row('long', long(20_000))))
})

t.test('of long rows fewer are kept', async t => {
  const recent = new RecentFacts()
  const long = { depositors: Array.from({ length: 8000 }, (_, at) => `finess:${at}`) }
  const bytes = row('0', long).length
  const first = recent.decode(row('first', long))
  const kept = Math.floor(8_000_000 / bytes)
  for (let other = 0; other < kept - 2; other += 1) recent.decode(row(`other-${other}`, long))
  t.equal(recent.decode(row('first', long)), first)
  for (let other = 0; other < kept; other += 1) recent.decode(row(`more-${other}`, long))
  t.not(recent.decode(row('first', long)), first)
})
