/** A search for AuditEvents as a search in the trail. https://hl7.org/fhir/R4/auditevent.html#search */
import { fail, ok, type Result } from '../../resources/outcome.ts'
import { systemTokenKey, tokenKey } from '../../search/key.ts'
import type { Bounds, Query } from '../../search/query.ts'
import { actorOf } from '../../security/actor-identifier.ts'
import type { TrailRequest } from '../store/store.ts'

/** What the parameters ask of the trail. */
export type TrailConditions = Pick<TrailRequest, 'id' | 'at' | 'agents' | 'entities'> & { readonly nothing: boolean }

interface Range {
  readonly from?: number
  readonly before?: number
}

const none: TrailConditions = { at: [], agents: [], entities: [], nothing: false }

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

/** Every event is of the type `rest`. */
const restTypes = new Set([
  tokenKey('type', 'rest'),
  systemTokenKey('type', 'http://terminology.hl7.org/CodeSystem/audit-event-type', 'rest'),
])

function ofKeys(keys: readonly string[]): TrailConditions | undefined {
  if (keys.every(key => /^type[=|]/.test(key)))
    return keys.some(key => restTypes.has(key)) ? none : { ...none, nothing: true }
  if (keys.every(key => key.startsWith('agent:identifier'))) return { ...none, agents: [keys.map(agentOf)] }
  if (keys.every(key => key.startsWith('agent='))) return { ...none, agents: [valuesOf(keys, 'agent=')] }
  if (keys.every(key => key.startsWith('entity='))) return { ...none, entities: [valuesOf(keys, 'entity=')] }
  return undefined
}

const isInterval = (query: Query): query is Extract<Query, { op: 'interval' }> => query.op === 'interval'

function ofInterval(parts: readonly Query[]): TrailConditions | undefined {
  const intervals = parts.filter(isInterval)
  const range = intervals.length === parts.length ? unionOf(intervals.map(({ bounds }) => rangeOf(bounds))) : undefined
  return range === undefined ? undefined : { ...none, at: [range] }
}

const both = (one: TrailConditions, other: TrailConditions): TrailConditions => ({
  at: [...one.at, ...other.at],
  agents: [...one.agents, ...other.agents],
  entities: [...one.entities, ...other.entities],
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
      return ofInterval(query.of)
    case 'interval':
      return ofInterval([query])
    case 'key':
      return ofKeys(query.in)
    case 'scalar': {
      const [id] = query.in
      return query.name === 'id' && query.in.length === 1 && typeof id === 'string' ? { ...none, id } : undefined
    }
    case 'not':
    case 'instant':
    case 'prefix':
    case 'holds':
    case 'quantity':
    case 'missing':
    case 'follows':
    case 'element':
      return undefined
  }
}

/** @returns what `query` asks of the trail; 400 for what the trail is not indexed for. */
export function trailConditions(query: Query): Result<TrailConditions> {
  const found = conditions(query)
  return found === undefined
    ? fail(
        'badParameter',
        'expected a search for AuditEvent by patient, date (one range), agent:identifier, entity, type or one _id, found another combination',
      )
    : ok(found)
}
