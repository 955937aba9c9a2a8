/** How professionals and structures are named by identifier, in one spelling for the rules. Systems of the French guides for RPPS, IdNat_PS, FINESS and IdNat_Struct. */
import type { JsonObject } from '../resources/json-value.ts'
import { textOf } from '../resources/json-value.ts'

/** Each system, what its value looks like (the part in brackets is kept) and the prefix of our spelling. */
const systems: readonly { readonly system: string; readonly form: RegExp; readonly prefix: 'rpps' | 'finess' }[] = [
  { system: 'https://rpps.esante.gouv.fr', form: /^(\d{11})$/, prefix: 'rpps' },
  { system: 'urn:oid:1.2.250.1.71.4.2.1', form: /^8(\d{11})$/, prefix: 'rpps' },
  { system: 'https://finess.esante.gouv.fr', form: /^([0-9A-Z]{9})$/, prefix: 'finess' },
  { system: 'http://finess.sante.gouv.fr', form: /^([0-9A-Z]{9})$/, prefix: 'finess' },
  { system: 'urn:oid:1.2.250.1.71.4.2.2', form: /^1([0-9A-Z]{9})$/, prefix: 'finess' },
]

/** `rpps:…` or `finess:…`, or undefined when the Identifier names neither. */
export function actorOf(identifier: JsonObject): string | undefined {
  const value = textOf(identifier.value) ?? ''
  const row = systems.find(({ system, form }) => system === identifier.system && form.test(value))
  const kept = row?.form.exec(value)?.[1]
  return row === undefined || kept === undefined ? undefined : `${row.prefix}:${kept}`
}

/** Test root last: synthetic people only have identifiers of it. */
const insSystems: ReadonlySet<unknown> = new Set(
  ['.8', '.9', '.10', '.11'].map(end => `urn:oid:1.2.250.1.213.1.4${end}`),
)

/** Whether the Identifier is a national health identity (INS-NIR, INS-NIA, or one of their test roots). */
export const isIns = (identifier: JsonObject): boolean =>
  insSystems.has(identifier.system) && textOf(identifier.value) !== undefined
