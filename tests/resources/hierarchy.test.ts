/** Who subsumes whom. https://hl7.org/fhir/R4/codesystem.html#hierarchy */
import t from 'tap'
import { hierarchiesOf, hierarchyIn, subsumedBy, subsuming } from '../../resources/hierarchy.ts'

const family = hierarchyIn('a\tb\tc\nb\td\nc\td\ne\nx\ty\ny\tx')
const sorted = (codes: ReadonlySet<string>): string => [...codes].sort().join(' ')

for (const [sentence, found, expected] of [
  ['a code subsumes itself and all below it, each once', subsumedBy(family, 'a'), 'a b c d'],
  ['a leaf subsumes itself', subsumedBy(family, 'd'), 'd'],
  ['a code alone subsumes itself', subsumedBy(family, 'e'), 'e'],
  ['upwards every way is gone', subsuming(family, 'd'), 'a b c d'],
  ['nothing stands above a root', subsuming(family, 'a'), 'a'],
  ['circles end downwards', subsumedBy(family, 'x'), 'x y'],
  ['circles end upwards', subsuming(family, 'x'), 'x y'],
  ['what is no code subsumes nothing', subsumedBy(family, 'none'), ''],
  ['and is subsumed by nothing', subsuming(family, '__proto__'), ''],
] as const)
  t.test(sentence, async t => t.equal(sorted(found), expected))

t.test('a hierarchy of 100,000 steps is gone through without a stack, and no further than asked', async t => {
  const deep = new Map(Array.from({ length: 100_000 }, (_, at) => [String(at), [String(at + 1)]] as const))
  t.equal(subsumedBy(deep, '0').size, 100_000)
  t.equal(subsuming(deep, '99999').size, 100_000)
  t.equal(subsumedBy(deep, '0', 1000).size, 1001)
})

t.test('a table is asked by system, and by no name of objects', async t => {
  const hierarchies = hierarchiesOf({ 'urn:a': 'a\tb' })
  t.equal(hierarchies('urn:a'), hierarchies('urn:a'), 'each is read once')
  t.same(
    [hierarchies('urn:b'), hierarchies('__proto__'), hierarchies('constructor')],
    [undefined, undefined, undefined],
  )
})
