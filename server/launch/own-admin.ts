/** Speaks to our own mongod and to no other: a port may have passed to another program. */
import { type Admin, openAdmin } from '../store/admin-command.ts'
import { accepts } from './loopback-port.ts'
import { processUrl } from './set-url.ts'

/** A process of ours and the port which it is supposed to have. */
export interface Listener {
  readonly port: number
  readonly pid: number
}

/** @returns undefined when nothing listens on the port, or another process does. */
export async function openOwn({ port, pid }: Listener): Promise<Admin | undefined> {
  if (!(await accepts(port))) return undefined
  const admin = await openAdmin(processUrl(port)).catch(() => undefined)
  const status = await admin?.run({ serverStatus: 1 })
  if (status?.ok && Number(status.fields.pid) === pid) return admin
  await admin?.close()
  return undefined
}
