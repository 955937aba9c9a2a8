/** The secrets of the server: made once, kept in one file, and the same for every instance of one database. `access.md` section 12. */
import { createHash, generateKeyPairSync, type JsonWebKey, randomBytes } from 'node:crypto'
import { mkdir, open, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { fail, ok, type Result } from '../resources/outcome.ts'

/** A private key with what a token must name it by. https://www.rfc-editor.org/rfc/rfc7517 */
export type SigningKey = JsonWebKey & { readonly kid: string; readonly alg: string }

export interface Secrets {
  /** 32 bytes: digests of the registry. */
  readonly registry: Uint8Array
  /** 32 bytes: links to pages. */
  readonly paging: Uint8Array
  /** Signs demonstration tokens; absent without demonstration. */
  readonly demoKey?: SigningKey
}

/** What the file holds: bytes in base64, the key as a JWK. */
interface SecretsFile {
  readonly registry: string
  readonly paging: string
  readonly demoKey?: SigningKey
}

const secretBytes = 32
/** Reading by others, or writing by anybody but the owner. */
const tooOpen = 0o027

const newSecret = (): string => randomBytes(secretBytes).toString('base64')

function newSigningKey(): SigningKey {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return { ...privateKey.export({ format: 'jwk' }), alg: 'ES256', kid: `demo-${randomBytes(6).toString('hex')}` }
}

const newFile = (demo: boolean): SecretsFile => ({
  registry: newSecret(),
  paging: newSecret(),
  ...(demo ? { demoKey: newSigningKey() } : {}),
})

const print = (file: SecretsFile): string => `${JSON.stringify(file, null, 2)}\n`

const hasCode = (error: unknown, code: string): boolean =>
  error instanceof Error && 'code' in error && error.code === code

/** Makes the file unless another process made it first. */
async function make(path: string, demo: boolean): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  try {
    const file = await open(path, 'wx', 0o600)
    await file.writeFile(print(newFile(demo)))
    await file.close()
  } catch (error) {
    if (!hasCode(error, 'EEXIST')) throw error
  }
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8')
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined
    throw error
  }
}

function parse(text: string): SecretsFile | undefined {
  try {
    const file = JSON.parse(text) as Partial<SecretsFile> | null
    const secrets = [file?.registry, file?.paging].map(secret => Buffer.from(String(secret ?? ''), 'base64').length)
    return secrets.every(length => length === secretBytes) ? (file as SecretsFile) : undefined
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

const toSecrets = ({ registry, paging, demoKey }: SecretsFile, demo: boolean): Secrets => ({
  registry: Buffer.from(registry, 'base64'),
  paging: Buffer.from(paging, 'base64'),
  ...(demo && demoKey !== undefined ? { demoKey } : {}),
})

/**
 * Reads the secrets, and makes those that do not exist yet. Without `demo` no signing key is made or given.
 * @returns the secrets; fails for a file that others may read, or that holds something else.
 */
export async function readSecrets(path: string, demo: boolean): Promise<Result<Secrets>> {
  if ((await textOf(path)) === undefined) await make(path, demo)
  const { mode } = await stat(path)
  if ((mode & tooOpen) !== 0) {
    return fail(
      'badParameter',
      `SECRETS_FILE: expected a file that nobody else may read (chmod 600), found mode ${(mode & 0o777).toString(8)}`,
    )
  }
  const file = parse((await textOf(path)) ?? '')
  if (file === undefined) {
    return fail(
      'badParameter',
      'SECRETS_FILE: expected JSON with `registry` and `paging`, each 32 bytes in base64, found something else',
    )
  }
  if (!demo || file.demoKey !== undefined) return ok(toSecrets(file, demo))
  const completed = { ...file, demoKey: newSigningKey() }
  await writeFile(path, print(completed), { mode: 0o600 })
  return ok(toSecrets(completed, demo))
}

/** @returns a digest that tells secrets apart and reveals none: what a database remembers of them. */
export const fingerprintOf = ({ registry, paging }: Secrets): string =>
  createHash('sha256').update('secrets of a server\0').update(registry).update(paging).digest('hex').slice(0, 32)

/** What keeps the first fingerprint that a database was given. */
export interface FingerprintKeeper {
  /** Keeps `text` unless one is kept already. @returns the one that is kept. */
  fingerprint(text: string): Promise<string>
}

/** Fails when the database was written with other secrets: two instances would disagree without a word. */
export async function checkFingerprint(store: FingerprintKeeper, secrets: Secrets): Promise<Result<undefined>> {
  const own = fingerprintOf(secrets)
  const kept = await store.fingerprint(own)
  return kept === own
    ? ok(undefined)
    : fail(
        'badParameter',
        'SECRETS_FILE: expected the secrets that this database was first used with, found others; copy the file of the first instance, or use another database',
      )
}
