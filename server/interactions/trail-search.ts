/** A search for AuditEvents as a search in the trail. https://hl7.org/fhir/R4/auditevent.html#search */
import { fail, ok, type Result } from '../../resources/outcome.ts'
import type { Bounds, Query } from '../../search/query.ts'
import { parameterPath } from '../../search/search-effect.ts'
import { actorOf } from '../../security/actor-identifier.ts'
import type { Told, ToldBy, TrailRequest } from '../store/store.ts'
import { tokenParameters, toldBy, toldOfSystem } from './trail-tokens.ts'

/** What the parameters ask of the trail. */
export type TrailConditions = Pick<TrailRequest, 'id' | 'at' | 'agents' | 'entities'> & {
  readonly told: readonly ToldBy[]
  readonly nothing: boolean
}

interface Range {
  readonly from?: number
  readonly before?: number
}

const none: TrailConditions = { at: [], agents: [], entities: [], told: [], nothing: false }

const greatest = (values: readonly (number | undefined)[]): number | undefined => {
  const known = values.filter(value => value !== undefined)
  return known.length === 0 ? undefined : Math.max(...known)
}

const least = (values: readonly (number | undefined)[]): number | undefined => {
  const known = values.filter(value => value !== undefined)
  return known.length === 0 ? undefined : Math.min(...known)
}

const ranged = (from: number | undefined, before: number | undefined): Range => ({
  ...(from === undefined ? {} : { from }),
  ...(before === undefined ? {} : { before }),
})

/** `recorded` is an instant: the millisecond [at, at + 1). */
const rangeOf = (bounds: Bounds): Range =>
  ranged(greatest([bounds.lowAtLeast, bounds.highAbove]), least([bounds.lowBelow, bounds.highAtMost]))

/** Alternatives as one range, where they leave no gap; undefined where they do (`ne`, several days). */
function unionOf(ranges: readonly Range[]): Range | undefined {
  if (ranges.every(({ before }) => before === undefined))
    return ranged(least(ranges.map(({ from }) => from)), undefined)
  if (ranges.every(({ from }) => from === undefined))
    return ranged(undefined, greatest(ranges.map(({ before }) => before)))
  return ranges.length === 1 ? ranges[0] : undefined
}

const valuesOf = (keys: readonly string[], ...starts: readonly string[]): readonly string[] =>
  keys.flatMap(key => starts.flatMap(start => (key.startsWith(start) ? [key.slice(start.length)] : [])))

const decoded = (system: string): string => system.replaceAll('%7C', '|').replaceAll('%25', '%')

/** An agent by identifier, as the trail names him: a value of any system, an RPPS, a FINESS, or issuer and subject. */
function agentOf(key: string): string {
  const [, system, value = ''] = /^agent:identifier\|([^|]*)\|(.*)$/s.exec(key) ?? []
  if (system === undefined) return key.slice('agent:identifier='.length)
  return actorOf({ system: decoded(system), value }) ?? `${decoded(system)}|${value}`
}

const told = (of: readonly Told[], not = false): TrailConditions => ({ ...none, told: [{ of, not }] })

const codeOf = (key: string): string => /^[^=|~:]*/.exec(key)?.[0] ?? ''

function ofKeys(keys: readonly string[]): TrailConditions | undefined {
  if (keys.every(key => tokenParameters.has(codeOf(key)))) return told(keys.flatMap(toldBy))
  if (keys.every(key => key.startsWith('agent:identifier'))) return { ...none, agents: [keys.map(agentOf)] }
  if (keys.every(key => key.startsWith('agent='))) return { ...none, agents: [valuesOf(keys, 'agent=')] }
  if (keys.every(key => key.startsWith('entity='))) return { ...none, entities: [valuesOf(keys, 'entity=')] }
  return undefined
}

const isInterval = (query: Query): query is Extract<Query, { op: 'interval' }> => query.op === 'interval'

const isInstant = (query: Query): query is Extract<Query, { op: 'instant' }> => query.op === 'instant'

/** `date`, and `_lastUpdated`: a line is written once, when it is recorded. */
function ofTime(parts: readonly Query[]): TrailConditions | undefined {
  const intervals = parts.filter(isInterval).map(({ bounds }) => rangeOf(bounds))
  const instants = parts.filter(isInstant).map(({ from, before }) => ranged(from, before))
  const all = [...intervals, ...instants]
  const range = all.length === parts.length ? unionOf(all) : undefined
  return range === undefined ? undefined : { ...none, at: [range] }
}

/** What codes alone ask; undefined for all else. */
function tellingOf(query: Query): ToldBy | undefined {
  const [telling] = query.op === 'key' || query.op === 'prefix' ? (conditions(query)?.told ?? []) : []
  return telling
}

/** Any of several: of codes, some of a system; of times, one range. */
function ofAny(parts: readonly Query[]): TrailConditions | undefined {
  const codes = parts.map(tellingOf).filter(telling => telling !== undefined)
  return codes.length === parts.length ? told(codes.flatMap(({ of }) => of)) : ofTime(parts)
}

function ofPrefix(prefix: string): TrailConditions | undefined {
  const of = toldOfSystem(prefix)
  return of && told(of)
}

/** What lines do not tell. */
function ofNot(query: Query): TrailConditions | undefined {
  const telling = tellingOf(query)
  return telling && told(telling.of, true)
}

const both = (one: TrailConditions, other: TrailConditions): TrailConditions => ({
  at: [...one.at, ...other.at],
  agents: [...one.agents, ...other.agents],
  entities: [...one.entities, ...other.entities],
  told: [...one.told, ...other.told],
  nothing: one.nothing || other.nothing || (one.id !== undefined && other.id !== undefined && one.id !== other.id),
  ...(one.id === undefined && other.id === undefined ? {} : { id: one.id ?? other.id ?? '' }),
})

function conditions(query: Query): TrailConditions | undefined {
  switch (query.op) {
    case 'everything':
      return none
    case 'nothing':
      return { ...none, nothing: true }
    case 'and': {
      const parts = query.of.map(conditions)
      return parts.includes(undefined) ? undefined : parts.filter(part => part !== undefined).reduce(both, none)
    }
    case 'or':
      return ofAny(query.of)
    case 'interval':
    case 'instant':
      return ofTime([query])
    case 'prefix':
      return ofPrefix(query.prefix)
    case 'not':
      return ofNot(query.of)
    case 'key':
      return ofKeys(query.in)
    case 'scalar': {
      const [id] = query.in
      return query.name === 'id' && query.in.length === 1 && typeof id === 'string' ? { ...none, id } : undefined
    }
    case 'holds':
    case 'quantity':
    case 'missing':
    case 'follows':
    case 'deposited':
    case 'element':
      return undefined
  }
}

/** The parameter that asks for what the trail does not tell, or not so. */
function culprit(query: Query): string | undefined {
  switch (query.op) {
    case 'and':
      return query.of.filter(part => conditions(part) === undefined).map(culprit)[0]
    case 'or':
      return query.of.map(culprit)[0]
    case 'not':
    case 'element':
      return culprit(query.of)
    case 'key':
      return query.in.map(codeOf)[0]
    case 'prefix':
    case 'holds':
      return codeOf(query.prefix)
    case 'instant':
    case 'scalar':
      return query.name === 'id' ? '_id' : query.name === 'updated' ? '_lastUpdated' : undefined
    default:
      return 'code' in query ? query.code : undefined
  }
}

/** @returns what `query` asks of the trail; 400 for what the trail is not indexed for. */
export function trailConditions(query: Query): Result<TrailConditions> {
  const found = conditions(query)
  return found === undefined
    ? fail(
        'badParameter',
        `expected a search for AuditEvent by patient, date (one range), agent:identifier, entity, one _id or codes (${[...tokenParameters].join(', ')}), found another form or combination`,
        parameterPath(culprit(query) ?? ''),
      )
    : ok(found)
}
