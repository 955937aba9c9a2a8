/** URLs that are too long, and the searches that are sent by POST instead. https://www.rfc-editor.org/rfc/rfc9110#section-15.5.15 */
import t from 'tap'
import { select } from '../support/pointer.ts'
import { idsOf, issuesOf, startRest } from './rest.ts'

const rest = await startRest(t, { environment: { MAX_URL_BYTES: '3000' } })
await rest.put('Patient/ann', { resourceType: 'Patient', id: 'ann', name: [{ family: 'Long' }] })
const form = { headers: { 'content-type': 'application/x-www-form-urlencoded' } }
const path = '/fhir/'

/** A search whose URL has so many bytes. */
function searchOf(bytes: number): string {
  const start = 'Patient?family=long'
  const parts = [start]
  let length = path.length + start.length
  while (length < bytes) {
    const part = `&_tag:not=${'a'.repeat(Math.min(900, bytes - length - '&_tag:not='.length))}`
    parts.push(part)
    length += part.length
  }
  return parts.join('')
}

for (const [sentence, bytes, status] of [
  ['as long as the limit is answered', 3000, 200],
  ['a byte longer is refused', 3001, 414],
  ['of twice the limit is refused', 6000, 414],
  ['that leaves no room for headers is refused', 18_900, 414],
  ['longer than what is read of a request is refused', 40_000, 414],
  ['of 200,000 bytes is refused', 200_000, 414],
] as const)
  t.test(`GET: a URL ${sentence}`, async t => {
    const url = searchOf(bytes)
    t.equal(path.length + url.length, bytes)
    const answer = await rest.get(url)
    t.equal(answer.status, status)
    if (status === 200) {
      t.same(idsOf(answer), ['ann'])
      return
    }
    t.same(issuesOf(answer), ['urlTooLong too-long'])
    t.match(select(answer.json, '/issue/0/diagnostics'), [/at most 3000 bytes.*POST.*_search/])
    t.notMatch(answer.bytes.toString(), /aaaa|family/, 'nothing of the URL is repeated')
  })

t.test('the same search by POST is answered', async t => {
  const [type, parameters = ''] = searchOf(40_000).split('?')
  const answer = await rest.post(`${type}/_search`, parameters, form)
  t.equal(answer.status, 200)
  t.same(idsOf(answer), ['ann'])
})

t.test('every method, and every place, has the limit', async t => {
  const long = 'a'.repeat(4000)
  for (const [method, url] of [
    ['head', `Patient?family=${long}`],
    ['delete', `Patient?identifier=${long}`],
    ['get', `metadata?_format=${long}`],
    ['get', `${rest.server.origin}/docs?${long}`],
    ['get', `${rest.server.origin}/${long}`],
    ['get', `Patient/${long}`],
    ['get', `Patient/ann/_history/${long}`],
    ['delete', `Patient/${long}`],
    ['get', `Patient/%ff${long}`],
  ] as const)
    t.equal((await rest[method](url)).status, 414, url.slice(0, 40))
  t.equal((await rest.put(`Patient/ann?x=${long}`, { resourceType: 'Patient', id: 'ann' })).status, 414)
})

t.test('headers have room of their own beside the longest URL', async t => {
  const answer = await rest.get(searchOf(3000), { headers: { 'x-long': 'a'.repeat(15_000) } })
  t.equal(answer.status, 200)
  const refused = await rest.get('Patient', { headers: { 'x-long': 'a'.repeat(30_000) } })
  t.equal(refused.status, 431)
  t.same(issuesOf(refused), ['headersTooLarge too-long'])
})
