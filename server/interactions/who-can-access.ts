/** The operation $who-can-access: who may read a document, or enter a record, and why. `docs/decisions/0034-explained-by-what-decides.md` */
import { setImmediate } from 'node:timers/promises'
import { fail, ok, type Result } from '../../resources/outcome.ts'
import type { Resource } from '../../resources/resource.ts'
import { everything } from '../../search/query.ts'
import { rulesAfterMerge } from '../../security/merged-rules.ts'
import { type RuleSource, ruleSources } from '../../security/rule-sources.ts'
import { trailView, wholeTrail } from '../../security/trail-view.ts'
import { type OfActor, whoReads } from '../../security/who-reads.ts'
import { decideWith, notFound, sayRefusal } from './access.ts'
import type { Call, Context, Perform, Reply } from './interaction.ts'
import { operationParameters } from './operation-parameters.ts'
import { parametersReply } from './parameters-reply.ts'
import { type Visible, visibleRow } from './read.ts'
import { leaveTrace, refuse, targetOf } from './trail.ts'
import { readersParameters } from './who-can-access-reply.ts'

type Shown = Exclude<Visible, { readonly refused: unknown }>

const typesThatRule = ['Consent', 'CareTeam', 'RelatedPerson'] as const

/** The most resources of one type that are looked at. */
const most = 1000

const mayAsk: ReadonlySet<string> = new Set(['patient', 'professional'])

const referenceForm = /^(?:([A-Za-z]{1,64})\/)?([A-Za-z0-9.-]{1,64})$/

/** The document that is asked about: a reference, or the id of a DocumentReference. */
function askedDocument(
  context: Context,
  call: Call,
): Result<{ readonly type: string; readonly id: string } | undefined> {
  const parameters = operationParameters(call)
  if (!parameters.ok) return parameters
  const [first] = parameters.value
  if (first === undefined) return ok(undefined)
  const [, value] = first
  const local = value.startsWith(`${context.base}/`) ? value.slice(context.base.length + 1) : value
  const [, type = 'DocumentReference', id] = referenceForm.exec(local) ?? []
  if (id === undefined || type === 'AuditEvent' || !context.catalog.types.has(type))
    return fail('badParameter', 'expected a reference to a resource of the record, found another text', 'http.document')
  return ok({ type, id })
}

/** Whose record it is, and who treats him. */
async function refuseOthers(context: Context, call: Call, { facts, place }: Shown): Promise<Result<never> | undefined> {
  const view = facts === undefined ? undefined : trailView(call.principal, facts, context.now())
  if (view !== undefined && view.ownAgent === wholeTrail.ownAgent) return undefined
  const failure = fail('accessDenied', 'expected the patient or his médecin traitant, found somebody else')
  return refuse(context, call, { failure, patient: place.patient, failed: 'authorised' })
}

/** What the Consents, care teams and related persons of the record say, each by itself. */
async function sourcesOf(
  context: Context,
  call: Call,
  { place: { patient }, facts }: Shown,
): Promise<Result<readonly RuleSource[]>> {
  const resources: { readonly _id: string; readonly resource: Resource; readonly updated: number }[] = []
  for (const type of typesThatRule) {
    const decision = decideWith(context, { ...call, type, interaction: 'search-type' }, { patient, facts })
    if (decision.effect === 'deny' && decision.because === 'token')
      return sayRefusal(context, call, { denial: decision, patient })
    if (decision.effect === 'deny') continue
    const { restriction } = decision
    const order = { by: 'date', descending: true } as const
    const rows = await context.store.page({ restriction, type, query: everything, order, limit: most + 1 })
    if (rows.length > most) return fail('tooCostly', `expected at most ${most} resources of type ${type}, found more`)
    for (const { _id, json, updated } of rows)
      resources.push({ _id, updated, resource: JSON.parse(Buffer.from(json).toString()) })
  }
  // What was merged into the record permits nothing.
  const inForce = rulesAfterMerge(resources, facts?.merged ?? [])
  return ok(ruleSources(patient ?? '', inForce, context.zone))
}

/** The document within the caller's sight and within the record; the record itself when none is asked about. */
async function targetWithin(context: Context, call: Call, record: Shown): Promise<Visible | Result<never>> {
  const asked = askedDocument(context, call)
  if (!asked.ok) return asked
  if (asked.value === undefined) return record
  const found = await visibleRow(context, { ...call, ...asked.value, interaction: 'read' })
  if ('refused' in found || found.facts?.patient === record.facts?.patient) return found
  const failure = notFound(asked.value.type)
  return { refused: await refuse(context, call, { failure, patient: record.place.patient, failed: 'record-exists' }) }
}

/** Others are served between two of them: each is tried by every column in every mode. */
async function triedOneByOne(actors: Iterable<OfActor>): Promise<readonly OfActor[]> {
  const tried: OfActor[] = []
  for (const actor of actors) {
    tried.push(actor)
    await setImmediate()
  }
  return tried
}

async function answer(context: Context, call: Call, at: { record: Shown; target: Shown }): Promise<Result<Reply>> {
  const { record, target } = at
  const { law } = context.regime
  const { row, permit, facts } = target
  const stored = await context.store.stored(permit.restriction, row.type, row._id)
  if (law === undefined || facts === undefined || stored === undefined) return notFound(row.type)
  const sources = await sourcesOf(context, call, record)
  if (!sources.ok) return sources
  const now = context.now()
  const policy = law.inForce(now)
  const readers = whoReads({ law, policy, facts, entry: stored.row, now }, sources.value)
  if (readers === undefined)
    return fail('tooCostly', 'expected a record that names at most 200 professionals and structures, found more')
  const whole = row.type === 'Patient'
  const query = `$who-can-access${whole ? '' : `?document=${row.type}/${row.id}`}`
  const { patient } = target.place
  const { basis, told } = permit
  await leaveTrace(context, call, { patient, status: 200, basis, told, query, targets: [targetOf(row)] })
  const actors = await triedOneByOne(readers.actors)
  return ok(parametersReply(readersParameters({ readers, actors, policy, now, target: row, whole })))
}

export const whoCanAccess: Perform = async (context, call) => {
  if (context.regime.law === undefined)
    return fail('notServed', 'expected an operation that is served under this regime, found one of the regime dmp')
  if (!mayAsk.has(call.principal.kind)) {
    const diagnostics = `expected the patient or his médecin traitant, found a ${call.principal.kind}`
    return sayRefusal(context, call, {
      ...{ denial: { effect: 'deny', failed: 'kind-may-enter', because: 'token', diagnostics }, patient: null },
    })
  }
  const record = await visibleRow(context, { ...call, interaction: 'read' })
  if ('refused' in record) return record.refused
  const refused = await refuseOthers(context, call, record)
  if (refused !== undefined) return refused
  const target = await targetWithin(context, call, record)
  if ('ok' in target) return target
  return 'refused' in target ? target.refused : answer(context, call, { record, target })
}
