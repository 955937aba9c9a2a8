/** Obtains mongod from its vendor, for machines on which the wheel does not run. The only file that names the downloader. */
import { mkdir } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Obtained } from './mongod-from-wheel.ts'

const vendorHost = 'https://fastdl.mongodb.org/'

/** A machine that cannot reach the vendor loses this, and not minutes. */
const answerMillis = 5000
const downloadMillis = 10 * 60_000

/** Downloads the version that suits this system into `folder`. @returns the path of the program, or why not. */
export async function mongodFromVendor(folder: string): Promise<Obtained> {
  const unreachable = await whyUnreachable()
  if (unreachable !== undefined) return { ok: false, reason: unreachable }
  await mkdir(folder, { recursive: true })
  const { MongoBinary } = await import('mongodb-memory-server-core')
  const giveUp = new AbortController()
  const late = sleep(downloadMillis, undefined, { signal: giveUp.signal, ref: false })
  try {
    const download = MongoBinary.getPath({ downloadDir: folder, checkMD5: true })
    const path = await Promise.race([download, late])
    return path === undefined ? { ok: false, reason: 'the download took more than 10 minutes' } : { ok: true, path }
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) }
  } finally {
    giveUp.abort()
  }
}

/** Behind a proxy only the downloader knows the way: then it is asked directly. */
async function whyUnreachable(): Promise<string | undefined> {
  if (process.env.HTTPS_PROXY || process.env.https_proxy) return undefined
  try {
    await fetch(vendorHost, { method: 'HEAD', signal: AbortSignal.timeout(answerMillis) })
    return undefined
  } catch (error) {
    const cause = error instanceof Error ? (error.cause ?? error) : error
    return `${vendorHost} does not answer (${cause instanceof Error ? cause.message : String(cause)})`
  }
}
