/** The forms of a reference. https://hl7.org/fhir/R4/references.html#literal */

export type ParsedReference =
  /** `Type/id`, `Type/id/_history/n`, or the same under this server's own base. */
  | { readonly form: 'local'; readonly type: string; readonly id: string; readonly version: string | undefined }
  /** `Type?criteria`: to be resolved in a transaction. https://hl7.org/fhir/R4/http.html#trules */
  | { readonly form: 'conditional'; readonly type: string; readonly criteria: string }
  /** `#id`: contained. */
  | { readonly form: 'contained'; readonly id: string }
  /** `urn:uuid:…` or `urn:oid:…`: the `fullUrl` of another entry. */
  | { readonly form: 'urn'; readonly urn: string }
  | { readonly form: 'elsewhere'; readonly url: string }

const localForm = /^([A-Z][A-Za-z]{1,63})\/([A-Za-z0-9.-]{1,64})(?:\/_history\/([A-Za-z0-9.-]{1,64}))?$/
const conditionalForm = /^([A-Z][A-Za-z]{1,63})\?(.+)$/s

const restfulForm = /^(https?:\/\/.+)\/[A-Z][A-Za-z]{1,63}\/[A-Za-z0-9.-]{1,64}$/

/**
 * Returns what a reference may mean among the `fullUrl`s of a Bundle: itself, and, when it is relative and `holder` (the
 * `fullUrl` of the entry with the reference) is an address, the same below the holder's server.
 * https://hl7.org/fhir/R4/bundle.html#references
 */
export function fullUrlsOf(text: string, holder: string | undefined): readonly string[] {
  const isAddress = holder?.startsWith('http') === true && localForm.test(text)
  const server = isAddress ? restfulForm.exec(holder)?.[1] : undefined
  return server === undefined ? [text] : [text, `${server}/${text}`]
}

/** Reads the text of `Reference.reference`; `base` is this server's own, without a final slash. */
export function parseReference(text: string, base: string): ParsedReference {
  if (text.startsWith('#')) return { form: 'contained', id: text.slice(1) }
  if (text.startsWith('urn:')) return { form: 'urn', urn: text }
  const relative = text[base.length] === '/' && text.startsWith(base) ? text.slice(base.length + 1) : text
  const [, type, id, version] = localForm.exec(relative) ?? []
  if (type !== undefined && id !== undefined) return { form: 'local', type, id, version }
  const [, conditionalType, criteria] = conditionalForm.exec(relative) ?? []
  if (conditionalType !== undefined && criteria !== undefined)
    return { form: 'conditional', type: conditionalType, criteria }
  return { form: 'elsewhere', url: text }
}
