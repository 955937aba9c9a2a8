import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { root } from '../../server/root.ts'
import { testDatabase } from '../support/mongod.ts'
import { programArguments } from '../support/program.ts'

interface Program {
  readonly child: ChildProcess
  readonly said: () => string
  readonly ended: Promise<unknown>
}

function program(environment: Readonly<Record<string, string>>): Program {
  const { PATH = '', HOME = '' } = process.env
  const child = spawn(process.execPath, programArguments('server/main.ts'), {
    cwd: root,
    env: { PATH, HOME, ...environment },
  })
  const parts: Buffer[] = []
  child.stdout.on('data', part => parts.push(part))
  child.stderr.on('data', part => parts.push(part))
  return { child, said: () => Buffer.concat(parts).toString(), ended: once(child, 'close') }
}

t.test('the program says every bad setting and ends with 1', async t => {
  const { child, said, ended } = program({ PORT: 'x', ZONE: 'Lutece' })
  await ended
  t.equal(child.exitCode, 1)
  t.match(said(), /The server does not start:\n- PORT: expected .*\n- ZONE: expected/)
})

t.test('the program says where it is, warns of the regime none, and ends with 0 when it is asked to stop', async t => {
  const { url, name } = await testDatabase(t)
  const folder = mkdtempSync(join(tmpdir(), 'main-'))
  t.teardown(() => rmSync(folder, { recursive: true }))
  const { child, said, ended } = program({
    MONGODB_URL: url,
    MONGODB_DATABASE: name,
    DATA_DIR: folder,
    SECRETS_FILE: join(folder, 'secrets.json'),
    PORT: '0',
    ACCESS_REGIME: 'none',
  })
  t.teardown(() => child.kill('SIGKILL'))
  await new Promise<void>(resolve => {
    child.stdout?.on('data', () => (said().includes('Documentation') ? resolve() : undefined))
  })
  const base = /FHIR base +(\S+)/.exec(said())?.[1] ?? ''
  const answer = await fetch(`${base}/metadata`, { headers: { 'x-request-id': 'logged-1' } })
  t.equal(answer.headers.get('x-access-regime'), 'none')
  child.kill('SIGINT')
  child.kill('SIGTERM')
  await ended
  t.equal(child.exitCode, 0)
  t.match(said(), /THIS SERVER PROTECTS NOTHING/)
  t.match(said(), /"request":"logged-1","method":"GET","route":"\/fhir\/metadata","status":200/)
  t.match(said(), /Stopping/)
  await t.rejects(fetch(`${base}/metadata`))
})
