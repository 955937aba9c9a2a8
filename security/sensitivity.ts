/** Labels of confidentiality and sensitivity that a provision may name. IHE PCF, advanced consent; `access.md` section 4. */
import type { Coding, Resource } from '../resources/resource.ts'
import { labelKey } from '../search/key.ts'
import { codingsOf, conceptCodings } from './elements.ts'

const confidentiality = 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality'
const actCode = 'http://terminology.hl7.org/CodeSystem/v3-ActCode'

/** Above normal. */
export const restricted: readonly string[] = ['R', 'V']

/** Each label with those that it comprises: v3-ActCode, InformationSensitivityPolicy. */
const comprised: ReadonlyMap<string, readonly string[]> = new Map([
  [`${confidentiality}|R`, ['R']],
  [`${confidentiality}|V`, ['V']],
  [`${actCode}|ETH`, ['ETH', 'ETHUD', 'OPIOIDUD']],
  [`${actCode}|ETHUD`, ['ETHUD']],
  [`${actCode}|OPIOIDUD`, ['OPIOIDUD']],
  [`${actCode}|PSY`, ['PSY']],
  [`${actCode}|SEX`, ['SEX']],
  [`${actCode}|HIV`, ['HIV']],
])

const nameOf = ({ system, code }: Coding): string => `${system}|${code}`

/** Whether the coding is the confidentiality of what is not restricted. */
export const isNormal = (coding: Coding): boolean => nameOf(coding) === `${confidentiality}|N`

/** The codes that a label of a provision comprises; undefined for one that this record does not know. */
export const sensitivitiesOf = (coding: Coding): readonly string[] | undefined => comprised.get(nameOf(coding))

/** Every row that has or had such a label has a key that begins so. */
const mark = labelKey('')

/** Whether the rows of a record with such labels may be others than before. */
export const isLabelled = (keys: readonly string[]): boolean => keys.some(key => key.startsWith(mark))

/**
 * The keys of the labels that a resource has itself, in `securityLabel` or `meta.security`.
 * @param former its keys before: who was labelled once stays known, so that it is noticed when he no longer is.
 */
export function labelKeys(resource: Resource, former: readonly string[]): readonly string[] {
  const codings = [...conceptCodings(resource.securityLabel), ...codingsOf(resource.meta?.security)]
  const codes = codings.flatMap(coding => (comprised.has(nameOf(coding)) ? [coding.code ?? ''] : []))
  if (codes.length === 0) return isLabelled(former) ? [mark] : []
  return [mark, ...codes.map(labelKey)]
}
