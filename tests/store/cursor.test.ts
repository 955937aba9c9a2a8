/** A cursor is named by an integer of 64 bits, whatever its size. https://www.mongodb.com/docs/manual/reference/command/getMore/ */
import t from 'tap'
import type { WalkedDocument } from '../../server/store/bson-walker.ts'
import type { Deployment } from '../../server/store/deployment.ts'
import { runFindBytes, runFirstBatch } from '../../server/store/run-read.ts'
import { select } from '../support/pointer.ts'

/** A deployment whose finds leave the cursor `id` open, and which keeps the commands that it is sent. */
function leavingOpen(id: number | bigint) {
  const sent: Record<string, unknown>[] = []
  const run = async (command: Record<string, unknown>): Promise<WalkedDocument> => {
    sent.push(command)
    return { ok: 1, cursor: 'find' in command ? { id, firstBatch: [] } : { id: 0, nextBatch: [] } }
  }
  const commands = { way: () => ({ run, end: () => undefined }) }
  return { sent, deployment: { commands } as unknown as Deployment }
}

for (const [sentence, id] of [
  ['of 32 bits', 7],
  ['that a number holds', 2 ** 40],
  ['that a number holds, below zero', -(2 ** 40)],
  ['that no number holds', 2n ** 62n],
] as const) {
  t.test(`a cursor ${sentence} is read on as an integer of 64 bits`, async t => {
    const { sent, deployment } = leavingOpen(id)
    await runFindBytes(deployment, { find: 'rows' })
    t.same(sent[1], { getMore: BigInt(id), collection: 'rows' })
    t.type(sent[1]?.getMore, 'bigint')
  })

  t.test(`a cursor ${sentence} is given up as an integer of 64 bits`, async t => {
    const { sent, deployment } = leavingOpen(id)
    await runFirstBatch(deployment, { find: 'rows' })
    t.same(sent[1], { killCursors: 'rows', cursors: [BigInt(id)] })
    t.type(select(sent[1], '/cursors/0')[0], 'bigint')
  })
}
