/** What the URL of an entry of a Bundle names. https://hl7.org/fhir/R4/http.html#transaction */

/** What is neither an interaction on a resource nor a search. The operation is named as it is asked: nobody may know it. */
export interface Beyond {
  readonly interaction: 'capabilities' | 'history-type' | 'history-system' | 'operation'
  readonly operation?: string
}

export interface EntryAddress {
  /** `Bundle` where all types are searched. */
  readonly type: string
  readonly id: string | undefined
  readonly version: string | undefined
  readonly history: boolean
  /** What stands behind `?`. */
  readonly query: string | undefined
  /** Within which the type is searched. */
  readonly compartment?: { readonly type: 'Patient'; readonly id: string }
  /** Whether several types are searched: those of the compartment, or those that `_type` names. */
  readonly several?: true
  readonly beyond?: Beyond
}

const usualForm =
  /^([A-Z][A-Za-z]{1,63})(?:\/([A-Za-z0-9.-]{1,64})(?:\/(_history)(?:\/([A-Za-z0-9.-]{1,64}))?)?)?\/?(?:\?(.*))?$/s

const compartmentForm = /^Patient\/([A-Za-z0-9.-]{1,64})\/([A-Z][A-Za-z]{1,63}|\*)\/?(?:\?(.*))?$/s

const metadataForm = /^metadata\/?(?:\?(.*))?$/s
const historyForm = /^(?:([A-Z][A-Za-z]{1,63})\/)?_history\/?(?:\?(.*))?$/s
const operationForm = /^(?:([A-Z][A-Za-z]{1,63})\/(?:([A-Za-z0-9.-]{1,64})\/)?)?\$([a-z-]{1,64})\/?(?:\?(.*))?$/s

const nothingElse = { id: undefined, version: undefined, history: false } as const

function searchOf(relative: string): EntryAddress | undefined {
  if (relative.startsWith('?')) return { type: 'Bundle', ...nothingElse, query: relative.slice(1), several: true }
  const [, id, member, query] = compartmentForm.exec(relative) ?? []
  if (id === undefined || member === undefined) return undefined
  const compartment = { type: 'Patient', id } as const
  return member === '*'
    ? { type: 'Bundle', ...nothingElse, query, compartment, several: true }
    : { type: member, ...nothingElse, query, compartment }
}

function beyondOf(relative: string): EntryAddress | undefined {
  const metadata = metadataForm.exec(relative)
  if (metadata !== null)
    return { type: 'CapabilityStatement', ...nothingElse, query: metadata[1], beyond: { interaction: 'capabilities' } }
  const history = historyForm.exec(relative)
  if (history !== null) {
    const [, type, query] = history
    const interaction = type === undefined ? 'history-system' : 'history-type'
    return { type: type ?? 'Bundle', ...nothingElse, query, beyond: { interaction } }
  }
  const [, type = 'Parameters', id, operation, query] = operationForm.exec(relative) ?? []
  if (operation === undefined) return undefined
  return { type, ...nothingElse, id, query, beyond: { interaction: 'operation', operation } }
}

/** What stands for itself also where it is escaped, and the signs of operations and of all types. https://www.rfc-editor.org/rfc/rfc3986#section-6.2.2.2 */
const escapes = /%(?:2[4ADE]|3\d|4[1-9A-F]|5[\dAF]|6[1-9A-F]|7[\dAE])/gi

/** @returns a URL below `base` without it, with nothing escaped in its path that need not be. */
export function relativeTo(base: string, url: string): string {
  const isBelow = url.startsWith(`${base}/`) || url.startsWith(`${base}?`)
  const relative = (isBelow ? url.slice(base.length) : url).replace(/^\//, '')
  if (!relative.includes('%')) return relative
  return relative.replace(/^[^?]*/, path => path.replaceAll(escapes, decodeURIComponent))
}

/** @returns what a URL, relative or below `base`, names; undefined for any other. */
export function addressOf(url: string, base: string): EntryAddress | undefined {
  const relative = relativeTo(base, url)
  const [, type, id, history, version, query] = usualForm.exec(relative) ?? []
  return type === undefined
    ? (searchOf(relative) ?? beyondOf(relative))
    : { type, id, version, history: history !== undefined, query }
}
