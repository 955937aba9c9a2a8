/** Loaded before a server that is to be profiled: starts and ends the profiler when the benchmark says so. Plain JavaScript, because the server runs without a compiler. */
import { writeFileSync } from 'node:fs'
import { Session } from 'node:inspector/promises'

const everyMicros = 200
const session = new Session()
session.connect()
await session.post('Profiler.enable')
await session.post('Profiler.setSamplingInterval', { interval: everyMicros })

const words = {
  start: () => session.post('Profiler.start'),
  stop: async ({ file }) => {
    const { profile } = await session.post('Profiler.stop')
    writeFileSync(file, JSON.stringify(profile))
  },
}

process.on('message', async message => {
  await words[message.word](message)
  process.send({ done: message.word })
})
// The channel alone keeps no server running.
process.channel.unref()
