/** An answer may flow for longer than a decision holds. `docs/decisions/0017-everything-is-streamed.md` */
import t from 'tap'
import type { Facts } from '../../security/facts.ts'
import { standingFacts } from '../../server/interactions/everything-access.ts'
import type { Call, Context } from '../../server/interactions/interaction.ts'

/** A record whose facts are what `stands` says, and a clock that is set by hand. */
function record() {
  const at = { now: 0, open: true, reads: 0 }
  const facts = (): Facts => ({ patient: 'p', open: at.open }) as Facts
  const context = {
    now: () => at.now,
    store: {
      facts: async () => {
        at.reads += 1
        return facts()
      },
    },
    regime: {
      needsFacts: true,
      read: (_: unknown, known: Facts | undefined) => ({ effect: known?.open === true ? 'permit' : 'deny' }),
    },
  } as unknown as Context
  const call = { type: 'Patient', operation: 'everything' } as Call
  return { at, standing: standingFacts(context, call, { patient: 'p', facts: facts() }) }
}

t.test('within a second the facts of the request hold, after it they are read anew', async t => {
  const { at, standing } = record()
  t.match(await standing(), { open: true })
  t.equal(at.reads, 0)
  at.now = 1000
  await standing()
  at.now = 1999
  await standing()
  t.equal(at.reads, 1)
})

t.test('who loses access while his answer flows gets no further', async t => {
  const { at, standing } = record()
  at.open = false
  at.now = 999
  await standing()
  at.now = 1000
  await t.rejects(standing(), /access to a record ended/)
})
