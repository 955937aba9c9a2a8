/** The notices of the records, the ways of asking for them, and who reads which, said in the plainest words. `docs/decisions/0035-notices.md` */
import { MongoClient } from 'mongodb'
import { asks, batch } from '../access/support/contents.ts'
import type { Stage } from '../access/support/stage.ts'
import { select } from '../support/pointer.ts'
import type { GridActor } from './actors.ts'
import type { Asked, Door } from './doors.ts'
import type { GridObject, GridRecord } from './objects.ts'

/** A notice in a record: an object of the grid that says to whom it is addressed and from whom it is kept. */
export interface GridNotice extends GridObject {
  /** `patient`, or the RPPS of a professional. */
  readonly to: string
  readonly keptFrom: ReadonlySet<unknown>
}

/** Waits until nothing that is due is still to be told. */
async function settled(client: MongoClient, name: string): Promise<void> {
  for (let tried = 0; tried < 1200; tried += 1) {
    const due = { due: { $lte: new Date() } }
    if ((await client.db(name).collection('outbox').countDocuments(due)) === 0) return
    await new Promise(resolve => setTimeout(resolve, 100))
  }
  throw new Error('notices are still to be delivered')
}

const noticeOf = ({ kind }: GridRecord, json: unknown): GridNotice => {
  const [id, reference, rpps] = ['/id', '/recipient/0/reference', '/recipient/0/identifier/value'].map(
    path => select(json, path)[0],
  )
  return {
    ...{ record: kind, name: `notice ${id}`, type: { system: '', code: '' }, traits: [], id: String(id) },
    ...{ binary: '', number: '', to: String(reference ?? '').startsWith('Patient/') ? 'patient' : String(rpps) },
    keptFrom: new Set(select(json, '/meta/security/*/code')),
  }
}

/** Every notice that stands in the records by now, read where it is stored. */
export async function noticesIn(stage: Stage, records: readonly GridRecord[]) {
  const { MONGODB_URL = '', MONGODB_DATABASE = '' } = stage.server.environment
  const client = new MongoClient(MONGODB_URL)
  try {
    await settled(client, MONGODB_DATABASE)
    const rows = client.db(MONGODB_DATABASE).collection('record')
    return await Promise.all(
      records.map(async record => {
        const found = await rows.find({ patient: record.id, type: 'Communication' }).toArray()
        return { record, objects: found.map(({ json }) => noticeOf(record, JSON.parse(json.toString('utf8')))) }
      }),
    )
  } finally {
    await client.close()
  }
}

/** The patient reads what is not kept from him, who represents him the same, a médecin traitant what is addressed to him. */
export function reads(who: GridActor, { record, to, keptFrom }: GridNotice): boolean {
  if (record === 'closed') return false
  const fromPatient = keptFrom.has('INVISIBLE_PATIENT')
  switch (who.kind) {
    case 'patient':
      return who.of === record && !fromPatient
    case 'representative':
      return who.of === record && record !== 'other' && !fromPatient && !keptFrom.has('INVISIBLE_REPRESENTANTS_LEGAUX')
    case 'professional':
      return who.relation === 'treating' && record !== 'other' && who.actor.claims.rpps === to
    case 'depositor':
    case 'nobody':
      return false
  }
}

/** What comes out of a Bundle, page after page. */
async function walk({ ask }: Asked, path: string): Promise<ReadonlySet<string>> {
  const ids: string[] = []
  for (let next: string | undefined = path; next !== undefined && ids.length < 5000; ) {
    const { json } = await ask(`GET ${next}`)
    ids.push(...select(json, '/entry/*/resource/id').map(String))
    next = select(json, '/link/[relation=next]/url').map(String)[0]
  }
  return new Set(ids)
}

const walking =
  (path: (record: GridRecord) => string): Door['shows'] =>
  asked =>
    walk(asked, path(asked.record))

/** A record has hundreds of notices: so many ids keep a URL in its bounds. */
const idsAtOnce = 40

/** Only a number comes out, of those that are named: of some at a time. */
const counting =
  (more: string): Door['shows'] =>
  async ({ ask, record }, objects) => {
    let sum = 0
    for (let from = 0; from < objects.length; from += idsAtOnce) {
      const ids = objects.slice(from, from + idsAtOnce).map(({ id }) => id)
      const { json } = await ask(`GET Communication?patient=${record.id}&_id=${ids.join(',')}&${more}`)
      sum += Number(select(json, '/total')[0] ?? 0)
    }
    return sum
  }

/** Each by its id, all in one batch. */
const batched =
  (path: (id: string) => string): Door['shows'] =>
  async ({ ask }, objects) => {
    const { json } = await ask('POST ', { body: batch(...objects.map(({ id }) => asks('GET', path(id)))) })
    const statuses = select(json, '/entry/*/response/status').map(String)
    return new Set(objects.filter((_, at) => statuses[at]?.startsWith('200')).map(({ id }) => id))
  }

/** The doors by which notices come out. */
const open: readonly (readonly [string, Door['shows']])[] = [
  ['search', walking(({ id }) => `Communication?patient=${id}&_count=50`)],
  ['compartment', walking(({ id }) => `Patient/${id}/Communication?_count=50`)],
  ['several types', walking(({ id }) => `?_type=Communication,Observation&patient=${id}&_count=50`)],
  ['$everything', walking(({ id }) => `Patient/${id}/$everything?_type=Communication`)],
  ['read', batched(id => `Communication/${id}`)],
  ['count', counting('_summary=count')],
  ['total', counting('_total=accurate&_count=1')],
]

/** A notice is written once: its history is promised to nobody, and opens to nobody. */
const shut: readonly (readonly [string, Door['shows']])[] = [
  ['history of the type', walking(({ id }) => `Communication/_history?patient=${id}&_count=50`)],
  ['history of one', batched(id => `Communication/${id}/_history`)],
  ['vread', batched(id => `Communication/${id}/_history/1`)],
]

const named =
  (opens: Door['opens'] & object) =>
  ([name, shows]: readonly [string, Door['shows']]): Door => ({
    ...{ name: `notices: ${name}`, whole: true, shows },
    opens,
  })

export const noticeDoors: readonly Door[] = [
  ...open.map(named((who, object) => reads(who, object as GridNotice))),
  ...shut.map(named(() => false)),
]
