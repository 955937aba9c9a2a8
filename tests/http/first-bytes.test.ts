import t from 'tap'
import { FirstBytes } from '../../server/interactions/first-bytes.ts'

/** Whether a promise is settled by now. */
async function isOver(promise: Promise<void>): Promise<boolean> {
  let over = false
  promise.then(() => {
    over = true
  })
  await new Promise(resolve => setImmediate(resolve))
  return over
}

t.test('while every answer has begun, none gives way', async t => {
  const answers = new FirstBytes()
  t.equal(answers.giveWay(), undefined)
  answers.begin()()
  t.equal(answers.giveWay(), undefined)
})

t.test('an answer that flows waits until the last of those on their way has begun', async t => {
  const answers = new FirstBytes()
  const [one, other] = [answers.begin(), answers.begin()]
  const waits = answers.giveWay() ?? Promise.reject(new Error('gives no way'))
  one()
  one()
  t.notOk(await isOver(waits), 'saying twice that one has begun does not speak for the other')
  other()
  t.ok(await isOver(waits))
})

t.test('an answer flows on after a while although others keep beginning', async t => {
  const answers = new FirstBytes()
  answers.begin()
  const since = performance.now()
  await answers.giveWay()
  t.ok(performance.now() - since >= 40)
})
