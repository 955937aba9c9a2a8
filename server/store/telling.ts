/** Writes lines of the trail with what must be told of them: the notice is durable before its line, and its line before the answer. */
import type { AuditEntry } from '../../security/audit-entry.ts'
import type { AuditWriter } from './audit-writer.ts'
import type { Deployment } from './deployment.ts'
import { insertMissing } from './durable-insert.ts'
import { asUnavailable } from './mongo-errors.ts'
import { noticeDocument } from './notice-document.ts'
import type { Store, Telling } from './store.ts'
import { openWaitingNotices } from './waiting-notices.ts'

/** Notes who reads. A note that is lost is made again by the next read, whose notice is the same one. */
async function noteReader({ commands }: Deployment, { patient, newReader }: Telling): Promise<void> {
  const updates = [{ q: { _id: patient }, u: { $addToSet: { readers: newReader } }, hint: '_id_' }]
  try {
    await commands.run({ update: 'access', updates, writeConcern: { w: 1 } })
  } catch (error) {
    throw asUnavailable(error)
  }
}

interface To {
  readonly deployment: Deployment
  readonly writer: AuditWriter
  readonly putWaiting: ReturnType<typeof openWaitingNotices>
}

async function tell(
  { deployment, writer, putWaiting }: To,
  { entries, told }: { readonly entries: readonly AuditEntry[]; readonly told: Telling },
): Promise<void> {
  const now = deployment.now()
  const rows = told.notices.map(notice => noticeDocument(notice, now))
  const waiting = rows.filter(({ waitsFor }) => waitsFor !== undefined)
  const others = rows.filter(({ waitsFor }) => waitsFor === undefined)
  if (waiting.length > 0) await putWaiting({ patient: told.patient, rows: waiting, now })
  if (others.length > 0) await insertMissing(deployment, 'outbox', others)
  await writer.write(entries)
  if (told.newReader !== null) await noteReader(deployment, told)
}

/** @returns `Store.audit`: what tells nobody, which is nearly everything, goes to the writer as it is. */
export const openTelling = (deployment: Deployment, writer: AuditWriter): Store['audit'] => {
  const to = { deployment, writer, putWaiting: openWaitingNotices(deployment) }
  return (entries, told) => (told === undefined ? writer.write(entries) : tell(to, { entries, told }))
}
