/** One Patient and the Consent of the person, written as the transaction TD1.1 writes them. `access.md` section 4, first row */
import { readJson, splice } from '../../../resources/json-text.ts'
import type { Result } from '../../../resources/outcome.ts'
import type { Resource } from '../../../resources/resource.ts'
import type { Call, Context } from '../interaction.ts'
import type { Done } from '../write/done.ts'
import type { Item, Written } from '../write/item.ts'
import { performUnit } from '../write/unit.ts'
import { type Agreement, consentOf } from './agreement.ts'

const patientUrl = 'urn:uuid:6d3b3c52-5a3e-4c55-9d6b-0f0a3f6f7a10'

/** A text that is JSON, as what a client wrote. */
export function writtenText(text: string): Written {
  const read = readJson(text)
  if (!read.ok) throw new Error('a resource of the server cannot be read')
  const { text: kept, root: node, value } = read.value
  return { text: kept, node, resource: value as Resource }
}

/** The Patient alone, without the Parameters around it. */
const alone = ({ text, node, resource, data }: Written): Written => {
  const own = writtenText(splice(text, node, []))
  return { ...own, resource, ...(data && { data }) }
}

export interface Opening {
  readonly patient: Written
  readonly agreement: Agreement
  /** Where the Patient stands in the request, for complaints. */
  readonly path: string
}

/** @returns the call of a person in the name of the record that is about to be. */
const inOwnName = (call: Call, patient: string): Call =>
  call.principal.kind === 'person' ? { ...call, principal: { ...call.principal, kind: 'patient', patient } } : call

/** @returns what became of Patient and Consent, and the call in whose name; or why nothing was written, already in the trail. */
export async function openRecord(
  context: Context,
  call: Call,
  { patient, agreement, path }: Opening,
): Promise<{ readonly done: Result<readonly Done[]>; readonly as: Call }> {
  const key = context.newPatientKey()
  const as = inOwnName(call, key)
  const consent = writtenText(JSON.stringify(consentOf(agreement, patientUrl, call.principal)))
  const items: readonly Item[] = [
    { path, method: 'POST', type: 'Patient', fullUrl: patientUrl, written: alone(patient) },
    { path: 'Parameters', method: 'POST', type: 'Consent', written: consent },
  ]
  return { done: await performUnit({ ...context, newPatientKey: () => key }, as, items), as }
}
