/** Random resources and random searches, as they stand in a URL: MongoDB finds what `matches()` finds. */
import fc from 'fast-check'
import t from 'tap'
import type { Resource } from '../../resources/resource.ts'
import { matches } from '../../search/matches.ts'
import { entryOf, index, search, unwrap } from '../search/served.ts'
import { opened } from './opened.ts'
import { aPage, aRow, aUnit, created, newKey } from './rows.ts'

t.setTimeout(300_000)

const valueSets = 'http://hl7.org/fhir/ValueSet/'
const ucum = 'http://unitsofmeasure.org'
const one = fc.constantFrom
const maybe = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: undefined })
const code = one('718-7', '2345-7', 'a,b|c')
const system = one('http://loinc.org', 'urn:example:s|x')
/** Some codes are of a system that has a hierarchy. */
const meaning = 'http://terminology.hl7.org/CodeSystem/v3-ObservationInterpretation'
const meant = fc.record({
  system: fc.constant(meaning),
  code: one('A', 'H', 'HH', 'LL', 'N'),
  display: fc.constant('x'),
})
const display = one('Hémoglobine', 'Glycémie à jeun')
const concept = fc.record({
  coding: fc.array(
    fc.oneof(
      { weight: 3, arbitrary: fc.record({ system: maybe(system), code, display: maybe(display) }) },
      { weight: 1, arbitrary: meant },
    ),
    { maxLength: 2 },
  ),
  text: maybe(display),
})
const unit = one('mmol/L', 'umol/L', 'g/L', 'mg/dL', '[pH]', 'none such')
const number = one(0, 4.4, 5, 5.04, 5.45, 4400, 5000, -3, 0.1)
const quantity = fc.record({
  value: number,
  comparator: maybe(one('<', '<=', '>', '>=')),
  system: maybe(one(ucum)),
  code: maybe(unit),
  unit: maybe(unit),
})
const moment = one('2023', '2023-03', '2023-03-15', '2023-03-15T10:00:00+01:00', '2022-12-31T23:30:00Z', '2024-02-29')
const reference = one(
  'Practitioner/d',
  'Organization/d',
  'Practitioner/d/_history/2',
  'http://o.test/fhir/Practitioner/d',
)

const observation = fc.record({
  resourceType: fc.constant('Observation'),
  status: one('final', 'amended'),
  code: concept,
  category: maybe(fc.array(concept, { maxLength: 2 })),
  identifier: maybe(
    fc.array(fc.record({ system: maybe(system), value: one('1', '2'), type: maybe(concept) }), { maxLength: 2 }),
  ),
  effectiveDateTime: maybe(moment),
  effectivePeriod: maybe(fc.record({ start: maybe(moment), end: maybe(moment) })),
  valueQuantity: maybe(quantity),
  valueString: maybe(one('Très élevé', "L'œuf", 'ELEVE')),
  valueCodeableConcept: maybe(concept),
  performer: maybe(
    fc.array(
      fc.record({ reference: maybe(reference), identifier: maybe(fc.record({ system, value: one('1', '2') })) }),
      { maxLength: 2 },
    ),
  ),
  component: maybe(
    fc.array(fc.record({ code: concept, valueQuantity: maybe(quantity), valueCodeableConcept: maybe(concept) }), {
      maxLength: 3,
    }),
  ),
})

/** Without the members that are undefined, as JSON has it. */
const asJson = (resource: object): Resource => JSON.parse(JSON.stringify(resource)) as Resource

const prefix = one('', 'eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap')
const askedCode = fc.oneof(
  one(
    '718-7',
    '2345-7',
    'a\\,b\\|c',
    'http://loinc.org|718-7',
    '|718-7',
    'http://loinc.org|',
    'urn:example:s\\|x|2345-7',
  ),
)
const askedNumber = fc
  .tuple(
    prefix,
    one('5', '5.0', '5.4', '4400', '1e3', '-3', '0'),
    one('', `|${ucum}|mmol/L`, `|${ucum}|umol/L`, `|${ucum}|mg/dL`, '||g/L', `|${ucum}|[pH]`, '|urn:x|g'),
  )
  .map(parts => parts.join(''))
const askedDate = fc.tuple(prefix, moment).map(parts => parts.join(''))
const askedText = one('tres', 'ELEV', 'l oeuf', "L'œuf", 've', 'œ')
const named = (names: readonly string[], value: fc.Arbitrary<string>) =>
  fc.tuple(one(...names), value).map(parts => parts.join('='))
const comparison = one('eq', 'ne', 'gt', 'le', 'sa', 'ap')
const test = fc.oneof(
  fc
    .tuple(one('eq', 'ne', 'gt', 'le', 'sa', 'ap', 'po'), moment)
    .map(([operator, value]) => `date ${operator} ${value}`),
  fc
    .tuple(comparison, one('5', '4400', `5|${ucum}|mmol/L`))
    .map(([operator, value]) => `value-quantity ${operator} ${value}`),
  fc
    .tuple(one('eq', 'ne'), one('718-7', 'http://loinc.org|718-7'))
    .map(([operator, value]) => `code ${operator} ${value}`),
  fc
    .tuple(one('code', 'status'), one('in', 'ni'), one('detectedissue-status', 'observation-codes'))
    .map(([name, operator, value]) => `${name} ${operator} ${valueSets}${value}`),
  fc
    .tuple(one('code', 'category'), one('ss', 'sb'), one('A', 'H', 'LL'))
    .map(([name, operator, value]) => `${name} ${operator} ${meaning}|${value}`),
  fc
    .tuple(one('eq', 'ne', 'co', 'sw', 'ew'), one('eleve', '"tres eleve"', 'f'))
    .map(([operator, value]) => `value-string ${operator} ${value}`),
  fc
    .tuple(one('code', 'date', 'performer', 'value-string', 'category'), fc.boolean())
    .map(([name, value]) => `${name} pr ${value}`),
)
const filter = fc
  .tuple(test, one('and', 'or'), test, fc.boolean())
  .map(
    ([left, word, right, negated]) =>
      `_filter=${negated ? `not (${left} ${word} ${right})` : `${left} ${word} (${right})`}`,
  )
const criterion = fc.oneof(
  named(
    ['code', 'code:not', 'combo-code', 'component-code', 'category', 'category:not', 'value-concept', 'identifier'],
    askedCode,
  ),
  named(['value-quantity', 'combo-value-quantity', 'component-value-quantity'], askedNumber),
  named(['date', '_lastUpdated'], askedDate),
  named(['value-string', 'value-string:exact', 'value-string:contains'], askedText),
  named(
    ['performer'],
    one('Practitioner/d', 'd', 'http://o.test/fhir/Practitioner/d', 'Organization/d,Practitioner/e'),
  ),
  named(['performer:identifier', 'performer:Organization'], one('d')),
  named(['identifier:of-type'], one('http://loinc.org|718-7|1', 'urn:example:s\\|x|718-7|2')),
  named(
    ['code:missing', 'date:missing', 'value-quantity:missing', 'component-code:missing', 'performer:missing'],
    one('true', 'false'),
  ),
  named(['status', 'status:not'], one('final', 'final,amended')),
  named(
    ['status:in', 'status:not-in', 'code:in', 'code:not-in', 'category:not-in', 'value-concept:in'],
    one(...['detectedissue-status', 'observation-status', 'observation-codes'].map(name => valueSets + name)),
  ),
  named(
    ['code:below', 'code:above', 'category:below', 'combo-code:above', 'value-concept:below'],
    one(...['A', 'H', 'HH', 'LL', 'A,N'].map(codes => codes.replaceAll(/[A-Z]+/g, each => `${meaning}|${each}`))),
  ),
  named(['status:below', 'status:above'], one('amended', 'corrected,final')),
  fc
    .tuple(
      one('code-value-quantity', 'component-code-value-quantity', 'combo-code-value-quantity'),
      askedCode,
      askedNumber,
    )
    .map(([name, left, right]) => `${name}=${left}$${right}`),
  fc
    .tuple(one('code-value-concept', 'component-code-value-concept', 'combo-code-value-concept'), askedCode, askedCode)
    .map(([name, left, right]) => `${name}=${left}$${right}`),
  filter,
)
const searches = fc.array(criterion, { minLength: 1, maxLength: 3 }).map(parts => parts.join('&'))

t.test('what is searched by URL is found alike in MongoDB and in memory', async t => {
  const { store } = await opened(t)
  const patient = newKey()
  const rows = fc.sample(observation, { numRuns: 200, seed: 3 }).map((sample, at) => {
    const resource = asJson({ ...sample, id: `r${at}` })
    const { status, updated } = entryOf(resource)
    return aRow(patient, { type: 'Observation', status, updated, search: index(resource), resource })
  })
  t.same(await store.commit(aUnit({ writes: rows.map(row => created(row)) })), { outcome: 'committed' })
  let [some, none] = [0, 0]
  await fc.assert(
    fc.asyncProperty(searches, async asked => {
      const { query } = unwrap(search('Observation', asked))
      const expected = rows.filter(row => matches(query, row)).map(({ _id }) => _id)
      const found = await store.page(aPage(patient, { type: 'Observation', query, limit: 300 }))
      t.same(found.map(({ _id }) => _id).sort(), expected.sort(), asked)
      t.equal(await store.count(aPage(patient, { type: 'Observation', query })), expected.length, asked)
      if (expected.length === 0) none += 1
      else some += 1
    }),
    { numRuns: 500, seed: 5 },
  )
  t.ok(some > 200 && none > 20, `${some} searches found something, ${none} nothing`)
})
