/**
 * The leak grid: everybody who may ask, every way of asking, everything there is to see. What comes out is compared with an
 * oracle that knows the law and nothing of the product.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import t from 'tap'
import { root } from '../../server/root.ts'
import { testDatabase } from '../support/mongod.ts'
import type { Report } from './run-grid.ts'

t.setTimeout(900_000) // tens of thousands of cells: a busy machine takes its time
const { url } = await testDatabase(t)

t.test('everybody, by every door, sees what the law says and nothing else', async t => {
  const grid = fork(join(root, 'tests/grid/run-grid.ts'), {
    env: { ...process.env, TEST_MONGODB_URL: url },
    execArgv: ['--import', 'tsx'],
  })
  t.teardown(() => void grid.kill())
  const ended = once(grid, 'exit').then(([code]) => [{ sentence: `ended with ${code}`, cells: 0, differences: [] }])
  const [report] = (await Promise.race([once(grid, 'message'), ended])) as [Report]
  const { sentence, cells, differences } = report
  t.comment(sentence)
  t.ok(cells > 50_000, 'the grid is whole')
  if (differences.length > 0) t.comment(differences.join('\n'))
  t.same(differences.slice(0, 40), [])
  t.equal(differences.length, 0)
})
