/** The values of one element of an object of JSON, each with what extends it under `_name`. https://hl7.org/fhir/R4/json.html#primitive */
import {
  isList,
  isRecord,
  type JsonRecord,
  type JsonTree,
  leaf,
  list,
  record,
  withMember,
} from '../resources/json-tree.ts'

/** One value; of a primitive, `side` holds its id and extensions. */
export interface ElementValue {
  readonly value: JsonTree | undefined
  readonly side: JsonTree | undefined
}

const nothing = leaf('null')

const unlessNull = (tree: JsonTree | undefined): JsonTree | undefined =>
  tree !== undefined && 'text' in tree && tree.text === 'null' ? undefined : tree

const itemsOf = (tree: JsonTree | undefined): readonly JsonTree[] => {
  if (tree === undefined) return []
  return isList(tree) ? tree.items : [tree]
}

/** @returns the values of an element in order; none where it is absent. */
export function valuesOf({ members }: JsonRecord, name: string): readonly ElementValue[] {
  const values = itemsOf(members.get(name))
  const sides = itemsOf(members.get(`_${name}`))
  return Array.from({ length: Math.max(values.length, sides.length) }, (_, at) => ({
    value: unlessNull(values[at]),
    side: unlessNull(sides[at]),
  }))
}

/** Values as JSON writes them: alone, or in a list that keeps a place for each. */
function written(values: readonly (JsonTree | undefined)[], many: boolean): JsonTree | undefined {
  if (values.every(value => value === undefined)) return undefined
  return many ? list(values.map(value => value ?? nothing)) : values[0]
}

/** The object with other values of an element; R4 has no empty lists. */
export function withValues(
  holder: JsonRecord,
  { name, many }: { readonly name: string; readonly many: boolean },
  values: readonly ElementValue[],
): JsonRecord {
  const kept = values.filter(({ value, side }) => value !== undefined || side !== undefined)
  const parts = [
    [name, kept.map(({ value }) => value)],
    [`_${name}`, kept.map(({ side }) => side)],
  ] as const
  return parts.reduce((made, [member, trees]) => {
    const tree = written(trees, many)
    return tree === undefined && !made.members.has(member) ? made : withMember(made, member, tree)
  }, holder)
}

const empty = record(new Map())

/** The object that holds the elements below a value: of a primitive, what extends it. */
export function childrenOf({ value, side }: ElementValue): JsonRecord {
  if (isRecord(value)) return value
  return isRecord(side) ? side : empty
}

/** The value with other elements below it; an object without any is no value. */
export function withChildren(before: ElementValue, children: JsonRecord): ElementValue {
  const tree = children.members.size === 0 ? undefined : children
  return isRecord(before.value) ? { value: tree, side: undefined } : { value: before.value, side: tree }
}
