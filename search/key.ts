/** The forms of the keys in `search.token`. `code` is the name of the search parameter and comes from the catalog. */

const encode = (system: string): string =>
  /[%|]/.test(system) ? system.replaceAll('%', '%25').replaceAll('|', '%7C') : system

/** A token of any system: `code=value`. */
export const tokenKey = (code: string, value: string): string => `${code}=${value}`

/** A token of one system, or of none (`''`): `code|system|value`. */
export const systemTokenKey = (code: string, system: string, value: string): string =>
  `${code}|${encode(system)}|${value}`

/** All tokens of one system: a prefix. */
export const systemPrefix = (code: string, system: string): string => `${code}|${encode(system)}|`

/** An identifier by what type it is: `code:of-type|system|type|value`. */
export const ofTypeKey = (
  code: string,
  type: { readonly system: string; readonly code: string },
  value: string,
): string => `${code}:of-type|${encode(type.system)}|${encode(type.code)}|${value}`

/** A reference `Type/id`, or an absolute URL: `code=Type/id`. */
export const referenceKey = (code: string, target: string): string => `${code}=${target}`

/** A reference by business identifier: `code:identifier|system|value`. */
export const referenceIdentifierKey = (code: string, system: string, value: string): string =>
  `${code}:identifier|${encode(system)}|${value}`

/** A reference by the value of a business identifier of any system: `code:identifier=value`. */
export const referenceIdentifierValueKey = (code: string, value: string): string => `${code}:identifier=${value}`

/** A string folded for searching: `code~folded`; a search by its beginning is a prefix of it. */
export const foldedKey = (code: string, folded: string): string => `${code}~${folded}`

/** A string or URI as it is: `code=value`. */
export const exactKey = (code: string, value: string): string => `${code}=${value}`

/** An author whom the content of a resource names by RPPS or FINESS; written by `security/`, read by its restrictions. */
export const authorKey = (identifier: string): string => `#author=${identifier}`

/** A label of confidentiality or sensitivity; written and read by `security/`. */
export const labelKey = (code: string): string => `#label=${code}`

/** The row was deposited in the name of a record that was merged into its own; written and read when records part. */
export const nameKey = (patient: string): string => `#name=${patient}`

/** The row was hidden from a minor's representatives and was shown to them; written and read by `security/`. */
export const shownKey = '#shown=representatives'

/** The Consent was an agreement to the record before it refused it; written and read by `security/`. */
export const agreedKey = '#agreed=record'

/** The Consent agrees to a record that was open already; written and read by `security/`. */
export const agreedLaterKey = '#agreed=later'

/** An actor whom a Consent names by RPPS or FINESS; written by `security/`, read by its restrictions. */
export const actorKey = (identifier: string): string => `#actor=${identifier}`
