/** What judging one write of a unit is given. `access.md` section 6. */
import type { Failure, Result } from '../../resources/outcome.ts'
import type { Resource } from '../../resources/resource.ts'
import type { Author } from '../authors.ts'
import type { ConsentRule } from '../consent-rule.ts'
import type { Facts } from '../facts.ts'
import type { Policy } from '../policy.ts'
import type { Labels, ProposedWrite, WriteRequest } from '../regime.ts'

/** A write whose content could be read: the labels that it asks for by itself. */
export interface Plan {
  readonly write: ProposedWrite
  /** The state to come; undefined for a delete. */
  readonly after: Resource | undefined
  readonly documentType: string
  readonly ownMask: number
  /** What a Consent says; undefined for any other type. */
  readonly rule: ConsentRule | undefined
  /** Whom the state to come names as its authors. */
  readonly authors: readonly Author[]
}

/** One write beside everything that its judgement may depend on. */
export interface Judging {
  readonly policy: Policy
  readonly request: WriteRequest
  readonly facts: Facts
  readonly plan: Plan
  /** The labels of all rows of the unit, by `_id`. */
  readonly labels: ReadonlyMap<string, Labels>
}

const inEntry = (failure: Failure, place: number): Failure => {
  const [first, ...others] = failure.complaints
  const moved = (expression: string | undefined): string =>
    `entry[${place}].resource${(expression ?? '').replace(/^[A-Za-z]+/, '')}`
  return {
    kind: failure.kind,
    complaints: [
      { ...first, expression: moved(first.expression) },
      ...others.map(complaint => ({ ...complaint, expression: moved(complaint.expression) })),
    ],
  }
}

/** A failure told at its place in the unit: `Type.element` becomes `entry[n].resource.element`. */
export const atEntry = <Value>(result: Result<Value>, place: number): Result<Value> =>
  result.ok ? result : { ok: false, failure: inEntry(result.failure, place) }

/** The values of all writes, or the failure of the first that fails, told at its place. */
export function forEach<Item, Value>(
  items: readonly Item[],
  judge: (item: Item, place: number) => Result<Value>,
): Result<readonly Value[]> {
  const values: Value[] = []
  for (const [place, item] of items.entries()) {
    const result = atEntry(judge(item, place), place)
    if (!result.ok) return result
    values.push(result.value)
  }
  return { ok: true, value: values }
}
