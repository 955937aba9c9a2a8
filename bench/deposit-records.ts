/** Puts the records into a server through its public interface. */
import { structures } from '../server/demo/people.ts'
import { succeed } from './client.ts'
import type { Amount, Loaded, LoadedRecord } from './loaded.ts'
import { idsOf, posting, type Receiver } from './receiver.ts'
import { deposit, post, results, type Transaction, transactionOf } from './record-bundles.ts'
import { insOf } from './record-resources.ts'

export interface Loading {
  readonly receiver: Receiver
  readonly amount: Amount
  readonly onProgress: (done: number) => void
}

/** Transactions under way at once: they share the writing of the journal. */
const atOnce = 8

/** Resources of one transaction of a large record. */
const mostAtOnce = 500

const family = 'LEFEBVRE'
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
async function each<Task>(tasks: readonly Task[], perform: (task: Task) => Promise<void>): Promise<void> {
  const waiting = tasks.values()
  const worker = async (): Promise<void> => {
    for (const task of waiting) await perform(task)
  }
  await Promise.all(Array.from({ length: atOnce }, worker))
}

/** Whose resources they are, as the transactions want it said. */
const whose = (receiver: Receiver, practitioners: readonly string[]) => (record: Omit<LoadedRecord, 'documents'>) => ({
  patient: record.patient,
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

async function depositOne(receiver: Receiver, of: Whose, patient: number): Promise<LoadedRecord> {
  const record = await begin(receiver, patient)
  const documents = idsOf(await send(receiver, deposit(of(record))), 'DocumentReference')
  await receiver.authorise(record.patientId)
  return { ...record, documents }
}

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

/** Loads so many records, a few at once. @throws when the server refuses one. */
export async function depositRecords({ receiver, amount, onProgress }: Loading): Promise<Loaded> {
  const { patients, rows, wide } = amount
  const practitioners = await depositPractitioners(receiver)
  const of = whose(receiver, practitioners)
  const records: LoadedRecord[] = []
  await each(
    Array.from({ length: patients }, (_, patient) => patient),
    async patient => {
      records.push(await depositOne(receiver, of, patient))
      onProgress(records.length)
    },
  )
  const large: LoadedRecord[] = []
  const sizes = [rows, ...Array.from({ length: wideRecords }, () => wide - receiver.resourcesOfOpening)]
  await each([...sizes.entries()], async ([at, size]) => {
    large[at] = await depositMany(receiver, of, { patient: patients + at, rows: size })
  })
  const [largest, ...others] = large
  if (largest === undefined) throw new Error('There is no large record')
  const inOne = deposit({ patient: 0, structure: structures.hospital.finess, subject: {}, practitioners }).entry.length
  const middle = Math.ceil(patients / 2)
  return {
    ...{ root: receiver.root, hospital: receiver.hospital, gp: receiver.gp, subjectOf: receiver.subjectOf },
    read: records.slice(0, middle),
    written: records.slice(middle),
    ...{ large: largest, wide: others, practitioners, family },
    resources:
      practitioners.length +
      patients * (inOne + receiver.resourcesOfOpening) +
      sizes.reduce((sum, size) => sum + size + receiver.resourcesOfOpening, 0),
  }
}
