/** From the parameters of a URL to a search. Nothing is guessed: what is not understood is refused by name. https://hl7.org/fhir/R4/search.html */
import type { Catalog } from '../resources/catalog.ts'
import { type Failure, fail, ok, type Result } from '../resources/outcome.ts'
import { parametersOf, scalarParameters } from './common-parameters.ts'
import { controlParameters, passedOver, repeatableControls } from './control-parameters.ts'
import { parameterTypes } from './parameter-types.ts'
import { isPatientScalar } from './patient-scalar.ts'
import { and } from './query.ts'
import { readCriterion } from './read-criterion.ts'
import {
  type Controls,
  type Effect,
  mergeFailures,
  parameterPath,
  type Reading,
  shownName,
  suggestion,
  unknown,
} from './search-effect.ts'
import type { PatientName, SearchRequest } from './search-request.ts'

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
}

/** Matches on a page when the client does not say. */
const usualCount = 20
const mostParameters = 100

const nameForm = /^([A-Za-z_][A-Za-z0-9_-]*)(?::([A-Za-z_-]+))?(?:\.(.+))?$/

function unknownName(name: string, reading: Reading): Result<Effect> {
  const shown = shownName(name)
  if (shown === undefined) return unknown(reading, '', `${reading.served.type} has no search parameter of this name.`)
  const known = [...reading.parameters.keys(), ...controlParameters.keys()]
  return unknown(reading, name, `${reading.served.type} has no search parameter ${shown}.${suggestion(shown, known)}`)
}

const notChained = (name: string, reading: Reading): Result<Effect> =>
  unknown(reading, name, `${shownName(name) ?? 'This parameter'}: chained parameters and _has are not supported.`)

function readSearchParameter(name: string, value: string, reading: Reading): Result<Effect> {
  const [, code = '', modifier = '', chained = ''] = nameForm.exec(name) ?? []
  if (name.startsWith('_has:')) return notChained(name, reading)
  const definition = reading.parameters.get(code)
  if (definition === undefined) return unknownName(name, reading)

  const namesPatient = isPatientScalar(reading.served, definition)
  const byIdentifier = namesPatient && chained === 'identifier' && (modifier === '' || modifier === 'Patient')
  if (chained !== '' && !byIdentifier) return notChained(name, reading)

  const isMissing = modifier === 'missing' && !scalarParameters.has(code)
  const understood = modifier === '' || isMissing || parameterTypes[definition.type].understands(modifier, definition)
  if (!understood) {
    const sentence = `${code}: the modifier :${modifier} is not supported for this parameter of type ${definition.type}.`
    return fail('unknownParameter', sentence, `http.${code}`)
  }
  const asked = { definition, modifier, value, surroundings: reading.surroundings }
  return readCriterion({ asked, chained }, reading)
}

function readParameter(name: string, value: string, reading: Reading): Result<Effect> {
  const control = controlParameters.get(name)
  if (control !== undefined) return control(value, reading, name)
  const [code = '', modifier] = name.split(':')
  if (modifier !== undefined && (controlParameters.has(code) || passedOver.has(code))) {
    return fail('unknownParameter', `${code} takes no modifier here.`, `http.${code}`)
  }
  return readSearchParameter(name, value, reading)
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

function assemble(type: string, read: readonly Applied[], maxCount: number): SearchRequest {
  const effects = read.map(({ effect }) => effect)
  const usual: Controls = {
    sort: [],
    count: Math.min(usualCount, maxCount),
    total: 'none',
    summary: 'false',
    elements: [],
  }
  let controls = usual
  for (const effect of effects) controls = { ...controls, ...effect.controls }
  const kept = read.filter(({ effect }) => effect.ignored === undefined)
  return {
    type,
    query: and(...effects.flatMap(({ query }) => query ?? [])),
    patients: effects.flatMap(({ patients }) => (patients === undefined ? [] : [patients])),
    ...controls,
    include: effects.flatMap(({ include }) => include ?? []),
    revinclude: effects.flatMap(({ revinclude }) => revinclude ?? []),
    applied: kept.map(({ name, value, effect }) => [name, effect.applied ?? value] as const),
    ignored: effects.flatMap(({ ignored }) => ignored ?? []),
  }
}

/** `_count=0` and `_summary=count` ask for the same: the number of matches alone. */
function settle(request: SearchRequest): Result<SearchRequest> {
  const { count, summary, include, revinclude } = request
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
  const reading: Reading = { catalog, served, parameters, surroundings: { zone, now, base }, lenient, maxCount }
  const [read, failures]: [Applied[], Failure[]] = [[], []]
  for (const [name, value] of options.parameters) {
    if (passedOver.has(name)) continue
    const effect = readParameter(name, value, reading)
    if (effect.ok) read.push({ name, value, effect: effect.value })
    else failures.push(effect.failure)
  }
  const [first, ...others] = failures
  return first === undefined
    ? settle(assemble(type, read, maxCount))
    : { ok: false, failure: mergeFailures([first, ...others]) }
}

/** The one patient whom the parameters name, or undefined when they name none, or several. */
export function patientNamed({ patients }: SearchRequest): PatientName | undefined {
  const [first, ...others] = patients.flat()
  const same = JSON.stringify(first)
  return others.every(other => JSON.stringify(other) === same) ? first : undefined
}
