/** Writes lines of the trail with what must be told of them: the notice is durable before its line, and its line before the answer. */
import type { AuditEntry } from '../../security/audit-entry.ts'
import type { AuditWriter } from './audit-writer.ts'
import type { Deployment } from './deployment.ts'
import { insertMissing } from './durable-insert.ts'
import { asUnavailable } from './mongo-errors.ts'
import { noticeDocument } from './notice-document.ts'
import type { Store, Telling } from './store.ts'

/** Notes who reads. A note that is lost is made again by the next read, whose notice is the same one. */
async function noteReader({ commands }: Deployment, { patient, newReader }: Telling): Promise<void> {
  const updates = [{ q: { _id: patient }, u: { $addToSet: { readers: newReader } }, hint: '_id_' }]
  try {
    await commands.run({ update: 'access', updates, writeConcern: { w: 1 } })
  } catch (error) {
    throw asUnavailable(error)
  }
}

async function tell(
  deployment: Deployment,
  writer: AuditWriter,
  { entries, told }: { readonly entries: readonly AuditEntry[]; readonly told: Telling },
): Promise<void> {
  const rows = told.notices.map(notice => noticeDocument(notice, deployment.now()))
  await insertMissing(deployment, 'outbox', rows)
  await writer.write(entries)
  if (told.newReader !== null) await noteReader(deployment, told)
}

/** @returns `Store.audit`: what tells nobody, which is nearly everything, goes to the writer as it is. */
export const openTelling =
  (deployment: Deployment, writer: AuditWriter): Store['audit'] =>
  (entries, told) =>
    told === undefined ? writer.write(entries) : tell(deployment, writer, { entries, told })
