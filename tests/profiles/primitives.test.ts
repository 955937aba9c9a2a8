/** Primitive types: https://hl7.org/fhir/R4/datatypes.html#primitive */
import t from 'tap'
import { primitives } from '../../profiles/primitives.ts'
import { loadDefinitions } from '../../server/definitions/load.ts'

const { structures } = await loadDefinitions()

t.test('every primitive type that R4 uses has a row', async t => {
  const used = Object.values(structures.nodes).flatMap(elements =>
    elements.flatMap(({ types }) => types.map(({ code }) => code)),
  )
  for (const code of new Set(used.filter(code => /^[a-z]/.test(code)))) t.ok(primitives[code], code)
})

const accepted: Readonly<Record<string, readonly string[]>> = {
  base64Binary: ['AAAA', 'AAA=', 'AA==', 'AAAA AAAA', 'AA\r\nAA\n', 'ab+/'],
  canonical: ['http://x.example/y|1.0#z', 'urn:oid:1.2', '#local'],
  code: ['final', 'text/plain; charset=utf-8', 'deux mots', 'é'],
  date: ['2024', '2024-02', '2024-02-29', '1900-12-31', '0001-01-01', '2000-02-29'],
  dateTime: [
    '2024',
    '2024-02-29',
    '2024-02-29T23:59:60Z',
    '2024-02-29T00:00:00.123456+14:00',
    '2024-02-29T00:00:00-00:00',
  ],
  id: ['a', 'A-1.b', 'x'.repeat(64)],
  instant: ['2024-02-29T10:00:00Z', '2024-02-29T10:00:00.5-03:30'],
  markdown: ['# Titre\n\n- é\t'],
  oid: ['urn:oid:1.2.250.1', 'urn:oid:2.0'],
  string: [' ', 'été', '10\u00a0%', '👩‍⚕️', 'a\tb\r\nc', '\u0085'],
  time: ['00:00:00', '23:59:59.999', '23:59:60'],
  uri: ['urn:uuid:1', 'x', 'http://é.example', 'urn:data:x'],
  url: ['https://x.example/?a=b', 'mailto:a@b.example', 'Binary/1'],
  uuid: ['urn:uuid:c757873d-ec9a-4326-a141-556f43239520'],
}

const refused: Readonly<Record<string, readonly string[]>> = {
  base64Binary: ['', 'A', 'AAA', 'AAAAA', 'A===', 'AA=A', '=AAA', 'AA-_', 'AAAA*'],
  canonical: ['', 'a b', 'javascript:alert(1)'],
  code: ['', ' final', 'final ', 'a  b', 'a\tb', 'a\u0000b'],
  date: [
    '',
    '24',
    '2024-1',
    '2024-13',
    '2024-00',
    '2024-02-30',
    '2023-02-29',
    '1900-02-29',
    '2024-04-31',
    '2024-02-00',
    '0000',
    '2024-02-29T10:00:00Z',
    ' 2024',
    '2024-02-29\n',
  ],
  dateTime: [
    '2024-02-30',
    '2024-02-29T10:00:00',
    '2024-02-29T10:00Z',
    '2024-02-29T24:00:00Z',
    '2024-02-29T10:60:00Z',
    '2024-02-29T10:00:00+15:00',
    '2024-02-29T10:00:00+14:30',
    '2024-02-29 10:00:00Z',
    '2024-02T10:00:00Z',
    '2024-02-30T10:00:00Z',
    '2024-02-29T10:00:00.Z',
  ],
  id: ['', 'a_b', 'x'.repeat(65), 'é', 'a/b', 'a\n'],
  instant: ['2024-02-29', '2024-02-29T10:00:00', '2024-02-30T10:00:00Z', '0000-01-01T00:00:00Z'],
  markdown: ['', '\u0000'],
  oid: ['1.2.3', 'urn:oid:3.1', 'urn:oid:1', 'urn:oid:1.02', 'urn:oid:1.'],
  string: ['', 'a\u0000', '\u001f', '\ud800', 'a\udc00b', 'x'.repeat(1_048_577)],
  time: ['10:00', '24:00:00', '10:00:00Z', '1:00:00'],
  uri: ['', 'a b', '\u0001javascript:x', 'JavaScript:alert(1)', 'data:text/html,x'],
  url: ['', 'vbscript:x', 'DATA:x', 'https://x.example/ y'],
  uuid: ['c757873d-ec9a-4326-a141-556f43239520', 'urn:uuid:C757873D-EC9A-4326-A141-556F43239520', 'urn:uuid:1'],
}

for (const [name, { test, json }] of Object.entries(primitives)) {
  t.test(`${name} is ${json === 'string' ? 'a text of its form' : `a JSON ${json}`}`, async t => {
    t.equal(json === 'string', test !== undefined)
    for (const text of accepted[name] ?? []) t.ok(test?.(text), `accepts ${JSON.stringify(text.slice(0, 70))}`)
    for (const text of refused[name] ?? []) t.notOk(test?.(text), `refuses ${JSON.stringify(text.slice(0, 70))}`)
  })
}

for (const [name, text] of [
  ['base64Binary', 'A'.repeat(20_000_001)],
  ['base64Binary', ' '.repeat(2_000_000)],
  ['code', `${'a '.repeat(500_000)} `],
  ['reference', `http://x.example/${'A/'.repeat(500_000)}`],
  ['uri', `${'a'.repeat(1_000_000)} `],
  ['xhtml', `<div${' '.repeat(1_000_000)}x`],
  ['xhtml', `<div>${'<!-- '.repeat(200_000)}`],
  ['xhtml', `<div ${'a="'.repeat(300_000)}`],
  ['xhtml', '<div>'.repeat(300_000)],
] as const) {
  t.test(`${name} of ${text.length} characters is judged in one pass`, async t => {
    const started = performance.now()
    primitives[name]?.test?.(text)
    t.ok(performance.now() - started < 1000)
  })
}
