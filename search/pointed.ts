/** What a row refers to, told by its keys: `_include` follows it without its JSON. https://hl7.org/fhir/R4/search.html#revinclude */
import type { Structures } from '../profiles/structure.ts'
import type { Catalog, ServedType } from '../resources/catalog.ts'
import type { SearchParameterDefinition } from '../resources/search-parameter-definition.ts'
import { specializations } from './choice-elements.ts'
import { referenceKey } from './key.ts'
import { type Branch, parseExpression, type Step } from './parse-expression.ts'
import { isPatientScalar } from './patient-scalar.ts'

/** The types that one more step leads to; `undefined` among them where it leads nowhere that is known. */
function typesAfter(step: Step, at: string, { nodes }: Structures): readonly (string | undefined)[] {
  if (step.step !== 'element') return [at]
  const element = Object.hasOwn(nodes, at) ? nodes[at]?.find(({ name }) => name === step.name) : undefined
  if (element === undefined) return [undefined]
  const { as } = step
  const asked = as === undefined ? undefined : element.choice === true ? (specializations.get(as) ?? [as]) : [as]
  return element.types.flatMap(({ code }) => (asked === undefined || asked.includes(code) ? [code] : []))
}

function selectsReferences({ steps, asks }: Branch, type: string, structures: Structures): boolean {
  let at: readonly (string | undefined)[] = [type]
  for (const step of steps)
    at = at.flatMap(each => (each === undefined ? [undefined] : typesAfter(step, each, structures)))
  return asks === 'elements' && steps.length > 0 && at.every(each => each === 'Reference')
}

/** A key of a canonical URL, or of a resource within another, may look like that of a reference: none of these is followed. */
function selectsReferencesAlone(expression: string, type: string, structures: Structures): boolean {
  const parsed = parseExpression(expression)
  if (!parsed.ok) return false
  const own = parsed.value.filter(({ root }) => root === undefined || root === type)
  return own.length > 0 && own.every(branch => selectsReferences(branch, type, structures))
}

const tells = (served: ServedType, definition: SearchParameterDefinition, structures: Structures): boolean =>
  definition.type === 'reference' &&
  !isPatientScalar(served, definition) &&
  selectsReferencesAlone(definition.expression, served.type, structures)

/**
 * @param catalog without what operators defined: its keys may be older than their definitions.
 * @returns the parameters, as `Type:code`, whose keys tell all that `Follow` finds in a resource of the type.
 */
export const pointedByKeys = ({ types }: Pick<Catalog, 'types'>, structures: Structures): ReadonlySet<string> =>
  new Set(
    [...types.values()].flatMap(served =>
      [...served.parameters.values()]
        .filter(definition => tells(served, definition, structures))
        .map(({ code }) => `${served.type}:${code}`),
    ),
  )

/** How the keys of references begin that the parameter `code` finds. */
export const pointingPrefix = (code: string): string => referenceKey(code, '')

/** The key of a reference elsewhere is its text, which never has this form. */
const localForm = /^([A-Z][A-Za-z]{1,63})\/([A-Za-z0-9.-]{1,64})$/

/** @returns the resources of this server to which keys of the parameter `code` point, in order. */
export function pointedBy(keys: readonly string[], code: string): readonly { type: string; id: string }[] {
  const prefix = pointingPrefix(code)
  const targets: { type: string; id: string }[] = []
  for (const key of keys) {
    if (!key.startsWith(prefix)) continue
    const [, type, id] = localForm.exec(key.slice(prefix.length)) ?? []
    if (type !== undefined && id !== undefined) targets.push({ type, id })
  }
  return targets
}
