/** Reads of several types and of their versions, each within its restriction. https://hl7.org/fhir/R4/http.html#history */
import type { Document } from 'mongodb'
import type { Deployment } from './deployment.ts'
import { toFound } from './found-row.ts'
import { isClosed } from './reader.ts'
import { runFindBytes } from './run-read.ts'
import type { Found, Mark, Parts, Store } from './store.ts'
import {
  currentMarksCommand,
  currentVersionsCommand,
  pastVersionsCommand,
  supersededMarksCommand,
  tombstoneMarksCommand,
  typesPageCommand,
} from './version-commands.ts'
import { compareVersions, keyOf } from './version-order.ts'

type VersionReader = Pick<Store, 'typesPage' | 'versions' | 'standing' | 'superseded'>

/** Nothing is readable of a type whose restriction has no disjunct. */
const opened = (parts: Parts): Parts => parts.filter(({ restriction }) => !isClosed(restriction))

const markOf = ({ _id, version, updated, deleted }: Found): Mark => ({ _id, version, updated, deleted })

/** @returns the reads of several types on this deployment. */
export function openVersions(deployment: Deployment): VersionReader {
  const find = async (command: Document): Promise<readonly Found[]> =>
    (await runFindBytes(deployment, command)).map(toFound)
  return {
    async typesPage(request) {
      const parts = opened(request.parts)
      if (parts.length === 0) return []
      return find(typesPageCommand({ ...request, parts }, deployment.crossPatientSearch))
    },
    async versions(request) {
      const asked = { ...request, parts: opened(request.parts) }
      if (asked.parts.length === 0) return []
      // One after the other: what is superseded between the two is found by both, and not by none.
      const current = await find(currentVersionsCommand(asked))
      const past = await find(pastVersionsCommand(asked))
      const each = new Map([...current, ...past].map(row => [keyOf(row), row]))
      return [...each.values()].sort(compareVersions).slice(0, request.limit)
    },
    async standing(asked, ids) {
      const parts = opened(asked)
      if (parts.length === 0 || ids.length === 0) return []
      const current = await find(currentMarksCommand(parts, ids))
      const found = new Map(current.map(row => [row._id, markOf(row)]))
      const others = ids.filter(_id => !found.has(_id))
      const buried = others.length === 0 ? [] : await find(tombstoneMarksCommand(parts, others))
      for (const row of buried) if (!found.has(row._id)) found.set(row._id, markOf(row))
      return [...found.values()]
    },
    async superseded(asked, versions) {
      const parts = opened(asked)
      if (parts.length === 0 || versions.length === 0) return []
      return (await find(supersededMarksCommand(parts, versions))).map(markOf)
    },
  }
}
