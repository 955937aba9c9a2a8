/** Chained parameters and `_has`: searches of other resources, as data. https://hl7.org/fhir/R4/search.html#chaining */
import type { ServedType } from '../resources/catalog.ts'
import { type Failure, fail, ok, type Result } from '../resources/outcome.ts'
import type { SearchParameterDefinition } from '../resources/search-parameter-definition.ts'
import { parametersOf } from './common-parameters.ts'
import { isPatientScalar } from './patient-scalar.ts'
import { everything } from './query.ts'
import { type Effect, type Reading, shownName, suggestion, unknown } from './search-effect.ts'
import type { Chain, Linked } from './search-request.ts'
import { refusePending } from './with-custom-parameters.ts'

/** The most links that one parameter may follow. */
export const mostLinks = 3
/** The most types that a link may lead to when it does not say one. */
const mostTypes = 8

/** Reads what stands after the link, on the type to which it leads. */
type Read = (name: string, value: string, reading: Reading) => Result<Effect>

/** What follows a link. */
interface After {
  readonly name: string
  readonly value: string
}

/** What stands behind `_has`, and whether it was asked for by `_list`. */
interface Back extends After {
  readonly members?: true
}

/** `_list` is read as this `_has`, but for entries that were taken out of the List. */
const listForm = '_has:List:item:_id'

const said = (name: string): string => shownName(name) ?? 'this parameter'

/** The trail is no rows: it is neither searched by other resources nor followed. */
const isFollowed = ({ type, interactions }: ServedType): boolean =>
  type !== 'AuditEvent' && interactions.has('search-type')

/** Why no link may be followed from here; undefined when one may. */
function refuseLink(name: string, reading: Reading): Result<Effect> | undefined {
  if (reading.links === 0)
    return fail('tooCostly', `${said(name)}: expected a chain of at most ${mostLinks} links, found more.`)
  if (reading.links > 0 && isFollowed(reading.served)) return undefined
  return unknown(reading, name, `${said(name)}: chained parameters and _has are not supported here.`)
}

/** What the search says of resources of one type; or the sentence why it says nothing. */
function readLinked(after: After, { served, reading, read }: At): Result<Omit<Linked, 'byRecord'> | string> {
  const parameters = parametersOf(served)
  const inner = { ...reading, served, parameters, lenient: true, links: reading.links - 1 }
  const effect = read(after.name, after.value, inner)
  if (!effect.ok) return effect
  const { ignored, query = everything, patients = [], chain, text, member } = effect.value
  if (ignored !== undefined) return ok(ignored.replace(/^Ignored: /, ''))
  const further = {
    ...(chain === undefined ? {} : { next: chain }),
    ...(text === undefined ? {} : { text }),
    ...(member === undefined ? {} : { member }),
  }
  return ok({ type: served.type, query, patients: served.type === 'Patient' ? [] : patients, ...further })
}

interface At {
  readonly served: ServedType
  readonly reading: Reading
  readonly read: Read
}

const allows = ({ target }: SearchParameterDefinition, type: string): boolean =>
  target.length === 0 || target.includes(type)

/** The types that a link may lead to: the one that it says, or all that are served. */
function typesOf({ definition, modifier }: Forward, { catalog }: Reading): readonly ServedType[] {
  const possible = [...catalog.types.values()].filter(served => isFollowed(served) && allows(definition, served.type))
  return modifier === '' ? possible : possible.filter(({ type }) => type === modifier)
}

const names = (types: readonly ServedType[]): string => types.map(({ type }) => type).join(', ')

/** Not one of the types has what follows. */
function noneHas(
  forward: Forward,
  reading: Reading,
  refusals: readonly [ServedType, string | Failure][],
): Result<Effect> {
  const [first, second] = refusals
  const hard = refusals.map(([, refusal]) => refusal).find(refusal => typeof refusal !== 'string')
  if (typeof hard === 'object') return { ok: false, failure: hard }
  const types = refusals.map(([served]) => served)
  const sentence =
    second === undefined && typeof first?.[1] === 'string'
      ? first[1]
      : `none of the types to which it refers (${names(types)}) has the search parameter ${said(forward.name)}.`
  return unknown(reading, forward.name, `${forward.definition.code}: ${sentence}`)
}

function tooManyTypes({ definition, name }: Forward, types: readonly Linked[]): Result<never> {
  const example = `${definition.code}:${types[0]?.type}.${said(name)}`
  return fail(
    'tooCostly',
    `${definition.code}: expected a chain to at most ${mostTypes} types, found ${types.length}; name the type, as ${example}.`,
  )
}

/** A parameter before a dot. `name` is what stands behind it. */
interface Forward extends After {
  readonly definition: SearchParameterDefinition
  readonly modifier: string
}

/** Where a link leads nowhere by itself. */
function refuseForward(forward: Forward, reading: Reading, types: readonly ServedType[]): Result<Effect> | undefined {
  const { definition, modifier } = forward
  const { code, type } = definition
  const refused = refuseLink(code, reading)
  if (refused !== undefined) return refused
  if (type !== 'reference')
    return unknown(reading, code, `${code}: expected a reference before the dot, found a parameter of type ${type}.`)
  if (types.length > 0) return undefined
  if (modifier === '') return unknown(reading, code, `${code}: none of the types to which it refers is served.`)
  const served = typesOf({ ...forward, modifier: '' }, reading)
  return fail('unknownParameter', `${code}: expected one of ${names(served)} after the colon, found another name.`)
}

/** Reads `reference.name` and `reference:Type.name`: without a type, of all types that have such a parameter. */
export function readForward(forward: Forward, reading: Reading, read: Read): Result<Effect> {
  const { definition } = forward
  const types = typesOf(forward, reading)
  const refused = refuseForward(forward, reading, types)
  if (refused !== undefined) return refused
  const linked: Linked[] = []
  const refusals: [ServedType, string | Failure][] = []
  const isScalar = isPatientScalar(reading.served, definition)
  for (const served of types) {
    const one = readLinked(forward, { served, reading, read })
    if (!one.ok && one.failure.kind !== 'unknownParameter') return one
    if (!one.ok) refusals.push([served, one.failure])
    else if (typeof one.value === 'string') refusals.push([served, one.value])
    else linked.push({ ...one.value, byRecord: isScalar && served.type === 'Patient' })
  }
  if (linked.length === 0) return noneHas(forward, reading, refusals)
  if (linked.length > mostTypes) return tooManyTypes(forward, linked)
  return ok({ chain: { link: 'to', of: reading.served.type, code: definition.code, linked } })
}

const hasForm = /^_has:([A-Za-z]+):([A-Za-z0-9_-]+):(.+)$/

/** Reads `_has:Type:reference:name`: a resource of the type refers to the one that is searched. */
export function readBackward({ name, value, members }: Back, reading: Reading, read: Read): Result<Effect> {
  const asked = members === undefined ? '_has' : '_list'
  const refused = refuseLink(asked, reading)
  if (refused !== undefined) return refused
  const [, type = '', code = '', rest = ''] = hasForm.exec(name) ?? []
  const served = reading.catalog.types.get(type)
  const no = (sentence: string): Result<Effect> => unknown(reading, asked, `${asked}: ${sentence}`)
  if (rest === '') return no('expected _has:Type:reference:parameter, found another form.')
  if (served === undefined || !isFollowed(served))
    return no(`expected a type that is searched here, found ${said(type)}.`)
  const parameters = parametersOf(served)
  const definition = parameters.get(code)
  const pending = definition === undefined ? refusePending(served, code) : undefined
  if (pending !== undefined) return pending
  if (definition?.type !== 'reference') {
    const references = [...parameters.values()].filter(one => one.type === 'reference').map(one => one.code)
    return no(`${type} has no reference parameter ${said(code)}.${suggestion(code, references)}`)
  }
  if (!allows(definition, reading.served.type)) return no(`${type}:${code} does not refer to ${reading.served.type}.`)
  const one = readLinked({ name: rest, value }, { served, reading, read })
  if (!one.ok) return one
  if (typeof one.value === 'string') return no(one.value)
  const byRecord = isPatientScalar(served, definition) && reading.served.type === 'Patient'
  const linked = [{ ...one.value, byRecord }]
  return ok({ chain: { link: 'from', of: reading.served.type, code, linked, ...(members && { members }) } })
}

/** Reads `_list`: the resources that are in one of these Lists. https://hl7.org/fhir/R4/search.html#list */
export const readListed = (value: string, reading: Reading, read: Read): Result<Effect> =>
  readBackward({ name: listForm, value, members: true }, reading, read)

/** How many searches of their own a chain asks for. */
export const searchesOf = ({ linked }: Chain): number =>
  linked.reduce((sum, { next }) => sum + 1 + (next === undefined ? 0 : searchesOf(next)), 0)

/** The types that a chain searches, each once or more. */
export const typesFollowed = ({ linked }: Chain): readonly string[] =>
  linked.flatMap(({ type, next }) => [type, ...(next === undefined ? [] : typesFollowed(next))])
