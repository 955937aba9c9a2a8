/** Whose a deposited resource is: he may change it. `access.md` section 6. */
import { authorKey } from '../search/key.ts'
import { depositorOf, personOf, structureOf } from './actors.ts'
import type { Principal } from './principal.ts'

/** Whether the caller has the depositor's rights: his own deposit, or one of his structure that names him as an author. */
export function ownsDeposit(
  principal: Principal,
  { depositor, keys }: { readonly depositor: string | null; readonly keys: readonly string[] },
): boolean {
  if (depositor === depositorOf(principal)) return true
  const person = personOf(principal)
  return person !== null && depositor === structureOf(principal) && keys.includes(authorKey(person))
}
