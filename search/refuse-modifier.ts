/** Modifiers that are not understood are refused, and the refusal says what to ask instead. https://hl7.org/fhir/R4/search.html#modifiers */
import { fail } from '../resources/outcome.ts'
import type { SearchParameterDefinition } from '../resources/search-parameter-definition.ts'
import { parameterTypes } from './parameter-types.ts'

/** What has no meaning here. */
const remedies: ReadonlyMap<string, string> = new Map([
  ['in', 'value sets hold codes, and it searches none: list what is meant, with commas between'],
  ['not-in', 'value sets hold codes, and it searches none: list what is not meant after :not, with commas between'],
  ['above', 'hierarchies are of codes, and it searches none: list what is meant, with commas between'],
  ['below', 'hierarchies are of codes, and it searches none: list what is meant, with commas between'],
])

const ofTerminology = new Set(['token', 'reference'])

/** The refusal of a modifier, also of lenient searches: without it the search would find something else. */
export function refuseModifier(modifier: string, { code, type }: SearchParameterDefinition): ReturnType<typeof fail> {
  const offered = [...parameterTypes[type].modifiers, 'missing'].map(name => `:${name}`).join(', ')
  const remedy = ofTerminology.has(type) ? remedies.get(modifier) : undefined
  const instead = remedy === undefined ? `parameters of this type take ${offered}, where they have a meaning` : remedy
  return fail(
    'unknownParameter',
    `${code}: the modifier :${modifier} is not supported for this parameter of type ${type}; ${instead}.`,
    `http.${code}`,
  )
}
