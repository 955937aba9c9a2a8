/**
 * Masks that change while many read: what was acknowledged as masked comes out of no read that begins afterwards, be it as a
 * row, in a total or by a link; what was shown again is there. `FLIPPING_READS` says how many reads.
 */
import t from 'tap'
import { apart } from './apart.ts'

const wanted = Number(process.env.FLIPPING_READS ?? 5000)
t.setTimeout(1_800_000 + 30 * wanted) // a busy machine takes its time: ten times what a quiet one does

t.test('while masks change by Consent and by patch, nothing that is masked comes out', async t => {
  const { sentence, cells, differences } = await apart(t, 'run-flipping.ts')
  t.comment(sentence)
  t.ok(cells > 1000, 'it was read while masks stood')
  t.same(differences.slice(0, 40), [])
  t.equal(differences.length, 0)
})
