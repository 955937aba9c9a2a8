/** The files of fixtures/demo are what their builders make, and their PDFs are real. */
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { PDFDocument } from 'pdf-lib'
import t from 'tap'
import { bundles } from '../../fixtures/demo/build/bundles.ts'
import { compileValidator } from '../../profiles/validate.ts'
import type { Resource } from '../../resources/resource.ts'
import { loadDefinitions } from '../../server/definitions/load.ts'
import { steps } from '../../server/demo/steps.ts'
import { root } from '../../server/root.ts'
import { select } from '../support/pointer.ts'

for (const [path, bundle] of Object.entries(bundles)) {
  t.test(`fixtures/demo/${path}.json is what its builder makes`, async t => {
    const file = readFileSync(join(root, 'fixtures/demo', `${path}.json`), 'utf8')
    t.equal(file, `${JSON.stringify(bundle, null, 2)}\n`, 'run node --import tsx fixtures/demo/build/write.ts')
  })

  const [binary] = select(bundle, '/entry/*/resource/data')
  if (typeof binary !== 'string') continue
  t.test(`fixtures/demo/${path}.json holds a PDF of the size and SHA-1 that its DocumentReference says`, async t => {
    const bytes = Buffer.from(binary, 'base64')
    t.same(select(bundle, '/entry/*/resource/content/0/attachment/size'), [bytes.length])
    t.same(select(bundle, '/entry/*/resource/content/0/attachment/hash'), [
      createHash('sha1').update(bytes).digest('base64'),
    ])
    const document = await PDFDocument.load(bytes, { throwOnInvalidObject: true })
    t.equal(document.getPageCount(), 1)
    const [, table = '0'] = /startxref\n(\d+)\n%%EOF\n$/.exec(bytes.toString('latin1')) ?? []
    t.equal(bytes.subarray(Number(table), Number(table) + 4).toString(), 'xref')
  })
}

t.test('every file that is loaded exists, and every file but those of the tour is loaded', async t => {
  for (const { file } of steps) t.ok(existsSync(join(root, 'fixtures/demo', `${file}.json`)), file)
  const loaded = new Set(steps.map(({ file }) => file))
  t.same(
    Object.keys(bundles).filter(path => !loaded.has(path) && !path.startsWith('tour/')),
    [],
  )
})

t.test('no file names a patient outside the test root of the INS', async t => {
  for (const [path, bundle] of Object.entries(bundles))
    t.notMatch(JSON.stringify(bundle), /1\.2\.250\.1\.213\.1\.4\.[89]\b/, path)
})

const { validate } = compileValidator((await loadDefinitions()).structures)

for (const [path, bundle] of Object.entries(bundles)) {
  // A template becomes a resource when its variables are filled in.
  const filled = JSON.parse(JSON.stringify(bundle).replaceAll(/\{\{(\w+)\}\}/g, '$1')) as Resource
  t.test(`fixtures/demo/${path}.json is valid R4`, async t => {
    t.match(validate(filled), { ok: true })
  })
}
