/** Periodic jobs: each at one server at a time, by a lease that ends by itself. */
import t from 'tap'
import type { Context } from '../../server/interactions/interaction.ts'
import type { Job, JobContext } from '../../server/jobs/job.ts'
import { startJobs } from '../../server/jobs/run-jobs.ts'
import { report } from '../../server/show-jobs.ts'
import type { MongoStore } from '../../server/store/mongo-store.ts'
import { opened } from '../store/opened.ts'

// A busy machine is no failure.
t.setTimeout(120_000)

const start = Date.parse('2026-03-01T10:00:00Z')
const minute = 60_000

interface Test {
  teardown(stop: () => Promise<void>): void
}

/** A server of the test: a clock that it sets, and the errors that were told. */
function serverOf(t: Test, store: MongoStore, jobs: readonly Job[]) {
  const clock = { now: start }
  const errors: unknown[] = []
  const context = { store, now: () => clock.now } as unknown as Context & { store: MongoStore }
  const running = startJobs({ jobs, context, onError: error => errors.push(error), everyMillis: 3_600_000 })
  t.teardown(() => running.stop())
  return { ...running, clock, errors }
}

const jobOf = (run: Job['run'], everySeconds = 60): Job => ({ name: 'count', meaning: 'Counts.', everySeconds, run })

/** A promise that the test keeps. */
function promised<Value>() {
  let resolve: (value: Value) => void = () => undefined
  const promise = new Promise<Value>(keep => {
    resolve = keep
  })
  return { promise, resolve: (value: Value) => resolve(value) }
}

t.test('a job is performed at once, and again when its time has come', async t => {
  const { store } = await opened(t)
  const times: number[] = []
  const server = serverOf(t, store, [jobOf(async (_, now) => `run ${times.push(now)}`)])
  t.same(await server.round(), ['count'])
  t.same(await server.round(), [])
  server.clock.now += minute - 1
  t.same(await server.round(), [])
  server.clock.now += 1
  t.same(await server.round(), ['count'])
  t.same(times, [start, start + minute])
  const [state] = await store.jobs.states(start)
  t.match(state, { name: 'count', due: start + 2 * minute, succeeded: true, outcome: 'run 2', runs: false })
})

t.test('of eight servers that look at the same time one performs it', async t => {
  const { store } = await opened(t)
  let runs = 0
  const job = jobOf(async () => `run ${++runs}`)
  const servers = Array.from({ length: 8 }, () => serverOf(t, store, [job]))
  const taken = await Promise.all(servers.map(({ round }) => round()))
  t.equal(taken.flat().length, 1)
  t.equal(runs, 1)
})

t.test('a run whose server died is followed when its lease is over, not before', async t => {
  const { store } = await opened(t)
  await store.jobs.enter(['count'])
  t.ok(await store.jobs.take({ name: 'count', holder: 'the dead', now: start, until: start + minute }))
  const server = serverOf(t, store, [jobOf(async () => 'done')])
  t.same(await server.round(), [])
  server.clock.now += minute
  t.same(await server.round(), ['count'])
  t.notOk(await store.jobs.keep({ name: 'count', holder: 'the dead', now: start, until: start + 9 * minute }))
})

t.test('what a run throws is its outcome by its name alone, and the job is due again', async t => {
  const { store } = await opened(t)
  const server = serverOf(t, store, [jobOf(() => Promise.reject(new RangeError('about a patient')))])
  await server.round()
  t.equal(server.errors.length, 1)
  const states = await store.jobs.states(start)
  t.match(states, [{ succeeded: false, outcome: 'RangeError', due: start + minute }])
  t.equal(report(states), 'count: next 2026-03-01T10:01:00.000Z; FAILED 2026-03-01T10:00:00.000Z: RangeError')
})

t.test('progress is seen while the job runs, and a server that stops says so to it', async t => {
  const { store } = await opened(t)
  const begun = promised<JobContext>()
  const end = promised<string>()
  const server = serverOf(t, store, [
    jobOf(async context => {
      await context.progress('3 of 9')
      begun.resolve(context)
      return end.promise
    }),
  ])
  const round = server.round()
  const { stopping } = await begun.promise
  t.match(await store.jobs.states(start), [{ runs: true, progress: '3 of 9', succeeded: null }])
  t.equal(report(await store.jobs.states(start)), 'count: runs now, 3 of 9; never finished')
  t.notOk(stopping.aborted)
  const stopped = server.stop()
  t.ok(stopping.aborted)
  end.resolve('broken off')
  await Promise.all([round, stopped])
  t.match(await store.jobs.states(start), [{ runs: false, succeeded: true, outcome: 'broken off' }])
})
