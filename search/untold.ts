/** The parameters of R4 for which the trail of accesses keeps nothing, and what to ask instead. `access.md` section 8. */
const instead: Readonly<Record<string, string>> = {
  address: 'the trail keeps no network addresses; ask by agent:identifier',
  'agent-name': 'the trail keeps no names; ask by agent:identifier, with an RPPS or FINESS',
  altid: 'the trail keeps no other identifiers of agents; ask by agent:identifier',
  'entity-name': 'the trail keeps no names; ask by entity, with a reference',
  policy: 'which rules decided is told in the events and not searched; ask by date and agent',
  site: 'the trail keeps no sites; ask by agent:identifier, with a FINESS',
  source: 'all events come from this server; ask by date and agent',
}

/** @returns why AuditEvents cannot be searched by a parameter of R4; undefined for other names. */
export const untold = (type: string, code: string): string | undefined =>
  type === 'AuditEvent' && Object.hasOwn(instead, code) ? instead[code] : undefined
