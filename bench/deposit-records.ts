/** Puts the records into a server through its public interface. */
import { succeed } from './client.ts'
import type { Amount, Loaded, LoadedRecord } from './loaded.ts'
import { idsOf, posting, type Receiver } from './receiver.ts'
import { deposit, post, results, type Transaction, transactionOf } from './record-bundles.ts'
import { insOf } from './record-resources.ts'

/** Where records come from. */
export interface RecordSource {
  /** Puts down what all records need. @returns the number of resources. */
  readonly begin: () => Promise<number>
  /** Puts one record down. */
  readonly deposit: (patient: number) => Promise<{ readonly record: LoadedRecord; readonly resources: number }>
}

export interface Loading {
  readonly receiver: Receiver
  readonly amount: Amount
  /** Records of another making than our own. */
  readonly source?: RecordSource
  readonly onProgress: (done: number) => void
}

/** Transactions under way at once: they share the writing of the journal. */
const atOnce = 8

/** Resources of one transaction of a large record. */
const mostAtOnce = 500

/** All practitioners bear it. */
export const family = 'LEFEBVRE'
const performers = 30
const wideRecords = 4

const send = ({ base, root, hospital }: Receiver, bundle: Transaction): Promise<Buffer> =>
  succeed(base, posting(root, bundle, hospital))

/** Practitioners of the directory. */
async function depositPractitioners({ base, root, operator }: Receiver): Promise<readonly string[]> {
  const entries = Array.from({ length: performers }, (_, at) =>
    post(
      { resourceType: 'Practitioner', active: true, name: [{ family, given: [`Prénom ${at}`] }] },
      `performer ${at}`,
    ),
  )
  const answer = await succeed(base, posting(root, transactionOf(entries), operator))
  return idsOf(answer, 'Practitioner').map(id => `Practitioner/${id}`)
}

/** Keeps so many tasks under way until all are done. */
export async function each<Task>(tasks: readonly Task[], perform: (task: Task) => Promise<void>): Promise<void> {
  const waiting = tasks.values()
  const worker = async (): Promise<void> => {
    for (const task of waiting) await perform(task)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

/** Whose resources they are, as the transactions want it said. */
const whose = (receiver: Receiver, practitioners: readonly string[]) => (record: Omit<LoadedRecord, 'documents'>) => ({
  patient: record.patient,
  ins: record.ins,
  structure: receiver.structure,
  subject: receiver.subjectOf(record),
  practitioners,
})

type Whose = ReturnType<typeof whose>

const begin = async (receiver: Receiver, patient: number) => ({
  patient,
  patientId: await receiver.open(patient),
  ins: insOf(patient),
})

/** Records that are all as large as each other. */
const evenRecords = (receiver: Receiver, of: Whose): RecordSource => ({
  begin: async () => 0,
  deposit: async patient => {
    const record = await begin(receiver, patient)
    const bundle = deposit(of(record))
    const documents = idsOf(await send(receiver, bundle), 'DocumentReference')
    await receiver.authorise(record.patientId)
    return { record: { ...record, documents }, resources: receiver.resourcesOfOpening + bundle.entry.length }
  },
})

/** A record that holds results and nothing else. */
async function depositMany(
  receiver: Receiver,
  of: Whose,
  { patient, rows }: { patient: number; rows: number },
): Promise<LoadedRecord> {
  const record = await begin(receiver, patient)
  await receiver.authorise(record.patientId)
  const starts = Array.from({ length: Math.ceil(rows / mostAtOnce) }, (_, at) => at * mostAtOnce)
  for (const from of starts) {
    const count = Math.min(mostAtOnce, rows - from)
    await send(receiver, results({ ...of(record), name: `many ${patient}` }, { from, count }))
  }
  return { ...record, documents: [] }
}

/** The record of 10,000 results, and those of 1,000 resources. */
async function depositLarge(receiver: Receiver, of: Whose, { patients, rows, wide }: Amount) {
  const large: LoadedRecord[] = []
  const sizes = [rows, ...Array.from({ length: wideRecords }, () => wide - receiver.resourcesOfOpening)]
  await each([...sizes.entries()], async ([at, size]) => {
    large[at] = await depositMany(receiver, of, { patient: patients + at, rows: size })
  })
  const [largest, ...others] = large
  if (largest === undefined) throw new Error('There is no large record')
  const resources = sizes.reduce((sum, size) => sum + size + receiver.resourcesOfOpening, 0)
  return { large: largest, wide: others, resources }
}

/** Loads so many records, a few at once. @throws when the server refuses one. */
export async function depositRecords({ receiver, amount, source, onProgress }: Loading): Promise<Loaded> {
  const { patients } = amount
  const practitioners = await depositPractitioners(receiver)
  const of = whose(receiver, practitioners)
  const from = source ?? evenRecords(receiver, of)
  const records: LoadedRecord[] = []
  let resources = practitioners.length + (await from.begin())
  await each(
    Array.from({ length: patients }, (_, patient) => patient),
    async patient => {
      const done = await from.deposit(patient)
      records.push(done.record)
      resources += done.resources
      onProgress(records.length)
    },
  )
  const { resources: more, ...large } = await depositLarge(receiver, of, amount)
  // Thin records are loaded first, whatever their number.
  const inOrder = records.sort((one, other) => one.patient - other.patient)
  return {
    ...{ root: receiver.root, hospital: receiver.hospital, gp: receiver.gp, subjectOf: receiver.subjectOf },
    read: inOrder.filter((_, at) => at % 2 === 0),
    written: inOrder.filter((_, at) => at % 2 === 1),
    ...{ ...large, practitioners, family, resources: resources + more },
  }
}
