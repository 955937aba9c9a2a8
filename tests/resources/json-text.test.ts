/** JSON that keeps its letters. `access.md` section 11; https://hl7.org/fhir/R4/json.html */
import fc from 'fast-check'
import t from 'tap'
import { canonicalJson } from '../../resources/canonical-json.ts'
import { memberOf, readJson, splice } from '../../resources/json-text.ts'
import { keepsForElements, keepsForSummary, subset } from '../../resources/subset.ts'

const read = (source: string) => {
  const result = readJson(source)
  if (!result.ok) throw new Error(result.failure.complaints[0].diagnostics)
  return result.value
}

t.test('insignificant white space is dropped and nothing else', async t => {
  for (const [sent, kept] of [
    ['{ "a" : 1.0 }', '{"a":1.0}'],
    ['{"a":1.50,\n\t"b":[ 1e2 , -0.0 ]}', '{"a":1.50,"b":[1e2,-0.0]}'],
    ['{"a":" two  spaces "}', '{"a":" two  spaces "}'],
    ['{"a":"\\u00e9\\/\\"}"}', '{"a":"\\u00e9\\/\\"}"}'],
    ['[ ]', '[]'],
    ['{ }', '{}'],
    ['{"a":"\\\\"}', '{"a":"\\\\"}'],
    [' "x" ', '"x"'],
  ] as const)
    t.equal(read(sent).text, kept, sent)
})

t.test('text that is not JSON, or means two things, is refused without being repeated', async t => {
  for (const [sent, found] of [
    ['', 'nothing where a value was expected'],
    ['{', 'a member without a quoted name'],
    ['{"a":1,"a":2}', 'an object that names one member twice'],
    ['{"a":1,"\\u0061":2}', 'an object that names one member twice'],
    ['{"a":1 2}', 'something else where "}" was expected'],
    ['{"a":01}', 'text that is not'],
    ['{"a":tru}', 'text that is not'],
    ['{"a":"b', 'a string without an end'],
    ['{"a":1}}', 'text after the end of the JSON value'],
    ['['.repeat(100_000), 'values nested deeper than 100 levels'],
    ['{"a":"\n"}', 'text that is not'],
  ] as const) {
    const result = readJson(sent)
    t.match(result, { ok: false, failure: { kind: 'malformedBody' } }, sent.slice(0, 20))
    if (!result.ok) t.match(result.failure.complaints[0].diagnostics, found)
  }
})

t.test('every place is where its value stands, whatever the white space', async () => {
  fc.assert(
    fc.property(
      fc.dictionary(fc.string({ minLength: 1 }), fc.jsonValue()),
      fc.constantFrom(0, 1, 4),
      (value, indent) => {
        const { text, root } = read(JSON.stringify(value, null, indent))
        const again: unknown = JSON.parse(text)
        for (const [at, name] of (root.members?.names ?? []).entries()) {
          const node = memberOf(root, name) ?? root
          const { start, end } = root.members?.nodes[at] ?? {}
          if (node.start !== start || node.end !== end) return false
          if (
            JSON.stringify(JSON.parse(text.slice(node.start, node.end))) !==
            JSON.stringify((again as Record<string, unknown>)[name])
          )
            return false
        }
        return JSON.stringify(again) === JSON.stringify(JSON.parse(JSON.stringify(value)))
      },
    ),
  )
})

const nested = read('{ "url":"a", "b":[ {"url":"c\\n"}, {"u":{"url":["d"]}} ], "e":{"data":"f","url":1}, "url2":"g" }')

t.test('strings are found at any depth, in order, by the names of their members', async t => {
  const said = (names?: readonly string[]) => nested.root.strings(names).map(node => node.string)
  t.same(said(['url']), ['a', 'c\n'], 'neither numbers nor items of lists are members of the name')
  t.same(said(['url', 'data']), ['a', 'c\n', 'f'])
  t.same(said(['missing']), [])
  t.same(said(), ['a', 'c\n', 'd', 'f', 'g'])
  const escaped = read('{"\\u0075rl":"a","b":{"url":"c"}, "\\u00e9":2}')
  t.same(
    escaped.root.strings(['url']).map(node => node.string),
    ['a', 'c'],
    'a name is what it means, however its letters are escaped',
  )
  t.same(escaped.root.members?.names, ['url', 'b', 'é'])
})

t.test('steps lead from a value to its parts', async t => {
  const steps = nested.root.stepsTo(nested.root.strings()).map(each => each.join('.'))
  t.same(steps, ['url', 'b.0.url', 'b.1.u.url.0', 'e.data', 'url2'])
  t.same(nested.root.stepsTo([nested.root]), [[]])
  const second = memberOf(nested.root, 'b')?.items?.[1]
  t.same(second?.stepsTo(second.strings()), [['u', 'url', 0]])
})

t.test('steps lead to the value that stands there, whatever the text', async () => {
  fc.assert(
    fc.property(fc.jsonValue(), value => {
      const { root } = read(JSON.stringify(value))
      const parts = root.strings()
      return root.stepsTo(parts).every((steps, at) => {
        const found = steps.reduce<unknown>((held, step) => (held as Record<string | number, unknown>)[step], value)
        return found === parts[at]?.string
      })
    }),
  )
})

t.test('the steps to the parts of a long list are found by going through it once', async t => {
  const time = (count: number): number => {
    const { root } = read(JSON.stringify({ list: Array.from({ length: count }, () => ({ data: 'x' })) }))
    const parts = root.strings(['data'])
    const begun = performance.now()
    t.same(root.stepsTo(parts).at(-1), ['list', count - 1, 'data'])
    return performance.now() - begun
  }
  time(1000)
  t.ok(time(100_000) < 5_000, 'one way for each part took a minute')
})

t.test('places are right in a text with more values than the block has room for', async t => {
  const many = Array.from({ length: 40_000 }, (_, at) => ({ at: String(at) }))
  const { root } = read(JSON.stringify({ many, last: 'x' }))
  const { items } = memberOf(root, 'many') ?? {}
  t.equal(items?.length, 40_000)
  t.equal(memberOf(items?.[39_999], 'at')?.string, '39999')
  t.equal(memberOf(root, 'last')?.string, 'x')
  t.equal(memberOf(read('{"after":"y"}').root, 'after')?.string, 'y')
})

t.test('whole numbers that are not written in digits alone are known, in the whole and in each part', async t => {
  const { root } = read('{"a":[1,1.0,-0,1.5,"1e2"],"b":{"c":1e2,"d":true,"e":-7,"f":10e-1},"g":0}')
  const starts = (node: typeof root | undefined) => node?.otherwiseWritten().map(({ start }) => start)
  const [a, b, g] = ['a', 'b', 'g'].map(name => memberOf(root, name))
  t.same(root.otherwiseWritten().length, 4)
  t.same([...(starts(a) ?? []), ...(starts(b) ?? []), ...(starts(g) ?? [])], starts(root))
  t.same(root.stepsTo(root.otherwiseWritten()), [
    ['a', 1],
    ['a', 2],
    ['b', 'c'],
    ['b', 'f'],
  ])
})

t.test('a thousand parts of a text with many such numbers are asked in a moment', async t => {
  const numbers = `[${Array.from({ length: 1000 }, () => '1.0').join(',')}]`
  const { root } = read(`[${Array.from({ length: 1000 }, () => numbers).join(',')}]`)
  const begun = performance.now()
  for (const item of root.items ?? []) t.equal(item.otherwiseWritten().length, 1000)
  t.ok(performance.now() - begun < 2000, 'each part looked through all of them')
})

t.test('a splice changes its places and leaves every other letter', async t => {
  const { text, root } = read('{"a":1.0,"b":{"c":"x"},"d":2.50}')
  const c = memberOf(memberOf(root, 'b'), 'c')
  const d = memberOf(root, 'd')
  if (c === undefined || d === undefined) throw new Error('the places are missing')
  const edits = [
    { start: d.start, end: d.end, text: '3' },
    { start: c.start, end: c.end, text: '"long"' },
  ]
  t.equal(splice(text, root, edits), '{"a":1.0,"b":{"c":"long"},"d":3}')
})

t.test('__proto__ is a member like any other and reaches no prototype', async t => {
  const { value } = read('{"__proto__":{"polluted":true}}')
  t.ok(Object.hasOwn(value as object, '__proto__'))
  t.equal(({} as Record<string, unknown>).polluted, undefined)
})

const names = {
  summary: new Map([
    ['status', { mandatory: true, extended: false }],
    ['code', { mandatory: true, extended: false }],
  ]),
  mandatory: new Set(['status']),
  choices: new Map([['valueQuantity', 'value']]),
  all: new Set<string>(),
}
const observation = read(
  '{"status":"final","resourceType":"Observation","id":"1","meta":{"versionId":"1"},"text":{},"code":{},"valueQuantity":{"value":1.0},"_issued":{}}',
)

t.test('a subset keeps the letters of what stays and is tagged SUBSETTED', async t => {
  const tag =
    '"meta":{"versionId":"1","tag":[{"system":"http://terminology.hl7.org/CodeSystem/v3-ObservationValue","code":"SUBSETTED"}]}'
  for (const [title, keeps, kept] of [
    [
      '_summary=true',
      keepsForSummary('true', names),
      `{"status":"final","resourceType":"Observation","id":"1",${tag},"code":{}}`,
    ],
    [
      '_summary=text',
      keepsForSummary('text', names),
      `{"status":"final","resourceType":"Observation","id":"1",${tag},"text":{}}`,
    ],
    [
      '_elements=value',
      keepsForElements(['value'], names),
      `{"status":"final","resourceType":"Observation","id":"1",${tag},"valueQuantity":{"value":1.0}}`,
    ],
    [
      '_elements=issued',
      keepsForElements(['issued'], names),
      `{"status":"final","resourceType":"Observation","id":"1",${tag},"_issued":{}}`,
    ],
  ] as const)
    t.equal(subset(observation, keeps), kept, title)
})

t.test('JSON that says the same has one canonical form, and a decimal keeps its letters', async t => {
  const canonical = (source: string) => {
    const { text, root } = read(source)
    return canonicalJson(text, root)
  }
  for (const [one, other, same] of [
    ['{"a":1.0,"b":"é"}', '{ "b":"\\u00e9", "a":1.0 }', true],
    ['{"a":{"c":[1,2],"b":null}}', '{"a":{"b":null,"c":[1,2]}}', true],
    ['"a\\/b"', '"a/b"', true],
    ['{"a":1.0}', '{"a":1}', false],
    ['[1,2]', '[2,1]', false],
    ['{"a":"1"}', '{"a":1}', false],
  ] as const)
    t.equal(canonical(one) === canonical(other), same, `${one} ${other}`)
})
