/** Reads of current rows, each within its restriction. https://hl7.org/fhir/R4/http.html */
import type { Restriction } from '../../security/restriction.ts'
import type { Deployment } from './deployment.ts'
import { toFound, toFoundWithKeys } from './found-row.ts'
import { countCommands, linkCommand, pageCommand, rowsCommand, sortCommand, typesCommand } from './read-commands.ts'
import { toLinkRow, toSortRow } from './row-document.ts'
import { runCount, runFind, runFindBytes, runFirstBatch } from './run-read.ts'
import type { Found, PageRequest, Store } from './store.ts'

type Reader = Pick<Store, 'row' | 'rows' | 'page' | 'piece' | 'typesIn' | 'count' | 'sortRows' | 'linkRows'>

const sum = (counts: readonly number[]): number => counts.reduce((total, count) => total + count, 0)

/** Nothing is readable when a restriction has no disjunct. */
export const isClosed = ({ disjuncts }: Restriction): boolean => disjuncts.length === 0

function withKeys(rows: readonly Buffer[], beginnings: readonly string[]): readonly Found[] {
  const prefixes = beginnings.map(beginning => Buffer.from(beginning))
  return rows.map(row => toFoundWithKeys(row, prefixes))
}

async function pageOf(deployment: Deployment, request: PageRequest): Promise<readonly Found[]> {
  if (isClosed(request.restriction)) return []
  const rows = await runFindBytes(deployment, pageCommand(request, deployment.crossPatientSearch))
  return request.keys === undefined ? rows.map(toFound) : withKeys(rows, request.keys)
}

async function typesIn(deployment: Deployment, restriction: Restriction): Promise<ReadonlySet<string>> {
  const types = await runFind(deployment, typesCommand(restriction))
  return new Set(types.map(({ _id }) => String(_id)))
}

/** @returns the reads of current rows on this deployment. */
export function openReader(deployment: Deployment): Reader {
  const setting = deployment.crossPatientSearch
  return {
    async row(restriction, type, _id) {
      if (isClosed(restriction)) return undefined
      const [found] = await runFindBytes(deployment, rowsCommand({ restriction, type }, [_id]))
      return found && toFound(found)
    },
    async rows(restriction, type, ids) {
      if (isClosed(restriction) || ids.length === 0) return []
      return (await runFindBytes(deployment, rowsCommand({ restriction, type }, ids))).map(toFound)
    },
    page: request => pageOf(deployment, request),
    async piece(request) {
      if (isClosed(request.restriction)) return { rows: [], more: false }
      const { rows, more } = await runFirstBatch(deployment, pageCommand(request, setting))
      return { rows: rows.map(toFound), more: more || rows.length === request.limit }
    },
    typesIn: restriction => typesIn(deployment, restriction),
    async count(request) {
      return sum(await Promise.all(countCommands(request, setting).map(command => runCount(deployment, command))))
    },
    async sortRows(request) {
      if (isClosed(request.restriction)) return []
      return (await runFind(deployment, sortCommand(request, setting))).map(toSortRow)
    },
    async linkRows(request) {
      if (isClosed(request.restriction)) return []
      return (await runFind(deployment, linkCommand(request, setting))).map(toLinkRow)
    },
  }
}
