/** Where criteria of a unit look: in its record, and outside of records. `access.md` section 9. */
import type { Context } from '../interaction.ts'

/** @returns whether what belongs to records may live outside of them: where it has no patient, and records are not shared. */
export const mayLiveOutside = ({ catalog, regime }: Pick<Context, 'catalog' | 'regime'>, type: string): boolean =>
  !regime.onePatient && type !== 'Patient' && catalog.types.has(type)

/** @returns the record, and the place outside of records (null) for types that may live there, too. */
export const besideRecord = (context: Context, type: string, record: string | null): readonly (string | null)[] =>
  record !== null && mayLiveOutside(context, type) ? [record, null] : [record]
