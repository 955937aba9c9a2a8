/** The one record that a unit of writes names. `access.md` section 6, "Naming the patient in a deposit". */
import { patientReferences } from '../../../resources/compartment.ts'
import { listOf, objectOf } from '../../../resources/json-value.ts'
import { fail, ok, type Result } from '../../../resources/outcome.ts'
import { fullUrlsOf, parseReference } from '../../../resources/reference.ts'
import type { Reference } from '../../../resources/resource.ts'
import type { PatientName } from '../../../search/search-request.ts'
import { isIns } from '../../../security/actor-identifier.ts'
import { belongsToRecords } from '../../../security/belongs-to-records.ts'
import type { Call, Context } from '../interaction.ts'
import { locate } from '../locate.ts'
import { patientKeys } from '../patient-names.ts'
import { matchesOf, parseCriteria } from './conditional.ts'
import { followedRecord } from './followed-record.ts'
import { insOf } from './ins.ts'
import type { Item, UnitRecord } from './item.ts'
import { withoutMerged } from './of-record.ts'
import { identifierOf } from './one-identifier.ts'
import { type Asking, patientMeant } from './patient-meant.ts'
import { deletedBy } from './settle-all.ts'
import { sourcePatient } from './source-patient.ts'
import { type Kept, whoseIsTarget, whoseItIs } from './whose-it-is.ts'

/** What a reference means: a record by key, the Patient that this unit creates, somebody unknown, or nothing about patients. */
type Named = Kept | 'created' | 'unknown' | 'nobody' | Refused

/** Criteria that mean nobody, or several, or cannot be read. */
type Refused = Extract<Result<never>, { readonly ok: false }>

/** Everything that is needed to understand a reference inside a unit. */
interface Reading extends Asking {
  /** Whom identifiers, ids and criteria mean: entries of one deposit name one patient many times. */
  readonly known: Map<string, Promise<Named>>
}

/** Looks a patient up once for the whole unit. */
function lookedUp({ context, known }: Reading, name: PatientName): Promise<Named> {
  const key = JSON.stringify(name)
  const found = known.get(key) ?? patientKeys(context, name).then(onlyKey)
  known.set(key, found)
  return found
}

const onlyKey = (keys: readonly string[]): Named => {
  const [key, other] = keys
  return key === undefined || other !== undefined ? 'unknown' : { key }
}

const byIdentifier = async (reading: Reading, system: string | undefined, value: string | undefined): Promise<Named> =>
  system === undefined || value === undefined ? 'unknown' : lookedUp(reading, { by: 'identifier', system, value })

/** Whom a conditional reference means. https://hl7.org/fhir/R4/http.html#trules */
async function bySearch(reading: Reading, holder: Item, criteria: string): Promise<Named> {
  const meant = await patientMeant(reading, holder, criteria)
  if (!meant.ok) return reading.context.regime.needsFacts ? 'unknown' : meant
  return 'entry' in meant.value ? byPatientItem(reading, meant.value.entry) : meant.value
}

/** Looks for criteria once for the whole unit. */
function searchedOnce(reading: Reading, holder: Item, criteria: string): Promise<Named> {
  const key = `${holder.method} ${holder.type} ${criteria}`
  const found = reading.known.get(key) ?? bySearch(reading, holder, criteria)
  reading.known.set(key, found)
  return found
}

/** The Patient whom a conditional create finds. What is wrong with its criteria is said when the item is settled. */
async function byCondition(reading: Reading, criteria: string): Promise<Named> {
  const { context, call, gone } = reading
  const request = parseCriteria(context, 'Patient', { criteria, path: 'Patient' })
  if (!request.ok) return 'created'
  if (context.regime.onePatient) {
    const identifier = identifierOf(request.value)
    const known = identifier === undefined ? 'unknown' : await lookedUp(reading, identifier)
    return known === 'unknown' ? 'created' : known
  }
  const asked = { type: 'Patient', request: request.value, patient: 'every', facts: undefined, gone } as const
  const [row, other] = await matchesOf(context, call, asked)
  return row === undefined || other !== undefined ? 'created' : { key: row._id }
}

/** Asked once for each item: between two answers another unit could create the Patient. */
function byPatientItem(reading: Reading, item: Item): Promise<Named> {
  const key = `item ${reading.items.indexOf(item)}`
  const found = reading.known.get(key) ?? patientItem(reading, item)
  reading.known.set(key, found)
  return found
}

async function patientItem(reading: Reading, item: Item): Promise<Named> {
  const condition = item.ifNoneExist ?? item.criteria
  if (condition !== undefined) return byCondition(reading, condition)
  if (item.method === 'POST') return 'created'
  const place = await locate(reading.context, 'Patient', item.id ?? '')
  if (place !== undefined) return onlyKey([place._id])
  return reading.context.regime.needsFacts ? 'unknown' : 'created'
}

async function byContained(reading: Reading, { written }: Item, id: string): Promise<Named> {
  const contained = listOf(written?.resource.contained)
    .map(objectOf)
    .find(inner => inner?.id === id)
  if (contained?.resourceType !== 'Patient') return 'nobody'
  const ins = insOf(contained)
  return ins === undefined ? 'unknown' : byIdentifier(reading, ins.system, ins.value)
}

/** A Patient by its id, which an entry may give it. https://hl7.org/fhir/R4/http.html#upsert */
function byPatientId(reading: Reading, id: string): Promise<Named> {
  const entry = reading.items.find(item => item.type === 'Patient' && item.method === 'PUT' && item.id === id)
  return entry === undefined ? lookedUp(reading, { by: 'id', id }) : byPatientItem(reading, entry)
}

/** What a reference to a patient, or to something in a record, means. */
async function byReference(reading: Reading, holder: Item, reference: Reference): Promise<Named> {
  const { reference: text, identifier } = reference
  if (text === undefined) return byIdentifier(reading, identifier?.system, identifier?.value)
  const names = fullUrlsOf(text, holder.fullUrl)
  const entry = reading.items.find(({ fullUrl }) => fullUrl !== undefined && names.includes(fullUrl))
  if (entry !== undefined) return entry.type === 'Patient' ? byPatientItem(reading, entry) : 'nobody'
  const parsed = parseReference(text, reading.context.base)
  if (parsed.form === 'contained') return byContained(reading, holder, parsed.id)
  if (parsed.form === 'conditional')
    return parsed.type === 'Patient' ? searchedOnce(reading, holder, parsed.criteria) : 'nobody'
  if (parsed.form !== 'local') return 'unknown'
  if (parsed.type === 'Patient') return byPatientId(reading, parsed.id)
  return (await whoseIsTarget(reading, parsed)) ?? 'nobody'
}

/** Whom a reference means by its text, and by the INS beside it: they must be one. */
async function byBoth(reading: Reading, item: Item, reference: Reference): Promise<readonly Named[]> {
  const named = await byReference(reading, item, reference)
  const { reference: text, identifier } = reference
  const isDouble = text !== undefined && identifier !== undefined && isIns({ ...identifier })
  if (!isDouble || typeof named === 'string' || !('key' in named)) return [named]
  return [named, await byIdentifier(reading, identifier.system, identifier.value)]
}

async function namedBy(reading: Reading, item: Item): Promise<readonly Named[]> {
  const resource = item.written?.resource
  if (item.type === 'Patient') return [await byPatientItem(reading, item)]
  const { type, id } = item
  const own = id === undefined ? undefined : await whoseItIs(reading, { type, id })
  const owned: readonly Named[] = own === undefined ? [] : [own]
  if (resource === undefined) return owned
  const placement = patientReferences(resource, reading.context.catalog.types.get(item.type)?.compartmentPaths ?? [])
  const placed = placement.kind === 'patient' || placement.kind === 'target' ? placement.references : []
  const source = item.type === 'DocumentReference' ? sourcePatient(resource) : undefined
  const references = [...placed.map(({ reference }) => reference), ...(source === undefined ? [] : [source])]
  return [...owned, ...(await Promise.all(references.map(reference => byBoth(reading, item, reference)))).flat()]
}

const nothing: ReadonlySet<string> = new Set()

/** A record that nobody has: the regime answers for it exactly as for one that is closed, or beyond the scopes. */
export const nobodysRecord = 'absent'

const keyOf = (named: Exclude<Named, 'nobody' | Refused>): string =>
  named === 'unknown' ? nobodysRecord : named === 'created' ? named : named.key

const twoPatients = (path: string): Result<never> =>
  fail('refusedByRule', 'expected resources of one patient only, found several', path)

/** In a shared record each resource is somebody's; elsewhere what names nobody lives in the directory. `access.md` section 9. */
function namesNobody({ catalog, regime }: Context, items: readonly Item[]): Result<UnitRecord> {
  const isStray = ({ method, type, criteria }: Item): boolean =>
    (method === 'POST' || criteria !== undefined) && belongsToRecords(catalog, type)
  const stray = regime.needsFacts ? items.find(isStray) : undefined
  return stray === undefined
    ? ok({ patient: null, opens: false })
    : fail('refusedByRule', 'expected a reference to the patient whose record it is for, found none', stray.path)
}

/**
 * @returns the record that the items name together. A patient who is named but not known yields `nobodysRecord`; nobody
 * named is the directory.
 */
export async function recordOfUnit(context: Context, call: Call, items: readonly Item[]): Promise<Result<UnitRecord>> {
  const gone = items.length > 1 ? await deletedBy(context, items) : nothing
  const reading: Reading = { context, call, items, gone, known: new Map(), criteria: new Set() }
  let keys: ReadonlySet<string> = new Set()
  let untold: string | undefined
  for (const item of items) {
    for (const named of await namedBy(reading, item)) {
      if (typeof named === 'object' && 'ok' in named) return named
      if (named === 'nobody') continue
      if (typeof named === 'object' && named.untold === true) untold ??= named.key
      else keys = new Set([...keys, keyOf(named)])
      if (keys.size > 1) keys = await withoutMerged(context, keys)
      if (keys.size > 1) return twoPatients(item.path)
    }
  }
  const [key = untold] = keys
  const { criteria } = reading
  if (key === undefined) return (await followedRecord(reading)) ?? namesNobody(context, items)
  if (key !== 'created') return ok({ patient: key, opens: false, criteria })
  const patient = items.find(item => item.type === 'Patient')?.written?.resource
  const ins = patient === undefined ? undefined : insOf(patient)
  return ok({ patient: context.newPatientKey(), opens: true, criteria, ...(ins === undefined ? {} : { ins }) })
}
