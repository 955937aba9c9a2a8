/** The commands of the operator where there is nothing yet to look at. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import t from 'tap'
import { root } from '../../server/root.ts'

async function run(file: string, dataDir: string): Promise<{ code: unknown; said: string }> {
  const env = { ...process.env, DATA_DIR: dataDir, MONGODB_URL: '' }
  const child = spawn(process.execPath, ['--import', 'tsx', file], { cwd: root, env })
  let said = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes: Buffer) => (said += bytes.toString()))
  const [code] = await once(child, 'close')
  return { code, said }
}

for (const [command, file] of [
  ['jobs', 'server/show-jobs.ts'],
  ['outbox', 'server/show-outbox.ts'],
  ['audit:verify', 'server/audit-verify.ts'],
] as const)
  t.test(`npm run ${command} before the first start says in a sentence what is missing`, async t => {
    const folder = t.testdir({})
    const { code, said } = await run(file, folder)
    t.equal(code, 1)
    t.equal(said, `DATA_DIR: expected a folder that holds a database, found none in ${folder}\n`)
  })
