/** A person who has no record is not named in the trail: she may have opposed that there is one. `docs/decisions/0032-the-record-s-life.md` */
import type { Principal } from '../../security/principal.ts'
import type { Call, Context } from './interaction.ts'

/** @returns the call with a digest in the place of the subject, whoever asks. */
export const digested = (context: Pick<Context, 'registryKey'>, call: Call): Call => {
  const { principal } = call
  const subject = context.registryKey('subject', principal.issuer, principal.subject)
  return { ...call, principal: { ...principal, subject } satisfies Principal }
}

/** @returns the same for a person without a record; any other call as it is. */
export const unnamed = (context: Pick<Context, 'registryKey'>, call: Call): Call =>
  call.principal.kind === 'person' ? digested(context, call) : call
