/**
 * The leak grid: everybody who may ask, every way of asking, everything there is to see. What comes out is compared with an
 * oracle that knows the law and nothing of the product.
 */
import t from 'tap'
import { apart } from './apart.ts'

t.setTimeout(900_000) // tens of thousands of cells: a busy machine takes its time

t.test('everybody, by every door, sees what the law says and nothing else', async t => {
  const { sentence, cells, differences } = await apart(t, 'run-grid.ts')
  t.comment(sentence)
  t.ok(cells > 50_000, 'the grid is whole')
  if (differences.length > 0) t.comment(differences.join('\n'))
  t.same(differences.slice(0, 40), [])
  t.equal(differences.length, 0)
})
