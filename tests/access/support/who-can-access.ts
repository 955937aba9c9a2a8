/** What an answer of $who-can-access says, taken apart. */
import { select } from '../../support/pointer.ts'

/** The parts of that name, as objects of their parts. */
export const told = (json: unknown, name: string): readonly Record<string, readonly unknown[]>[] =>
  select(json, `/parameter/[name=${name}]/part`).map(part => {
    const found: Record<string, unknown[]> = {}
    for (const each of part as readonly Record<string, unknown>[]) {
      const { name: key, ...value } = each
      found[String(key)] = [...(found[String(key)] ?? []), value.part ?? Object.values(value)[0]]
    }
    return found
  })

/** What it says of one of that name: whether he reads, and why. */
export const verdictOf = (json: unknown, name: string) =>
  told(json, name).map(({ reads, because }) => [reads?.[0], because?.[0]])
