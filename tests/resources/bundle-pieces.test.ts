import t from 'tap'
import { GrowingSearchset, searchset } from '../../resources/bundle.ts'
import { type BundlePiece, BundlePieces } from '../../resources/bundle-pieces.ts'

/** The pieces of a text that comes so many bytes at a time. */
function piecesOf(text: string, atOnce: number): readonly BundlePiece[] {
  const bytes = Buffer.from(text)
  const pieces = new BundlePieces()
  const found: BundlePiece[] = []
  for (let at = 0; at < bytes.length; at += atOnce) found.push(...pieces.take(bytes.subarray(at, at + atOnce)))
  return [...found, pieces.end()]
}

const head = '{"resourceType":"Bundle","type":"searchset"'
const tricky =
  '{"resourceType":"List","note":[{"text":"é \\"entry\\":[ ]}\\\\"}],"entry":[{"item":{"display":"a"}},{}]}'

for (const [sentence, text, parts] of [
  [
    'a Bundle with links before its entries',
    `${head},"link":[{"url":"é"}],"entry":[{"resource":${tricky}},{"fullUrl":"b"}]}`,
    [
      `${head},"link":[{"url":"é"}]}`,
      `{"resourceType":"Bundle","entry":[{"resource":${tricky}}]}`,
      '{"resourceType":"Bundle","entry":[{"fullUrl":"b"}]}',
      '{"resourceType":"Bundle"}',
    ],
  ],
  [
    'a Bundle with links after its entries',
    `${head},"entry":[{"resource":${tricky}}],"link":[{"url":"]}"}]}`,
    [
      `${head}}`,
      `{"resourceType":"Bundle","entry":[{"resource":${tricky}}]}`,
      '{"resourceType":"Bundle","link":[{"url":"]}"}]}',
    ],
  ],
  ['a Bundle without entries', `${head},"link":[{"url":"a"}]}`, [`${head},"link":[{"url":"a"}]}`]],
  ['a resource whose entries are others', tricky, [tricky]],
] as const) {
  t.test(`${sentence} falls into its parts, however its bytes come`, async t => {
    for (const atOnce of [text.length * 2, 100, 25])
      t.same(
        piecesOf(text, atOnce).map(({ json }) => json),
        parts,
        `${atOnce} bytes`,
      )
  })
}

t.test('what this server writes falls into parts: whole pages, and pages that grow', async t => {
  const self = { relation: 'self', url: 'urn:a' } as const
  const json = Buffer.from(tricky)
  const page = searchset({ links: [self], total: 2, entries: [{ json, mode: 'match', fullUrl: 'urn:b' }] }).toString()
  t.same(
    piecesOf(page, page.length).map(({ part }) => part),
    ['head', 'entry', 'tail'],
  )
  for (const links of [[self], undefined]) {
    const set = new GrowingSearchset(links)
    const parts = [set.opening('urn:b'), json, set.closing('match'), set.end(links === undefined ? [self] : undefined)]
    const text = Buffer.concat(parts).toString()
    t.match(JSON.parse(text), { link: [self], entry: [{ fullUrl: 'urn:b', search: { mode: 'match' } }] })
    t.same(
      piecesOf(text, text.length).map(({ part }) => part),
      ['head', 'entry', 'tail'],
    )
    t.match(JSON.parse(Buffer.from(new GrowingSearchset(links).end(links && undefined)).toString()), { link: links })
  }
})
