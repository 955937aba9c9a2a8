/** One search parameter of the URL by its name: plain, with a modifier, or a chain. https://hl7.org/fhir/R4/search.html */

import { fail, ok, type Result } from '../resources/outcome.ts'
import { parseLogicalId } from '../resources/resource.ts'
import { scalarParameters } from './common-parameters.ts'
import { controlParameters } from './control-parameters.ts'
import { readKeptSubsumption } from './kept-code-system.ts'
import { readKeptMembership } from './kept-value-set.ts'
import type { Asked } from './parameter-type.ts'
import { parameterTypes } from './parameter-types.ts'
import { isPatientScalar } from './patient-scalar.ts'
import { readBackward, readForward, readListed } from './read-chain.ts'
import { readComposite } from './read-composite.ts'
import { readCriterion } from './read-criterion.ts'
import { readFilterParameter } from './read-filter.ts'
import { refuseModifier } from './refuse-modifier.ts'
import { type Effect, type Reading, shownName, suggestion, unknown } from './search-effect.ts'
import type { MemberCriterion } from './search-request.ts'
import { isOfHierarchy } from './subsumption.ts'
import { readText } from './token-text.ts'
import { unsearched, untold } from './untold.ts'
import { isOfValueSet } from './value-set.ts'
import { refusePending } from './with-custom-parameters.ts'

const nameForm = /^([A-Za-z_][A-Za-z0-9_-]*)(?::([A-Za-z_-]+))?(?:\.(.+))?$/

/** Whether the name goes on to other resources. */
export const isChained = (name: string): boolean => name.includes('.') || name.startsWith('_has:')

const plain = (text: string): string => text.toLowerCase().replaceAll(/[-_]/g, '')
const firstName = (name: string): string => name.split(/[:.]/)[0] ?? ''
const firstOf = (name: string): string => plain(firstName(name))

/** Whether a name is meant to keep a search within a patient: to pass over it would find what is everybody's. */
const meansPatient = (name: string, names: readonly string[]): boolean =>
  names.some(each => firstOf(name).startsWith(plain(each)))

/** Whether an unknown name may be meant to do so, in whatever letters; a Patient is named by its id and identifier. */
const mayRestrict = (name: string, { served: { type, compartment } }: Reading): boolean =>
  meansPatient(name, type === 'Patient' ? [...compartment, 'id', 'identifier'] : compartment)

/** Lenience never widens a search beyond a patient. */
const strict = (reading: Reading): Reading => ({ ...reading, lenient: false })

function unknownName(name: string, given: Reading): Result<Effect> {
  const pending = refusePending(given.served, name.split(/[:.]/)[0] ?? '')
  if (pending !== undefined) return pending
  const shown = shownName(name)
  const reading = given.lenient && mayRestrict(name, given) ? strict(given) : given
  if (shown === undefined) return unknown(reading, '', `${reading.served.type} has no search parameter of this name.`)
  const why = untold(reading.served.type, firstName(name))
  if (why !== undefined) return unknown(reading, name, `${shown}: ${why}.`)
  const composites = reading.served.composites?.keys() ?? []
  const known = [...reading.parameters.keys(), ...composites, ...controlParameters.keys()]
  return unknown(reading, name, `${reading.served.type} has no search parameter ${shown}.${suggestion(shown, known)}`)
}

/** The resources that are in a List. */
function readList(value: string, reading: Reading): Result<Effect> {
  if (value.startsWith('$'))
    return fail(
      'badParameter',
      '_list: expected the id of a List, found a list that a server would have to make up.',
      'http._list',
    )
  return value.split(',').every(id => parseLogicalId(id) !== undefined)
    ? readListed(value, reading, readSearchParameter)
    : fail('badParameter', '_list: expected the id of a List: 1 to 64 of A-Z a-z 0-9 - .', 'http._list')
}

const refused =
  (name: string, sentence: string) =>
  (_value: string, reading: Reading): Result<Effect> =>
    unknown(reading, name, `${name}: ${sentence}.`)

/** The parameters of all types that are about no element. */
const specialParameters: ReadonlyMap<string, (value: string, reading: Reading) => Result<Effect>> = new Map([
  ['_list', readList],
  ['_filter', readFilterParameter],
  ...[...unsearched].map(([name, sentence]) => [name, refused(name, sentence)] as const),
])

/** Whether whoever asks reads resources for conditions. The trail is no resources. */
const readsRows = ({ texts, served }: Reading): boolean => texts && served.type !== 'AuditEvent'

/** Whether value sets or code systems may be found by their URL. */
const keeps = (type: 'ValueSet' | 'CodeSystem', reading: Reading): boolean => {
  const served = reading.catalog.types.get(type)
  return readsRows(reading) && served?.interactions.has('search-type') === true && served.parameters.has('url')
}

/** What asks by a value set or a code system that may be a resource; undefined where R4 answers, or nothing does. */
function readKept(asked: Asked, reading: Reading): Result<MemberCriterion> | undefined {
  const { modifier, definition } = asked
  const ofHierarchy = isOfHierarchy(modifier)
  if (!ofHierarchy && !isOfValueSet(modifier)) return undefined
  if (definition.type !== 'token' || !parameterTypes.token.understands(modifier, definition)) return undefined
  if (ofHierarchy) return keeps('CodeSystem', reading) ? readKeptSubsumption(asked, modifier) : undefined
  return keeps('ValueSet', reading) ? readKeptMembership(asked) : undefined
}

/** Hierarchies count as value sets do; those are counted by the name of the parameter. */
const ofMember = (member: MemberCriterion): Effect =>
  member.subsumed.length === 0 ? { member } : { member, valueSets: member.subsumed.length }

/** Reads one parameter that chooses resources; what follows a dot or `_has` is read in the same way. */
export function readSearchParameter(name: string, value: string, given: Reading): Result<Effect> {
  const reading = given.lenient && meansPatient(name, ['patient', 'subject']) ? strict(given) : given
  if (name.startsWith('_has:')) return readBackward({ name, value }, reading, readSearchParameter)
  const special = specialParameters.get(name)
  if (special !== undefined) return special(value, reading)
  const [, code = '', modifier = '', chained = ''] = nameForm.exec(name) ?? []
  const definition = reading.parameters.get(code)
  const composite = reading.served.composites?.get(code)
  if (composite !== undefined && chained === '')
    return readComposite({ definition: composite, modifier, value }, reading)
  if (definition === undefined) return unknownName(name, reading)

  const namesPatient = isPatientScalar(reading.served, definition)
  const byIdentifier = namesPatient && chained === 'identifier' && (modifier === '' || modifier === 'Patient')
  if (chained !== '' && !byIdentifier) {
    return readForward({ definition, modifier, name: chained, value }, reading, readSearchParameter)
  }

  const asked = { definition, modifier, value, surroundings: reading.surroundings }
  if (modifier === 'text' && definition.type === 'token' && readsRows(reading) && !scalarParameters.has(code)) {
    const text = readText(asked)
    return text.ok ? ok({ text: text.value }) : text
  }
  const member = readKept(asked, reading)
  if (member !== undefined) return member.ok ? ok(ofMember(member.value)) : member
  const isMissing = modifier === 'missing' && !scalarParameters.has(code)
  const understood = modifier === '' || isMissing || parameterTypes[definition.type].understands(modifier, definition)
  if (!understood && !byIdentifier) return refuseModifier(modifier, definition)
  return readCriterion({ asked, chained }, reading)
}
