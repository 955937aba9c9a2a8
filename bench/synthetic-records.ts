/** Records of fixtures/synthetic: as different from each other as those of a population, the same for the same seed. */
import { directoryEntries } from '../fixtures/synthetic/directory.ts'
import { type Literal, literalDirectory, literalRecord, loadingOrder } from '../fixtures/synthetic/literal.ts'
import { recordOf, type SyntheticRecord } from '../fixtures/synthetic/record.ts'
import { type Headers, succeed } from './client.ts'
import { each, type RecordSource } from './deposit-records.ts'
import type { Loaded, LoadedRecord } from './loaded.ts'
import { idsOf, posting, type Receiver } from './receiver.ts'
import { type Transaction, transactionOf } from './record-bundles.ts'
import { document } from './record-resources.ts'
import { placeIn } from './writing.ts'

/** Resources of one transaction where they are put by their ids. */
const mostEntries = 100

/** A document that is neither a note nor a volume: bytes. */
const usualSize = { least: 2000, most: 5000 }

const place = (type: string): number => (loadingOrder as readonly string[]).indexOf(type)

const putting = ({ type, id, json }: Literal): object => ({
  resource: JSON.parse(json) as object,
  request: { method: 'PUT', url: `${type}/${id}` },
})

/** Transactions that any server takes: the patient, then what is referred to before who refers to it. */
function inPuts(literals: readonly Literal[]): readonly Transaction[] {
  const sorted = [...literals].sort((one, other) => place(one.type) - place(other.type))
  const [patients, others] = [true, false].map(isPatient =>
    sorted.filter(({ type }) => (type === 'Patient') === isPatient).map(putting),
  )
  const rest = others ?? []
  const starts = Array.from({ length: Math.ceil(rest.length / mostEntries) }, (_, at) => at * mostEntries)
  const parts = [patients ?? [], ...starts.map(start => rest.slice(start, start + mostEntries))]
  return parts.filter(part => part.length > 0).map(transactionOf)
}

const send = ({ base, root }: Receiver, bundle: object, headers: Headers): Promise<Buffer> =>
  succeed(base, posting(root, bundle, headers))

/** As in life: each step by who deposits it. @returns the id of the patient. */
async function depositSteps(receiver: Receiver, { steps }: SyntheticRecord): Promise<string> {
  let patientId = ''
  for (const { depositor, bundle } of steps) {
    const headers = { ...receiver.hospital, ...(await receiver.headersFor?.(depositor, patientId)) }
    const answer = await send(receiver, bundle, headers)
    if (patientId === '') [patientId = ''] = idsOf(answer, 'Patient')
  }
  return patientId
}

async function putAll(receiver: Receiver, literals: readonly Literal[]): Promise<string> {
  for (const bundle of inPuts(literals)) await send(receiver, bundle, receiver.hospital)
  return literals.find(({ type }) => type === 'Patient')?.id ?? ''
}

export const syntheticRecords = (receiver: Receiver, seed: string): RecordSource => ({
  begin: async () => {
    if (receiver.headersFor === undefined) await putAll(receiver, literalDirectory())
    else for (const entries of directoryEntries) await send(receiver, transactionOf(entries), receiver.operator)
    return directoryEntries.flat().length
  },
  deposit: async patient => {
    const made = recordOf({ seed, patient })
    const patientId =
      receiver.headersFor === undefined
        ? await putAll(receiver, literalRecord(made))
        : await depositSteps(receiver, made)
    return { record: { patient, patientId, ins: made.ins.value, documents: [] }, resources: made.size }
  },
})

interface Page {
  readonly entry?: readonly { readonly resource: { readonly id: string } }[]
}

async function seen(base: string, { root, gp }: Loaded, query: string): Promise<NonNullable<Page['entry']>> {
  const answer = await succeed(base, { method: 'GET', path: `${root}/${query}`, headers: gp })
  return (JSON.parse(answer.toString()) as Page).entry ?? []
}

/** What the practitioner sees of a record, when it is enough to be measured on. */
async function readable(base: string, loaded: Loaded, record: LoadedRecord): Promise<readonly LoadedRecord[]> {
  const results = await seen(base, loaded, `Observation?patient=${record.patientId}&_count=20`)
  if (results.length < 20) return []
  const found = await seen(base, loaded, `DocumentReference?patient=${record.patientId}&_count=20`)
  const documents = found
    .filter(({ resource }) => {
      const { length } = JSON.stringify(resource)
      return length >= usualSize.least && length <= usualSize.most
    })
    .map(({ resource }) => resource.id)
  return [{ ...record, documents }]
}

/** A document of the hospital in the record, for it to update. */
async function withOwnDocument(base: string, loaded: Loaded, record: LoadedRecord): Promise<LoadedRecord> {
  const body = document(placeIn(loaded, record, 0))
  const answer = await succeed(base, posting(`${loaded.root}/DocumentReference`, body, loaded.hospital))
  return { ...record, documents: [(JSON.parse(answer.toString()) as { readonly id: string }).id] }
}

/** @returns what was loaded without the records that nothing can be measured on. @throws when none is left. */
export async function measurable(base: string, loaded: Loaded): Promise<Loaded> {
  const read: LoadedRecord[] = []
  await each(loaded.read, async record => void read.push(...(await readable(base, loaded, record))))
  const written: LoadedRecord[] = []
  await each(loaded.written, async record => void written.push(await withOwnDocument(base, loaded, record)))
  if (read.some(({ documents }) => documents.length > 0)) return { ...loaded, read, written }
  throw new Error(
    '--seed: expected a record with 20 results and a document that the practitioner reads; load more patients',
  )
}
