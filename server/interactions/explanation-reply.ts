/** The answer of $explain-access as Parameters. The names are stable: `docs/how-to/explain-an-access.md` lists them. */
import type { Condition } from '../../security/explanation.ts'
import type { Policy } from '../../security/policy.ts'
import type { Reply } from './interaction.ts'
import { one, parametersReply, parts } from './parameters-reply.ts'

export interface Explanation {
  readonly outcome: 'permitted' | 'refused' | 'not-found' | 'not-evaluated'
  /** The door that opened. */
  readonly basis?: string
  readonly says?: string
  readonly conditions: readonly Condition[]
  readonly policy: Policy
}

/** @returns outcome, rule, version and conditions, and nothing of any content. */
export const explanationReply = ({ outcome, basis, says, conditions, policy }: Explanation): Reply =>
  parametersReply([
    ...one('outcome', 'Code', outcome),
    ...one('basis', 'Code', basis?.replaceAll(/[ _]/g, '-')),
    ...one('says', 'String', says),
    ...one('policy', 'String', `${policy.version}+${policy.restrictions}`),
    ...conditions.map(({ id, outcome: became }) =>
      parts('condition', one('id', 'Code', id), one('outcome', 'Code', became)),
    ),
  ])
