/** A MongoDB that is made for tests and removed with everything that it held. */
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startMongod } from '../../server/launch/embedded-mongod.ts'
import type { OnProgress } from '../../server/launch/find-mongod.ts'
import { lockHolder } from '../../server/launch/folder-lock.ts'
import { openPlace, pidInFiles, recall } from '../../server/launch/mongod-place.ts'
import { isOurs, stopMongod } from '../../server/launch/stop-mongod.ts'

const prefix = 'dmp-test-'

export interface TestMongod {
  readonly url: string
  readonly stop: () => Promise<void>
}

/** A replica set on a folder of its own, which `stop` removes. What killed runs left behind is removed first. */
export async function ephemeralMongod(onProgress: OnProgress): Promise<TestMongod> {
  await sweep()
  const dataDir = await mkdtemp(join(tmpdir(), prefix))
  const remove = () => rm(dataDir, { recursive: true, force: true })
  try {
    const environment = { MONGOD_CACHE_GB: '0.5', ...process.env }
    const mongod = await startMongod({ dataDir, environment, onProgress })
    return { url: mongod.url, stop: () => mongod.stop().then(remove) }
  } catch (error) {
    await remove()
    throw error
  }
}

/** Folders whose owner is gone. A fresh one may belong to a run that has not locked it yet. */
async function sweep(): Promise<void> {
  const names = (await readdir(tmpdir())).filter(name => name.startsWith(prefix))
  for (const name of names) {
    const folder = join(tmpdir(), name)
    const age = await stat(folder).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    )
    if (age > 60_000 && (await lockHolder(join(folder, 'server.lock'))) === undefined) await clear(folder)
  }
}

async function clear(folder: string): Promise<void> {
  const place = await openPlace(folder)
  const pid = await pidInFiles(place)
  if (pid !== undefined && (await isOurs(place, pid))) await stopMongod(place, pid, (await recall(place)).port)
  await rm(folder, { recursive: true, force: true })
}
