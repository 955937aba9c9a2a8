/** Every interaction and its code. Some types have code of their own for reading. https://hl7.org/fhir/R4/http.html */
import type { Interaction } from '../../resources/resource.ts'
import { searchAuditEvents } from './audit-event.ts'
import { batch } from './batch.ts'
import { readBinary, vreadBinary } from './binary.ts'
import { capabilities } from './capabilities.ts'
import { create } from './create.ts'
import { deleteResource } from './delete.ts'
import { historyInstance } from './history-instance.ts'
import { historySystem, historyType } from './history-type.ts'
import type { Perform } from './interaction.ts'
import { operation } from './operations.ts'
import { patch } from './patch.ts'
import { read } from './read.ts'
import { readAuditEvent } from './read-audit-event.ts'
import { searchSystem } from './search-system.ts'
import { searchType } from './search-type.ts'
import { transaction } from './transaction.ts'
import { update } from './update.ts'
import { vread } from './vread.ts'

/** Types that are read in their own way. */
const reads: Readonly<Record<string, Perform>> = { Binary: readBinary, AuditEvent: readAuditEvent }
const versions: Readonly<Record<string, Perform>> = { Binary: vreadBinary }
const searches: Readonly<Record<string, Perform>> = { AuditEvent: searchAuditEvents }

const ofType =
  (special: Readonly<Record<string, Perform>>, ordinary: Perform): Perform =>
  (context, call) =>
    (Object.hasOwn(special, call.type) ? (special[call.type] ?? ordinary) : ordinary)(context, call)

export const performers: Readonly<Record<Interaction, Perform>> = {
  read: ofType(reads, read),
  vread: ofType(versions, vread),
  'history-instance': historyInstance,
  'history-type': historyType,
  'history-system': historySystem,
  create,
  update,
  patch,
  delete: deleteResource,
  'search-type': ofType(searches, searchType),
  'search-system': searchSystem,
  batch,
  transaction,
  capabilities,
  operation,
}
