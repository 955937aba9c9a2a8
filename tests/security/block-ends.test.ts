/** Unblocking does not authorise: what a block ended stays ended. `access.md` section 2. */
import t from 'tap'
import { accessStatus } from '../../security/access-status.ts'
import { rememberBlocks } from '../../security/block-ends.ts'
import { compileFacts } from '../../security/compile-facts.ts'
import { decide } from '../../security/decide.ts'
import type { Facts } from '../../security/facts.ts'
import type { Principal } from '../../security/principal.ts'
import { facts, finess, grounds, hits, marie, me, myStructure, now, professional, row, rpps } from './decide-support.ts'
import {
  byFiness,
  byRpps,
  consent,
  create,
  judge,
  otherRpps,
  patient,
  recipient,
  told,
  treating,
  verified,
} from './record-support.ts'

const hour = 3_600_000
const at = (hours: number): number => now + hours * hour
const gp = professional()
const elsewhere = professional({ structure: null })
const permit = consent({ type: 'permit', actor: [recipient(byRpps())] })
const permitStructure = consent({ type: 'permit', actor: [recipient(byFiness())] })
const block = consent({ type: 'deny', actor: [recipient(byRpps())] })
const blockStructure = consent({ type: 'deny', actor: [recipient(byFiness())] })

type Written = readonly [resource: typeof permit, hour: number]

/** The facts of a record after each of its states, one an hour: what is written when, and in force then. */
function after(...states: readonly (readonly Written[])[]): Facts {
  let former: Facts | undefined
  for (const [index, state] of states.entries()) {
    const written: readonly Written[] = [[patient(), 0], ...state]
    const resources = written.map(([resource, hours], n) => ({ _id: `${n}`, resource, updated: at(hours) }))
    former = rememberBlocks(compileFacts({ patient: marie, resources, depositors: [] }), former, at(index))
  }
  return former ?? facts()
}

const sees = (known: Facts, hours: number, reader: Principal = gp): boolean =>
  hits(
    decide(
      { principal: reader, interaction: 'read', type: 'DocumentReference', patient: marie, now: at(hours) },
      grounds(known),
    ),
    row(),
  ) === 1

const given: Written = [permit, 0]
const blocked: Written = [block, 1]

t.test('what was given before a block is dead after it, however the block ended', async t => {
  t.ok(sees(after([given]), 0.5), 'given')
  t.notOk(sees(after([given], [given, blocked]), 1.5), 'blocked')
  const unblocked = after([given], [given, blocked], [given])
  t.notOk(sees(unblocked, 2.5), 'the block is gone: deleted, inactive or rejected')
  t.notOk(sees(after([given], [given, blocked], [given], [given], [given]), 9), 'whatever else is written later')
})

t.test('what is given while a block lasts is dead after it: who is blocked prepares no return', async t => {
  const early: Written = [permit, 2]
  t.notOk(sees(after([], [blocked], [blocked, early], [early]), 3.5))
})

t.test('what is given after a block, or with its end, stands', async t => {
  const anew: Written = [permit, 2]
  t.ok(sees(after([given], [given, blocked], [anew]), 2.5), 'in the same unit')
  t.ok(sees(after([given], [given, blocked], [given], [given, [permit, 3]]), 3.5), 'later')
})

t.test('a block that ends by the clock ends the authorisations too', async t => {
  const end = new Date(at(2)).toISOString()
  const until = consent({ type: 'deny', actor: [recipient(byRpps())], period: { end } })
  const known = after([given], [given, [until, 1]])
  t.notOk(sees(known, 1.5), 'while it lasts')
  t.notOk(sees(known, 3), 'after it')
  t.equal(accessStatus(gp, known, at(3)), 'expired')
  t.ok(
    sees(
      after(
        [given],
        [given, [until, 1]],
        [],
        [
          [until, 1],
          [permit, 3],
        ],
      ),
      3.5,
    ),
    'authorised anew',
  )
  t.notOk(sees(after([given], [given, [until, 1]], [given]), 2.5), 'also when the Consent is gone before its end')
})

t.test('a block that has not begun ends nothing', async t => {
  const tomorrow = consent({
    ...{ type: 'deny', actor: [recipient(byRpps())] },
    period: { start: new Date(at(24)).toISOString() },
  })
  t.ok(sees(after([given], [given, [tomorrow, 1]], [given]), 2.5))
})

t.test('a block of the person ends what his structure and his team gave him', async t => {
  const team = { resourceType: 'CareTeam', status: 'active', participant: [{ member: byFiness() }] }
  t.notOk(sees(after([[permitStructure, 0]], [[permitStructure, 0], blocked], [[permitStructure, 0]]), 2.5))
  t.notOk(sees(after([[team, 0]], [[team, 0], blocked], [[team, 0]]), 2.5))
  const colleague = professional({ rpps: otherRpps })
  t.ok(sees(after([[permitStructure, 0]], [[permitStructure, 0], blocked], [[permitStructure, 0]]), 2.5, colleague))
})

t.test('a block of a structure ends what the structure was given, not what the person was', async t => {
  const both: readonly Written[] = [[permitStructure, 0], given]
  t.notOk(sees(after(both, [...both, [blockStructure, 1]], [[permitStructure, 0]]), 2.5))
  t.ok(sees(after(both, [...both, [blockStructure, 1]], both), 2.5, elsewhere))
})

t.test('a block ends the médecin traitant', async t => {
  const named: Written = [consent({ type: 'permit', actor: [treating(byRpps())] }), 0]
  t.notOk(sees(after([named], [named, blocked], [named]), 2.5))
})

t.test('a member of a team is not given anything anew by what else is written in the team', async t => {
  const team = (...members: readonly object[]) => ({
    ...{ resourceType: 'CareTeam', status: 'active', participant: members.map(member => ({ member })) },
  })
  const wider = team(byRpps(), byRpps(otherRpps))
  t.notOk(sees(after([[team(byRpps()), 0]], [[team(byRpps()), 0], blocked], [[wider, 2]], [[wider, 3]]), 3.5))
  t.ok(sees(after([[team(byRpps()), 0]], [blocked], [[team(), 2]], [[team(byRpps()), 3]]), 3.5), 'taken in again')
})

t.test('only the last of several blocks counts, and only one line an actor is kept', async t => {
  const known = after([given], [blocked], [], [[block, 3]], [])
  t.same(known.ended, [{ actor: `rpps:${rpps}`, at: at(4) }])
})

t.test('a record that knows of no end has no fact about it', async t => {
  t.notOk('ended' in after([given], [given]))
  const fresh = facts()
  t.equal(rememberBlocks(fresh, undefined, now), fresh, 'opened')
})

t.test('facts that were stored before grants had a time are dead once a block ended', async t => {
  const old = facts({ authorised: [me, myStructure], ended: [{ actor: `finess:${finess}`, at: now }] })
  t.ok(sees(old, 1, elsewhere))
  t.notOk(sees(facts({ authorised: [myStructure], ended: [{ actor: `finess:${finess}`, at: now }] }), 1))
})

t.test('who is blocked does not authorise himself', async t => {
  const known = facts({ blocked: [me] })
  t.match(told(judge(gp, [create({ ...permit, ...verified })], { known })), /^accessDenied/)
  t.equal(told(judge(gp, [create({ ...permit, ...verified })])), 'ok')
})
