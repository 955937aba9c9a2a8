/** Both ways between the JSON that is stored and judged, and the XML that some clients speak. https://hl7.org/fhir/R4/xml.html */
import type { Result } from '../../resources/outcome.ts'
import type { Structures } from '../structure.ts'
import { xmlStructuresOf } from './elements.ts'
import type { Faults } from './entries-apart.ts'
import { readXml } from './read.ts'
import { writeXml } from './write.ts'

export interface Xml {
  /**
   * Reads some thousand letters at a time, so that others have their turn between.
   * @param faults takes what is wrong with the resources of entries, in whose places `{}` stands then.
   * @returns the resource as JSON; fails with `malformedBody`. Its structure is judged as that of any JSON.
   */
  readonly read: (xml: string, faults?: Faults) => Generator<undefined, Result<string>>
  /** @returns a document. @throws for what is no resource of R4: that is a bug of whoever made it. */
  readonly write: (json: string, indent: boolean) => string
}

/** Nothing is compiled before the first document comes or goes. */
export function xmlOf(structures: Structures): Xml {
  const known = xmlStructuresOf(structures)
  return {
    read: (xml, faults) => readXml(known, xml, faults),
    write: (json, indent) => writeXml(known, json, indent),
  }
}
