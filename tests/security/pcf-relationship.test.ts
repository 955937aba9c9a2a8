/** Consents about what a resource refers to, or what refers to it: against an oracle that reads the content, never keys. `access.md` section 4. */
import { deepStrictEqual as same } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import type { Resource } from '../../resources/resource.ts'
import type { IndexEntry } from '../../search/index-entry.ts'
import { pointedByKeys } from '../../search/pointed.ts'
import { compileFacts } from '../../security/compile-facts.ts'
import { decide } from '../../security/decide.ts'
import type { Principal } from '../../security/principal.ts'
import { readConsent } from '../../security/read-consent.ts'
import { referencesOf, soughtOf, withRelated } from '../../security/related-parts.ts'
import { loadDefinitions } from '../../server/definitions/load.ts'
import { base, catalog, index } from '../search/served.ts'
import { grounds, hits, marie, now, professional, row, rpps } from './decide-support.ts'
import { byRpps, consent, loinc, otherRpps, patient, recipient, told } from './record-support.ts'

t.setTimeout(240_000)

type Provision = Readonly<Record<string, unknown>>
type Meaning = 'instance' | 'related' | 'dependents'

const references = referencesOf(pointedByKeys(catalog, (await loadDefinitions()).structures))

const datum = (meaning: Meaning, name: string): Provision => ({ meaning, reference: { reference: name } })
const about = (meaning: Meaning, ...names: readonly string[]) => ({ data: names.map(name => datum(meaning, name)) })
const me = { actor: [recipient(byRpps())] }
const another = { actor: [recipient(byRpps(otherRpps))] }
const permit = (elements: Provision): Provision => ({ type: 'permit', ...elements })
const deny = (elements: Provision): Provision => ({ type: 'deny', ...elements })
const gp = professional()

/** A resource of the record, with the `_id`s of what it came with. */
interface Kept {
  readonly resource: Resource & { readonly id: string }
  readonly follows?: readonly string[]
  readonly depositor?: string
}

const nameOf = ({ resource }: Kept): string => `${resource.resourceType}/${resource.id}`
/** Ids that clients chose are not their rows'. */
const rowIdOf = ({ resource }: Kept): string => `row-${resource.resourceType}-${resource.id}`

const entryOf = (kept: Kept): IndexEntry => ({
  ...row({ type: kept.resource.resourceType, id: kept.resource.id, ...kept, _id: rowIdOf(kept) }),
  search: index(kept.resource),
})

/** The facts as the server makes them of the record. */
const refersToOne = (keys: readonly string[], names: readonly string[]): boolean =>
  names.some(name => keys.some(key => key.endsWith(`=${name}`)))

function factsOf(record: readonly Kept[], provisions: readonly Provision[], most = 1000) {
  const compiled = compileFacts({
    patient: marie,
    resources: [patient(), ...provisions.map(provision => consent(provision))].map((resource, at) => ({
      ...{ _id: `${at}`, resource, updated: now - 86_400_000 + at },
    })),
    depositors: [],
    rowIds: new Map(record.map(kept => [nameOf(kept), rowIdOf(kept)])),
  })
  const { names, referringTo } = soughtOf(compiled)
  const found = record
    .map(kept => ({ _id: rowIdOf(kept), ...entryOf(kept) }))
    .map(({ _id, type, id, depositor, search }) => ({ _id, type, id, depositor, keys: search.token }))
    .filter(each => names.includes(`${each.type}/${each.id}`) || refersToOne(each.keys, referringTo))
  const rows = found.slice(0, most)
  const ids = new Map(record.map(kept => [nameOf(kept), rowIdOf(kept)]))
  const known = { rows, beyond: found.length > most, references, idOf: (name: string) => ids.get(name) ?? '' }
  return compiled.relates ? withRelated(compiled, known) : compiled
}

function seen(record: readonly Kept[], provisions: readonly Provision[], most?: number, who: Principal = gp): string[] {
  const facts = factsOf(record, provisions, most)
  return record
    .filter(kept => {
      const { resourceType: type } = kept.resource
      const asked = { principal: who, interaction: 'search-type', type, patient: marie, now } as const
      const count = hits(decide(asked, grounds(facts)), entryOf(kept))
      if (count > 1) throw new Error(`${nameOf(kept)} is counted ${count} times`)
      return count === 1
    })
    .map(nameOf)
}

// The oracle: what the content says, walked naively.

function referencesIn(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn)
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) =>
    name === 'reference' && typeof inner === 'string'
      ? [inner.replace(`${base}/`, '').replace(/\/_history\/.*$/, '')]
      : referencesIn(inner),
  )
}

function meant(record: readonly Kept[], data: readonly (readonly [Meaning, string])[]): ReadonlySet<string> {
  const names = data.flatMap(([meaning, name]) => {
    const targets = record.filter(kept => nameOf(kept) === name).flatMap(({ resource }) => referencesIn(resource))
    const referring = record.filter(({ resource }) => referencesIn(resource).includes(name)).map(nameOf)
    return [name, ...(meaning === 'related' ? targets : []), ...(meaning === 'dependents' ? referring : [])]
  })
  return new Set(names)
}

/** What came with it is shut when one of its documents is, and opened when all of them are. */
function inPart(
  kept: Kept,
  named: ReadonlySet<string>,
  { record, opens }: { record: readonly Kept[]; opens: boolean },
) {
  if (named.has(nameOf(kept))) return true
  const follows = kept.follows ?? []
  const isNamed = (id: string) => record.some(each => rowIdOf(each) === id && named.has(nameOf(each)))
  return opens ? follows.length > 0 && follows.every(isNamed) : follows.some(isNamed)
}

const types = ['DocumentReference', 'List', 'Observation', 'DiagnosticReport', 'Binary'] as const
const numbers = [0, 1, 2, 3, 4, 5, 6]
const typeAt = (at: number) => types[at % types.length] ?? 'Binary'
const names = numbers.map(at => `${typeAt(at)}/n${at}`)

/** One of the elements in which a type refers to others. */
const holding: Readonly<Record<string, readonly ((target: Provision) => Provision)[]>> = {
  DocumentReference: [
    target => ({ context: { related: [target] } }),
    target => ({ relatesTo: [{ code: 'appends', target }] }),
  ],
  List: [target => ({ entry: [{ item: target }] }), target => ({ source: target })],
  Observation: [
    target => ({ hasMember: [target] }),
    target => ({ derivedFrom: [target] }),
    target => ({ focus: [target] }),
  ],
  DiagnosticReport: [target => ({ result: [target] }), target => ({ basedOn: [target] })],
  Binary: [() => ({})],
}

const forms: readonly ((name: string) => Provision)[] = [
  name => ({ reference: name }),
  name => ({ reference: `${name}/_history/3` }),
  name => ({ reference: `${base}/${name}` }),
  name => ({ reference: `https://elsewhere.test/fhir/${name}` }),
  name => ({ identifier: { system: 'urn:x', value: name } }),
  name => ({ display: name, reference: '#contained' }),
]

const keptAt = (at: number): fc.Arbitrary<Kept> =>
  fc
    .record({
      target: fc.constantFrom(...names),
      form: fc.constantFrom(...forms),
      holds: fc.constantFrom(...(holding[typeAt(at)] ?? [])),
      follows: fc.subarray(
        numbers.filter(other => other !== at).map(other => `row-${typeAt(other)}-n${other}`),
        { maxLength: 2 },
      ),
    })
    .map(({ target, form, holds, follows }) => ({
      resource: { resourceType: typeAt(at), id: `n${at}`, ...holds(form(target)) },
      follows,
    }))

const records = fc.tuple(...numbers.map(keptAt)).chain(all => fc.subarray(all, { minLength: 4 }))
const someData = fc.array(
  fc.tuple(fc.constantFrom<Meaning>('instance', 'related', 'dependents'), fc.constantFrom(...names)),
  { minLength: 1, maxLength: 3 },
)

t.test(
  'a permit and a denial reach what the content says, in whatever form it refers, and what came with it',
  async () => {
    fc.assert(
      fc.property(records, someData, (record, data) => {
        const part = { data: data.map(([meaning, name]) => datum(meaning, name)) }
        const named = meant(record, data)
        const of = (opens: boolean) => record.filter(kept => inPart(kept, named, { record, opens })).map(nameOf)
        const all = record.map(nameOf)
        const without = (some: readonly string[]) => all.filter(name => !some.includes(name))
        const others = permit(me)
        same(seen(record, [permit({ ...me, ...part })]), of(true), 'a permit')
        same(seen(record, [others, deny({ ...me, ...part })]), without(of(false)), 'a denial to one')
        // One document by itself is a mask of that document, which rows have as a label.
        const isMask = data.length === 1 && data[0]?.[0] === 'instance'
        if (!isMask) same(seen(record, [others, deny(part)]), without(of(false)), 'a denial to all')
        same(seen(record, [others, deny({ ...another, ...part })]), all, 'a denial to another')
        same(
          seen(record, [permit({ ...me, provision: [deny(part)] }), others]),
          without(of(false)),
          'an exception of a permit, beside another permit',
        )
        same(
          seen(record, [others, deny({ dataPeriod: { start: '2020' }, provision: [permit(part)] })]),
          of(true),
          'an exception of a denial',
        )
      }),
      { numRuns: 150 },
    )
  },
)

const reference = (name: string): Provision => ({ reference: name })
const document = (id: string, related: readonly string[] = []): Kept => ({
  resource: { resourceType: 'DocumentReference', id, context: { related: related.map(reference) } },
})
const result = (id: string, elements: Provision = {}): Kept => ({
  resource: { resourceType: 'Observation', id, ...elements },
})
const binaryOf = (...kept: readonly Kept[]): Kept => ({
  resource: { resourceType: 'Binary', id: 'b' },
  follows: kept.map(rowIdOf),
})

/** A letter tells of a result; another letter stands alone; a series derives from the result; the letter has its text. */
const letter = document('letter', ['Observation/result'])
const series = result('series', { derivedFrom: [reference('Observation/result')] })
const record = [letter, document('alone'), result('result'), series, binaryOf(letter)]
const all = 'DocumentReference/letter DocumentReference/alone Observation/result Observation/series Binary/b'
const dependents = about('dependents', 'Observation/result')
const related = about('related', 'DocumentReference/letter')
const letters = { code: [{ coding: [{ system: loinc, code: '60591-5' }] }] }

for (const [sentence, provisions, expected] of [
  [
    'a permit for what refers to a result: it, the letter with its text, the series',
    [permit({ ...me, ...dependents })],
    'DocumentReference/letter Observation/result Observation/series Binary/b',
  ],
  [
    'a denial of what refers to a result leaves what does not',
    [permit(me), deny({ ...me, ...dependents })],
    'DocumentReference/alone',
  ],
  [
    'a permit for a letter and what it refers to: not what else refers to that',
    [permit({ ...me, ...related })],
    'DocumentReference/letter Observation/result Binary/b',
  ],
  [
    'a denial of a letter and what it refers to',
    [permit(me), deny({ ...me, ...related })],
    'DocumentReference/alone Observation/series',
  ],
  [
    'two steps are not gone: what refers to what refers to it is open',
    [permit(me), deny({ ...me, ...about('dependents', 'Binary/b') })],
    'DocumentReference/letter DocumentReference/alone Observation/result Observation/series',
  ],
  [
    'several data of different meanings are alternatives',
    [permit({ ...me, data: [...about('instance', 'DocumentReference/alone').data, ...related.data] })],
    'DocumentReference/letter DocumentReference/alone Observation/result Binary/b',
  ],
  [
    'another element narrows: letters that refer to it',
    [permit({ ...me, ...about('dependents', 'Observation/result'), dataPeriod: { end: '2001' } })],
    '',
  ],
  [
    'a type narrows to the rows of that type',
    [permit({ ...me, ...dependents, ...letters })],
    'DocumentReference/letter Observation/result Observation/series Binary/b',
  ],
  [
    'a denial beats a permit of the same rows',
    [permit({ ...me, ...related }), deny({ ...me, ...about('dependents', 'Observation/result') })],
    '',
  ],
  [
    'what is denied to all is shown to whom it is permitted within',
    [permit(me), deny({ ...dependents, provision: [permit({ ...me, ...related })] })],
    'DocumentReference/letter DocumentReference/alone Observation/result Binary/b',
  ],
  [
    'what is absent reaches what still refers to it',
    [permit(me), deny({ ...me, ...about('dependents', 'Observation/gone') })],
    all,
  ],
] as const)
  t.test(sentence, async t => {
    t.equal(seen(record, provisions).join(' '), expected)
  })

t.test('of more rows than are looked up a denial reaches everything, a permit those that are known', async t => {
  t.strictSame(seen(record, [permit(me), deny({ ...me, ...dependents })], 2), [])
  const some = seen(record, [permit({ ...me, ...dependents })], 1)
  t.notOk(some.includes('DocumentReference/alone'))
  t.ok(some.includes('DocumentReference/letter'), 'its keys tell it')
  t.strictSame(
    seen(record, [permit(me), deny({ dataPeriod: { start: '2020' }, ...me, provision: [permit(related)] })], 0),
    ['DocumentReference/letter', 'Binary/b'],
  )
})

/** The facts as they were looked up of a record, asked of rows as they are by then. */
function seenLater(found: ReturnType<typeof factsOf>, later: readonly Kept[]): readonly string[] {
  return later
    .filter(kept => {
      const { resourceType: type } = kept.resource
      const asked = { principal: gp, interaction: 'search-type', type, patient: marie, now } as const
      return hits(decide(asked, grounds(found)), entryOf(kept)) > 0
    })
    .map(nameOf)
}

t.test(
  'what is denied when the record is looked up stays denied when it is changed before the page is read',
  async t => {
    const facts = factsOf(record, [permit(me), deny({ ...me, ...dependents })])
    const changed = [document('letter'), result('series'), result('result'), binaryOf(letter)]
    t.strictSame(seenLater(facts, changed), [])
    const permitted = factsOf(record, [permit({ ...me, ...dependents })])
    t.strictSame(seenLater(permitted, changed), ['Observation/result', 'Binary/b'], 'a permit is of what refers now')
  },
)

t.test('a former version counts for a denial, from when the Consent was written, and never for a permit', async t => {
  const known = (provision: Provision, ended: number) => {
    const compiled = compileFacts({
      patient: marie,
      resources: [patient(), consent(permit(me)), consent(provision)].map((resource, at) => ({
        ...{ _id: `${at}`, resource, updated: now - 86_400_000 },
      })),
      depositors: [],
    })
    const former = { ...entryOf(document('old', ['Observation/result'])), _id: 'row-DocumentReference-old', ended }
    const formers = { rows: [{ ...former, depositor: null, keys: former.search.token }], beyond: false }
    return withRelated(compiled, { rows: [], beyond: false, formers, references, idOf: name => name })
  }
  const old = [document('old'), result('result')]
  const oldRelated = about('related', 'DocumentReference/old')
  for (const [sentence, provision, ended, expected] of [
    ['referred since', deny({ ...me, ...dependents }), now, []],
    ['referred to since', deny({ ...me, ...oldRelated }), now, []],
    ['referred before', deny({ ...me, ...dependents }), now - 2 * 86_400_000, ['DocumentReference/old']],
    ['referred to before', deny({ ...me, ...oldRelated }), now - 2 * 86_400_000, ['Observation/result']],
    ['an exception', deny({ ...me, ...dependents, provision: [permit(oldRelated)] }), now, ['DocumentReference/old']],
  ] as const)
    t.strictSame(seenLater(known(provision, ended), old), expected, sentence)
})

t.test('of more ids than a filter holds a denial reaches everything, all Consents together', async t => {
  const facts = (most: number) => {
    const few = factsOf(record, [permit(me), deny({ ...me, ...dependents }), deny({ ...me, ...related })])
    const rows = record.map(kept => ({ ...entryOf(kept), _id: rowIdOf(kept), depositor: null }))
    const found = rows.map(each => ({ ...each, keys: each.search.token }))
    return withRelated(few, { rows: found, beyond: false, references, idOf: name => name, most })
  }
  t.strictSame(seenLater(facts(100), record), ['DocumentReference/alone'])
  t.strictSame(seenLater(facts(4), record), [])
})

t.test('who may write a resource opens nothing for himself by what he lets it refer to; others read it', async t => {
  const own = (depositor: string, elements: Provision = {}): Kept => ({
    resource: { resourceType: 'List', id: 'own', entry: [{ item: reference('Observation/result') }], ...elements },
    depositor,
  })
  const part = about('related', 'List/own')
  const beside = (list: Kept) => [list, ...record]
  for (const depositor of [`rpps:${rpps}`, 'finess:999999999'])
    t.equal(
      seen(beside(own(depositor)), [permit({ ...me, ...part })]).includes('Observation/result'),
      depositor !== `rpps:${rpps}`,
      depositor,
    )
  t.notOk(seen(beside(own(`rpps:${rpps}`)), [permit(me), deny({ ...me, ...part })]).includes('Observation/result'))
  const within = [permit(me), deny({ dataPeriod: { start: '2020' }, provision: [permit({ ...me, ...part })] })]
  t.notOk(seen(beside(own(`rpps:${rpps}`)), within).includes('Observation/result'), 'an exception')
})

t.test('a key of another parameter of the type is no reference, whatever it looks like', async t => {
  for (const type of types) {
    const codes = new Set(references.get(type))
    const others = [...(catalog.types.get(type)?.parameters.values() ?? [])].filter(each => each.type !== 'reference')
    t.notOk(
      others.some(({ code }) => codes.has(code)),
      type,
    )
  }
  const attached = { content: [{ attachment: { url: 'Binary/b' } }] }
  const attaching = { resource: { resourceType: 'DocumentReference', id: 'd', ...attached } }
  t.ok(entryOf(attaching).search.token.includes('location=Binary/b'), 'location is a reference elsewhere')
  t.strictSame(seen([attaching], [permit({ ...me, ...about('dependents', 'Binary/b') })]), [])
})

for (const [sentence, provision, expected] of [
  [
    'what refers to a Patient',
    deny(about('dependents', 'Patient/1')),
    'refusedByRule Consent.provision.data.reference',
  ],
  [
    'a meaning of its own',
    deny({ data: [{ ...datum('related', 'List/1'), meaning: 'others' }] }),
    'refusedByRule Consent.provision.data.meaning',
  ],
  [
    'documents and authors at once',
    deny({ data: [datum('related', 'List/1'), { meaning: 'authoredby', reference: byRpps() }] }),
    'refusedByRule Consent.provision.data.meaning',
  ],
  [
    'more than a hundred',
    deny(about('related', ...Array.from({ length: 101 }, (_, at) => `List/${at}`))),
    'refusedByRule Consent.provision.data',
  ],
] as const)
  t.test(`${sentence} is refused by the name of the element`, async t => {
    t.equal(told(readConsent(consent(provision))), expected)
  })

t.test('nothing is looked up for a Consent about one document by itself', async t => {
  t.equal(factsOf(record, [permit(me), deny({ ...me, ...about('instance', 'List/1') })]).relates, undefined)
})
