/** JSON Patch, its examples and what must not happen. https://www.rfc-editor.org/rfc/rfc6902#appendix-A */
import t from 'tap'
import { applyJsonPatch } from '../../resources/json-patch.ts'
import { readJson } from '../../resources/json-text.ts'
import { type JsonTree, treeOf, writeTree } from '../../resources/json-tree.ts'
import type { Result } from '../../resources/outcome.ts'

function tree(text: string): JsonTree {
  const read = readJson(text)
  if (!read.ok) throw new Error(`no JSON: ${text}`)
  return treeOf(read.value.text, read.value.root)
}

const patched = (target: string, patch: string): Result<JsonTree> => applyJsonPatch(tree(target), tree(patch), 'patch')

/** The text that comes out, or what is complained about and where. */
function outcomeOf(result: Result<JsonTree>): string {
  if (result.ok) return writeTree(result.value)
  const { kind, complaints } = result.failure
  return `${kind} ${complaints[0].expression}`
}

for (const [sentence, target, patch, expected] of [
  [
    'A.1 adds an object member',
    '{"foo":"bar"}',
    '[{"op":"add","path":"/baz","value":"qux"}]',
    '{"foo":"bar","baz":"qux"}',
  ],
  [
    'A.2 adds an array element',
    '{"foo":["bar","baz"]}',
    '[{"op":"add","path":"/foo/1","value":"qux"}]',
    '{"foo":["bar","qux","baz"]}',
  ],
  ['A.3 removes an object member', '{"baz":"qux","foo":"bar"}', '[{"op":"remove","path":"/baz"}]', '{"foo":"bar"}'],
  [
    'A.4 removes an array element',
    '{"foo":["bar","qux","baz"]}',
    '[{"op":"remove","path":"/foo/1"}]',
    '{"foo":["bar","baz"]}',
  ],
  [
    'A.5 replaces a value',
    '{"baz":"qux","foo":"bar"}',
    '[{"op":"replace","path":"/baz","value":"boo"}]',
    '{"baz":"boo","foo":"bar"}',
  ],
  [
    'A.6 moves a value',
    '{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}}',
    '[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]',
    '{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}',
  ],
  [
    'A.7 moves an array element',
    '{"foo":["all","grass","cows","eat"]}',
    '[{"op":"move","from":"/foo/1","path":"/foo/3"}]',
    '{"foo":["all","cows","eat","grass"]}',
  ],
  [
    'A.8 tests a value: success',
    '{"baz":"qux","foo":["a",2,"c"]}',
    '[{"op":"test","path":"/baz","value":"qux"},{"op":"test","path":"/foo/1","value":2}]',
    '{"baz":"qux","foo":["a",2,"c"]}',
  ],
  ['A.9 tests a value: error', '{"baz":"qux"}', '[{"op":"test","path":"/baz","value":"bar"}]', 'patchRefused patch[0]'],
  [
    'A.10 adds a nested member object',
    '{"foo":"bar"}',
    '[{"op":"add","path":"/child","value":{"grandchild":{}}}]',
    '{"foo":"bar","child":{"grandchild":{}}}',
  ],
  [
    'A.11 ignores unrecognized elements',
    '{"foo":"bar"}',
    '[{"op":"add","path":"/baz","value":"qux","xyz":123}]',
    '{"foo":"bar","baz":"qux"}',
  ],
  [
    'A.12 does not add to a target that is not there',
    '{"foo":"bar"}',
    '[{"op":"add","path":"/baz/bat","value":"qux"}]',
    'patchRefused patch[0].path',
  ],
  [
    'A.14 unescapes ~01 to ~1 and not to /',
    '{"/":9,"~1":10}',
    '[{"op":"test","path":"/~01","value":10}]',
    '{"/":9,"~1":10}',
  ],
  [
    'A.15 compares strings and numbers',
    '{"/":9,"~1":10}',
    '[{"op":"test","path":"/~01","value":"10"}]',
    'patchRefused patch[0]',
  ],
  [
    'A.16 adds an array value',
    '{"foo":["bar"]}',
    '[{"op":"add","path":"/foo/-","value":["abc","def"]}]',
    '{"foo":["bar",["abc","def"]]}',
  ],
] as const)
  t.test(sentence, async t => t.equal(outcomeOf(patched(target, patch)), expected))

t.test('A.13 a patch that names a member twice is no JSON here', async t => {
  t.equal(readJson('[{"op":"add","path":"/baz","value":"qux","op":"remove"}]').ok, false)
})

for (const [sentence, target, patch, expected] of [
  ['add replaces a member that is there', '{"a":1}', '[{"op":"add","path":"/a","value":2}]', '{"a":2}'],
  ['add to the whole document replaces it', '{"a":1}', '[{"op":"add","path":"","value":{"b":2}}]', '{"b":2}'],
  ['replace of the whole document', '{"a":1}', '[{"op":"replace","path":"","value":{"b":2}}]', '{"b":2}'],
  ['copy of a value', '{"a":{"b":1}}', '[{"op":"copy","from":"/a","path":"/c"}]', '{"a":{"b":1},"c":{"b":1}}'],
  [
    'a copy does not follow its source',
    '{"a":[1]}',
    '[{"op":"copy","from":"/a","path":"/b"},{"op":"add","path":"/a/-","value":2}]',
    '{"a":[1,2],"b":[1]}',
  ],
  ['a move to its own place', '{"a":1}', '[{"op":"move","from":"/a","path":"/a"}]', '{"a":1}'],
  ['null is a value', '{"a":1}', '[{"op":"replace","path":"/a","value":null}]', '{"a":null}'],
  ['an empty name is a name', '{"":1}', '[{"op":"replace","path":"/","value":2}]', '{"":2}'],
  [
    'numbers keep their letters',
    '{"a":1.0,"b":1}',
    '[{"op":"replace","path":"/b","value":2.50}]',
    '{"a":1.0,"b":2.50}',
  ],
  ['numbers are tested as numbers', '{"a":1.0}', '[{"op":"test","path":"/a","value":10e-1}]', '{"a":1.0}'],
  ['0 and -0 are one', '{"a":0}', '[{"op":"test","path":"/a","value":-0.00}]', '{"a":0}'],
  [
    'large numbers differ in their last digit',
    '{"a":9007199254740993}',
    '[{"op":"test","path":"/a","value":9007199254740992}]',
    'patchRefused patch[0]',
  ],
  [
    'strings are tested without their escapes',
    '{"a":"é"}',
    '[{"op":"test","path":"/a","value":"\\u00e9"}]',
    '{"a":"é"}',
  ],
  [
    'objects are tested in any order',
    '{"a":{"b":1,"c":[2]}}',
    '[{"op":"test","path":"/a","value":{"c":[2],"b":1}}]',
    '{"a":{"b":1,"c":[2]}}',
  ],
  [
    'an object with a member more is another',
    '{"a":{"b":1}}',
    '[{"op":"test","path":"/a","value":{"b":1,"c":2}}]',
    'patchRefused patch[0]',
  ],
  ['an escape that is none', '{"a":1}', '[{"op":"remove","path":"/a~2"}]', 'malformedBody patch[0].path'],
  ['a pointer without its slash', '{"a":1}', '[{"op":"remove","path":"a"}]', 'malformedBody patch[0].path'],
  ['a pointer to nothing', '{"a":1}', '[{"op":"remove","path":"/b"}]', 'patchRefused patch[0].path'],
  ['a replace of nothing', '{"a":1}', '[{"op":"replace","path":"/b","value":1}]', 'patchRefused patch[0].path'],
  ['a test of nothing', '{"a":1}', '[{"op":"test","path":"/b","value":null}]', 'patchRefused patch[0].path'],
  ['a copy of nothing', '{"a":1}', '[{"op":"copy","from":"/b","path":"/c"}]', 'patchRefused patch[0].from'],
  ['a move of nothing', '{"a":1}', '[{"op":"move","from":"/b","path":"/c"}]', 'patchRefused patch[0].from'],
  ['a move into itself', '{"a":{}}', '[{"op":"move","from":"/a","path":"/a/b"}]', 'patchRefused patch[0].path'],
  ['an index beyond the end', '{"a":[1]}', '[{"op":"add","path":"/a/2","value":1}]', 'patchRefused patch[0].path'],
  ['an index with a leading zero', '{"a":[1]}', '[{"op":"remove","path":"/a/00"}]', 'patchRefused patch[0].path'],
  ['an index in words', '{"a":[1]}', '[{"op":"add","path":"/a/one","value":1}]', 'patchRefused patch[0].path'],
  [
    'the end of a list is nothing to remove',
    '{"a":[1]}',
    '[{"op":"remove","path":"/a/-"}]',
    'patchRefused patch[0].path',
  ],
  [
    'the length of a list is no member',
    '{"a":[1]}',
    '[{"op":"replace","path":"/a/length","value":0}]',
    'patchRefused patch[0].path',
  ],
  ['a step into a string', '{"a":"b"}', '[{"op":"remove","path":"/a/0"}]', 'patchRefused patch[0].path'],
  ['a removal of everything', '{"a":1}', '[{"op":"remove","path":""}]', 'patchRefused patch[0].path'],
  ['an operation that nobody knows', '{"a":1}', '[{"op":"merge","path":"/a","value":1}]', 'malformedBody patch[0].op'],
  [
    'an operation named like a part of every object',
    '{"a":1}',
    '[{"op":"constructor","path":"/a"}]',
    'malformedBody patch[0].op',
  ],
  ['an add without a value', '{"a":1}', '[{"op":"add","path":"/b"}]', 'malformedBody patch[0].value'],
  ['a copy without a source', '{"a":1}', '[{"op":"copy","path":"/b"}]', 'malformedBody patch[0].from'],
  ['an operation without a path', '{"a":1}', '[{"op":"remove"}]', 'malformedBody patch[0].path'],
  ['an operation that is no object', '{"a":1}', '[null]', 'malformedBody patch[0]'],
  ['an object instead of a list', '{"a":1}', '{"op":"remove","path":"/a"}', 'malformedBody patch'],
  [
    'the first failure is told, by its place',
    '{"a":1}',
    '[{"op":"remove","path":"/a"},{"op":"remove","path":"/a"}]',
    'patchRefused patch[1].path',
  ],
] as const)
  t.test(`${sentence}: ${expected}`, async t => t.equal(outcomeOf(patched(target, patch)), expected))

t.test('names that every object inherits lead nowhere, and nothing is polluted', async t => {
  for (const name of ['__proto__', 'constructor', 'prototype'])
    for (const path of [`/${name}`, `/${name}/polluted`, `/a/${name}/x`])
      t.match(outcomeOf(patched('{"a":{}}', JSON.stringify([{ op: 'add', path, value: true }]))), /^patchRefused/, path)
  t.equal(
    outcomeOf(patched('{"a":{}}', '[{"op":"copy","from":"/__proto__","path":"/b"}]')),
    'patchRefused patch[0].from',
  )
  t.equal(Reflect.get({}, 'polluted'), undefined)
})

/** `times` copies of what is there into itself: the double, each time. */
const doubling = (times: number): object[] =>
  Array.from({ length: times }, (_, n) => ({ op: 'copy', from: '', path: `/${n}` }))

t.test('copies that double are refused before they fill the memory', async t => {
  const before = process.memoryUsage().heapUsed
  t.match(outcomeOf(patched('{"a":"0123456789"}', JSON.stringify(doubling(60)))), /^patchRefused patch\[\d+\]$/)
  t.ok(process.memoryUsage().heapUsed - before < 50_000_000)
})

t.test('copies that only nest are refused when they are deeper than JSON is read', async t => {
  const nesting = Array.from({ length: 200 }, () => ({ op: 'move', from: '/a', path: '/b' })).flatMap(step => [
    { ...step, op: 'copy', from: '', path: '/c' },
    { op: 'remove', path: '/a' },
    { op: 'copy', from: '/c', path: '/a' },
    { op: 'remove', path: '/c' },
  ])
  t.match(outcomeOf(patched('{"a":1}', JSON.stringify(nesting))), /^patchRefused/)
})

t.test('more operations than a patch may have, or than such a list bears, are refused at once', async t => {
  const many = JSON.stringify(Array.from({ length: 1001 }, () => ({ op: 'test', path: '/a', value: 1 })))
  t.equal(outcomeOf(patched('{"a":1}', many)), 'patchRefused patch')
  const long = JSON.stringify({ a: Array.from({ length: 100_000 }, () => 0) })
  const adds = JSON.stringify(Array.from({ length: 900 }, () => ({ op: 'add', path: '/a/0', value: 1 })))
  const began = Date.now()
  t.equal(outcomeOf(patched(long, adds)), 'patchRefused patch')
  t.ok(Date.now() - began < 2000)
  const much = JSON.stringify(Array.from({ length: 1000 }, (_, n) => ({ op: 'add', path: `/a${n}`, value: n })))
  t.ok(patched('{}', much).ok, 'as many as may be')
})
