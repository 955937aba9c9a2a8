/** The workloads that read: a table. `storage-search.md` names them R1 to R8; others are those that servers are compared by. */
import { ask, succeed } from './client.ts'
import { documentsOf, inTurn, type Kind, type Next } from './kind.ts'
import type { Loaded, LoadedRecord } from './loaded.ts'
import { documentTypes, ins, loinc } from './record-resources.ts'

const get = (path: string) => ({ method: 'GET', path }) as const

/** A search for each patient in turn. */
const ofPatients =
  (query: (record: LoadedRecord, loaded: Loaded) => string) =>
  (loaded: Loaded): Next => {
    const next = inTurn(loaded.read)
    return () => get(`${loaded.root}/${query(next(), loaded)}`)
  }

const page = ({ patientId }: LoadedRecord): string => `Observation?patient=${patientId}&_count=20`
const typed = [...documentTypes, '48765-2', '18842-5'].map(code => `${loinc}%7C${code}`).join(',')
const documents = ({ patientId }: LoadedRecord): string =>
  `DocumentReference?patient=${patientId}&type=${typed}&_sort=-date&_count=20`

/** Which page is deep, when there are enough rows. */
const deepPage = 100
const rowsOfPage = 20

/** Follows the links to the last page that is full, at most the hundredth. Links bind to the caller and expire: each round gets its own. */
async function deep(loaded: Loaded, { base, headers = {} }: Parameters<Kind['open']>[1]): Promise<Next> {
  let path = `${loaded.root}/${page(loaded.large)}`
  for (let at = 1; at < deepPage; at += 1) {
    const { entry, link = [] } = JSON.parse((await succeed(base, { ...get(path), headers })).toString()) as {
      readonly entry?: readonly unknown[]
      readonly link?: readonly { readonly relation: string; readonly url: string }[]
    }
    const following = link.find(({ relation }) => relation === 'next')
    if (following === undefined || entry?.length !== rowsOfPage) break
    const { pathname, search } = new URL(following.url)
    path = pathname + search
  }
  return () => get(path)
}

export const reading: readonly Kind[] = [
  {
    ...{ name: 'R1', as: 'gp', does: 'read a DocumentReference of 3 kB by its id' },
    open: ({ read, root }) => {
      const next = inTurn(documentsOf(read))
      return () => get(`${root}/DocumentReference/${next().id}`)
    },
  },
  { ...{ name: 'R2', as: 'gp', does: 'search 20 Observations of a patient' }, open: ofPatients(page) },
  {
    ...{ name: 'R3', as: 'gp', does: 'R2 with the performers included and the Provenance that points to them' },
    open: ofPatients(record => `${page(record)}&_include=Observation:performer&_revinclude=Provenance:target`),
  },
  {
    ...{ name: 'R4', as: 'gp', does: 'count the DocumentReferences of a patient' },
    open: ofPatients(({ patientId }) => `DocumentReference?patient=${patientId}&_summary=count`),
  },
  { ...{ name: 'R5', as: 'gp', does: 'page 100 of R2 in a record of 10,000 results' }, open: deep },
  {
    ...{ name: 'R5.first', as: 'gp', does: 'page 1 of the same' },
    open: loaded => () => get(`${loaded.root}/${page(loaded.large)}`),
  },
  {
    ...{ name: 'R6', as: 'gp', does: 'search a Patient by its INS' },
    open: ofPatients(record => `Patient?identifier=${ins}%7C${record.ins}`),
  },
  {
    ...{ name: 'R7', as: 'gp', does: '$everything of a patient with 1,000 resources' },
    open: ({ wide, root }) => {
      const next = inTurn(wide)
      return () => get(`${root}/Patient/${next().patientId}/$everything?_count=1000`)
    },
  },
  {
    ...{ name: 'R8', as: 'gp', does: 'reports of a patient by the code of a result: a chain in the record' },
    open: ofPatients(({ patientId }) => `DiagnosticReport?patient=${patientId}&result.code=${loinc}%7C718-7`),
  },
  {
    ...{ name: 'R8p', as: 'gp', does: 'R2 by the name of a performer: a chain to the directory' },
    open: ofPatients((record, { family }) => `${page(record)}&performer:Practitioner.family=${family}`),
  },
  {
    ...{ name: 'D1', as: 'gp', does: 'the documents of a patient of 10 types, newest first' },
    open: ofPatients(documents),
  },
  {
    ...{ name: 'D2', as: 'gp', does: 'D1 with the authenticators included and the Provenance that points to them' },
    open: ofPatients(
      record => `${documents(record)}&_include=DocumentReference:authenticator&_revinclude=Provenance:target`,
    ),
  },
  {
    ...{ name: 'O1', as: 'gp', does: 'results of a patient by code and date' },
    open: ofPatients(
      ({ patientId }) => `Observation?patient=${patientId}&code=${loinc}%7C718-7&date=ge2026-03-01&date=lt2026-05-01`,
    ),
  },
]

/** @param finds whether nothing found is no answer. @returns why a server does not perform a request, in its words; undefined when it performs it. @throws when it fails otherwise. */
export async function whyNot(base: string, asked: ReturnType<Next>, finds = false): Promise<string | undefined> {
  const answer = await ask(base, asked)
  if (answer.status < 400 && finds && !answer.body().includes('"entry":[{')) return 'it finds nothing in these records'
  if (answer.status < 400) return undefined
  const said = answer.body().toString()
  const { issue = [] } = (said.startsWith('{') ? JSON.parse(said) : {}) as {
    readonly issue?: readonly { readonly code?: string; readonly diagnostics?: string }[]
  }
  const reasons = issue.filter(({ code }) => code === 'not-supported').map(({ diagnostics }) => diagnostics ?? '')
  if (reasons.length > 0) return reasons.join(' ')
  throw new Error(`${asked.method} ${asked.path} was answered with ${answer.status}: ${said.slice(0, 1000)}`)
}
