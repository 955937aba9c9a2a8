/** Ranges of a Binary that a client may ask: small, large, empty, of a version. https://www.rfc-editor.org/rfc/rfc9110#section-14 */
import t from 'tap'
import { idOf, issuesOf, startRest } from './rest.ts'

const rest = await startRest(t)
const plain = { 'content-type': 'application/pdf' }
const bytes = Buffer.from(Array.from({ length: 5000 }, (_, n) => n % 251))
const id = idOf(await rest.post('Binary', bytes, { headers: plain }))
await rest.put(`Binary/${id}`, Buffer.from('short'), { headers: plain })
const first = `Binary/${id}/_history/1`
const empty = idOf(await rest.post('Binary', { resourceType: 'Binary', contentType: 'text/plain' }))
const etag = 'W/"1"'

for (const [sentence, range, more, status, from, to] of [
  ['of a former version', 'bytes=10-19', {}, 206, 10, 20],
  ['that ends far beyond', 'bytes=4999-99999999999999999999999', {}, 206, 4999, 5000],
  ['that begins far beyond', 'bytes=99999999999999999999999-', {}, 416, 0, 0],
  ['just behind the last byte', 'bytes=5000-5000', {}, 416, 0, 0],
  ['of a long suffix', 'bytes=-99999999999999999999999', {}, 206, 0, 5000],
  ['in capitals, with spaces', 'Bytes = 0 - 4', {}, 206, 0, 5],
  ['with leading zeros', 'bytes=0000-0004', {}, 206, 0, 5],
  ['of several parts', 'bytes=0-1,3-4,-1', {}, 200, 0, 5000],
  ['of many parts', `bytes=${Array.from({ length: 500 }, (_, n) => `${n}-`).join(',')}`, {}, 200, 0, 5000],
  ['of nothing', 'bytes=', {}, 200, 0, 5000],
  ['of a hyphen', 'bytes=-', {}, 200, 0, 5000],
  ['of no number', 'bytes=a-b', {}, 200, 0, 5000],
  ['of a negative number', 'bytes=--1', {}, 200, 0, 5000],
  ['under If-Range by a weak tag', 'bytes=0-1', { 'if-range': etag }, 200, 0, 5000],
  ['under If-Range by another tag', 'bytes=0-1', { 'if-range': '"7"' }, 200, 0, 5000],
  ['under If-Range by a date', 'bytes=0-1', { 'if-range': new Date().toUTCString() }, 200, 0, 5000],
  ['beside an If-None-Match that holds', 'bytes=0-1', { 'if-none-match': 'W/"9"' }, 206, 0, 2],
  ['beside an If-None-Match that does not', 'bytes=0-1', { 'if-none-match': etag }, 304, 0, 0],
  ['with gzip accepted', 'bytes=1-2', { 'accept-encoding': 'gzip' }, 206, 1, 3],
] as const)
  t.test(`a range ${sentence} is answered with ${status}`, async t => {
    const answer = await rest.get(first, { headers: { range, ...more } })
    t.equal(answer.status, status)
    const said = { 200: null, 206: `bytes ${from}-${to - 1}/5000`, 304: null, 416: 'bytes */5000' }[status]
    t.equal(answer.headers.get('content-range'), said)
    if (status === 416) t.same(issuesOf(answer), ['rangeNotSatisfiable value'])
    else t.ok(answer.bytes.equals(bytes.subarray(from, to)))
    if (status === 206) t.equal(answer.headers.get('etag'), etag)
  })

for (const range of ['bytes=0-', 'bytes=-5', 'bytes=5-3'])
  t.test(`of nothing there are no parts: ${range} is passed over`, async t => {
    const answer = await rest.get(`Binary/${empty}`, { headers: { range, accept: 'text/plain' } })
    t.equal(answer.status, 200)
    t.equal(answer.bytes.length, 0)
    t.equal(answer.headers.get('content-range'), null)
  })
