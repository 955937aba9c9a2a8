/** Stops a mongod of ours, politely first. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { MongodPlace } from './mongod-place.ts'
import { openOwn } from './own-admin.ts'
import { processIdentity } from './process-identity.ts'

/** How long each way to ask may take, in milliseconds. */
const patience = { command: 20_000, SIGTERM: 20_000, SIGKILL: 10_000, pause: 20 }

/** Whether the process is a mongod that works on these very files, and not one that got the same id later. */
export async function isOurs(place: MongodPlace, pid: number): Promise<boolean> {
  const identity = await processIdentity(pid)
  return identity !== undefined && `${identity.command} `.includes(` --dbpath ${place.files} `)
}

/** Asks by command, then by signals. @throws when the process is still there after all that. */
export async function stopMongod(place: MongodPlace, pid: number, port: number | undefined): Promise<void> {
  if (port !== undefined) await askByCommand(place, pid, port)
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (!(await isOurs(place, pid))) return
    process.kill(pid, signal)
    await gone(place, pid, patience[signal])
  }
  if (await isOurs(place, pid)) throw new Error(`The embedded MongoDB (process ${pid}) does not end`)
}

async function askByCommand(place: MongodPlace, pid: number, port: number): Promise<void> {
  const admin = await openOwn({ port, pid })
  if (admin === undefined) return
  try {
    // It answers by closing the connection. No other member has to be waited for.
    await admin.run({ shutdown: 1, force: true, timeoutSecs: 0 })
  } finally {
    await admin.close()
  }
  await gone(place, pid, patience.command)
}

async function gone(place: MongodPlace, pid: number, millis: number): Promise<void> {
  const deadline = Date.now() + millis
  while (Date.now() < deadline && (await isOurs(place, pid))) await sleep(patience.pause)
}
