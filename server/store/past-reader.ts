/** Reads of superseded versions and tombstones, each within the restriction by its own labels. https://hl7.org/fhir/R4/http.html#history */
import type { Deployment } from './deployment.ts'
import { toFound } from './found-row.ts'
import { historyCommand, versionCommand } from './read-commands.ts'
import { isClosed } from './reader.ts'
import { runFindBytes } from './run-read.ts'
import type { Store } from './store.ts'

/** @returns the reads of the history on this deployment. */
export function openPast(deployment: Deployment): Pick<Store, 'history' | 'version' | 'tombstone'> {
  return {
    async history(...[restriction, type, _id, limit, below, span = {}]) {
      if (isClosed(restriction)) return []
      const versions = { limit, ...span, ...(below === undefined ? {} : { below }) }
      return (await runFindBytes(deployment, historyCommand({ restriction, type }, _id, versions))).map(toFound)
    },
    async version(...[restriction, type, _id, version]) {
      if (isClosed(restriction)) return undefined
      const [found] = await runFindBytes(deployment, versionCommand({ restriction, type }, _id, version))
      return found && toFound(found)
    },
    async tombstone(restriction, type, _id) {
      if (isClosed(restriction)) return undefined
      const command = historyCommand({ restriction, type }, _id, { limit: 1, deleted: true })
      const [found] = await runFindBytes(deployment, command)
      return found && toFound(found)
    },
  }
}
