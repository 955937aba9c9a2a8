/** The operation $rehearse: what a matrix or a Consent would open and close, before it is in force. `docs/decisions/0034-explained-by-what-decides.md` */
import { objectOf, textOf } from '../../resources/json-value.ts'
import { fail, ok, type Result } from '../../resources/outcome.ts'
import type { Resource } from '../../resources/resource.ts'
import { parseAccessMatrix } from '../../security/access-matrix.ts'
import { dayOf } from '../../security/first-day.ts'
import type { Law } from '../../security/law.ts'
import { type Rehearsed, rehearseConsent, rehearseMatrix } from '../../security/rehearsal.ts'
import type { Volume } from '../store/volumes.ts'
import { sayRefusal } from './access.ts'
import type { Call, Context, Perform } from './interaction.ts'
import { parametersReply } from './parameters-reply.ts'
import { rehearsalParameters } from './rehearse-reply.ts'
import { type Given, resourceParameters } from './resource-parameters.ts'
import { traceOf } from './trail.ts'

interface Asked {
  readonly what: 'matrix' | 'consent'
  readonly rehearsed: readonly Rehearsed[]
}

/** The table: a text, or the bytes of a Binary. */
function tableOf({ values, resources, data }: Given): Result<string> {
  const text = values.get('matrix')
  if (text !== undefined) return ok(text)
  const binary = resources.get('matrix')
  const letters = textOf(binary?.data)
  const bytes = letters === undefined ? undefined : (data?.get(letters)?.bytes() ?? Buffer.from(letters, 'base64'))
  return binary?.resourceType === 'Binary' && bytes !== undefined
    ? ok(bytes.toString())
    : fail('badParameter', 'expected the matrix as text or as a Binary, found something else', 'http.matrix')
}

/** Some ten times as much as the official table. */
const longestTable = 256 * 1024

function boundedTable(given: Given): Result<string> {
  const table = tableOf(given)
  return table.ok && table.value.length > longestTable
    ? fail('badParameter', 'expected a matrix of at most 256 KiB, found a longer one', 'http.matrix')
    : table
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

function consentOf(context: Context, { values, resources }: Given): Result<Resource> {
  const resource = resources.get('consent') ?? objectOf(parsed(values.get('consent') ?? ''))
  if (resource?.resourceType !== 'Consent')
    return fail('badParameter', 'expected a Consent, found something else', 'http.consent')
  return context.validate(resource as Resource)
}

function asked(context: Context, law: Law, given: Given): Result<Asked> {
  const now = context.now()
  const has = (name: string): boolean => given.values.has(name) || given.resources.has(name)
  if (has('matrix') === has('consent'))
    return fail('badParameter', 'expected a matrix or a Consent, found both or none', 'http.matrix')
  if (has('matrix')) {
    const table = boundedTable(given)
    const matrix = table.ok ? parseAccessMatrix(dayOf(now), table.value) : table
    if (!matrix.ok) return matrix
    const rehearsed = rehearseMatrix(law.inForce(now), law.withMatrix(matrix.value, now))
    return ok({ what: 'matrix', rehearsed })
  }
  const consent = consentOf(context, given)
  const rehearsed = consent.ok ? rehearseConsent({ law, consent: consent.value, now, zone: context.zone }) : consent
  return rehearsed.ok ? ok({ what: 'consent', rehearsed: rehearsed.value }) : rehearsed
}

/** Whole records are counted: operators alone, whose scopes reach documents. */
async function refuseOthers(context: Context, call: Call, law: Law): Promise<Result<never> | undefined> {
  const { principal } = call
  const diagnostics = `expected an operator, found a ${principal.kind}`
  const denial =
    principal.kind === 'operator'
      ? law.scopeRefusal({ principal, interaction: 'search-type', type: 'DocumentReference', now: context.now() })
      : ({ effect: 'deny', failed: 'kind-may-enter', because: 'token', diagnostics } as const)
  return denial === undefined ? undefined : sayRefusal(context, call, { denial, patient: null })
}

/** One rehearsal at a time: each walks an index of all records. */
let last: Promise<unknown> = Promise.resolve()

async function volumesOf(context: Context, rehearsed: readonly Rehearsed[]): Promise<Result<readonly Volume[][]>> {
  const volumes: Volume[][] = []
  for (const { rows } of rehearsed) {
    const found = await context.store.volumes(rows)
    if (found === 'too many')
      return fail('tooCostly', 'expected at most 5 million resources in all records and 20 seconds, found more')
    volumes.push([...found])
  }
  return ok(volumes)
}

export const rehearse: Perform = async (context, call) => {
  const { law } = context.regime
  if (law === undefined)
    return fail('notServed', 'expected an operation that is served under this regime, found one of the regime dmp')
  const refused = await refuseOthers(context, call, law)
  if (refused !== undefined) return refused
  const given = resourceParameters(call)
  if (!given.ok) return given
  const rehearsal = asked(context, law, given.value)
  if (!rehearsal.ok) return rehearsal
  const { what, rehearsed } = rehearsal.value
  const counting = last.then(() => volumesOf(context, rehearsed))
  last = counting.catch(() => undefined)
  const volumes = await counting
  if (!volumes.ok) return volumes
  await context.store.audit([traceOf(context, call, { patient: null, status: 200, query: `$rehearse?${what}` })])
  const policy = law.inForce(context.now())
  return ok(parametersReply(rehearsalParameters({ what, policy, rehearsed, volumes: volumes.value })))
}
