/**
 * Loaded before a server that is measured: answers the benchmark about its own process. Plain JavaScript, because the
 * server runs without a compiler. Nothing is measured before it is asked for.
 */
import { writeFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'
import { Server } from 'node:net'
import { monitorEventLoopDelay } from 'node:perf_hooks'

const everyMicros = 200
/** Between two looks at the event loop; a delay is what is longer than that. */
const lookMillis = 5

// Whoever waits for the server is told when it listens, and need not try.
const { listen } = Server.prototype
Server.prototype.listen = function (...args) {
  this.once('listening', () => process.send({ listening: this.address().port }))
  return listen.apply(this, args)
}

let session
const loop = monitorEventLoopDelay({ resolution: lookMillis })
const late = nanos => Math.max(0, nanos / 1000 - lookMillis * 1000)

async function openProfiler() {
  session = new Session()
  session.connect()
  await session.post('Profiler.enable')
  await session.post('Profiler.setSamplingInterval', { interval: everyMicros })
}

const words = {
  start: async () => {
    if (session === undefined) await openProfiler()
    await session.post('Profiler.start')
  },
  stop: async ({ file }) => {
    const { profile } = await session.post('Profiler.stop')
    writeFileSync(file, JSON.stringify(profile))
  },
  watch: async () => {
    loop.reset()
    loop.enable()
  },
  seen: async () => {
    loop.disable()
    return { p99Micros: late(loop.percentile(99)), mostMicros: late(loop.max) }
  },
}

process.on('message', async message => {
  process.send({ done: message.word, found: await words[message.word](message) })
})
// The channel alone keeps no server running.
process.channel.unref()
