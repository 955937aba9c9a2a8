/** Makes the one process a replica set of one member. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Admin } from '../store/admin-command.ts'
import { type Listener, openOwn } from './own-admin.ts'
import { memberHost, setName } from './set-url.ts'

const patience = { millis: 60_000, pause: 20 }

/** MongoDB's numbers of the refusals which are expected here. */
const notYetInitialized = 94
const alreadyInitialized = 23

/** What `replSetGetConfig` tells, as far as it is read here. */
interface SetConfig {
  readonly version: number
  readonly members: readonly { readonly host: string }[]
}

/**
 * Initiates the set on the first start, and waits until it takes writes.
 * @throws when it does not within a minute.
 */
export async function awaitPrimary({ port, pid }: Listener): Promise<void> {
  const admin = await ownAdmin({ port, pid })
  const deadline = Date.now() + patience.millis
  try {
    while (!(await isPrimary(admin))) {
      if (Date.now() > deadline) throw new Error(`The embedded MongoDB on port ${port} does not become primary`)
      await mend(admin, port)
      await sleep(patience.pause)
    }
  } finally {
    await admin.close()
  }
}

/**
 * Tells the set, while it runs alone, that its member moved to another port. Done by a forced reconfiguration instead,
 * the member would first ask whoever has the old port now, and wait half a minute for a stranger that keeps silent.
 */
export async function renameMember({ port, pid }: Listener): Promise<void> {
  const admin = await ownAdmin({ port, pid })
  try {
    const updates = [{ q: { _id: setName }, u: { $set: { 'members.0.host': memberHost(port) } } }]
    const updated = await admin.run({ update: 'system.replset', updates }, 'local')
    if (!updated.ok) throw new Error(`The embedded MongoDB cannot change its port: ${updated.message}`)
  } finally {
    await admin.close()
  }
}

async function ownAdmin({ port, pid }: Listener): Promise<Admin> {
  const admin = await openOwn({ port, pid })
  if (admin === undefined) throw new Error(`The embedded MongoDB (process ${pid}) does not answer on port ${port}`)
  return admin
}

async function isPrimary(admin: Admin): Promise<boolean> {
  const hello = await admin.run({ hello: 1 })
  return hello.ok && hello.fields.isWritablePrimary === true
}

/** A set that is there already only has to elect itself, unless its files were moved here from another port. */
async function mend(admin: Admin, port: number): Promise<void> {
  const known = await admin.run({ replSetGetConfig: 1 })
  if (!known.ok) return known.code === notYetInitialized ? initiate(admin, port) : undefined
  const config = known.fields.config as SetConfig
  if (config.members[0]?.host === memberHost(port)) return
  const members = [{ ...config.members[0], host: memberHost(port) }]
  await admin.run({ replSetReconfig: { ...config, members, version: config.version + 1 }, force: true })
}

async function initiate(admin: Admin, port: number): Promise<void> {
  const members = [{ _id: 0, host: memberHost(port) }]
  const initiated = await admin.run({ replSetInitiate: { _id: setName, members } })
  // A set that is just being loaded says first that there is none, then that there is one.
  if (initiated.ok || initiated.code === alreadyInitialized || initiated.code === notYetInitialized) return
  throw new Error(`The embedded MongoDB refuses to become a replica set: ${initiated.message}`)
}
