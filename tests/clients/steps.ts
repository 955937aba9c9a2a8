/** What a client that others wrote does here: a hospital deposits documents for a patient and works with them. */
import t from 'tap'
import { finess, hospital, laboratory } from '../access/support/cast.ts'
import { byFiness, coded, creates, document, type Json, loinc, transaction } from '../access/support/contents.ts'
import { startStage } from '../access/support/stage.ts'
import { select } from '../support/pointer.ts'

/** What a client tells its caller of a refusal. */
export interface Refusal {
  readonly status: number | undefined
  readonly outcome: unknown
}

export interface Operation {
  readonly op: 'replace'
  readonly path: string
  readonly value: unknown
}

/** A foreign client in the words of the specification; each call goes through the client's own interface. */
export interface ForeignClient {
  read(type: string, id: string): Promise<unknown>
  /** Follows the links to the end as the client does it. @returns the ids of each page. */
  pages(type: string, criteria: Readonly<Record<string, string>>): Promise<readonly (readonly unknown[])[]>
  create(resource: Json): Promise<unknown>
  createIfNoneExist(resource: Json, criteria: string): Promise<unknown>
  update(resource: Json, ifMatch: string): Promise<unknown>
  patch(type: string, id: string, operations: Operation[]): Promise<unknown>
  remove(type: string, id: string): Promise<unknown>
  transaction(bundle: Json): Promise<unknown>
  history(type: string, id: string): Promise<unknown>
  /** What the error says with which a call was rejected. */
  refusal(error: unknown): Promise<Refusal>
}

/** Where the server is, and a signed token for it. */
export interface Access {
  readonly base: string
  readonly token: string
}

interface Scene {
  readonly client: ForeignClient
  /** A record that is open, and nothing of the hospital in it. */
  readonly record: { readonly id: string }
  readonly documentOf: (elements?: Json) => Json
  /** A document that the laboratory deposited into the same record. */
  readonly hidden: () => Promise<string>
}

const type = 'DocumentReference'
const asStored = (given: unknown): Json & { readonly id: string } => given as Json & { readonly id: string }
const numbered = (value: string): Json => ({ identifier: [{ system: 'https://hospital.example/documents', value }] })
const titleAndVersion = (given: unknown): readonly unknown[] => [
  ...select(given, '/description'),
  ...select(given, '/meta/versionId'),
]

/** @returns the status and what the OperationOutcome says first; a call that was not refused fails the test. */
async function refused(client: ForeignClient, attempt: Promise<unknown>): Promise<readonly unknown[]> {
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason ?? 'no reason',
  )
  if (error === undefined) return ['not refused']
  const { status, outcome } = await client.refusal(error)
  return [status, select(outcome, '/resourceType')[0], select(outcome, '/issue/0/code')[0]]
}

type Row = readonly [sentence: string, expected: unknown, step: (scene: Scene) => Promise<unknown>]

const reads: readonly Row[] = [
  [
    'reads back what it deposited',
    ['first', '1'],
    async ({ client, documentOf }) => {
      const { id } = asStored(await client.create(documentOf({ description: 'first' })))
      return titleAndVersion(await client.read(type, id))
    },
  ],
  [
    'follows the links of a search to the end and meets each document once',
    { first: 2, different: 5, all: 5 },
    async ({ client, documentOf, record }) => {
      for (let n = 0; n < 5; n += 1) await client.create(documentOf({ description: `${n}` }))
      const pages = await client.pages(type, { patient: record.id, _count: '2' })
      const ids = pages.flat()
      return { first: pages[0]?.length, different: new Set(ids).size, all: ids.length }
    },
  ],
  [
    'reads the versions of a document, the newest first',
    ['2', '1'],
    async ({ client, documentOf }) => {
      const stored = asStored(await client.create(documentOf()))
      await client.update({ ...stored, description: 'second' }, 'W/"1"')
      return select(await client.history(type, stored.id), '/entry/*/resource/meta/versionId')
    },
  ],
  [
    'is told of a document of somebody else that there is none',
    [404, 'OperationOutcome', 'not-found'],
    async ({ client, hidden }) => refused(client, client.read(type, await hidden())),
  ],
]

const writes: readonly Row[] = [
  [
    'updates the version that it read',
    ['second', '2'],
    async ({ client, documentOf }) => {
      const stored = asStored(await client.create(documentOf()))
      return titleAndVersion(await client.update({ ...stored, description: 'second' }, 'W/"1"'))
    },
  ],
  [
    'sees 412 when it updates a former version, and nothing is changed',
    [412, 'OperationOutcome', 'conflict', 'second', '2'],
    async ({ client, documentOf }) => {
      const stored = asStored(await client.create(documentOf()))
      await client.update({ ...stored, description: 'second' }, 'W/"1"')
      const refusal = await refused(client, client.update({ ...stored, description: 'stale' }, 'W/"1"'))
      return [...refusal, ...titleAndVersion(await client.read(type, stored.id))]
    },
  ],
  [
    'patches one element',
    ['superseded', '2'],
    async ({ client, documentOf }) => {
      const { id } = asStored(await client.create(documentOf({ description: 'first' })))
      await client.patch(type, id, [{ op: 'replace', path: '/status', value: 'superseded' }])
      const patched = await client.read(type, id)
      return [...select(patched, '/status'), ...select(patched, '/meta/versionId')]
    },
  ],
  [
    'deletes a document, which is gone',
    [410, 'OperationOutcome', 'deleted'],
    async ({ client, documentOf }) => {
      const { id } = asStored(await client.create(documentOf()))
      await client.remove(type, id)
      return refused(client, client.read(type, id))
    },
  ],
  [
    'creates once what it names by an identifier',
    { same: true, found: 1 },
    async ({ client, documentOf, record }) => {
      const criteria = `patient=${record.id}&identifier=https://hospital.example/documents|once`
      const document = documentOf(numbered('once'))
      const first = asStored(await client.createIfNoneExist(document, criteria))
      const second = asStored(await client.createIfNoneExist(document, criteria))
      return { same: first.id === second.id, found: (await client.pages(type, { patient: record.id })).flat().length }
    },
  ],
  [
    'deposits two documents in a transaction',
    { statuses: ['201', '201'], found: 2 },
    async ({ client, documentOf, record }) => {
      const answer = await client.transaction(transaction(creates(documentOf()), creates(documentOf())))
      const statuses = select(answer, '/entry/*/response/status').map(status => String(status).slice(0, 3))
      return { statuses, found: (await client.pages(type, { patient: record.id })).flat().length }
    },
  ],
  [
    'is refused a transaction as a whole when one of its entries is not valid',
    { refusal: [422, 'OperationOutcome'], found: 0 },
    async ({ client, documentOf, record }) => {
      const bundle = transaction(creates(documentOf()), creates(documentOf({ content: 'none' })))
      const refusal = (await refused(client, client.transaction(bundle))).slice(0, 2)
      return { refusal, found: (await client.pages(type, { patient: record.id })).flat().length }
    },
  ],
]

/** Starts a server in the regime `dmp` and lets the client take every step, each in a record of its own. */
export async function takesEveryStep(name: string, connect: (access: Access) => ForeignClient): Promise<void> {
  t.setTimeout(240_000) // a busy machine takes its time
  const stage = await startStage(t)
  const { base } = stage
  const client = connect({ base, token: await stage.token(hospital) })
  for (const [sentence, expected, step] of [...reads, ...writes])
    t.test(`${name} ${sentence}`, async t => {
      const record = await stage.open()
      const by = (deposit: string): Json => ({ author: [byFiness(deposit)] })
      const documentOf = (elements: Json = {}): Json => document(record, { ...by(finess.hospital), ...elements })
      const hidden = (): Promise<string> =>
        stage.createOne(laboratory, document(record, { ...by(finess.laboratory), type: coded(loinc, '11502-2') }))
      t.same(await step({ client, record, documentOf, hidden }), expected)
    })
  t.test(`${name} sees 401 with a token that nobody signed`, async t => {
    const stranger = connect({ base, token: 'none' })
    t.same((await refused(stranger, stranger.read(type, 'any'))).slice(0, 2), [401, 'OperationOutcome'])
  })
}
