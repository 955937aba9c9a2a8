/** Every link that is given can be followed: what would have a longer one than a URL may be is refused before it begins. https://hl7.org/fhir/R4/http.html#paging */
import { randomBytes } from 'node:crypto'
import t, { type Test } from 'tap'
import type { Answer } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import { bundleOf, startRest, statusesOf } from './rest.ts'

const most = 3000
const rest = await startRest(t, { environment: { MAX_URL_BYTES: String(most) } })
await rest.put('Patient/ann', { resourceType: 'Patient', id: 'ann' })
const seen = (n: number) => ({
  ...{ resourceType: 'Observation', id: `o-${n}`, status: 'final', code: { text: 'x' } },
  subject: { reference: 'Patient/ann' },
})
const puts = [1, 2, 3, 4, 5].map(n => ['PUT', `Observation/o-${n}`, seen(n)] as const)
const written = statusesOf(await rest.post('', bundleOf('transaction', puts)))
await rest.put('Observation/o-1', { ...seen(1), status: 'amended' })

/** Letters that do not get shorter when they are packed. */
const random = (length: number): string => randomBytes(length).toString('hex').slice(0, length)
const digits = (length: number): string => [...randomBytes(length)].map(byte => String(byte % 10)).join('')
/** A condition of so many letters, in values that are not too long by themselves. */
const conditions = (name: string, letters: string): string =>
  (letters.match(/.{1,1000}/g) ?? []).map(part => `&${name}=${part}`).join('')
const form = { headers: { 'content-type': 'application/x-www-form-urlencoded' } }

const everything = (parameters: readonly (readonly [string, string | number])[]) => ({
  resourceType: 'Parameters',
  parameter: parameters.map(([name, value]) =>
    typeof value === 'number' ? { name, valueInteger: value } : { name, valueString: value },
  ),
})

const types = (times: number): string => Array.from({ length: times }, () => 'Patient,Observation').join(',')
/** An instant with so many digits of a second. */
const instant = (length: number): string => `2020-01-01T00:00:00.${digits(length)}Z`

const asked: Readonly<Record<string, (length: number) => Promise<Answer>>> = {
  'a posted search': length =>
    rest.post('Observation/_search', `patient=ann&_count=2${conditions('code:not', random(length))}`, form),
  'a posted search of several types': length =>
    rest.post('_search', `_type=Observation,Patient&_count=2${conditions('_tag:not', random(length))}`, form),
  'a posted $everything': length =>
    rest.post(
      'Patient/ann/$everything',
      everything([
        ['_count', 2],
        ['_since', instant(length)],
      ]),
    ),
  'a posted $everything of many types': length =>
    rest.post(
      'Patient/ann/$everything',
      everything([
        ['_count', 2],
        ['_type', types(Math.ceil(length / 20))],
      ]),
    ),
  'a history': length => rest.get(`Observation/_history?_count=2&_since=${instant(length)}`),
  'a history of an instance': length => rest.get(`Observation/o-1/_history?_count=1&_since=${instant(length)}`),
}

/** A history in an entry may be asked by a longer URL than one by itself. */
async function inBatch(url: string): Promise<readonly [number, unknown]> {
  const { json } = await rest.post('', bundleOf('batch', [['GET', url]]))
  const status = Number.parseInt(String(select(json, '/entry/0/response/status')[0]), 10)
  return [status, select(json, status === 200 ? '/entry/0/resource' : '/entry/0/response/outcome')[0]]
}

/** Follows every link of a page, and those of the pages that they lead to. */
async function follow(t: Test, json: unknown, depth = 2): Promise<void> {
  for (const url of select(json, '/link/*/url').map(String)) {
    t.ok(url.length <= most, `${url.length} bytes`)
    const answer = await rest.get(url)
    t.equal(answer.status, 200, answer.bytes.toString().slice(0, 300))
    if (depth > 1) await follow(t, answer.json, depth - 1)
  }
}

t.same(new Set(written), new Set([201]))

for (const [what, asks] of Object.entries(asked))
  t.test(`${what}: its links can be followed, or it is refused by name`, async t => {
    const statuses = new Set<number>()
    for (const length of [10, 500, 1500, 2500, 6000]) {
      const { status, json } = await asks(length)
      statuses.add(status)
      if (status === 200) await follow(t, json)
      else if (status === 400) {
        t.same(select(json, '/issue/0/code'), ['too-long'])
        t.match(select(json, '/issue/0/diagnostics'), [/at most 3000 bytes/])
      } else t.equal(status, 414)
    }
    t.ok(statuses.has(200))
  })

t.test('what is too long is refused, in a batch too', async t => {
  const [status, outcome] = await inBatch(`Observation/_history?_count=2&_since=${instant(6000)}`)
  t.same([status, select(outcome, '/issue/0/code')], [400, ['too-long']])
  const [short, page] = await inBatch('Observation/_history?_count=2&_since=2020')
  t.equal(short, 200)
  await follow(t, page)
})

t.test('a single page of a posted search that is longer than a URL says what was applied', async t => {
  const value = 'a'.repeat(4000)
  const answer = await rest.post('Observation/_search', `patient=ann${conditions('code:not', value)}`, form)
  t.equal(answer.status, 200)
  const [self = ''] = select(answer.json, '/link/[relation=self]/url').map(String)
  t.match(self, /\?_page=first\./, 'sealed, it can be followed')
  const again = await rest.get(self)
  t.same(select(again.json, '/entry/*/resource/id'), select(answer.json, '/entry/*/resource/id'))
  const longer = await rest.post('Observation/_search', `patient=ann${conditions('code:not', random(5000))}`, form)
  t.equal(longer.status, 200)
  t.match(select(longer.json, '/link/[relation=self]/url'), [/code%3Anot=|code:not=/])
})
