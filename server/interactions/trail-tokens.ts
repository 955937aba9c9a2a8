/** What tokens ask of the trail: each row says by what a line tells it. https://hl7.org/fhir/R4/auditevent.html#search */
import type { Interaction } from '../../resources/resource.ts'
import { systemPrefix, systemTokenKey, tokenKey } from '../../search/key.ts'
import { entityType, finds, objectRole } from '../../security/audit-entities.ts'
import { outcomes, restSystem, roleSystem } from '../../security/audit-event.ts'
import { auditPatterns } from '../../security/audit-profiles.ts'
import type { Told } from '../store/store.ts'

type Row = readonly [code: string, system: string, value: string, told: Told]

const always: Told = { is: 'always' }
const byQuery: Told = { is: 'query' }
const interactions = Object.keys(auditPatterns) as Interaction[] // a table that has a row for each
const outcomeNames = Object.keys(outcomes) as (keyof typeof outcomes)[]
const found: Told = { is: 'interaction', in: [...finds] }

/** Parameters whose values are few. */
const rows: readonly Row[] = [
  ['type', 'http://terminology.hl7.org/CodeSystem/audit-event-type', 'rest', always],
  ...interactions.map((name): Row => ['subtype', restSystem, name, { is: 'interaction', in: [name] }]),
  ...interactions.map((name): Row => {
    const { action } = auditPatterns[name]
    return ['action', 'http://hl7.org/fhir/audit-event-action', action, { is: 'interaction', in: [name] }]
  }),
  ...outcomeNames.map(
    (name): Row => [
      'outcome',
      'http://hl7.org/fhir/audit-event-outcome',
      outcomes[name].code,
      { is: 'outcome', in: [name] },
    ],
  ),
  ['entity-role', objectRole, '1', always],
  ['entity-role', objectRole, '4', { is: 'target' }],
  ['entity-role', objectRole, '13', always],
  ['entity-role', objectRole, '24', byQuery],
  ['entity-role', objectRole, '24', found],
  ['entity-type', entityType, '1', always],
  ['entity-type', entityType, '2', { is: 'object', but: [...finds] }],
  ['entity-type', entityType, '2', byQuery],
  ['entity-type', entityType, '2', found],
  ['entity-type', entityType, '4', always],
  ['entity-type', 'https://profiles.ihe.net/ITI/BALP/CodeSystem/BasicAuditEntityType', 'XrequestId', always],
]

/** The parameters that are answered so. */
export const tokenParameters: ReadonlySet<string> = new Set([...rows.map(([code]) => code), 'agent-role'])

/** By its form as a key: of any system, and of one. */
const byKey = new Map<string, Told[]>()
for (const [code, system, value, told] of rows)
  for (const name of [tokenKey(code, value), systemTokenKey(code, system, value)])
    byKey.set(name, [...(byKey.get(name) ?? []), told])

const resourceTypes = 'http://hl7.org/fhir/resource-types'

const decoded = (system: string): string => system.replaceAll('%7C', '|').replaceAll('%25', '%')

/** A code of any system, or of one. */
function codeIn(text: string, code: string): { readonly system?: string; readonly value: string } | undefined {
  if (text.startsWith(`${code}=`)) return { value: text.slice(code.length + 1) }
  const [, system, value] = /^[^|]*\|([^|]*)\|(.*)$/s.exec(text) ?? []
  return system === undefined || value === undefined ? undefined : { system: decoded(system), value }
}

/** A role of the national nomenclature, or a profession of one of them. */
function roleTold(text: string): readonly Told[] {
  const { system, value } = codeIn(text, 'agent-role') ?? { value: '' }
  if (system === roleSystem) return [{ is: 'role', in: [value] }]
  if (system !== undefined) return [{ is: 'profession', in: [`${system}|${value}`] }]
  return [
    { is: 'role', in: [value] },
    { is: 'profession of any system', in: [value] },
  ]
}

/** A type of resource: what stands with others, or was found. */
function typeTold(text: string): readonly Told[] {
  const { system, value } = codeIn(text, 'entity-type') ?? { value: '' }
  const isType = /^[A-Z][A-Za-z]{1,63}$/.test(value) && (system === undefined || system === resourceTypes)
  return isType ? [{ is: 'objects', type: value, finds: [...finds] }] : []
}

/** @returns by what a line tells the token of a key; nothing where no line has it. */
export function toldBy(text: string): readonly Told[] {
  if (/^agent-role[=|]/.test(text)) return roleTold(text)
  return [...(byKey.get(text) ?? []), ...(/^entity-type[=|]/.test(text) ? typeTold(text) : [])]
}

/** @returns by what a line tells any code of a system, which the prefix names; undefined where that is not told. */
export function toldOfSystem(prefix: string): readonly Told[] | undefined {
  const own = rows.filter(([code, system]) => systemPrefix(code, system) === prefix).map(([, , , told]) => told)
  return own.length === 0 ? undefined : own
}
