/** The operation $everything: all that the caller may see of a record. https://hl7.org/fhir/R4/patient-operation-everything.html */
import { bytesOf, GrowingSearchset, type SearchEntry } from '../../resources/bundle.ts'
import { ok, type Result } from '../../resources/outcome.ts'
import type { Found } from '../store/store.ts'
import { gate } from './access.ts'
import { standingFacts } from './everything-access.ts'
import { References, rowsAlong } from './everything-along.ts'
import { everythingRequest, linksOf, refuseLongLinks, type Start } from './everything-request.ts'
import { type Opened, rowsOf, startAfter } from './everything-rows.ts'
import { Delivery } from './everything-trail.ts'
import { FirstBytes } from './first-bytes.ts'
import type { Call, Context, Reply } from './interaction.ts'
import { flowingJson } from './lifted.ts'
import { visibleRow } from './read.ts'
import { leaveTrace } from './trail.ts'

/** What an answer is made of while it flows. */
interface Flow {
  readonly context: Context
  readonly call: Call
  readonly opened: Opened
  readonly set: GrowingSearchset
  readonly references: References
  readonly delivery: Delivery
}

/** Those of this server. */
const firstBytes = new FirstBytes()

/** So many bytes leave at once, or a little more. */
const fewBytes = 256 * 1024

/** The entries of rows. The trail takes a row before its first byte leaves. */
async function* entriesOf(
  { context, set, delivery }: Flow,
  rows: readonly Found[],
  mode: SearchEntry['mode'],
): AsyncGenerator<Uint8Array> {
  let [parts, size]: [Uint8Array[], number] = [[], 0]
  const take = (bytes: Uint8Array): boolean => {
    parts.push(bytes)
    size += bytes.length
    return size >= fewBytes
  }
  const together = (): Uint8Array => {
    const bytes = Buffer.concat(parts)
    ;[parts, size] = [[], 0]
    return bytes
  }
  for (const row of rows) {
    const line = delivery.leaving(row)
    if (line !== undefined) await line
    take(set.opening(`${context.base}/${row.type}/${row.id}`))
    if (row.blobs.length === 0) take(row.json)
    else for await (const bytes of flowingJson(context.store, row)) if (take(bytes)) yield together()
    if (take(set.closing(mode))) yield together()
  }
  if (size > 0) yield together()
}

/** The matches, as many as a page has. @returns where the next page begins. */
async function* matches(flow: Flow): AsyncGenerator<Uint8Array, Start | undefined> {
  const { context, call, opened, references } = flow
  let left = opened.request.count ?? Number.POSITIVE_INFINITY
  let last: Found | undefined
  for await (const rows of rowsOf(context, call, opened)) {
    const kept = rows.slice(0, left)
    for (const row of kept) references.note(row)
    yield* entriesOf(flow, kept, 'match')
    left -= kept.length
    last = kept.at(-1) ?? last
    await firstBytes.giveWay()
    if (kept.length < rows.length) return last && startAfter(last)
  }
  return undefined
}

const tooMany = bytesOf({
  resourceType: 'OperationOutcome',
  issue: [
    {
      ...{ severity: 'warning', code: 'too-costly' },
      diagnostics:
        'expected references to at most 1000 resources of the directory, found more: the others are left out',
    },
  ],
})

async function* along(flow: Flow): AsyncGenerator<Uint8Array> {
  const { context, call, set, references } = flow
  for await (const rows of rowsAlong(context, call, references)) yield* entriesOf(flow, rows, 'include')
  if (references.areTooMany) yield Buffer.concat([set.opening(undefined), tooMany, set.closing('outcome')])
}

/** The Bundle, and the trail of what left of it, also when the client hangs up or the database fails. */
async function* flowing(flow: Flow): AsyncGenerator<Uint8Array> {
  const { context, call, opened, set, delivery } = flow
  let how: 'delivered' | 'broken off' = 'broken off'
  try {
    const next = yield* matches(flow)
    yield* along(flow)
    const isPage = opened.request.count !== undefined
    yield set.end(isPage ? linksOf(context, call, { request: opened.request, next }) : undefined)
    how = 'delivered'
  } finally {
    await delivery.end(how)
  }
}

async function begin(context: Context, call: Call): Promise<Result<Reply>> {
  const asRead: Call = { ...call, interaction: 'read' }
  const closed = await gate(context, asRead)
  if (closed !== undefined) return closed
  const request = everythingRequest(context, call)
  if (!request.ok) return request
  const long = refuseLongLinks(context, call, request.value)
  if (long !== undefined) return long
  const found = await visibleRow(context, asRead)
  if ('refused' in found) return found.refused
  const { row, permit, facts } = found
  const patient = row._id
  const query = `$everything${request.value.query === '' ? '' : `?${request.value.query}`}`
  const opened = { request: request.value, row, patient, facts: standingFacts(context, call, { patient, facts }) }
  await leaveTrace(context, call, { patient, status: 200, basis: permit.basis, told: permit.told, query })
  const links = request.value.count === undefined ? linksOf(context, call, { request: request.value }) : undefined
  const flow: Flow = {
    ...{ context, call, opened, set: new GrowingSearchset(links) },
    references: new References(context, request.value.along),
    delivery: new Delivery(context, call, { patient, query }),
  }
  return ok({ status: 200, headers: {}, body: flowing(flow) })
}

/** The Patient leaves as soon as the answer begins. */
export async function everything(context: Context, call: Call): Promise<Result<Reply>> {
  const begun = firstBytes.begin()
  try {
    return await begin(context, call)
  } finally {
    begun()
  }
}
