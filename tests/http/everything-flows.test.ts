/** $everything of large records: it flows, and the server holds little of it. `docs/decisions/0017-everything-is-streamed.md` */
import { get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { select } from '../support/pointer.ts'
import { bundleOf, nextOf, startRest, statusesOf } from './rest.ts'

const rest = await startRest(t)
const many = 2500
const subject = { reference: 'Patient/large' }
const name = (n: number): string => `seen-${String(n).padStart(4, '0')}`
const text = { status: 'generated', div: `<div xmlns="http://www.w3.org/1999/xhtml">${'x'.repeat(8_000)}</div>` }

await rest.put('Patient/large', { resourceType: 'Patient', id: 'large' })
for (let from = 0; from < many; from += 250) {
  const answer = await rest.post(
    '',
    bundleOf(
      'batch',
      Array.from({ length: 250 }, (_, n) => [
        'PUT',
        `Observation/${name(from + n)}`,
        {
          ...{ resourceType: 'Observation', id: name(from + n), status: 'final', code: { text: 'x' }, subject, text },
          effectiveDateTime: `2024-0${1 + (n % 9)}-01`,
        },
      ]),
    ),
  )
  if (statusesOf(answer).some(status => status !== 201)) throw new Error(`${answer.status} ${answer.bytes}`)
}

const path = 'Patient/large/$everything'

/** The lines of the trail about a request. */
const linesOf = async (request: string): Promise<readonly unknown[]> => {
  const { json } = await rest.get('AuditEvent?patient=large&_sort=-date&_count=30')
  return [...select(json, '/entry/*/resource')].reverse().filter(event => JSON.stringify(event).includes(request))
}

const basisOf = (event: unknown): unknown => select(event, '/entity/*/detail/[type=basis]/valueString')[0]
const targetsOf = (event: unknown): number =>
  select(event, '/entity/*/what/reference').filter(reference => String(reference).includes('_history')).length

t.test('every resource comes once, and the trail names each', async t => {
  const answer = await rest.get(path, { headers: { 'x-request-id': 'whole' } })
  const ids = select(answer.json, '/entry/*/resource/id')
  t.equal(ids.length, many + 1)
  t.equal(new Set(ids).size, many + 1)
  const lines = await linesOf('whole')
  t.same(lines.map(basisOf), ['no rule', 'delivered', 'delivered', 'delivered'])
  t.same(lines.map(targetsOf), [0, 1000, 1000, 501])
})

t.test('page by page, up to 1,000 on each', async t => {
  const found: unknown[] = []
  let pages = 0
  for (let url: string | undefined = `${path}?_count=5000`; url !== undefined; pages += 1) {
    const page = await rest.get(url)
    found.push(...select(page.json, '/entry/*/resource/id'))
    url = nextOf(page)
  }
  t.same([pages, found.length, new Set(found).size], [3, many + 1, many + 1])
})

/** Reads as slowly as it is told, or hangs up. */
const reading = (request: string, each: (seen: number, hangUp: () => void) => Promise<unknown>): Promise<number> =>
  new Promise((resolve, reject) => {
    const asked = get(`${rest.base}/${path}`, { headers: { 'x-request-id': request }, agent: false }, async answer => {
      let seen = 0
      try {
        for await (const chunk of answer) {
          seen += (chunk as Buffer).length
          await each(seen, () => asked.destroy())
        }
        resolve(seen)
      } catch (error) {
        if (asked.destroyed) resolve(seen)
        else reject(error)
      }
    })
    asked.on('error', error => (asked.destroyed ? undefined : reject(error)))
  })

t.test('a client that hangs up stops the reading, and the trail says how far it came', async t => {
  await reading('hung-up', async (_, hangUp) => hangUp())
  let lines: readonly unknown[] = []
  for (let tries = 0; tries < 50 && lines.length < 2; tries += 1) {
    await sleep(100)
    lines = await linesOf('hung-up')
  }
  t.same(lines.map(basisOf), ['no rule', 'broken off'])
  t.equal(select(lines[1], '/outcome')[0], '8')
  t.ok(targetsOf(lines[1]) < 1000, 'most of the record was not read')
})

t.test('a client that reads slowly is waited for: the server holds no more than a little', async t => {
  const before = process.memoryUsage()
  let most = 0
  await Promise.all(
    Array.from({ length: 4 }, (_, n) =>
      reading(`slow-${n}`, async () => {
        most = Math.max(most, process.memoryUsage().arrayBuffers - before.arrayBuffers)
        await sleep(1)
      }),
    ),
  )
  t.ok(most < 60 * 1024 * 1024, `four answers of 20 MB held ${Math.round(most / 1024 / 1024)} MB`)
})
