/** Every interaction and its code. Some types have code of their own for reading. https://hl7.org/fhir/R4/http.html */
import type { Interaction } from '../../resources/resource.ts'
import { MergedMeanwhile } from '../merged-meanwhile.ts'
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

/** How often a read is performed at most, when records are merged while it is. */
const mostTries = 3

/** A read that met a merge is performed anew: nothing of it was told yet. */
const anew =
  (perform: Perform): Perform =>
  async (context, call) => {
    for (let tried = 1; ; tried += 1) {
      try {
        return await perform(context, call)
      } catch (error) {
        if (!(error instanceof MergedMeanwhile) || tried === mostTries) throw error
      }
    }
  }

export const performers: Readonly<Record<Interaction, Perform>> = {
  read: anew(ofType(reads, read)),
  vread: anew(ofType(versions, vread)),
  'history-instance': anew(historyInstance),
  'history-type': anew(historyType),
  'history-system': anew(historySystem),
  create,
  update,
  patch,
  delete: deleteResource,
  'search-type': anew(ofType(searches, searchType)),
  'search-system': anew(searchSystem),
  batch,
  transaction,
  capabilities,
  operation,
}
