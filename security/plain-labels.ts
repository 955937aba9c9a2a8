/** The labels of rows where no rule of the shared record applies: who deposited, and nothing more. `access.md` section 5. */
import { depositorOf } from './actors.ts'
import type { Labels, ProposedWrite, WriteRequest } from './regime.ts'

/** A row that another regime labelled keeps its labels, and every row its first depositor. */
const labelsOf = (write: ProposedWrite, depositor: string): Labels =>
  write.before?.labels ?? {
    documentType: 'other',
    ownMask: 0,
    mask: 0,
    hiddenUntil: null,
    depositor,
    follows: [],
    keys: [],
  }

/** @returns the labels of each row of a unit, in the order of the writes. */
export const plainLabels = ({ principal, writes }: WriteRequest): readonly Labels[] =>
  writes.map(write => labelsOf(write, depositorOf(principal)))
