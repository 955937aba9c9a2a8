/** Who sees what, said again in the plainest words and from nothing of the product. `access.md` section 2. */
import { readable } from '../access/support/oracle.ts'
import type { GridActor } from './actors.ts'
import type { GridObject, RecordKind, Trait } from './objects.ts'

const entersBy: ReadonlySet<string> = new Set(['team', 'treating', 'authorised', 'structure'])

/** Whether the professional comes into the record at all. */
function enters({ relation, mode, column }: GridActor, record: RecordKind): boolean {
  const stands = record === 'other' ? 'none' : relation
  const isOpposed = record === 'opposed'
  if (entersBy.has(stands)) return mode !== 'centre_15' || column === 'J' || !isOpposed
  if (mode === 'bris_de_glace') return !isOpposed
  if (mode === 'centre_15') return !isOpposed && column === 'J' && stands !== 'blocked'
  return false
}

function professionalSees(who: GridActor, { record, type, traits, authored }: GridObject): boolean {
  if (who.column === null || !enters(who, record)) return false
  if (!readable(who.column).includes(type.code)) return false
  const has = (trait: Trait): boolean => traits.includes(trait)
  if (who.isAuthor === true && authored === true) return true
  if (has('entered in error')) return false
  if (who.relation === 'treating' && record !== 'other') return true
  if (has('archived')) return false
  if (!has('masked') && !has('masked by Consent') && !has('type masked by Consent')) return true
  return record === 'unmasked' && who.mode !== 'normal'
}

/** Whether one sees an object, in every way of asking alike. */
export function sees(who: GridActor, object: GridObject): boolean {
  const { record, traits, by = 'hospital' } = object
  if (record === 'closed') return false
  switch (who.kind) {
    case 'professional':
      return professionalSees(who, object)
    case 'patient':
      if (who.of !== record) return false
      if (by === 'patient') return true
      return !traits.includes('invisible to the patient') && !traits.includes('entered in error')
    case 'representative':
      if (who.of !== record || record === 'other') return false
      return !traits.some(trait =>
        ['invisible to the patient', 'invisible to representatives', 'entered in error'].includes(trait),
      )
    case 'depositor':
      return who.deposits === by
    case 'nobody':
      return false
  }
}
