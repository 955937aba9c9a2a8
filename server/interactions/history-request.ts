/** What a history is asked for, from its URL or from a link to one of its pages. https://hl7.org/fhir/R4/http.html#history */
import type { Link } from '../../resources/bundle.ts'
import { fail, ok, type Result } from '../../resources/outcome.ts'
import { toInterval } from '../../search/date-interval.ts'
import { exactIdentifier } from '../../search/patient-names.ts'
import type { PatientName } from '../../search/search-request.ts'
import { queryString } from '../../search/self-link.ts'
import type { Call, Context } from './interaction.ts'
import { openPage, pageQueries } from './page-link.ts'
import { linksTooLong, selfLink } from './paging-links.ts'
import { formed, urlOf } from './search-address.ts'
import { timeAsked, timePrefixes } from './time-asked.ts'

type Parameters = Call['parameters']

export interface HistoryRequest {
  readonly applied: Parameters
  readonly count: number
  /** `_since`: versions that began then, or later. Milliseconds since 1970. */
  readonly since: number | undefined
  /** `_at`: versions that were current at some time of [low, high); either may be infinite. */
  readonly at: { readonly low: number; readonly high: number } | undefined
  readonly types: readonly string[] | undefined
  readonly patient: PatientName | undefined
  /** Where the page begins, as the page before it said. */
  readonly start: string | undefined
}

/** What each level of history knows. R4 has no parameter for the record or the types: without them some could ask for nothing. */
const known = {
  'history-instance': ['_count', '_since', '_at'],
  'history-type': ['_count', '_since', '_at', 'patient', 'patient.identifier'],
  'history-system': ['_count', '_since', '_at', 'patient', 'patient.identifier', '_type'],
} as const

type Level = keyof typeof known

const isLevel = (interaction: string): interaction is Level => Object.hasOwn(known, interaction)

const knownTo = ({ interaction }: Call): readonly string[] => (isLevel(interaction) ? known[interaction] : [])

const bad = (name: string, sentence: string): Result<never> => fail('badParameter', sentence, `http.${name}`)

function refuseNames(call: Call): Result<never> | undefined {
  const names = knownTo(call)
  const seen = new Set<string>()
  for (const [given] of call.parameters) {
    const name = given.slice(0, 64)
    if (!names.includes(given))
      return fail(
        'unknownParameter',
        `expected one of ${names.join(', ')}, _format, _pretty for a history, found "${name}"`,
        `http.${name}`,
      )
    if (seen.has(given)) return bad(name, `expected ${name} once`)
    seen.add(given)
  }
  return undefined
}

function countOf({ maxCount }: Context, asked: string | undefined): Result<number> {
  if (asked === undefined) return ok(Math.min(20, maxCount))
  return /^[1-9]\d{0,8}$/.test(asked)
    ? ok(Math.min(Number(asked), maxCount))
    : bad('_count', 'expected a positive whole number for _count')
}

function timeOf({ zone }: Context, name: string, asked: string | undefined): Result<HistoryRequest['at']> {
  if (asked === undefined) return ok(undefined)
  const time = toInterval(asked, zone)
  return time === undefined
    ? bad(name, `expected a time such as 2024-05-31T10:30:00Z, or a date, without a prefix for ${name}`)
    : ok({ low: time.low, high: time.high })
}

function atOf({ zone }: Context, asked: string | undefined): Result<HistoryRequest['at']> {
  if (asked === undefined) return ok(undefined)
  const at = timeAsked(asked, zone)
  return at === undefined
    ? bad(
        '_at',
        `expected a time such as 2024-05-31T10:30:00Z, or a date, with or without one of the prefixes ${timePrefixes.join(' ')}, for _at`,
      )
    : ok(at)
}

/** The one record that is asked for: by its id, or by an identifier of its Patient. */
function patientOf(
  { base }: Context,
  valueNamed: (name: string) => string | undefined,
): Result<PatientName | undefined> {
  const [reference, identifier] = [valueNamed('patient'), valueNamed('patient.identifier')]
  if (reference !== undefined && identifier !== undefined)
    return bad('patient', 'expected either patient or patient.identifier, found both')
  if (identifier !== undefined) {
    const named = exactIdentifier(identifier)
    return named === undefined ? bad('patient.identifier', 'expected one system|value') : ok(named)
  }
  if (reference === undefined) return ok(undefined)
  const local = reference.startsWith(`${base}/`) ? reference.slice(base.length + 1) : reference
  const id = /^(?:Patient\/)?([A-Za-z0-9.-]{1,64})$/.exec(local)?.[1]
  return id === undefined ? bad('patient', 'expected the id of one Patient') : ok({ by: 'id', id })
}

function read(context: Context, call: Call, start: string | undefined): Result<HistoryRequest> {
  const refused = refuseNames(call)
  if (refused !== undefined) return refused
  const valueNamed = (name: string): string | undefined => call.parameters.find(([each]) => each === name)?.[1]
  const count = countOf(context, valueNamed('_count'))
  if (!count.ok) return count
  const since = timeOf(context, '_since', valueNamed('_since'))
  if (!since.ok) return since
  const at = atOf(context, valueNamed('_at'))
  if (!at.ok) return at
  const patient = patientOf(context, valueNamed)
  if (!patient.ok) return patient
  const types = valueNamed('_type')?.split(',')
  const applied = call.parameters.map(([name, value]) =>
    name === '_count' ? ([name, String(count.value)] as const) : ([name, value] as const),
  )
  return ok({
    ...{ applied, count: count.value, since: since.value?.low, at: at.value, patient: patient.value, start },
    types: types === undefined ? undefined : [...new Set(types)],
  })
}

/** @returns where the history is asked, below the base. */
export const addressOf = ({ interaction, type, id }: Call): string =>
  interaction === 'history-system' ? '_history' : id === undefined ? `${type}/_history` : `${type}/${id}/_history`

/** @returns the request; 400 for what it does not know, and for a link that is foreign, changed or too old. */
export function historyRequest(context: Context, call: Call): Result<HistoryRequest> {
  const page = openPage<string>(context, call, addressOf(call))
  if (!page.ok) return page
  // An entry of a batch has these two as they were written.
  const parameters = page.value.parameters.filter(([name]) => name !== '_format' && name !== '_pretty')
  return read(context, { ...call, parameters }, page.value.start)
}

/** @returns the links of an answer; `next` is where the page after it begins. Fails where it would be longer than a URL may be. */
export function historyLinks(
  context: Context,
  call: Call,
  at: { readonly request: HistoryRequest; readonly next: string | undefined },
): Result<readonly Link[]> {
  const { applied, start } = at.request
  const most = context.mostUrlBytes
  const address = addressOf(call)
  const urlWith = (query: string): string => urlOf(context, address, formed(call, query))
  const queryOf = pageQueries<string>(context, call, { address, parameters: applied, self: start, next: at.next })
  const self = selfLink(queryString(applied), { isFirst: start === undefined, urlWith, queryOf, most })
  if (at.next === undefined) return ok([self])
  const next = urlWith(queryOf('next'))
  return next.length <= most
    ? ok([self, { relation: 'next', url: next }])
    : linksTooLong(context, 'name the record by patient, write times in their usual length, or narrow it by _since')
}
