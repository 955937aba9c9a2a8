/** A MongoDB that speaks TLS only and asks who is there, for one test. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { MongoClient } from 'mongodb'
import type { Test } from 'tap'
import { findMongod } from '../../../server/launch/find-mongod.ts'
import { accepts, freePort } from '../../../server/launch/loopback-port.ts'
import { awaitPrimary } from '../../../server/launch/replica-set.ts'
import { processUrl, setName } from '../../../server/launch/set-url.ts'
import { loopbackCertificate } from './certificate.ts'

export interface GuardedMongod {
  /** @returns the URL for a user; its password is in it. */
  readonly url: (user: string, password: string) => string
}

/** Users by the way in which they prove who they are; the password is the same. */
export const password = 'not a secret: = , %'
const users = [
  { name: 'with=sha,256', mechanisms: ['SCRAM-SHA-256'] },
  { name: 'with-sha-1', mechanisms: ['SCRAM-SHA-1'] },
]

async function launch(binary: string, port: number, more: readonly string[]) {
  const common = ['--replSet', setName, '--bind_ip', '127.0.0.1', '--port', String(port), '--nounixsocket']
  const child = spawn(binary, [...common, '--wiredTigerCacheSizeGB', '0.25', ...more], { stdio: 'ignore' })
  const ended = once(child, 'close')
  while (!(await accepts(port))) {
    if (child.exitCode !== null) throw new Error(`mongod ended with ${child.exitCode}`)
    await sleep(20)
  }
  return {
    pid: child.pid ?? 0,
    end: async () => {
      child.kill('SIGTERM')
      await ended
    },
  }
}

/** Makes the users while nobody is asked, then starts anew with TLS and users. */
export async function startGuardedMongod(test: Test): Promise<GuardedMongod> {
  const { binary } = await findMongod(process.env, sentence => test.comment(sentence))
  const folder = await mkdtemp(join(tmpdir(), 'dmp-guarded-'))
  const [db, both, ca, keyFile] = ['db', 'both.pem', 'ca.pem', 'key'].map(name => join(folder, name)) as [
    string,
    string,
    string,
    string,
  ]
  await mkdir(db)
  const { certificate, key } = loopbackCertificate()
  await writeFile(ca, certificate)
  await writeFile(both, certificate + key)
  await writeFile(keyFile, 'c2hhcmVkIGJldHdlZW4gbWVtYmVycw==', { mode: 0o600 })
  const port = await freePort(undefined)
  const files = ['--dbpath', db, '--logpath', join(folder, 'mongod.log'), '--logappend']
  const open = await launch(binary, port, files)
  await awaitPrimary({ port, pid: open.pid })
  const client = await MongoClient.connect(processUrl(port))
  for (const { name, mechanisms } of users)
    await client.db('admin').command({ createUser: name, pwd: password, mechanisms, roles: ['root'] })
  await client.close()
  await open.end()
  const tls = ['--tlsMode', 'requireTLS', '--tlsCertificateKeyFile', both, '--tlsCAFile', ca]
  const guarded = await launch(binary, port, [
    ...files,
    ...tls,
    '--tlsAllowConnectionsWithoutCertificates',
    '--keyFile',
    keyFile,
  ])
  test.teardown(async () => {
    await guarded.end()
    await rm(folder, { recursive: true, force: true })
  })
  const query = `replicaSet=${setName}&tls=true&tlsCAFile=${encodeURIComponent(ca)}`
  return {
    url: (user, secret) =>
      `mongodb://${encodeURIComponent(user)}:${encodeURIComponent(secret)}@127.0.0.1:${port}/?${query}`,
  }
}
