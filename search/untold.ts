/** The parameters of R4 that are not answered, by type, and what to ask instead. The trail of accesses: `access.md` section 8. */
const instead: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  AuditEvent: {
    address: 'the trail keeps no network addresses; ask by agent:identifier',
    'agent-name': 'the trail keeps no names; ask by agent:identifier, with an RPPS or FINESS',
    altid: 'the trail keeps no other identifiers of agents; ask by agent:identifier',
    'entity-name': 'the trail keeps no names; ask by entity, with a reference',
    policy: 'which rules decided is told in the events and not searched; ask by date and agent',
    site: 'the trail keeps no sites; ask by agent:identifier, with a FINESS',
    source: 'all events come from this server; ask by date and agent',
  },
  Location: { near: 'distances are not searched here; ask by address-city or address-postalcode' },
  MolecularSequence: {
    'chromosome-variant-coordinate':
      'its parts stand in two elements that nothing holds together; ask by chromosome, variant-start and variant-end',
    'referenceseqid-variant-coordinate':
      'its parts stand in two elements that nothing holds together; ask by referenceseqid, variant-start and variant-end',
  },
}

/** @returns why a type cannot be searched by a parameter of R4; undefined for other names. */
export function untold(type: string, code: string): string | undefined {
  const ofType = Object.hasOwn(instead, type) ? instead[type] : undefined
  return ofType !== undefined && Object.hasOwn(ofType, code) ? ofType[code] : undefined
}

/** The parameters of all types that are not answered, and what to ask instead. https://hl7.org/fhir/R4/search.html#text */
export const unsearched: ReadonlyMap<string, string> = new Map([
  ['_text', 'narratives are not searched here; ask for codes and dates'],
  ['_content', 'whole texts are not searched here; ask for codes and dates'],
  ['_query', 'no named queries are defined here'],
])
