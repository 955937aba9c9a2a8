/** Sends the requests of a tour to a server. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../server/root.ts'
import { type Answer, call, matchesOf } from './client.ts'
import { select } from './pointer.ts'
import type { TourRequest } from './tour-page.ts'

/** Where a tour goes and what it knows so far. */
export interface Tour {
  /** `http://host:port` */
  readonly origin: string
  readonly token: (identity: string) => Promise<string>
  readonly variables: ReadonlyMap<string, string>
}

/** Puts `{{variable}}` and `{{token identity}}` into a text. */
export async function filled(text: string, { token, variables }: Tour): Promise<string> {
  let result = text
  for (const [whole, , identity, variable = ''] of text.matchAll(/\{\{(token ([\w-]+)|(\w+))\}\}/g)) {
    const value = identity === undefined ? variables.get(variable) : await token(identity)
    if (value === undefined) throw new Error(`${whole} was never kept`)
    result = result.replace(whole, () => value)
  }
  return result
}

/** Sends one request of the page. @returns the answers, as many as were asked at once. */
export async function send(request: TourRequest, tour: Tour): Promise<readonly Answer[]> {
  const { body, headers, method } = request
  const text = body && (await filled('file' in body ? readFileSync(join(root, body.file), 'utf8') : body.text, tour))
  const filledHeaders = await Promise.all(
    headers.map(async ([name, value]) => [name, await filled(value, tour)] as const),
  )
  const url = await filled(request.url, tour)
  const absolute = url.startsWith('http') ? url : `${tour.origin}${url}`
  const once = () =>
    call(absolute, { method, headers: Object.fromEntries(filledHeaders), ...(text !== undefined && { body: text }) })
  return Promise.all(Array.from({ length: request.atOnce }, once))
}

/** An answer in the words of the tables: a status, the codes of documents in order, a number of resources, `PDF`, … */
export function summary(answer: Answer): string {
  if (answer.status !== 200) return String(answer.status)
  if (answer.bytes.subarray(0, 5).toString('latin1') === '%PDF-') return 'PDF'
  const matches = matchesOf(answer)
  const [first] = matches
  const total = select(answer.json, '/total')[0]
  if (first === undefined) return total === undefined || total === 0 ? 'nothing' : String(total)
  const type = select(first, '/resourceType')[0]
  if (type === 'DocumentReference') return matches.flatMap(each => select(each, '/type/coding/0/code')).join(' ')
  if (type === 'Patient')
    return select(first, '/name').length > 0 ? 'whole' : `status ${select(first, '/extension/*/valueCode').join()}`
  return String(matches.length)
}
