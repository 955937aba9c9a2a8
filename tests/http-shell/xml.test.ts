/** How the shell writes XML of answers that flow. `docs/decisions/0019-xml-at-the-door.md` */
import t from 'tap'
import { GrowingSearchset } from '../../resources/bundle.ts'
import { ok } from '../../resources/outcome.ts'
import { toJson } from '../support/xml.ts'
import { good, issueOf, shell } from './shell.ts'

const self = [{ relation: 'self', url: 'urn:self' }] as const
const asXml = { ...good, accept: 'application/fhir+xml' }

/** A page of resources, each with so many letters, whose links come first or last. */
async function* page(entries: number, letters: number, linksFirst: boolean): AsyncIterable<Uint8Array> {
  const set = new GrowingSearchset(linksFirst ? self : undefined)
  for (let at = 0; at < entries; at += 1) {
    yield set.opening(`urn:${at}`)
    yield Buffer.from(JSON.stringify({ resourceType: 'Basic', code: { text: 'x'.repeat(letters) } }))
    yield set.closing('match')
  }
  yield set.end(linksFirst ? undefined : self)
}

const flowing = (entries: number, letters: number, linksFirst: boolean) =>
  shell({ perform: async () => ok({ status: 200, headers: {}, body: page(entries, letters, linksFirst) }) }).app

for (const [sentence, entries, linksFirst] of [
  ['links that come first', 3, true],
  ['links that come last', 3, false],
  ['links alone, known at once', 0, true],
  ['links alone, known at last', 0, false],
] as const) {
  t.test(`a page with ${sentence} has them before its entries in XML`, async t => {
    const app = flowing(entries, 10, linksFirst)
    t.teardown(() => app.close())
    const { body } = await app.inject({ url: '/fhir/Patient', headers: asXml })
    t.match(body, /<type value="searchset"\/><link>/)
    t.match(JSON.parse(toJson(body)), { type: 'searchset', link: self })
    t.equal(body.match(/<entry>/g)?.length ?? 0, entries)
  })
}

t.test(
  'a page that would have to be held beyond 32 MiB is refused in words, and flows where its links come first',
  async t => {
    const held = flowing(40, 1024 * 1024, false)
    const flows = flowing(40, 1024 * 1024, true)
    t.teardown(() => Promise.all([held.close(), flows.close()]))
    const refused = await held.inject({ url: '/fhir/Patient', headers: asXml })
    t.equal(refused.statusCode, 400)
    t.match(issueOf(toJson(refused.body)), { kind: 'tooCostly', expression: 'http._count' })
    const whole = await flows.inject({ url: '/fhir/Patient', headers: asXml })
    t.equal(whole.statusCode, 200)
    t.ok(whole.body.length > 40 * 1024 * 1024 && whole.body.endsWith('</entry></Bundle>'))
  },
)

t.test('HEAD of an answer in XML that flows reads nothing of it', async t => {
  let began = false
  const { app } = shell({
    perform: async () =>
      ok({
        status: 200,
        headers: {},
        body: (async function* () {
          began = true
          yield* page(1, 1, true)
        })(),
      }),
  })
  t.teardown(() => app.close())
  const head = await app.inject({ method: 'HEAD', url: '/fhir/Patient', headers: asXml })
  t.equal(head.headers['content-type'], 'application/fhir+xml; charset=utf-8')
  t.equal(began, false)
})

t.test('what breaks while it flows breaks off, and is no document', async t => {
  const { app } = shell({
    perform: async () =>
      ok({
        status: 200,
        headers: {},
        body: (async function* () {
          const set = new GrowingSearchset(self)
          yield set.opening('urn:a')
          yield Buffer.from('{"resourceType":"Basic","code":{"text":"a"}}')
          yield set.closing('match')
          throw new Error('broken')
        })(),
      }),
  })
  t.teardown(() => app.close())
  await t.rejects(app.inject({ url: '/fhir/Patient', headers: asXml }))
})

for (const [sentence, url, headers, status] of [
  ['no token', '/fhir/Patient/1', { accept: 'application/fhir+xml' }, 401],
  ['no token, by _format', '/fhir/Patient/1?_format=xml', {}, 401],
  ['a type that is not served', '/fhir/Foo/1', asXml, 404],
  ['a URL that is not served', '/nowhere?_format=xml', good, 404],
  ['a method that is not served', '/fhir/_search?_format=xml', good, 405],
  ['a URL that cannot be decoded', '/fhir/Patient/%zz', asXml, 400],
  ['a parameter that cannot be decoded', '/fhir/Patient?name=%zz', asXml, 400],
] as const) {
  t.test(`a refusal of ${sentence} is written in XML when XML is asked for`, async t => {
    const { app } = shell()
    t.teardown(() => app.close())
    const answer = await app.inject({ url, headers })
    t.equal(answer.statusCode, status)
    t.equal(answer.headers['content-type'], 'application/fhir+xml; charset=utf-8')
    t.match(JSON.parse(toJson(answer.body)), { resourceType: 'OperationOutcome', issue: [{ severity: 'error' }] })
  })
}
