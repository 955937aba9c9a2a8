/** Entries of a Bundle beside the interactions on resources: the capability statement, histories of many, operations that read. */
import { type Catalog, performs } from '../../resources/catalog.ts'
import { isOffered } from '../../resources/offered.ts'
import { type Operation, type OperationLevel, operationNamed, operations } from '../../resources/operations.ts'
import { type Failure, fail, type Result } from '../../resources/outcome.ts'
import type { Beyond, EntryAddress } from './entry-address.ts'
import type { EntryComplaint } from './entry-complaint.ts'
import type { Reply } from './interaction.ts'

/** What is looked at of an entry. */
export interface EntryBeyond extends EntryAddress {
  readonly path: string
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
}

/** Answers that may be as long as a record: so many in one Bundle, of so many bytes each. */
const mostLong = 20
const mostBytes = 4 * 1024 * 1024

const isLong = ({ beyond, id }: EntryAddress): boolean =>
  beyond?.interaction === 'operation' || (beyond?.interaction === 'capabilities' && id === undefined)

/** @returns 400 for a Bundle that asks for more long answers than it may hold. */
export function tooManyLong(entries: readonly EntryAddress[]): Result<never> | undefined {
  if (entries.filter(isLong).length <= mostLong) return undefined
  return fail(
    'tooCostly',
    `expected at most ${mostLong} operations and capability statements in a Bundle, found more: send them as requests of their own`,
    'Bundle.entry',
  )
}

/** What reads the definition of an operation of this program; where the type is served, its instances are what is stored. */
export function asDefinition(address: EntryAddress, method: EntryBeyond['method'], { types }: Catalog): EntryAddress {
  const { type, id, history, beyond } = address
  const isRead = method === 'GET' || method === 'HEAD'
  const isNamed = type === 'OperationDefinition' && id !== undefined && !history && beyond === undefined
  return isRead && isNamed && !types.has(type) ? { ...address, beyond: { interaction: 'capabilities' } } : address
}

const levelOf = ({ type, id }: EntryAddress): OperationLevel =>
  id !== undefined ? 'instance' : type === 'Parameters' ? 'system' : 'type'

/** Why an operation is not performed in a Bundle; undefined where it may be. By which methods one is asked, its routes say as well. */
function operationComplaint(entry: EntryBeyond, name: string, catalog: Catalog): EntryComplaint | undefined {
  const { path, method, type } = entry
  const expression = `${path}.request.url`
  const operation = operationNamed(name)
  if (operation === undefined || !isOffered(operation, levelOf(entry), { catalog, type }))
    return {
      diagnostics: 'expected an operation of this server, found another',
      ...{ expression, code: 'not-supported', kind: 'notServed' },
    }
  const { affectsState, tells }: Operation = operations[operation]
  const isRead = method === 'GET' || method === 'HEAD'
  const onlyPosted = affectsState && tells !== true
  if (method !== 'POST' && (onlyPosted || !isRead))
    return {
      diagnostics: `expected ${onlyPosted ? '' : 'GET or '}POST of $${operation}`,
      expression: `${path}.request.method`,
      code: 'not-supported',
      kind: 'notAllowed',
    }
  if (!affectsState || isRead) return undefined
  return {
    diagnostics: `expected what only reads, found $${operation}, which changes something: send it as a request of its own`,
    expression,
    code: 'not-supported',
  }
}

/** @returns what is wrong with an entry beyond the interactions on resources. */
export function beyondComplaint(
  entry: EntryBeyond,
  { interaction, operation = '' }: Beyond,
  catalog: Catalog,
): EntryComplaint | undefined {
  if (interaction === 'operation') return operationComplaint(entry, operation, catalog)
  if (entry.method === 'GET' || entry.method === 'HEAD') return undefined
  return {
    diagnostics: 'expected GET: the capability statement and histories are only read',
    expression: `${entry.path}.request.method`,
    code: 'not-supported',
    kind: 'notAllowed',
  }
}

/** @returns why an entry cannot stand in a transaction. */
export const refuseInTransaction = ({ path, beyond }: EntryBeyond): EntryComplaint | undefined =>
  beyond?.interaction !== 'operation'
    ? undefined
    : {
        diagnostics: 'expected an interaction, found an operation: send it in a batch, or as a request of its own',
        expression: `${path}.request.url`,
        code: 'not-supported',
      }

/** Whether the statement promises what the entry asks, as it would have to for a request of its own. */
export function isBeyondPromised(
  catalog: Catalog,
  entry: EntryAddress,
  { interaction, operation = '' }: Beyond,
): boolean {
  const { type } = entry
  const served = catalog.types.get(type)
  switch (interaction) {
    case 'capabilities':
      return true
    case 'history-system':
      return catalog.system.has(interaction)
    case 'history-type':
      return served !== undefined && performs(served, interaction, false)
    case 'operation': {
      const name = operationNamed(operation)
      return name !== undefined && isOffered(name, levelOf(entry), { catalog, type })
    }
  }
}

/** @returns the bytes of an answer that flows; undefined where it is longer than a Bundle may hold of it, and then it is ended. */
export async function boundedBytes(body: NonNullable<Reply['body']>): Promise<Uint8Array | undefined> {
  if (body instanceof Uint8Array) return body.length > mostBytes ? undefined : body
  const parts: Uint8Array[] = []
  let size = 0
  for await (const part of body) {
    size += part.length
    if (size > mostBytes) return undefined
    parts.push(part)
  }
  return Buffer.concat(parts)
}

/** The refusal of such an answer. */
export const tooLong: Failure = fail(
  'tooCostly',
  `expected an answer of at most ${mostBytes} bytes within a Bundle, found a longer one: ask for less of it, or send it as a request of its own`,
  'Bundle.entry.request.url',
).failure
