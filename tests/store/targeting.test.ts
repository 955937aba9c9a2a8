/** Every query names the shard that it needs: the patient, or a key of its own. What asks all shards is declared here. */
import type { Document } from 'mongodb'
import t from 'tap'
import { everything, key, scalar } from '../../search/query.ts'
import { restrict } from '../../security/restriction.ts'
import { opened } from './opened.ts'
import { aLine, aNotice, aPage, aRow, aUnit, created, deleted, newKey, noon, replaced, within } from './rows.ts'

t.setTimeout(300_000)

/** Collections whose shard key is the patient. */
const ofPatients = /^(?:record|record_history|outbox|target_mask|audit_\d{6})$/
/** Collections whose shard key is `_id`, or that are not sharded. */
const byId = /^(?:access|identifier|blob)$/
const unsharded = /^(?:directory|directory_history|audit_chain|agreement|sweep)$/

/** Queries that ask every shard, and why. */
const scatter = [
  {
    what: 'find',
    why: 'a search across records, in the regimes that have it',
    asks: ({ filter }: Document) => filter.type !== undefined && filter._id === undefined,
  },
  { what: 'count', why: 'its count', asks: ({ query }: Document) => query.type !== undefined },
  {
    what: 'find',
    why: 'a start looks for lines that a killed writer left',
    asks: ({ sort }: Document) => sort?.$natural === -1,
  },
  {
    what: 'find',
    why: 'the first start looks once through what an earlier version stored',
    asks: ({ filter }: Document) => Object.keys(filter).join() === '_id' && typeof filter._id?.$gt === 'string',
  },
] as const

const names = (value: unknown): boolean =>
  typeof value === 'string' || (typeof value === 'object' && value !== null && '$in' in value)

function filtersOf(name: string, command: Document): readonly Document[] {
  if (name === 'find') return [command.filter ?? {}]
  if (name === 'count') return [command.query ?? {}]
  if (name === 'update') return command.updates.map(({ q }: Document) => q)
  if (name === 'delete') return command.deletes.map(({ q }: Document) => q)
  if (name === 'findAndModify') return [command.query]
  if (name === 'aggregate') return [command.pipeline[0]?.$match ?? {}]
  return []
}

function misses(name: string, command: Document): string | undefined {
  const collection = String(command[name])
  const told = `${name} ${collection} ${JSON.stringify(filtersOf(name, command))}`
  if (name === 'insert')
    return ofPatients.test(collection) && command.documents.some((one: Document) => !('patient' in one))
      ? told
      : undefined
  if (unsharded.test(collection)) return undefined
  const aimed = filtersOf(name, command).every(
    filter => names(byId.test(collection) ? (filter._id ?? null) : filter.patient) || isRange(filter._id, collection),
  )
  if (!ofPatients.test(collection) && !byId.test(collection)) return `${collection} is in no list`
  return aimed || scatter.some(({ what, asks }) => what === name && asks(command)) ? undefined : told
}

/** Chunks of one blob, or one key. */
const isRange = (_id: unknown, collection: string): boolean =>
  byId.test(collection) && typeof _id === 'object' && _id !== null

t.test('every query is aimed, or declared as one that asks every shard', async t => {
  const missed = new Set<string>()
  const seen = new Set<string>()
  const { store, url, database } = await opened(t, {
    onCommand: (name, command) => {
      if (!['find', 'count', 'insert', 'update', 'delete', 'findAndModify', 'aggregate'].includes(name)) return
      seen.add(`${name} ${command[name]}`)
      const told = misses(name, command)
      if (told !== undefined) missed.add(told)
    },
  })
  const patient = newKey()
  const record = { patient, depositor: 'rpps:1', recompile: true }
  const person = aRow(patient, { _id: patient, type: 'Patient' })
  const [document, other] = [aRow(patient), aRow(patient)]
  const report = aRow(patient, { type: 'DiagnosticReport', follows: [document._id] })
  const organization = aRow('', { patient: null, type: 'Organization', _id: newKey() })
  const outbox = [aNotice(patient)]
  const audit = [aLine(patient)]
  await store.commit(aUnit({ writes: [person, document, other].map(row => created(row)), record, audit, outbox }))
  await store.commit(
    aUnit({ writes: [created(report)], claims: [{ key: patient, collection: 'record', resource: report._id }], audit }),
  )
  await store.commit(aUnit({ writes: [created(organization, 'directory')] }))
  await store.commit(
    aUnit({
      writes: [replaced(document, { ownMask: 1, mask: 1 }), replaced(organization)],
      record: { ...record, recompile: false },
    }),
  )
  await store.commit(aUnit({ writes: [deleted(other)], releases: [patient], record }))
  await store.audit(audit)
  const every = restrict({ collection: 'record', patient: 'every' }, [everything])
  for (const restriction of [within(patient), every]) {
    await store.row(restriction, document.type, document._id)
    await store.rows(restriction, document.type, [document._id])
    await store.stored(restriction, document.type, document._id)
    await store.history(restriction, document.type, document._id, 5)
    await store.version(restriction, document.type, document._id, 1)
    await store.tombstone(restriction, document.type, document._id)
    await store.page(aPage(patient, { restriction, query: key('a=b') }))
    await store.page(aPage(patient, { restriction, order: { by: '_id', descending: true } }))
    await store.count(aPage(patient, { restriction }))
    await store.sortRows(aPage(patient, { restriction }))
    await store.linkRows({ ...aPage(patient, { restriction, query: key('a=b') }), keys: true })
    await store.page(aPage(patient, { restriction, query: scalar('patient', patient) }))
    await store.page(aPage(patient, { restriction, query: scalar('id', document._id) }))
  }
  await store.facts(patient)
  await store.registered([patient])
  const { sha256 } = await store.putBlob(patient, Buffer.from('bytes'))
  for await (const chunk of store.blob(patient, sha256)) t.ok(chunk)
  const asked = {
    patient,
    ownAgent: null,
    visibleMasks: [0],
    masksAfterHidden: [],
    now: noon,
    at: [],
    agents: [],
    types: [],
    entities: [],
    descending: true,
    limit: 5,
  }
  await store.trail.find(asked)
  await store.trail.count(asked)
  const { openStore } = await import('../../server/store/mongo-store.ts')
  await (await openStore({ url, database })).close()
  t.same([...missed], [])
  t.ok(seen.size > 20, [...seen].join(', '))
})
