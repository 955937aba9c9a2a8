/** What the URL of an entry of a Bundle names. https://hl7.org/fhir/R4/http.html#transaction */

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
}

const usualForm =
  /^([A-Z][A-Za-z]{1,63})(?:\/([A-Za-z0-9.-]{1,64})(?:\/(_history)(?:\/([A-Za-z0-9.-]{1,64}))?)?)?\/?(?:\?(.*))?$/s

const compartmentForm = /^Patient\/([A-Za-z0-9.-]{1,64})\/([A-Z][A-Za-z]{1,63}|\*)\/?(?:\?(.*))?$/s

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

/** @returns what a URL, relative or below `base`, names; undefined for any other. */
export function addressOf(url: string, base: string): EntryAddress | undefined {
  const isBelow = url.startsWith(`${base}/`) || url.startsWith(`${base}?`)
  const relative = (isBelow ? url.slice(base.length) : url).replace(/^\//, '')
  const [, type, id, history, version, query] = usualForm.exec(relative) ?? []
  return type === undefined ? searchOf(relative) : { type, id, version, history: history !== undefined, query }
}
