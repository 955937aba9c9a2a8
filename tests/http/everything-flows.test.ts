/** $everything of large records: it flows, and the server holds little of it. `docs/decisions/0017-everything-is-streamed.md` */
import { get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
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

/** Reads as slowly as it is told, or hangs up. @returns how many bytes came. */
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

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

/** What is held now, in MB, and no garbage. */
function heldNow(): number {
  collectGarbage()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return (heapUsed + arrayBuffers) / 1024 / 1024
}

t.test('clients that stop reading are waited for, and the server holds little for each', async t => {
  const clients = 4
  const before = heldNow()
  let [waiting, held, resume]: [number, number, () => void] = [0, 0, () => undefined]
  const resumed = new Promise<void>(resolve => {
    resume = resolve
  })
  const answers = Array.from({ length: clients }, (_, n) => {
    let first = true
    return reading(`slow-${n}`, async () => {
      if (!first) return
      first = false
      waiting += 1
      await resumed
    })
  })
  while (waiting < clients) await sleep(20)
  await sleep(1500) // what may flow flows
  held = heldNow() - before
  const lines = await linesOf('slow-0')
  t.equal(lines.filter(line => targetsOf(line) === 501).length, 0, 'the end was not reached')
  resume()
  for (const size of await Promise.all(answers)) t.ok(size > many * 8000, 'and then everything came')
  t.ok(held < 50, `${clients} answers of 20 MB held ${Math.round(held)} MB`)
})
