/** The links of a page ask for the form in which the page was asked. https://hl7.org/fhir/R4/http.html#parameters */
import t from 'tap'
import type { Answer } from '../support/client.ts'
import { bundleOf, startRest, statusesOf } from './rest.ts'

const rest = await startRest(t)
const seen = (n: number) => ({
  ...{ resourceType: 'Observation', id: `o-${n}`, status: 'final', code: { text: 'x' } },
  subject: { reference: 'Patient/ann' },
})
const ids = [1, 2, 3, 4, 5, 6]
await rest.put('Patient/ann', { resourceType: 'Patient', id: 'ann' })
const written = await rest.post(
  '',
  bundleOf(
    'transaction',
    ids.map(n => ['PUT', `Observation/o-${n}`, seen(n)]),
  ),
)
t.same(new Set(statusesOf(written)), new Set([201]))

/** The links of a page by their relation, whatever its format. */
function linksOf({ bytes }: Pick<Answer, 'bytes'>): ReadonlyMap<string, string> {
  const text = String(bytes).replaceAll('&amp;', '&')
  const json = [...text.matchAll(/"relation":\s*"(\w+)",\s*"url":\s*"([^"]+)"/g)]
  const xml = [...text.matchAll(/<relation value="(\w+)"\/>\s*<url value="([^"]+)"\/>/g)]
  return new Map([...json, ...xml].map(([, relation = '', url = '']) => [relation, url]))
}

const isXml = ({ headers }: Answer): boolean => headers.get('content-type')?.includes('fhir+xml') === true
const isIndented = ({ bytes }: Answer): boolean => String(bytes).includes('\n  ')

const addresses = [
  ['a search', 'Observation?patient=ann&_count=2', ['first', 'next', 'previous', 'self']],
  [
    'a search in an order of memory',
    'Observation?patient=ann&_sort=status&_count=2',
    ['first', 'next', 'previous', 'self'],
  ],
  ['a compartment', 'Patient/ann/Observation?_count=2', ['first', 'next', 'previous', 'self']],
  ['several types', '?_type=Observation,Patient&_count=2', ['first', 'next', 'previous', 'self']],
  ['a history', 'Observation/_history?_count=2', ['next', 'self']],
  ['$everything', 'Patient/ann/$everything?_count=2', ['next', 'self']],
] as const

for (const [what, address, relations] of addresses)
  for (const [form, said] of [
    ['_format=xml', '_format=xml'],
    ['_format=xml&_pretty=true', '_format=xml&_pretty=true'],
    ['_format=application/fhir+xml', '_format=application/fhir%2Bxml'],
    ['_pretty=true', '_pretty=true'],
  ] as const)
    t.test(`${what} that was asked with ${form} leads to pages in that form, without Accept`, async t => {
      const url = address.startsWith('?') ? `${rest.base}${address}` : address
      const first = await rest.get(`${url}&${form}`)
      const second = await rest.get(linksOf(first).get('next') ?? '')
      t.same([...linksOf(second).keys()].sort(), relations)
      for (const page of [first, second])
        for (const [relation, link] of linksOf(page)) {
          t.ok(link.endsWith(`&${said}`), relation)
          const led = await rest.get(link)
          t.same(
            [led.status, isXml(led), isIndented(led)],
            [200, form.includes('xml'), form.includes('_pretty')],
            relation,
          )
        }
    })

t.test('a single page says its form as well, and a posted search', async t => {
  const one = await rest.get('Observation?patient=ann&_format=json')
  t.equal(linksOf(one).get('self'), `${rest.base}/Observation?patient=ann&_format=json`)
  const posted = await rest.post('Observation/_search', 'patient=ann&_count=2&_format=xml', {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })
  t.match(linksOf(posted).get('next'), /&_format=xml$/)
  const beside = await rest.post('Observation/_search?_format=xml', 'patient=ann&_count=2', {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })
  t.ok(isXml(beside))
  t.match(linksOf(beside).get('next'), /&_format=xml$/)
})

t.test('what says no form has no form in its links', async t => {
  for (const more of ['', '&_pretty=false']) {
    const page = await rest.get(`Observation?patient=ann&_count=2${more}`)
    for (const [, link] of linksOf(page)) t.notMatch(link, /_format|_pretty/)
  }
})

t.test('another form that is asked with a link is that of the links from there on', async t => {
  const page = await rest.get(`Observation?patient=ann&_count=2&_format=json`)
  const next = (linksOf(page).get('next') ?? '').replace('_format=json', '_format=xml')
  const second = await rest.get(next)
  t.ok(isXml(second))
  for (const [, link] of linksOf(second)) t.match(link, /&_format=xml$/)
})
