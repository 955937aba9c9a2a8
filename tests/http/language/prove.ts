/** The rows of the search language: each is asked by GET and by POST of MongoDB, and of `matches()` in memory. */
import { join } from 'node:path'
import t from 'tap'
import type { Resource } from '../../../resources/resource.ts'
import { matches } from '../../../search/matches.ts'
import { root } from '../../../server/root.ts'
import { entryOf, search, unwrap } from '../../search/served.ts'
import { bundleOf, idsOf, type Rest, startRest, statusesOf } from '../rest.ts'

/** A sentence of the specification, a query, and the ids that it finds, in the order of the alphabet. */
export type LanguageRow = readonly [sentence: string, query: string, found: string]

export type Named = Resource & { readonly id: string }

/** A server that serves every type of R4, with these resources. Patients come first: the others are of them. */
export async function startWith(resources: readonly Named[]): Promise<Rest> {
  const rest = await startRest(t, {
    environment: { CAPABILITY_STATEMENT: join(root, 'fixtures', 'capability-statement-all-types.json') },
  })
  const isPatient = ({ resourceType }: Named) => resourceType === 'Patient'
  for (const part of [resources.filter(isPatient), resources.filter(each => !isPatient(each))]) {
    const puts = part.map(resource => ['PUT', `${resource.resourceType}/${resource.id}`, resource] as const)
    const answer = await rest.post('', bundleOf('batch', puts))
    const refused = part.filter((_, at) => statusesOf(answer)[at] !== 201)
    if (refused.length > 0) throw new Error(JSON.stringify(answer.json))
  }
  return rest
}

const encoded = (query: string): string =>
  query
    .split('&')
    .map(pair => pair.slice(0, pair.indexOf('=') + 1) + encodeURIComponent(pair.slice(pair.indexOf('=') + 1)))
    .join('&')

const sorted = (ids: readonly string[]): string => [...ids].sort().join(' ')

/** Asks each row in all ways. `ways` leaves out the memory for what is found by more than the row itself. */
export async function prove(
  resources: readonly Named[],
  rows: readonly LanguageRow[],
  ways: 'all' | 'http' = 'all',
): Promise<void> {
  const rest = await startWith(resources)
  await proveOn(rest, { resources, rows, ways })
}

/** The same on a server that is there. */
export async function proveOn(
  rest: Rest,
  { resources, rows, ways }: { resources: readonly Named[]; rows: readonly LanguageRow[]; ways: 'all' | 'http' },
): Promise<void> {
  for (const [sentence, query, found] of rows) {
    await t.test(`${sentence}: ${query}`, async t => {
      const [type = '', asked = ''] = [query.slice(0, query.indexOf('?')), query.slice(query.indexOf('?') + 1)]
      const byGet = await rest.get(`${type}?${encoded(asked)}&_count=100&_total=accurate`)
      t.equal(byGet.status, 200, byGet.status === 200 ? 'GET' : byGet.bytes.toString())
      t.equal(sorted(idsOf(byGet)), found, 'found by GET')
      t.match(byGet.json, { total: found === '' ? 0 : found.split(' ').length }, 'the total')
      const headers = { 'content-type': 'application/x-www-form-urlencoded' }
      const byPost = await rest.post(`${type}/_search`, `${encoded(asked)}&_count=100`, { headers })
      t.equal(byPost.status, 200, 'POST')
      t.equal(sorted(idsOf(byPost)), found, 'found by POST')
      if (ways === 'http') return
      const { query: parsed } = unwrap(search(type, asked))
      const matched = resources.filter(each => each.resourceType === type && matches(parsed, entryOf(each)))
      t.equal(sorted(matched.map(({ id }) => id)), found, 'matches()')
    })
  }
}

/** An Observation of the one patient of these tests, with only what a row is about. */
export const observation = (id: string, more: object = {}): Named => ({
  resourceType: 'Observation',
  id,
  status: 'final',
  code: { text: id },
  subject: { reference: 'Patient/p' },
  ...more,
})

export const patient = (id: string, more: object = {}): Named => ({ resourceType: 'Patient', id, ...more })

export const coded = (system: string, code: string, display?: string): object => ({
  coding: [{ system, code, ...(display === undefined ? {} : { display }) }],
})

export const loinc = 'http://loinc.org'
export const ucum = 'http://unitsofmeasure.org'
