/** The bytes of each attachment are kept by themselves: how many are written together has a bound, which is counted before any is kept. `docs/decisions/0014-writes-that-meet-share-a-transaction.md` */
import t from 'tap'
import type { Answer } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import { toXml } from '../support/xml.ts'
import { bundleOf, idOf, issuesOf, startRest } from './rest.ts'

const rest = await startRest(t)
const most = 2000
const data = (n: number): string => Buffer.from(`number ${n}`).toString('base64')
const photos = (count: number): readonly object[] =>
  Array.from({ length: count }, (_, n) => ({ contentType: 'text/plain', data: data(n) }))
const withPhotos = (count: number, more: object = {}): object => ({
  resourceType: 'Patient',
  ...more,
  photo: photos(count),
})
const patient = idOf(await rest.post('Patient', { resourceType: 'Patient' }))

/** A request that is answered beside another, again and again: how long the longest of them took, in milliseconds. */
async function longestBeside(work: Promise<Answer>): Promise<number> {
  let [longest, over] = [0, false]
  const finished = work.then(() => {
    over = true
  })
  while (!over) {
    const begun = performance.now()
    await rest.head(`Patient/${patient}`)
    longest = Math.max(longest, performance.now() - begun)
  }
  await finished
  return longest
}

const tooMany: readonly (readonly [sentence: string, path: string, send: () => Promise<Answer>])[] = [
  ['a create', `Patient.photo[${most}].data`, () => rest.post('Patient', withPhotos(most + 1))],
  [
    'a create with escapes',
    `Patient.photo[${most}].data`,
    () => rest.post('Patient', JSON.stringify(withPhotos(most + 1)).replaceAll('"data"', '"d\\u0061ta"')),
  ],
  [
    'an update',
    `Patient.photo[${most}].data`,
    () => rest.put(`Patient/${patient}`, withPhotos(most + 1, { id: patient })),
  ],
  [
    'a JSON Patch',
    `Patient.photo[${most}].data`,
    () => rest.patch(`Patient/${patient}`, [{ op: 'add', path: '/photo', value: photos(most + 1) }]),
  ],
  [
    'XML',
    `Patient.photo[${most}].data`,
    () => rest.post('Patient', toXml(withPhotos(most + 1)), { headers: { 'content-type': 'application/fhir+xml' } }),
  ],
  [
    'what is contained',
    `Bundle.entry[0].resource.contained[0].photo[${most}].data`,
    () =>
      rest.post(
        '',
        bundleOf('transaction', [
          [
            'POST',
            'Patient',
            {
              resourceType: 'Patient',
              contained: [withPhotos(most + 1, { id: 'p' })],
              link: [{ other: { reference: '#p' }, type: 'seealso' }],
            },
          ],
        ]),
      ),
  ],
  [
    'the entries of a transaction',
    'Bundle.entry[2].resource.photo[0].data',
    () =>
      rest.post(
        '',
        bundleOf('transaction', [
          ['POST', 'Practitioner', { ...withPhotos(1000), resourceType: 'Practitioner' }],
          ['POST', 'Practitioner', { ...withPhotos(1000), resourceType: 'Practitioner' }],
          ['POST', 'Practitioner', { ...withPhotos(1), resourceType: 'Practitioner' }],
        ]),
      ),
  ],
]

for (const [sentence, path, send] of tooMany)
  t.test(`more data than that are refused before any is kept: ${sentence}`, async t => {
    const answer = await send()
    t.equal(answer.status, 400, answer.bytes.toString().slice(0, 500))
    t.same(issuesOf(answer), [`tooCostly too-costly ${path}`])
    t.match(answer.bytes.toString(), new RegExp(`at most ${most} attachments`))
  })

t.test('as many as that are kept and come back, and others are answered meanwhile', async t => {
  const written = rest.post('Patient', withPhotos(most))
  const longest = await longestBeside(written)
  const answer = await written
  t.equal(answer.status, 201)
  t.same(select((await rest.get(`Patient/${idOf(answer)}`)).json, `/photo/${most - 1}/data`), [data(most - 1)])
  t.ok(longest < 1000, `others waited ${Math.round(longest)} ms at most`)
  t.comment(`others waited ${Math.round(longest)} ms at most`)
})

t.test('the same letters elsewhere are no data', async t => {
  const extension = Array.from({ length: most + 1 }, () => ({ url: 'urn:x:data', valueString: '"data":"' }))
  t.equal((await rest.post('Patient', { resourceType: 'Patient', extension })).status, 201)
})
