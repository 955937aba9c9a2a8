/** A body in XML as the JSON that interactions take. https://hl7.org/fhir/R4/xml.html */
import { setImmediate as turnOfOthers } from 'node:timers/promises'
import type { Faults } from '../../profiles/xml/entries-apart.ts'
import type { Xml } from '../../profiles/xml/xml.ts'
import { ok, type Result } from '../../resources/outcome.ts'
import type { Body, JsonBody } from '../interactions/interaction.ts'
import { bundleInteraction } from './bundle-type.ts'
import { decode } from './decode.ts'
import { takeApart, writings } from './take-apart.ts'

type Reading = ReturnType<Xml['read']>

/** A large document takes seconds: nobody waits for all of it. */
async function readInTurns(reading: Reading): Promise<Result<string>> {
  for (let step = reading.next(); ; step = reading.next()) {
    if (step.done === true) return step.value
    await turnOfOthers()
  }
}

function readAtOnce(reading: Reading): Result<string> {
  for (let step = reading.next(); ; step = reading.next()) if (step.done === true) return step.value
}

/** The JSON with every letter of its data, for the few bodies whose long data are no attachments. */
function whole(xml: Xml, bytes: Buffer): Result<string> {
  const text = decode(bytes)
  return text.ok ? readAtOnce(xml.read(text.value, new Map())) : text
}

/** What is wrong with single entries is told with them by a batch alone: anything else stands or falls as one. */
function faultsOf(faults: Faults, json: string): Result<Pick<JsonBody, 'faults'>> {
  const [first] = faults.values()
  if (first === undefined) return ok({})
  return bundleInteraction(json) === 'batch' ? ok({ faults }) : { ok: false, failure: first }
}

/** @returns the resource as JSON, long data apart from it; fails for what is no XML of FHIR. */
export async function readXmlBody(xml: Xml, bytes: Buffer): Promise<Result<Body>> {
  const taken = takeApart(bytes, writings.xml)
  const text = decode(taken?.bytes ?? bytes)
  if (!text.ok) return text
  const found: Faults = new Map()
  const read = await readInTurns(xml.read(text.value, found))
  if (!read.ok) return read
  const faults = faultsOf(found, read.value)
  if (!faults.ok) return faults
  const apart = taken && { data: taken.data, whole: () => whole(xml, bytes) }
  return ok({ form: 'json', text: read.value, ...faults.value, ...(apart && { apart }) })
}
