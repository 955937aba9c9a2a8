/** `Patient/[id]/$close`: from the next request on nobody reads, and deposits are refused. `access.md` section 4, last row */
import { bytesOf } from '../../../resources/bundle.ts'
import { fail, ok, type Result } from '../../../resources/outcome.ts'
import { closingReasons, deathReason, saysDeath } from '../../../security/closing-reasons.ts'
import { versionHeaders } from '../answer.ts'
import type { Call, Context, Reply } from '../interaction.ts'
import { operationParameters } from '../operation-parameters.ts'
import { refuse } from '../trail.ts'
import { closingEdits } from './closing-extension.ts'
import { commitLife, type LifeChange } from './commit-life.ts'
import { gateLife, recordOfLife } from './life-access.ts'
import { type Current, currentOf, memberEdit, nextVersion } from './server-version.ts'

interface Asked {
  readonly reason: string
  readonly text: string | undefined
}

/** Why the record is closed: each reason is one kind of caller's to give. */
function askedBy(call: Call): Result<Asked> {
  const parameters = operationParameters(call)
  if (!parameters.ok) return parameters
  const given = (name: string) => parameters.value.find(([each]) => each === name)?.[1]
  const reason = given('reason') ?? ''
  const known = [...closingReasons].filter(([, kind]) => kind === call.principal.kind).map(([code]) => code)
  if (!known.includes(reason))
    return fail('badParameter', `expected reason to be one of ${known.join(', ')}`, 'http.reason')
  return ok({ reason, text: given('text') })
}

/** What a person reads about an operation that was performed. */
export const sentence = (diagnostics: string): Uint8Array =>
  bytesOf({
    resourceType: 'OperationOutcome',
    issue: [{ severity: 'information', code: 'informational', diagnostics }],
  })

/** A death is said of a closed record too: whoever has its holder's token would open it again else. */
const closesNot = (open: boolean, { resource }: Current, { reason }: Asked): boolean =>
  !open && (reason !== deathReason || saysDeath(resource))

async function closing(context: Context, call: Call, asked: Asked): Promise<Result<LifeChange>> {
  const record = await recordOfLife(context, call)
  if (!record.ok) return record
  const { patient, facts } = record.value
  const before = await currentOf(context, { patient, type: 'Patient', _id: patient })
  if (before === undefined || closesNot(facts.open, before, asked))
    return refuse(context, call, {
      failure: fail('conflict', 'expected a record that is open, found one that is closed', 'Patient.active'),
      ...{ patient, failed: 'record-open' },
    })
  const at = { ...asked, at: context.now(), zone: context.zone }
  const write = nextVersion(context, before, (text, root) => [
    memberEdit(root, 'active', 'false'),
    ...closingEdits(text, root, at),
  ])
  const reply = { status: 200, headers: versionHeaders(write.row), body: sentence('the record is closed') }
  return ok({ patient, writes: [write], basis: asked.reason, reply })
}

export async function close(context: Context, call: Call): Promise<Result<Reply>> {
  const closed = await gateLife(context, call, 'close')
  if (closed !== undefined) return closed
  const asked = askedBy(call)
  return asked.ok ? commitLife(context, call, () => closing(context, call, asked.value)) : asked
}
