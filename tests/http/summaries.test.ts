/** The doors at which `_summary=true` is asked, and how deep it goes. https://hl7.org/fhir/R4/search.html#summary */
import t from 'tap'
import { select } from '../support/pointer.ts'
import { bundleOf, idOf, startRest } from './rest.ts'

const rest = await startRest(t)
const data = Buffer.from('a text').toString('base64')
const id = idOf(
  await rest.post('DocumentReference', {
    resourceType: 'DocumentReference',
    status: 'current',
    content: [
      { attachment: { contentType: 'text/plain', data, title: 'A title' } },
      { attachment: { contentType: 'text/plain', data: Buffer.alloc(3_000_000, 'x').toString('base64') } },
    ],
  }),
)
/** Where large data stand. */
const isApart = /^Binary\//
const asked = '_summary=true'

for (const [door, path, at] of [
  ['a read', `DocumentReference/${id}?${asked}`, ''],
  ['a version', `DocumentReference/${id}/_history/1?${asked}`, ''],
  ['a search', `DocumentReference?_id=${id}&${asked}`, '/entry/0/resource'],
  ['a search of several types', `?_type=DocumentReference,Patient&_id=${id}&${asked}`, '/entry/0/resource'],
] as const)
  t.test(`${door} with _summary=true shows attachments without their data`, async t => {
    const { json, bytes } = await rest.get(path)
    t.match(select(json, `${at}/content/*/attachment`), [
      { contentType: 'text/plain', title: 'A title' },
      { contentType: 'text/plain', url: isApart },
    ])
    t.same(select(json, `${at}/meta/tag/*/code`), ['SUBSETTED'])
    t.notMatch(bytes.toString(), '"data"')
  })

t.test('an entry of a batch, and XML, show the same', async t => {
  const answer = await rest.post('', bundleOf('batch', [['GET', `DocumentReference/${id}?${asked}`]]))
  t.same(select(answer.json, '/entry/0/resource/content/0/attachment'), [
    { contentType: 'text/plain', title: 'A title' },
  ])
  const xml = (await rest.get(`DocumentReference/${id}?${asked}&_format=xml`)).bytes.toString()
  t.match(xml, /<attachment><contentType value="text\/plain"\/><title value="A title"\/><\/attachment>/)
  t.notMatch(xml, /<data/)
})
