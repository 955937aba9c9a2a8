/** From the parameters of a URL to a search. Nothing is guessed: what is not understood is refused by name. https://hl7.org/fhir/R4/search.html */
import type { Catalog } from '../resources/catalog.ts'
import { type Failure, fail, failAll, ok, type Result } from '../resources/outcome.ts'
import { refuseCostly, refuseMany } from './chain-costs.ts'
import { parametersOf } from './common-parameters.ts'
import { controlParameters, passedOver, repeatableControls } from './control-parameters.ts'
import { and, type Query } from './query.ts'
import { mostLinks } from './read-chain.ts'
import { isChained, readSearchParameter } from './read-parameter.ts'
import { type Controls, chainPath, type Effect, mergeFailures, parameterPath, type Reading } from './search-effect.ts'
import type { Inclusion, MemberCriterion, PatientName, SearchRequest, TextCriterion } from './search-request.ts'
import { refuseValueSets } from './value-set.ts'

export interface SearchOptions {
  readonly type: string
  readonly catalog: Catalog
  /** Decoded, in order. */
  readonly parameters: readonly (readonly [string, string])[]
  /** IANA name of the zone of dates without one. */
  readonly zone: string
  /** Milliseconds since 1970. */
  readonly now: number
  /** `https://…/fhir`, without a final slash. */
  readonly base: string
  /** `Prefer: handling=lenient`: what is unknown is left out and said. A modifier that is not supported is refused all the same, as R4 asks. */
  readonly lenient: boolean
  readonly maxCount: number
  /** Whether whoever asks performs chains, `:text` and `:in` by value sets that are resources. Without it they are refused: a query alone would find too much. */
  readonly chains?: boolean
  /** The types that are searched together with this one, itself among them: what comes along may be named of any. */
  readonly together?: readonly string[]
}

/** Matches on a page when the client does not say. */
const usualCount = 20
const mostParameters = 100

/** What is wrong with a part of a chain is said of the whole of it. */
function readNamed(name: string, value: string, reading: Reading): Result<Effect> {
  const effect = readSearchParameter(name, value, reading)
  const expression = isChained(name) ? chainPath(name) : undefined
  if (effect.ok || expression === undefined) return effect
  const [first, ...others] = effect.failure.complaints
  const named = others.map(complaint => ({ ...complaint, expression }))
  return failAll(effect.failure.kind, [{ ...first, expression }, ...named])
}

function readParameter(name: string, value: string, reading: Reading): Result<Effect> {
  const control = controlParameters.get(name)
  if (control !== undefined) return control(value, reading, name)
  const [code = '', modifier] = name.split(':')
  if (modifier !== undefined && (controlParameters.has(code) || passedOver.has(code))) {
    return fail('unknownParameter', `${code} takes no modifier here.`, `http.${code}`)
  }
  return readNamed(name, value, reading)
}

/** What is wrong with the parameters as a whole. */
function refuseAsWhole(parameters: SearchOptions['parameters']): Failure | undefined {
  if (parameters.length > mostParameters) {
    return fail('tooCostly', `A search has at most ${mostParameters} parameters.`).failure
  }
  const names = parameters.map(([name]) => name)
  const once = (name: string): boolean =>
    (controlParameters.has(name) && !repeatableControls.has(name)) || passedOver.has(name)
  const twice = names.find((name, at) => once(name) && names.indexOf(name) !== at)
  return twice === undefined
    ? undefined
    : fail('badParameter', `${twice} is given more than once.`, parameterPath(twice)).failure
}

interface Applied {
  readonly name: string
  readonly value: string
  readonly effect: Effect
}

/** Written out, because every search goes through it. */
function assemble(type: string, read: readonly Applied[], maxCount: number): SearchRequest {
  const controls: Controls = {
    sort: [],
    count: Math.min(usualCount, maxCount),
    total: 'none',
    summary: 'false',
    elements: [],
  }
  const queries: Query[] = []
  const patients: SearchRequest['patients'][number][] = []
  const chains: SearchRequest['chains'][number][] = []
  const [texts, members]: [TextCriterion[], MemberCriterion[]] = [[], []]
  const [include, revinclude]: [Inclusion[], Inclusion[]] = [[], []]
  const applied: (readonly [string, string])[] = []
  const ignored: string[] = []
  for (const { name, value, effect } of read) {
    if (effect.query !== undefined) queries.push(effect.query)
    if (effect.patients !== undefined) patients.push(effect.patients)
    if (effect.chain !== undefined) chains.push({ ...effect.chain, name })
    if (effect.text !== undefined) texts.push(effect.text)
    if (effect.member !== undefined) members.push(effect.member)
    if (effect.controls !== undefined) Object.assign(controls, effect.controls)
    if (effect.include !== undefined) include.push(...effect.include)
    if (effect.revinclude !== undefined) revinclude.push(...effect.revinclude)
    if (effect.ignored !== undefined) ignored.push(effect.ignored)
    else applied.push([name, effect.applied ?? value])
  }
  const query = and(...queries)
  return { type, query, patients, chains, texts, members, ...controls, include, revinclude, applied, ignored }
}

/** `_count=0` and `_summary=count` ask for the same: the number of matches alone. */
function settle(request: SearchRequest): Result<SearchRequest> {
  const { count, summary, include, revinclude } = request
  const refused = refuseMany(request.chains) ?? refuseCostly(request.chains)
  if (refused !== undefined) return refused
  if (summary === 'text' && include.length + revinclude.length > 0) {
    return fail('badParameter', '_summary=text cannot be combined with _include or _revinclude.', 'http._summary')
  }
  if (count > 0 && summary !== 'count') return ok(request)
  return ok({ ...request, count: 0, summary: 'count', total: 'accurate' })
}

/** Reads a search of one type. Fails with `badParameter`, `unknownParameter`, `tooCostly`, or `notServed`; every complaint names its parameter. */
export function parseSearch(options: SearchOptions): Result<SearchRequest> {
  const { type, catalog, zone, now, base, lenient, maxCount } = options
  const served = catalog.types.get(type)
  if (served === undefined) return fail('notServed', 'This server has no such resource type.')
  const refused = refuseAsWhole(options.parameters)
  if (refused !== undefined) return { ok: false, failure: refused }

  const parameters = parametersOf(served)
  const links = options.chains === true ? mostLinks : -1
  const surroundings = { zone, now, base, valueSets: catalog.valueSets, hierarchies: catalog.hierarchies }
  const together = options.together?.flatMap(each => catalog.types.get(each) ?? []) ?? [served]
  const own = { served, together, parameters }
  const reading: Reading = { catalog, ...own, surroundings, lenient, maxCount, links, texts: links > 0 }
  const [read, failures]: [Applied[], Failure[]] = [[], []]
  for (const [name, value] of options.parameters) {
    if (passedOver.has(name)) continue
    const effect = readParameter(name, value, reading)
    if (effect.ok) read.push({ name, value, effect: effect.value })
    else failures.push(effect.failure)
  }
  const [first, ...others] = failures
  if (first === undefined) return refuseValueSets(read) ?? settle(assemble(type, read, maxCount))
  return { ok: false, failure: mergeFailures([first, ...others]) }
}

/** The one patient whom the parameters name, or undefined when they name none, or several. */
export function patientNamed({ patients }: SearchRequest): PatientName | undefined {
  const [first, ...others] = patients.flat()
  const same = JSON.stringify(first)
  return others.every(other => JSON.stringify(other) === same) ? first : undefined
}
