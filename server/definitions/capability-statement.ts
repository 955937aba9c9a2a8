/** Writes a capability statement out of the definitions of R4. https://hl7.org/fhir/R4/capabilitystatement.html */

import { compositeOf } from '../../resources/composite-definition.ts'
import type { Resource } from '../../resources/resource.ts'
import {
  isParameterType,
  type SearchParameterFacts,
  type SearchParameterTable,
} from '../../resources/search-parameter-definition.ts'

const all = [
  'read',
  'vread',
  'history-instance',
  'history-type',
  'create',
  'update',
  'patch',
  'delete',
  'search-type',
] as const

/** What lists many resources, or patches one, is not done with files. */
const notWithFiles: ReadonlySet<string> = new Set(['search-type', 'history-type', 'patch'])

/** Types that R4 gives no place on a server. https://hl7.org/fhir/R4/parameters.html */
const notStored = new Set(['Parameters', 'OperationOutcome'])

/** The trail is written by the server alone, and searched by these. `access.md` section 8. */
const auditParameters = new Set([
  ...['_id', '_lastUpdated', 'patient', 'date', 'agent', 'agent-role', 'entity', 'entity-role', 'entity-type'],
  ...['type', 'subtype', 'action', 'outcome'],
])

/** Whether a parameter is promised. An expression that ends on a whole resource is no reference. */
function isPromised(type: string, code: string, table: SearchParameterTable): boolean {
  const row = table[type] ?? {}
  const { type: kind = '', expression } = row[code] ?? {}
  const searchable = isParameterType(kind) || compositeOf(type, code, row) !== undefined
  if (!searchable || expression === 'Bundle.entry[0].resource') return false
  if (type === 'Binary') return false
  return type !== 'AuditEvent' || auditParameters.has(code)
}

function interactionsOf(type: string): readonly string[] {
  if (type === 'AuditEvent') return ['read', 'search-type']
  return type === 'Binary' ? all.filter(code => !notWithFiles.has(code)) : all
}

type Parameter = readonly [code: string, facts: SearchParameterFacts]

function toEntry(
  type: string,
  parameters: readonly Parameter[],
  revincludes: readonly string[],
): Record<string, unknown> {
  const written = type !== 'AuditEvent'
  const references = parameters.filter(([, facts]) => written && facts.type === 'reference')
  const includes = references.map(([code]) => `${type}:${code}`)
  return {
    type,
    interaction: interactionsOf(type).map(code => ({ code })),
    versioning: written ? 'versioned-update' : 'no-version',
    readHistory: written,
    updateCreate: written,
    conditionalCreate: written,
    conditionalRead: type === 'AuditEvent' ? 'not-supported' : 'full-support',
    conditionalUpdate: written && type !== 'Binary',
    conditionalDelete: written && type !== 'Binary' ? 'single' : 'not-supported',
    ...(includes.length === 0 ? {} : { searchInclude: includes }),
    ...(revincludes.length === 0 ? {} : { searchRevInclude: revincludes }),
    ...(parameters.length === 0
      ? {}
      : { searchParam: parameters.map(([name, { type, definition }]) => ({ name, definition, type })) }),
  }
}

/**
 * Returns a statement that promises `types` with all that R4 lets one search. References to any type are offered as
 * reverse includes of no type but of the few in `toAny`, or the lists would be longer than the rest.
 */
export function statementOf(types: readonly string[], table: SearchParameterTable, toAny: readonly string[]): Resource {
  const promised = new Map<string, readonly Parameter[]>(
    types
      .filter(type => !notStored.has(type))
      .map(type => [type, Object.entries(table[type] ?? {}).filter(([code]) => isPromised(type, code, table))]),
  )
  const revincludesOf = (type: string) =>
    [...promised].flatMap(([source, parameters]) =>
      parameters
        .filter(([code, { type: kind, target }]) => {
          const any = target.length === 0 && toAny.includes(`${source}:${code}`)
          return (
            kind === 'reference' &&
            type !== 'Binary' &&
            type !== 'AuditEvent' &&
            source !== 'AuditEvent' &&
            (any || target.includes(type))
          )
        })
        .map(([code]) => `${source}:${code}`),
    )
  return {
    resourceType: 'CapabilityStatement',
    status: 'active',
    kind: 'instance',
    fhirVersion: '4.0.1',
    format: ['json', 'xml', 'application/fhir+json', 'application/fhir+xml'],
    patchFormat: ['application/json-patch+json', 'application/fhir+json', 'application/fhir+xml'],
    rest: [
      {
        mode: 'server',
        resource: [...promised].map(([type, parameters]) => toEntry(type, parameters, revincludesOf(type))),
        interaction: ['transaction', 'batch', 'history-system', 'search-system'].map(code => ({ code })),
        compartment: ['http://hl7.org/fhir/CompartmentDefinition/patient'],
      },
    ],
  }
}

/** Prints a statement with one line per parameter, so that a change of it can be read. */
export const printStatement = (statement: Resource): string =>
  `${JSON.stringify(statement, undefined, 2)
    .replace(/\{\s+"code": ("[^"]+")\s+\}/g, '{ "code": $1 }')
    .replace(
      /("(?:searchInclude|searchRevInclude)": )\[([^\]]*)\]/g,
      (_, name: string, list: string) => `${name}[${list.trim().replaceAll(/\s+/g, ' ')}]`,
    )
    .replace(
      /\{\s+"name": ("[^"]+"),\s+"definition": ("[^"]+"),\s+"type": ("[^"]+")\s+\}/g,
      '{ "name": $1, "definition": $2, "type": $3 }',
    )}\n`
