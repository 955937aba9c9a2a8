/**
 * Masks that change while many read: what was acknowledged as masked comes out of no read that begins afterwards, be it as a
 * row, in a total or by a link; what was shown again is there. `FLIPPING_READS` says how many reads.
 */
import t from 'tap'
import { apart } from './apart.ts'

t.setTimeout(1_800_000) // a busy machine takes its time

t.test('while masks change by Consent and by patch, nothing that is masked comes out', async t => {
  const { sentence, cells, differences } = await apart(t, 'run-flipping.ts')
  t.comment(sentence)
  t.ok(cells > 1000, 'it was read while masks stood')
  t.same(differences.slice(0, 40), [])
  t.equal(differences.length, 0)
})
