/** Whether a place is in the record of a unit: by its key, or by that of a record that was merged into it. */
import { isKeyOf } from '../../../security/merged-rules.ts'
import type { Context } from '../interaction.ts'
import type { Place } from '../locate.ts'
import type { Settling } from './settling.ts'

export const isOfRecord = ({ record, facts }: Pick<Settling, 'record' | 'facts'>, { patient }: Place): boolean =>
  patient === record.patient || (patient !== null && facts !== undefined && isKeyOf(facts, patient))

/** @returns the keys of the records that the given keys mean, each once: those of merged records mean one. */
export async function withoutMerged(context: Context, keys: ReadonlySet<string>): Promise<ReadonlySet<string>> {
  if (!context.regime.needsFacts) return keys
  const records = await Promise.all([...keys].map(async key => (await context.store.facts(key))?.patient ?? key))
  return new Set(records)
}
