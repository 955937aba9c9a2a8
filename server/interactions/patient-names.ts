/** Which records a search names. `access.md` section 9. */
import { parseServerId } from '../../resources/ids.ts'
import { fail, ok, type Result } from '../../resources/outcome.ts'
import { systemTokenKey } from '../../search/key.ts'
import { key } from '../../search/query.ts'
import type { PatientName, SearchRequest } from '../../search/search-request.ts'
import { systemRestriction } from '../../security/system-restriction.ts'
import type { Call, Context } from './interaction.ts'
import { idKey } from './locate.ts'

/** The key of the registry under which an INS names its record. */
export const insKey = (context: Pick<Context, 'registryKey'>, system: string, value: string): string =>
  context.registryKey('ins', system, value)

/** What stands in the place of a record where the person opposed that there is one. No key of a patient has this form. */
export const opposed = 'opposed'

/** How many records one identifier may name where it need not be unique. */
const mostNamesakes = 200

async function byIdentifier(context: Context, system: string, value: string): Promise<readonly string[]> {
  if (context.regime.onePatient) {
    const [line] = await context.store.registered([insKey(context, system, value)])
    return line === undefined || line.resource === opposed ? [] : [line.resource]
  }
  const rows = await context.store.page({
    restriction: systemRestriction('resolve identifiers', { collection: 'record', patient: 'every' }),
    type: 'Patient',
    query: key(systemTokenKey('identifier', system, value)),
    order: { by: '_id', descending: false },
    limit: mostNamesakes + 1,
  })
  return rows.map(({ _id }) => _id)
}

async function byId(context: Context, id: string): Promise<readonly string[]> {
  const server = parseServerId(id)
  if (server?.collection === 'record') return server.patient === id ? [id] : []
  const [line] = await context.store.registered([idKey(context, 'Patient', id)])
  return line === undefined ? [] : [line.resource]
}

/** @returns the keys of the records that a name means: none, one, or several where identifiers need not be unique. */
export const patientKeys = (context: Context, name: PatientName): Promise<readonly string[]> =>
  name.by === 'id' ? byId(context, name.id) : byIdentifier(context, name.system, name.value)

/** The keys that every list of alternatives allows. */
async function namedKeys(context: Context, lists: SearchRequest['patients']): Promise<readonly string[]> {
  const resolved = await Promise.all(
    lists.map(async names => new Set((await Promise.all(names.map(name => patientKeys(context, name)))).flat())),
  )
  const [first, ...others] = resolved
  return first === undefined ? [] : [...first].filter(candidate => others.every(list => list.has(candidate)))
}

/** Where a search looks: records by key (none when the names mean nobody), every record, or the directory alone. */
export type Reach = { readonly records: readonly string[] } | { readonly records: 'every' } | { readonly records: null }

/** Types of which a professional may search his own across records, without naming a patient. */
const acrossRecords = new Set(['Consent'])

/** The refusal of a search in records which names no patient, or several. `access.md` section 9. */
export const oneRecordOnly = (type: string): Result<never> =>
  fail(
    'tooCostly',
    `expected a search on ${type} that names exactly one patient (patient=<id>, or patient.identifier=<system>|<INS>), found none or several`,
    type === 'Patient' ? 'http.identifier' : 'http.patient',
  )

const tooManyNamesakes = (): Result<never> =>
  fail('tooCostly', `expected at most ${mostNamesakes} patients, found more`, 'http.patient')

/** Whom the search names. Where Patients are searched together, their identifiers are a condition like any other. */
const searchedFor = ({ regime }: Context, { type }: Call, { patients }: SearchRequest): SearchRequest['patients'] =>
  type === 'Patient' && !regime.onePatient ? patients.filter(names => names.every(({ by }) => by === 'id')) : patients

/** @returns where `request` looks; fails with `tooCostly` where the regime asks for exactly one patient. */
export async function reachOf(context: Context, call: Call, request: SearchRequest): Promise<Result<Reach>> {
  const served = context.catalog.types.get(call.type)
  if (call.type !== 'Patient' && served?.compartment.length === 0) return ok({ records: null })
  const alternatives = request.patients.some(({ length }) => length !== 1)
  if (context.regime.onePatient && alternatives) return oneRecordOnly(call.type)
  const lists = searchedFor(context, call, request)
  if (lists.length > 0) {
    const records = await namedKeys(context, lists)
    return records.length > mostNamesakes && !context.regime.onePatient ? tooManyNamesakes() : ok({ records })
  }
  if (!context.regime.onePatient) return ok({ records: 'every' })
  if (call.principal.patient !== null) return ok({ records: await byId(context, call.principal.patient) })
  return acrossRecords.has(call.type) ? ok({ records: 'every' }) : oneRecordOnly(call.type)
}
