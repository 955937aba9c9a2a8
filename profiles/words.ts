/** What the words of our own in a schema check. Each is given the value and what stands around it. */
import { areSound, type ChildFault, type Children, faultsOf } from './children.ts'
import { typeOfReference } from './reference-form.ts'

/** Something that a word found wrong. */
export interface WordFault {
  readonly keyword: string
  readonly found: Readonly<Record<string, unknown>>
}

/** A JSON Pointer as long as this is nested more deeply than any resource of R4; every level adds to it. */
const longestPointer = 2000

const toFault = ({ problem, child }: ChildFault): WordFault => ({ keyword: problem, found: { child } })

/** What is wrong with the names in an object that stands at `pointer`; undefined when nothing is. */
export function checkChildren(children: Children, json: object, pointer: string): readonly WordFault[] | undefined {
  if (pointer.length > longestPointer) return [{ keyword: 'deep', found: {} }]
  return areSound(children, json) ? undefined : faultsOf(children, json).map(toFault)
}

/** In arrays of primitives null keeps the place of a value that is only in the array beside it. */
export function checkPair(list: readonly unknown[], beside: unknown): readonly WordFault[] | undefined {
  if (!list.includes(null)) return undefined
  const others: readonly unknown[] = Array.isArray(beside) ? beside : []
  const place = list.findIndex((value, at) => value === null && (others[at] ?? null) === null)
  return place < 0 ? undefined : [{ keyword: 'pair', found: { place } }]
}

/** What is known of the types to which references may point. */
export interface Targets {
  /** Absent when any. */
  readonly allowed: ReadonlySet<string> | undefined
  readonly known: ReadonlySet<string>
}

const wrongTarget = (child: string, { allowed }: Targets): readonly WordFault[] => [
  { keyword: 'targets', found: { child, targets: allowed === undefined ? ['a type of R4'] : [...allowed] } },
]

/** Whether a literal reference leads to a type outside of `within`. Absolute URLs may end on words that are no type. */
function leadsElsewhere(reference: string, within: ReadonlySet<string>, known: ReadonlySet<string>): boolean {
  const type = typeOfReference(reference)
  return type !== undefined && !within.has(type) && (known.has(type) || !reference.startsWith('http'))
}

/** A reference that says its type must say one that is allowed. What does not say its type is not judged. */
export function checkTargets(
  targets: Targets,
  json: Readonly<Record<string, unknown>>,
): readonly WordFault[] | undefined {
  const { reference, type } = json
  const { known } = targets
  const within = targets.allowed ?? known
  if (typeof reference === 'string' && leadsElsewhere(reference, within, known))
    return wrongTarget('reference', targets)
  if (typeof type === 'string' && known.has(type) && !within.has(type)) return wrongTarget('type', targets)
  return undefined
}
