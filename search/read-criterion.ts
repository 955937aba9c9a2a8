/** One search parameter of the URL, with all its alternatives, as a query. https://hl7.org/fhir/R4/search.html#combining */
import { ok, type Result } from '../resources/outcome.ts'
import { parseLogicalId } from '../resources/resource.ts'
import { alternativesIn } from './alternatives.ts'
import { parseInstant } from './date.ts'
import { splitEscaped, withoutEscapes } from './escape.ts'
import { implicitSystems } from './implicit-systems.ts'
import { type Asked, badValue } from './parameter-type.ts'
import { parameterTypes } from './parameter-types.ts'
import { exactIdentifier, readPatientIdentifiers, readPatients, withoutPatient } from './patient-names.ts'
import { isPatientScalar } from './patient-scalar.ts'
import { key, not, or, type Query, scalar } from './query.ts'
import type { Effect, Reading } from './search-effect.ts'
import { isOfHierarchy, tooManyCodes } from './subsumption.ts'
import { isOfValueSet, mostCodes, mostValueSets } from './value-set.ts'

const valueSetsOf = (modifier: string): number | undefined => (isOfValueSet(modifier) ? mostValueSets : undefined)

/** Without a beginning there is no range of the index: each text is looked for in every key. */
const mostOf = (modifier: string): number | undefined => (modifier === 'contains' ? 10 : valueSetsOf(modifier))

/** Any of the alternatives; keys and scalars of one kind are asked together. */
function anyOf(queries: readonly Query[]): Query {
  const keys = queries.flatMap(query => (query.op === 'key' ? query.in : []))
  const others = queries.filter(({ op }) => op !== 'key')
  return or(...(keys.length === 0 ? [] : [key(...keys)]), ...others)
}

/** Modifiers that find all others, those without a value too. */
const negations: ReadonlySet<string> = new Set(['not', 'not-in'])

function parseAll(asked: Asked, alternatives: readonly string[], parse: (one: Asked) => Result<Query>): Result<Query> {
  const queries: Query[] = []
  for (const value of alternatives) {
    const query = parse({ ...asked, value })
    if (!query.ok) return query
    queries.push(query.value)
  }
  return ok(negations.has(asked.modifier) ? not(anyOf(queries)) : anyOf(queries))
}

function parseId(asked: Asked): Result<Query> {
  const id = parseLogicalId(asked.value)
  return id === undefined ? badValue(asked, 'an id: 1 to 64 of A-Z a-z 0-9 - .') : ok(scalar('id', id))
}

/** A status without its system is the scalar of the row. */
const parseStatus = (asked: Asked): Result<Query> =>
  splitEscaped(asked.value, '|').length === 1
    ? ok(scalar('status', withoutEscapes(asked.value)))
    : parameterTypes.token.parse(asked)

/** How one alternative is read: by a scalar where one says exactly the same, else by the keys and intervals of its type. */
function parserOf({ definition, modifier }: Asked, ofType: string): (one: Asked) => Result<Query> {
  const { type, code, expression } = definition
  if (code === '_id') return parseId
  if (code === '_lastUpdated') return asked => parseInstant(asked, 'updated')
  const asksCodes = isOfValueSet(modifier) || isOfHierarchy(modifier)
  const isScalar =
    !asksCodes && code === 'status' && expression === `${ofType}.status` && implicitSystems.has(expression)
  return isScalar ? parseStatus : parameterTypes[type].parse
}

/** Of type Patient, `_id` and an exact identifier also say whose record is meant. */
function namedBy({ definition, modifier }: Asked, alternatives: readonly string[]): Pick<Effect, 'patients'> {
  if (modifier !== '') return {}
  if (definition.code === '_id') return { patients: alternatives.map(id => ({ by: 'id', id })) }
  if (definition.code !== 'identifier') return {}
  const patients = alternatives.map(exactIdentifier).filter(named => named !== undefined)
  return patients.length === alternatives.length ? { patients } : {}
}

function readMissing(asked: Asked, patientIsScalar: boolean): Result<Effect> {
  const { value, definition } = asked
  if (value !== 'true' && value !== 'false') return badValue(asked, 'true or false after :missing')
  const missing: Query = patientIsScalar ? withoutPatient(definition.code) : { op: 'missing', code: definition.code }
  return ok({ query: value === 'true' ? missing : not(missing) })
}

/** What codes above or below ask: no more of them in all than of one, and they count as a value set does. */
const ofHierarchies = ({ definition: { code } }: Asked, query: Query): Result<Effect> =>
  query.op === 'key' && query.in.length > mostCodes ? tooManyCodes(code) : ok({ query, valueSets: 1 })

export interface Criterion {
  readonly asked: Asked
  /** What stands after a dot of the name; '' for nothing. Only `identifier` of a patient gets here. */
  readonly chained: string
}

/** Reads one parameter; its name and modifier were checked before. */
export function readCriterion({ asked, chained }: Criterion, { served }: Reading): Result<Effect> {
  const patientIsScalar = isPatientScalar(served, asked.definition)
  if (asked.modifier === 'missing') return readMissing(asked, patientIsScalar)
  const alternatives = alternativesIn(asked.definition.code, asked.value, mostOf(asked.modifier))
  if (!alternatives.ok) return alternatives
  if (patientIsScalar && (chained !== '' || asked.modifier === 'identifier')) {
    return readPatientIdentifiers(asked, alternatives.value)
  }
  if (patientIsScalar) return readPatients(asked, alternatives.value)
  const query = parseAll(asked, alternatives.value, parserOf(asked, served.type))
  if (!query.ok) return query
  if (asked.definition.type === 'token' && isOfHierarchy(asked.modifier)) return ofHierarchies(asked, query.value)
  return ok({ query: query.value, ...(served.type === 'Patient' ? namedBy(asked, alternatives.value) : {}) })
}
