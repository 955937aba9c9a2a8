/** The value that an operation of a FHIRPath Patch gives: a datatype, a resource, or parts with names. https://hl7.org/fhir/R4/fhirpatch.html */
import { isList, isRecord, type JsonRecord, type JsonTree, record, stringOf } from '../resources/json-tree.ts'
import { fail, ok, type Result } from '../resources/outcome.ts'
import { elementNamed } from './element-of.ts'
import { type ElementValue, valuesOf, withValues } from './element-slot.ts'
import { type Element, type ElementType, jsonName, type Structures } from './structure.ts'

/** A value with the type under which the element holds it. */
export interface GivenValue extends ElementValue {
  readonly type: ElementType
}

/** A value as it was written: `valueString`, `resource` or parts. */
interface Part {
  readonly tree: JsonRecord
  /** Its place in the patch, for complaints. */
  readonly at: string
}

const valueForm = /^_?value([A-Z][A-Za-z0-9]*)$/

/** The name of the datatype in `value[x]`, in the letters of JSON. */
const datatypeOf = ({ members }: JsonRecord): string | undefined => {
  const names = new Set([...members.keys()].flatMap(name => valueForm.exec(name)?.[1] ?? []))
  return names.size === 1 ? [...names][0] : undefined
}

const isPrimitive = (code: string): boolean => /^[a-z]/.test(code)
const nameOf = (code: string): string => code.charAt(0).toUpperCase() + code.slice(1)

/** The type of the element under which a datatype may stand. What letters a primitive has, the structure says afterwards. */
function typeFor({ types, choice }: Element, datatype: string): ElementType | undefined {
  const exact = types.find(({ code }) => nameOf(code) === datatype)
  const [only] = types
  if (exact !== undefined || choice === true || only === undefined) return exact
  const isLetters = isPrimitive(datatype.charAt(0).toLowerCase() + datatype.slice(1)) && isPrimitive(only.code)
  return isLetters && primitiveNames.has(datatype) ? only : undefined
}

const primitiveNames: ReadonlySet<string> = new Set(
  (
    'Base64Binary Boolean Canonical Code Date DateTime Decimal Id Instant Integer Markdown Oid PositiveInt String Time ' +
    'UnsignedInt Uri Url Uuid'
  ).split(' '),
)

const refused = (at: string, diagnostics: string): Result<never> => fail('patchRefused', diagnostics, at)

/** An element without a type of its own: its elements are parts, one for each value. */
function composed(structures: Structures, { tree, at }: Part, type: ElementType): Result<JsonTree> {
  const parts = tree.members.get('part')
  let made = record(new Map())
  for (const [place, part] of (isList(parts) ? parts.items : []).entries()) {
    const where = `${at}.part[${place}]`
    if (!isRecord(part)) return fail('malformedBody', 'expected a parameter: an object', where)
    const element = elementNamed(structures, type.code, stringOf(part.members.get('name')) ?? '')
    if (element === undefined) return refused(`${where}.name`, 'expected the name of an element that R4 has here')
    const given = givenValue(structures, element, { tree: part, at: where })
    if (!given.ok) return given
    const slot = { name: jsonName(element, given.value.type), many: element.many }
    const before = valuesOf(made, slot.name)
    if (before.length > 0 && !element.many)
      return refused(where, 'expected one value of an element that does not repeat, found several')
    made = withValues(made, slot, [...before, given.value])
  }
  return ok(made)
}

/** @returns the value that a part gives to the element; `patchRefused` when its type cannot stand there. */
export function givenValue(structures: Structures, element: Element, part: Part): Result<GivenValue> {
  const { members } = part.tree
  const [only] = element.types
  const resource = members.get('resource')
  if (resource !== undefined && only?.code === 'Resource') return ok({ type: only, value: resource, side: undefined })
  if (members.has('part') && only?.code.includes('.') === true) {
    const value = composed(structures, part, only)
    return value.ok ? ok({ type: only, value: value.value, side: undefined }) : value
  }
  const datatype = datatypeOf(part.tree)
  const type = datatype === undefined ? undefined : typeFor(element, datatype)
  if (type === undefined)
    return refused(part.at, `expected a value of type ${element.types.map(({ code }) => code).join(' or ')}`)
  return ok({ type, value: members.get(`value${datatype}`), side: members.get(`_value${datatype}`) })
}
