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

const hides: readonly Trait[] = [
  'masked',
  'masked by Consent',
  'type masked by Consent',
  'period masked by Consent',
  'author masked by Consent',
]

const columns = new Map<string, ReadonlySet<string>>()

function columnReads(column: string, type: string): boolean {
  const types = columns.get(column) ?? new Set(readable(column))
  columns.set(column, types)
  return types.has(type)
}

function professionalSees(who: GridActor, { record, name, type, traits, authored }: GridObject): boolean {
  if (who.column === null || !enters(who, record)) return false
  if (!columnReads(who.column, type.code)) return false
  if (who.part !== undefined && !who.part.includes(type.code)) return false
  if (who.denied === name && (who.mode !== 'bris_de_glace' || record === 'opposed')) return false
  const has = (trait: Trait): boolean => traits.includes(trait)
  if (who.isAuthor === true && authored === true) return true
  if (has('entered in error')) return false
  if (who.relation === 'treating' && record !== 'other') return true
  if (has('archived')) return false
  if (!hides.some(has)) return true
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

/** Whether one who sees a document may ask who else does. */
export const mayAskWho = ({ kind, relation }: GridActor, { record }: GridObject): boolean =>
  kind === 'patient' || (relation === 'treating' && record !== 'other')

/** Whether one finds in the trail what was done to a document, by whomever: that it was withdrawn hides nothing of that. */
export function tracks(who: GridActor, object: GridObject): boolean {
  const { record, traits } = object
  const toPatient = !traits.includes('invisible to the patient')
  if (who.kind === 'patient') return who.of === record && toPatient
  if (record === 'closed') return false
  if (who.kind === 'representative')
    return who.of === record && record !== 'other' && toPatient && !traits.includes('invisible to representatives')
  return who.relation === 'treating' && record !== 'other'
}
