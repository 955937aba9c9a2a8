/** Answers with a resource, and the headers that tell its version. https://hl7.org/fhir/R4/http.html#versions */
import type { Found } from '../store/store.ts'
import type { Call, Context, Reply } from './interaction.ts'

/** The version as an entity tag. https://hl7.org/fhir/R4/http.html#concurrency */
export const etagOf = (version: number): string => `W/"${version}"`

/** The headers ETag and Last-Modified of a version. */
export const versionHeaders = ({
  version,
  updated,
}: {
  readonly version: number
  readonly updated: number
}): Record<string, string> => ({
  ETag: etagOf(version),
  'Last-Modified': new Date(updated).toUTCString(),
})

/** The address of one version. */
export const locationOf = (
  { base }: Pick<Context, 'base'>,
  row: { readonly type: string; readonly id: string; readonly version: number },
): string => `${base}/${row.type}/${row.id}/_history/${row.version}`

/** The version that an entity tag names, with or without `W/` and quotation marks; undefined for anything else. */
export function versionOf(etag: string): number | undefined {
  const digits = /^\s*(?:W\/)?"?(\d{1,9})"?\s*$/.exec(etag)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** Whether a list of entity tags names this version: `*` names any. https://www.rfc-editor.org/rfc/rfc9110#section-13.1.1 */
export const namesVersion = (tags: string, version: number): boolean =>
  tags.split(',').some(tag => tag.trim() === '*' || versionOf(tag) === version)

/** The second in which a version began: HTTP knows no shorter time. */
export const secondOf = (updated: number): number => Math.floor(updated / 1000) * 1000

/** Whether the client already holds this version. https://hl7.org/fhir/R4/http.html#cread */
export function isUnmodified({ preferences }: Call, row: Pick<Found, 'version' | 'updated'>): boolean {
  const { ifNoneMatch, ifModifiedSince } = preferences
  if (ifNoneMatch !== undefined) return namesVersion(ifNoneMatch, row.version)
  if (ifModifiedSince === undefined) return false
  const since = Date.parse(ifModifiedSince)
  return !Number.isNaN(since) && secondOf(row.updated) <= since
}

/** 200 with the resource, or 304 when the client already holds it. */
export const resourceReply = (call: Call, row: Found, body: Uint8Array): Reply =>
  isUnmodified(call, row)
    ? { status: 304, headers: versionHeaders(row), updated: row.updated }
    : { status: 200, headers: versionHeaders(row), updated: row.updated, body }
