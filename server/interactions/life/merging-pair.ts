/** The two records that an operator merges or parts, as he names them. https://hl7.org/fhir/R5/patient-operation-merge.html */
import { fail, ok, type Result } from '../../../resources/outcome.ts'
import type { Facts } from '../../../security/facts.ts'
import type { Call, Context } from '../interaction.ts'
import { locate } from '../locate.ts'
import { operationParameters } from '../operation-parameters.ts'
import { patientKeys } from '../patient-names.ts'
import { refuse } from '../trail.ts'

export interface Side {
  /** Key of the record by its id, whatever became of it. */
  readonly patient: string
  /** Those of the record into which it was merged, if it was. */
  readonly facts: Facts
}

export interface Pair {
  readonly source: Side
  readonly target: Side
  readonly reason: string
  readonly preview: boolean
  /** References to documents that go to the source. */
  readonly resources: readonly string[]
}

type Parameters = readonly (readonly [string, string, unknown?])[]

const valuesOf = (parameters: Parameters, name: string): readonly string[] =>
  parameters.flatMap(([each, value]) => (each === name ? [value] : []))

async function byReference(context: Context, text: string): Promise<string | undefined> {
  const local = text.startsWith(`${context.base}/`) ? text.slice(context.base.length + 1) : text
  const [, id] = /^Patient\/([A-Za-z0-9.-]{1,64})$/.exec(local) ?? []
  const place = id === undefined ? undefined : await locate(context, 'Patient', id)
  return place?.patient === place?._id ? (place?.patient ?? undefined) : undefined
}

/** A reference leads to the record of its id; an INS to where what was under it is now. */
async function sideOf(context: Context, parameters: Parameters, which: 'source' | 'target'): Promise<Result<Side>> {
  const name = `${which}-patient`
  const references = valuesOf(parameters, name)
  const identifiers = valuesOf(parameters, `${name}-identifier`)
  if (references.length + identifiers.length === 0)
    return fail('badParameter', `expected ${name} or ${name}-identifier, found neither`, `http.${name}`)
  const found = [
    ...(await Promise.all(references.map(text => byReference(context, text)))),
    ...(await Promise.all(
      identifiers.map(async text => {
        const bar = text.indexOf('|')
        const [system, value] = [text.slice(0, Math.max(bar, 0)), text.slice(bar + 1)]
        return (await patientKeys(context, { by: 'identifier', system, value }))[0]
      }),
    )),
  ]
  const [patient] = found
  const facts = patient === undefined ? undefined : await context.store.facts(patient)
  if (patient === undefined || facts === undefined || found.some(each => each !== patient))
    return fail('refusedByRule', `expected one record as the ${which}, found none or several`, `http.${name}`)
  return ok({ patient, facts })
}

/** @returns the two records; fails with 400 for what is missing or unknown, with 422 for a record that is none. */
export async function pairOf(context: Context, call: Call, reasons: readonly string[]): Promise<Result<Pair>> {
  if (!context.store.merging.possible)
    return fail('notServed', 'expected a database that is not sharded, for records to be merged, found one that is')
  const parameters = operationParameters(call)
  if (!parameters.ok) return parameters
  const [reason = ''] = valuesOf(parameters.value, 'reason')
  if (!reasons.includes(reason))
    return fail('badParameter', `expected reason to be one of ${reasons.join(', ')}`, 'http.reason')
  const preview = valuesOf(parameters.value, 'preview')[0] ?? 'false'
  if (preview !== 'true' && preview !== 'false')
    return fail('badParameter', 'expected preview as true or false', 'http.preview')
  const source = await sideOf(context, parameters.value, 'source')
  if (!source.ok) return source
  const target = await sideOf(context, parameters.value, 'target')
  if (!target.ok) return target
  const resources = valuesOf(parameters.value, 'resource')
  return ok({ source: source.value, target: target.value, reason, preview: preview === 'true', resources })
}

/** What keeps two records from being merged or parted. */
export interface Unfit {
  /** The record that it is about. */
  readonly patient: string
  readonly found: string
  readonly path: string
}

/** A refusal for the state of the records stands in the trail of the record that it is about. */
export const refusePair = (context: Context, call: Call, at: Unfit): Promise<Result<never>> =>
  refuse(context, call, {
    failure: fail('conflict', `expected two open records, each of them one by itself, found ${at.found}`, at.path),
    patient: at.patient,
    failed: 'record-open',
  })
