/** The workloads that write: a table. `storage-search.md` names them W1 to W3. */
import { randomUUID } from 'node:crypto'
import { structures } from '../server/demo/people.ts'
import type { Answer } from './client.ts'
import { documentsOf, inTurn, type Kind, type Next } from './kind.ts'
import type { Loaded, LoadedRecord } from './loaded.ts'
import { discharge } from './record-bundles.ts'
import { document, observation, type Place } from './record-resources.ts'

const structure = structures.hospital.finess

/** Where a new resource of the record belongs. */
export const placeIn = ({ subjectOf, practitioners }: Loaded, record: LoadedRecord, at: number): Place => ({
  patient: record.patient,
  ins: record.ins,
  at,
  structure,
  subject: subjectOf(record),
  practitioner: practitioners[at % practitioners.length] ?? '',
  name: randomUUID(),
})

const creating =
  (make: (place: Place) => object, type: string) =>
  (loaded: Loaded): Next => {
    const next = inTurn(documentsOf(loaded.written))
    return () => {
      const record = next()
      const body = JSON.stringify(make(placeIn(loaded, record, record.at)))
      return { method: 'POST', path: `${loaded.root}/${type}`, body }
    }
  }

/** How many want the same at once. */
const crowd = 64

/** One of them creates it, the others find it. @throws when it was otherwise. */
export function oneCreates(answers: readonly Answer[]): void {
  const count = (status: number): number => answers.filter(answer => answer.status === status).length
  const places = new Set(answers.map(answer => answer.header('location')?.replace(/\/_history\/.*$/, '')))
  if (count(201) === 1 && count(200) === answers.length - 1 && places.size === 1) return
  const statuses = [...new Set(answers.map(({ status }) => status))].map(status => `${count(status)} × ${status}`)
  throw new Error(
    `Of ${answers.length} equal conditional creates one was to be answered with 201 and the others with 200, all for ` +
      `one resource; found ${statuses.join(', ')} for ${places.size}`,
  )
}

/** Each crowd wants another resource, and each of the crowd the same. */
function sameForAll(loaded: Loaded): Next {
  const next = inTurn(loaded.written)
  let [left, path, body, condition] = [0, '', '', '']
  return () => {
    if (left === 0) {
      const record = next()
      const value = randomUUID()
      const identifier = [{ system: 'https://laboratory.example/results', value }]
      left = crowd
      path = `${loaded.root}/Observation`
      body = JSON.stringify({ ...observation(placeIn(loaded, record, 0)), identifier })
      condition = `patient=${record.patientId}&identifier=${identifier[0]?.system}|${value}`
    }
    left -= 1
    return { method: 'POST', path, body, headers: { 'if-none-exist': condition } }
  }
}

export const writing: readonly Kind[] = [
  {
    ...{ name: 'W1', as: 'hospital', does: 'create a DocumentReference of 3 kB' },
    open: creating(document, 'DocumentReference'),
  },
  {
    ...{ name: 'W1u', as: 'hospital', does: 'update a DocumentReference of 3 kB, as its depositor' },
    open: loaded => {
      const next = inTurn(documentsOf(loaded.written))
      return () => {
        const record = next()
        const { id } = record
        const made = document({ ...placeIn(loaded, record, record.at), name: '' })
        const body = JSON.stringify({ ...made, id, description: randomUUID() })
        return { method: 'PUT', path: `${loaded.root}/DocumentReference/${id}`, body }
      }
    },
  },
  { ...{ name: 'W1o', as: 'hospital', does: 'create an Observation' }, open: creating(observation, 'Observation') },
  {
    ...{ name: 'W2', as: 'hospital', does: 'a transaction: DocumentReference, PDF of 200 kB, report, 20 results' },
    open: loaded => {
      const next = inTurn(loaded.written)
      return () => {
        const { practitioners } = loaded
        const { practitioner: _one, ...place } = placeIn(loaded, next(), 0)
        const body = JSON.stringify(discharge({ ...place, practitioners, name: randomUUID() }))
        return { method: 'POST', path: loaded.root, body }
      }
    },
  },
  {
    ...{ name: 'W3', as: 'hospital', does: '64 equal conditional creates at once: one creates, 63 find it' },
    open: sameForAll,
    burst: { size: crowd, check: oneCreates },
  },
]
