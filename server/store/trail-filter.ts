/** What of a record's trail a caller may see and asks for. `access.md` section 8. */
import type { Document } from 'mongodb'
import { masks } from '../../security/mask-lists.ts'
import type { TrailRequest } from './store.ts'
import { type Eyes, isOfRecord } from './trail-eyes.ts'
import { toldFilter } from './trail-told.ts'

/** Interactions about one resource, or told in lines of one mask each: who may not see the resource must not see that it was touched. */
const aboutOne = ['read', 'vread', 'history-instance', 'create', 'update', 'patch', 'delete', 'operation']

const visible = ({ seen }: Eyes): Document => ({
  $or: [{ interaction: { $nin: aboutOne } }, { targets: { $size: 0 } }, { targets: { $elemMatch: seen } }],
})

/** Whether every line of the record is the caller's to see: then none need be read to be counted. */
export const seesEveryLine = ({ visibleMasks, parted = [] }: Pick<TrailRequest, 'visibleMasks' | 'parted'>): boolean =>
  parted.length === 0 && masks.all.every(mask => visibleMasks.includes(mask))

/** The accesses of an agent in the forms of `TrailRequest.ownAgent`. */
function ownAccess(agent: string): Document {
  if (agent.startsWith('rpps:')) return { 'agent.rpps': agent.slice('rpps:'.length) }
  if (agent.startsWith('finess:')) return { 'agent.structure': agent.slice('finess:'.length) }
  const bar = agent.lastIndexOf('|')
  return { 'agent.issuer': agent.slice(0, bar), 'agent.subject': agent.slice(bar + 1) }
}

/** A structure's own accesses are its systems': what its professionals opened is theirs. */
const own = (agent: string): Document => ({
  ...ownAccess(agent),
  ...(agent.startsWith('finess:') ? { 'agent.kind': 'structure' } : {}),
})

/** An agent in the forms of `TrailRequest.ownAgent`, or a value of any system. */
const isQualified = (agent: string): boolean => /^(?:rpps|finess):|\|/.test(agent)

function named(agents: readonly string[]): Document {
  const values = { $in: agents.filter(agent => !isQualified(agent)) }
  const anySystem = [{ 'agent.rpps': values }, { 'agent.structure': values }, { 'agent.subject': values }]
  return { $or: [...anySystem, ...agents.filter(isQualified).map(ownAccess)] }
}

/** An interaction (`read`) or a resource type (`Observation`): neither looks like the other. */
const ofType = (types: readonly string[]): Document => {
  const values = { $in: [...types] }
  return { $or: [{ interaction: values }, { type: values }] }
}

/** The keys of the records whose Patients are named: every line of such a record names its Patient. */
function recordsNamed({ patient, also = [] }: TrailRequest, entities: readonly string[]): readonly string[] {
  if (patient === null) return []
  return [patient, ...also].filter(key => entities.includes(`Patient/${key}`))
}

/**
 * A line about what the caller sees: he sees the line too. Of a resource that is named, its mask in force is known without a
 * list. A line names the Patient whose record it stands in, and is the caller's where he sees it otherwise.
 */
function about(request: TrailRequest, eyes: Eyes, entities: readonly string[]): Document {
  const targets = entities.flatMap(entity => {
    const slash = entity.indexOf('/')
    const target = { type: entity.slice(0, slash), id: entity.slice(slash + 1) }
    return isOfRecord(request, target) ? (eyes.seenAs(target.type, target.id) ?? []) : []
  })
  const records = recordsNamed(request, entities)
  const named = [
    ...(targets.length === 0 ? [] : [{ targets: { $elemMatch: { $or: targets } } }]),
    ...(records.length === 0 ? [] : [{ patient: { $in: records }, ...visible(eyes) }]),
  ]
  return named.length === 0 ? { $nor: [{}] } : { $or: named }
}

/** The periods of a line: each must hold. */
export const since = (at: TrailRequest['at']): readonly Document[] =>
  at
    .filter(bounds => bounds.from !== undefined || bounds.before !== undefined)
    .map(({ from, before }) => ({
      at: {
        ...(from === undefined ? {} : { $gte: new Date(from) }),
        ...(before === undefined ? {} : { $lt: new Date(before) }),
      },
    }))

export const ofRecords = ({ patient, also }: TrailRequest): Document => ({
  patient: also === undefined ? patient : { $in: [patient, ...also] },
})

function after({ after: position, descending }: TrailRequest): readonly Document[] {
  if (position === undefined) return []
  const at = new Date(Number(position.value))
  const [from, beyond] = descending ? ['$lte', '$lt'] : ['$gte', '$gt']
  return [{ at: { [from]: at }, $or: [{ at: { [beyond]: at } }, { _id: { [beyond]: position.tie } }] }]
}

/**
 * @param ofOne lines of several targets of which the caller sees one, as `trail-of-one.ts` finds them.
 * @returns the filter of the lines that the caller may see and asks for.
 */
export const trailFilter = (request: TrailRequest, eyes: Eyes, ofOne: readonly string[]): Document => ({
  ...ofRecords(request),
  ...(request.id === undefined ? {} : { _id: request.id }),
  $and: [
    {},
    ...(request.entities.length > 0 || seesEveryLine(request) ? [] : [visible(eyes)]), // a target that is seen is asked for, then
    ...(request.hidesSecret === true ? [{ 'agent.secret': { $exists: false } }] : []),
    ...(request.ownAgent === null ? [] : [own(request.ownAgent)]),
    ...since(request.at),
    ...request.agents.map(named),
    ...request.types.map(ofType),
    ...request.entities.map(entities => about(request, eyes, entities)),
    ...(request.told ?? []).map(telling => toldFilter(telling, eyes, ofOne)),
    ...after(request),
  ],
})
