/** What the trail says of an answer that flows: that it began, then what left, and how it ended. `access.md` section 8. */
import type { AuditTarget } from '../../security/audit-entry.ts'
import type { Found } from '../store/store.ts'
import type { Call, Context } from './interaction.ts'
import { leaveTrace, type Trace, targetOf } from './trail.ts'

/** The most resources that one line names. */
const mostOfLine = 1000

/** The mask of what nobody hides. */
const unmasked = 0

/**
 * Lines about resources as they leave. Each mask has lines of its own: who may not see what it hides sees none of
 * them, and so not how many there were.
 */
export class Delivery {
  readonly #context: Context
  readonly #call: Call
  readonly #about: Pick<Trace, 'patient' | 'query'>
  readonly #targets = new Map<number, AuditTarget[]>([[unmasked, []]])

  constructor(context: Context, call: Call, about: Pick<Trace, 'patient' | 'query'>) {
    this.#context = context
    this.#call = call
    this.#about = about
  }

  /** Takes what is about to leave; a resource of the directory leaves no line. @returns a promise where a line is full. */
  leaving(row: Found): Promise<void> | undefined {
    if (row.patient === null) return undefined
    const targets = this.#targets.get(row.mask) ?? []
    targets.push(targetOf(row))
    this.#targets.set(row.mask, targets)
    return targets.length < mostOfLine ? undefined : this.#line(row.mask, 'delivered')
  }

  /** The last lines. */
  async end(how: 'delivered' | 'broken off'): Promise<void> {
    for (const [mask, targets] of this.#targets)
      if (targets.length > 0 || mask === unmasked) await this.#line(mask, how)
  }

  async #line(mask: number, basis: 'delivered' | 'broken off'): Promise<void> {
    const targets = this.#targets.get(mask)?.splice(0) ?? []
    const outcome = basis === 'delivered' ? 'success' : 'failed'
    await leaveTrace(this.#context, this.#call, { ...this.#about, status: 200, outcome, basis, targets })
  }
}
