/** The value sets of R4, as far as their codes are known. https://hl7.org/fhir/R4/valueset.html */

/** Codes of one system that belong to a value set; all of the system when none are listed. */
export interface CodesOfSystem {
  readonly system: string
  readonly codes?: readonly string[]
}

/** What the build cuts out of R4's value sets and code systems. */
export interface ValueSets {
  /** Systems that value sets take whole, with their codes. Absent are those whose codes are not known or too many. */
  readonly systems: Readonly<Record<string, readonly string[]>>
  /** By canonical URL without a version; null where R4 chooses the codes by a rule that only a terminology could follow. */
  readonly sets: Readonly<Record<string, readonly CodesOfSystem[] | null>>
}

/**
 * Returns the codes of a value set by system; undefined when R4 has none of this URL, null when its codes are not known.
 * A part without codes is a whole system whose codes are not known.
 */
export function codesOf({ systems, sets }: ValueSets, url: string): readonly CodesOfSystem[] | null | undefined {
  const parts = Object.hasOwn(sets, url) ? sets[url] : undefined
  return (
    parts?.map(part => {
      const codes = part.codes ?? (Object.hasOwn(systems, part.system) ? systems[part.system] : undefined)
      return codes === undefined ? part : { system: part.system, codes }
    }) ?? parts
  )
}
