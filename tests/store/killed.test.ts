/** A server that is killed: nothing that was answered is without its line, and the chain verifies. `access.md` section 8. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { MongoClient } from 'mongodb'
import t from 'tap'
import { root } from '../../server/root.ts'
import { openStore } from '../../server/store/mongo-store.ts'
import { verifyAudit } from '../../server/store/verify-audit.ts'
import { ephemeralMongod } from '../support/ephemeral-mongod.ts'
import { programArguments } from '../support/program.ts'

t.setTimeout(300_000)

/** @returns the requests that were answered before the process was killed. */
async function killedUnderLoad(url: string, database: string, answers: number): Promise<readonly string[]> {
  const child = spawn(process.execPath, [...programArguments('tests/store/killed-writer.ts'), url, database], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let told = ''
  child.stdout.on('data', part => {
    told += part
    if (told.split('\n').length > answers) child.kill('SIGKILL')
  })
  await once(child, 'close')
  return told.split('\n').slice(0, -1)
}

t.test('after each of three kills every answered request has its line, and the chains verify', async t => {
  // A MongoDB of its own: the transactions that a killed client leaves open hold a database for seconds.
  const { url, stop } = await ephemeralMongod(() => undefined)
  t.teardown(stop)
  const name = 'killed'
  const client = new MongoClient(url)
  t.teardown(() => client.close())
  const lines = client.db(name).collection('audit_202510')
  for (let kill = 0; kill < 3; kill += 1) {
    const answered = await killedUnderLoad(url, name, 20 + kill * 37)
    const stored = await lines.distinct('request', { request: { $in: [...answered] } })
    t.ok(answered.length >= 20)
    t.equal(stored.length, answered.length)
    t.equal((await verifyAudit(url, name)).broken, undefined)
  }
  await (await openStore({ url, database: name })).close()
  const { waiting, broken, heads } = await verifyAudit(url, name)
  t.same({ waiting, broken, chains: heads.length }, { waiting: 0, broken: undefined, chains: 4 })
})
