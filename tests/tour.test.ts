/** The journeys of docs/tour.md, sent to a real server that loaded the demonstration. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { identities } from '../server/demo/identities.ts'
import { root } from '../server/root.ts'
import { startServer } from './support/server.ts'
import { type Kept, verdict } from './support/tour-expect.ts'
import { parseTour, type TourRequest, type TourStep } from './support/tour-page.ts'
import { filled, send, summary, type Tour } from './support/tour-run.ts'

// Loading takes some seconds for each server, more on a busy machine.
t.setTimeout(180_000)

const steps = parseTour(readFileSync(join(root, 'docs/tour.md'), 'utf8'))
const { origin, token } = await startServer(t, { demonstration: true })
const kept: Kept = { variables: new Map(), answers: new Map() }
const tour: Tour = { origin, token, variables: kept.variables }
const named = new Map<string, TourRequest>()

async function exchange(t: Test, { request, expected }: Extract<TourStep, { kind: 'exchange' }>): Promise<void> {
  const answers = await send(request, tour)
  const [first] = answers
  if (request.name !== undefined && first !== undefined) {
    kept.answers.set(request.name, first)
    named.set(request.name, request)
  }
  for (const line of expected) {
    const wrong = verdict(await filled(line, tour), answers, kept)
    t.equal(wrong, undefined, `line ${request.line}: ${line}`, {
      answer: first?.bytes.toString('latin1').slice(0, 3000),
    })
  }
}

/** What an identity gets for a request of the page: the same request, another token. */
async function asIdentity(name: string, identity: string): Promise<string> {
  const request = named.get(name)
  if (request === undefined) throw new Error(`no request of the page is named ${name}`)
  const headers = request.headers.map(
    ([header, value]) => [header, value.replace(/\{\{token [\w-]+\}\}/, `{{token ${identity}}}`)] as const,
  )
  const [answer] = await send({ ...request, headers }, tour)
  return answer === undefined ? 'no answer' : summary(answer)
}

async function table(t: Test, { columns, rows }: Extract<TourStep, { kind: 'table' }>): Promise<void> {
  const names = columns.slice(1).filter(name => name !== 'because')
  for (const [identity = '', ...cells] of rows) {
    const got = await Promise.all(names.map(name => asIdentity(name, identity)))
    t.same(got, cells.slice(0, names.length), identity)
  }
}

let heading = 'tour'
for (const step of steps) {
  if (step.kind === 'heading') heading = step.text
  else if (step.kind === 'exchange')
    await t.test(`${heading}: ${step.request.method} ${step.request.url.slice(0, 90)}`, t => exchange(t, step))
  else await t.test(`${heading}: the table`, t => table(t, step))
}

t.test('every identity of the table exists', async t => {
  const known = new Set(identities.map(({ name }) => name))
  for (const step of steps) if (step.kind === 'table') for (const [name = ''] of step.rows) t.ok(known.has(name), name)
})
