/** Parameters that name the patient whose record is searched: no part of the query. `access.md` section 9. */
import { ok, type Result } from '../resources/outcome.ts'
import { withoutEscapes } from './escape.ts'
import { type Asked, badValue } from './parameter-type.ts'
import { and, or, type Query, scalar } from './query.ts'
import { parsePointed, reference } from './reference.ts'
import { isAbsolute, localTarget } from './reference-target.ts'
import type { Effect } from './search-effect.ts'
import type { PatientName } from './search-request.ts'
import { parseToken } from './token.ts'

/** Reads `system|value`; undefined for an identifier without its system, which names nobody. */
export function exactIdentifier(value: string): PatientName | undefined {
  const { system, value: identifier } = parseToken(value) ?? {}
  if (system === undefined || system === '' || identifier === undefined) return undefined
  return { by: 'identifier', system, value: identifier }
}

/** `patient.identifier`, `subject:identifier`, …: each alternative names one patient. */
export function readPatientIdentifiers(asked: Asked, alternatives: readonly string[]): Result<Effect> {
  const patients: PatientName[] = []
  for (const value of alternatives) {
    const named = exactIdentifier(value)
    if (named === undefined) return badValue(asked, 'system|value: an identifier names a patient only with its system')
    patients.push(named)
  }
  return ok({ patients })
}

/** Whether the value is a patient of this server: by modifier, by path, or because an id stands alone. */
function isPatient({ modifier, surroundings: { base } }: Asked, value: string): boolean {
  const text = withoutEscapes(value)
  const local = localTarget(text, base)
  if (local !== undefined) return local.type === 'Patient'
  return !isAbsolute(text) && (modifier === '' || modifier === 'Patient')
}

function readPatient(asked: Asked): Result<PatientName> {
  const pointed = parsePointed({ ...asked, modifier: 'Patient' })
  if (!pointed.ok) return pointed
  const id = 'local' in pointed.value ? pointed.value.local[0]?.id : undefined
  return id === undefined ? badValue(asked, 'Patient/id or an id') : ok({ by: 'id', id })
}

/** `patient` and `subject`: patients are named, what is no patient (Group, Device, …) is searched by its key. */
export function readPatients(asked: Asked, alternatives: readonly string[]): Result<Effect> {
  const [patients, others]: [PatientName[], Query[]] = [[], []]
  for (const value of alternatives) {
    const one = { ...asked, value }
    const read = isPatient(asked, value) ? readPatient(one) : reference.parse(one)
    if (!read.ok) return read
    if ('op' in read.value) others.push(read.value)
    else patients.push(read.value)
  }
  if (others.length === 0) return ok({ patients })
  if (patients.length > 0) return badValue(asked, 'either patients or others in one list: ask for them in two searches')
  return ok({ query: or(...others) })
}

/** Neither a patient nor anything else stands there. */
export const withoutPatient = (code: string): Query => and({ op: 'missing', code }, scalar('patient', null))
