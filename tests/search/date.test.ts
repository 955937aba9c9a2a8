import fc from 'fast-check'
import t from 'tap'
import type { Resource } from '../../resources/resource.ts'
import { toInterval } from '../../search/date-interval.ts'
import { matches } from '../../search/matches.ts'
import { instantOf } from '../../search/zone.ts'
import { entryOf, finds, search, unwrap } from './served.ts'

const at = (effectiveDateTime: string): Resource => ({ resourceType: 'Observation', effectiveDateTime })
const during = (start?: string, end?: string): Resource => ({
  resourceType: 'Observation',
  effectivePeriod: { ...(start === undefined ? {} : { start }), ...(end === undefined ? {} : { end }) },
})

const rows: readonly (readonly [Resource, string, boolean])[] = [
  [at('2013-01-14T00:00:00+01:00'), 'eq2013-01-14', true],
  [at('2013-01-14T10:00:00+01:00'), '2013-01-14', true],
  [at('2013-01-15T00:00:00+01:00'), 'eq2013-01-14', false],
  [at('2013-01-14'), '2013-01', true],
  [at('2013-01'), '2013-01-14', false],
  [at('2013'), '2013', true],
  [at('2013-01-15T00:00:00+01:00'), 'ne2013-01-14', true],
  [at('2013-01-14T10:00:00+01:00'), 'ne2013-01-14', false],
  [at('2013-01'), 'ne2013-01-14', true],
  [at('2013-01-14'), 'lt2013-01-14T10:00', true],
  [at('2013-01-14'), 'lt2013-01-14', false],
  [at('2013-01-13'), 'lt2013-01-14', true],
  [at('2013-01-14'), 'gt2013-01-14T10:00', true],
  [at('2013-01-14'), 'gt2013-01-14', false],
  [at('2013-01-15'), 'gt2013-01-14', true],
  [during('2013-01-21'), 'ge2013-03-14', true],
  [during('2013-01-21', '2013-02-01'), 'ge2013-03-14', false],
  [at('2013-03-14'), 'ge2013-03-14', true],
  [during('2013-01-21'), 'le2013-03-14', true],
  [during('2013-03-21'), 'le2013-03-14', false],
  [at('2013-03-14'), 'le2013-03-14', true],
  [during('2013-03-15'), 'sa2013-03-14', true],
  [during('2013-01-21'), 'sa2013-03-14', false],
  [at('2013-03-14'), 'sa2013-03-14', false],
  [during('2013-01-21', '2013-02-01'), 'eb2013-03-14', true],
  [during('2013-01-21'), 'eb2013-03-14', false],
  [at('2013-03-14'), 'eb2013-03-14', false],
  [during(undefined, '2013-02-01'), 'eb2013-03-14', true],
  [during(undefined, '2013-02-01'), 'lt1900', true],
  [during('2013-01-01', '2013-12-31'), '2013', true],
  [during('2013-01-01', '2014-01-01'), '2013', false],
  [at('2014-06-01'), 'ap2015-06-01', false],
  [at('2015-06-01'), 'ap2015-06-01', true],
  [at('2014-12-01'), 'ap2015-06-01', true],
  [at('2014-05-01'), 'ap2015-06-01', false],
  [at('2013-01-14T23:30:00Z'), '2013-01-15', true],
  [at('2013-01-14T23:30:00Z'), '2013-01-14', false],
  [at('2013-07-14T22:30:00Z'), '2013-07-15', true],
  [at('2013-01-14T10:00:00.500Z'), '2013-01-14T10:00:00Z', true],
  [at('2013-01-14T10:00:00.500Z'), '2013-01-14T10:00:00.5Z', true],
  [at('2013-01-14T10:00:00.501Z'), '2013-01-14T10:00:00.500Z', false],
  [at('2013-01-14T10:00:30Z'), '2013-01-14T10:00Z', true],
  [at('2013-01-14T10:00:00Z'), '2013-01-14T11:00:00', true],
  [at('2013-01-14T10:00:00Z'), '2013-01-14T12:00:00+02:00', true],
  [at('2013-01-14'), '2012,2013', true],
  [at('2013-01-14'), '2011,2012', false],
  [{ resourceType: 'Observation' }, 'ne2013-01-14', false],
  [{ resourceType: 'Observation', effectiveTiming: { event: ['2013-01-01', '2013-03-01'] } }, '2013-01', false],
  [{ resourceType: 'Observation', effectiveTiming: { event: ['2013-01-01', '2013-03-01'] } }, '2013', true],
  [
    {
      resourceType: 'Observation',
      effectiveTiming: { repeat: { boundsPeriod: { start: '2013-01-31', end: '2013-03-24' } } },
    },
    'sa2013-01-30',
    true,
  ],
  [{ resourceType: 'Observation', effectiveTiming: { code: { text: 'daily' } } }, 'ge1900', false],
]

for (const [resource, value, found] of rows) {
  t.equal(finds(resource, `date=${value}`), found, `${JSON.stringify(resource)} date=${value}`)
}

t.test('two bounds hold each on its own', async t => {
  t.ok(finds(at('2024-05-10'), 'date=ge2024-05-01&date=lt2024-06-01'))
  t.notOk(finds(at('2024-06-10'), 'date=ge2024-05-01&date=lt2024-06-01'))
})

t.test('what is no date is found under nothing', async t => {
  const planned: Resource = { resourceType: 'CarePlan', activity: [{ detail: { scheduledString: '2013' } }] }
  t.notOk(finds(planned, 'activity-date=2013'))
  t.ok(finds(planned, 'activity-date:missing=true'))
})

t.test('_lastUpdated asks the instant of the version', async t => {
  const entry = entryOf(at('2013'))
  for (const [value, found] of [
    ['2024-03-10', true],
    ['2024-03-10T13:00:00', true],
    ['ne2024-03-10', false],
    ['ne2024-03-11', true],
    ['gt2024-03-09', true],
    ['gt2024-03-10', false],
    ['ge2024-03-10', true],
    ['lt2024-03-11', true],
    ['lt2024-03-10', false],
    ['le2024-03-10', true],
    ['sa2024-03-10', false],
    ['eb2024-03-11', true],
    ['ap2024-03-12', true],
    ['ap2023-01-01', false],
  ] as const) {
    const { query } = unwrap(search('Observation', `_lastUpdated=${value}`))
    t.equal(matches(query, entry), found, value)
  }
})

t.test('a value that is no date of the calendar is refused, and its parameter named', async t => {
  for (const value of [
    '2024-02-30',
    '2023-02-29',
    '1900-02-29',
    '2024-13',
    '2024-00',
    '2024-04-31',
    '0000',
    '2024-1-1',
    '24',
    'yesterday',
    'xx2024',
    'GE2024',
    'ge',
    '2024-01-01T10',
    '2024-01-01T24:00',
    '2024-01-01T10:60',
    '2024-01-01T10:00:61',
    '2024-01-01T10:00:00 02:00',
    '2024-01-01T10:00:00+15:00',
    '2024-01-01T10:00:00+01:75',
    '2024-01-01Z',
  ]) {
    const result = search('Observation', `date=${value}`)
    t.match(result, { ok: false, failure: { kind: 'badParameter', complaints: [{ expression: 'http.date' }] } }, value)
  }
})

t.test('a day without a zone is the day of the zone, daylight saving included', async t => {
  const hours = (text: string, zone: string) => {
    const { low, high } = toInterval(text, zone) ?? { low: 0, high: 0 }
    return [new Date(low).toISOString(), (high - low) / 3_600_000]
  }
  t.same(hours('2024-01-15', 'Europe/Paris'), ['2024-01-14T23:00:00.000Z', 24])
  t.same(hours('2024-03-31', 'Europe/Paris'), ['2024-03-30T23:00:00.000Z', 23])
  t.same(hours('2024-10-27', 'Europe/Paris'), ['2024-10-26T22:00:00.000Z', 25])
  t.same(hours('2024-10-27', 'UTC'), ['2024-10-27T00:00:00.000Z', 24])
  t.same(hours('2024-01-15', 'Indian/Reunion'), ['2024-01-14T20:00:00.000Z', 24])
  t.same(hours('2024', 'America/Cayenne'), ['2024-01-01T03:00:00.000Z', 8784])
  t.equal(hours('0099-01-01', 'UTC')[0], '0099-01-01T00:00:00.000Z')
  t.equal(
    hours('2024-03-31T02:30:00', 'Europe/Paris')[0],
    '2024-03-31T01:30:00.000Z',
    'a time that the clocks leap over',
  )
  t.equal(hours('2024-10-27T02:30:00', 'Europe/Paris')[0], '2024-10-27T00:30:00.000Z', 'the first of two such times')
})

/** Whether the clocks never show it: they leap by quarters of an hour, and go on from where they would have been. */
const isLeapt = (format: Intl.DateTimeFormat, { instant, written }: { instant: number; written: string }): boolean =>
  format.format(instant) > written &&
  Array.from({ length: 17 }, (_, quarter) => instant + (quarter - 8) * 900_000).every(
    near => format.format(near) !== written,
  )

t.test('the clocks of the zone show what was written', async t => {
  const shown = (zone: string) =>
    new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'medium' })
  for (const zone of [
    'Europe/Paris',
    'Africa/Casablanca',
    'Pacific/Noumea',
    'America/Miquelon',
    'Australia/Lord_Howe',
  ]) {
    const format = shown(zone)
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(1950, 0, 1) / 1000, max: Date.UTC(2080, 0, 1) / 1000 }), seconds => {
        const instant = instantOf(seconds * 1000, zone)
        const written = new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ')
        return format.format(instant) === written || isLeapt(format, { instant, written })
      }),
      { numRuns: 200, examples: [[Date.UTC(1981, 2, 1, 0, 0, 1) / 1000], [Date.UTC(2024, 2, 31, 2, 30) / 1000]] },
    )
  }
  t.pass()
})

t.test('the prefixes agree with each other', async t => {
  const day = fc
    .integer({ min: 0, max: 800 })
    .map(days => new Date(Date.UTC(2023, 0, 1 + days)).toISOString().slice(0, 10))
  const partial = fc.tuple(day, fc.constantFrom(4, 7, 10)).map(([text, length]) => text.slice(0, length))
  fc.assert(
    fc.property(partial, partial, (held, asked) => {
      const found = (prefix: string) => finds(at(held), `date=${prefix}${asked}`)
      return (
        found('ne') === !found('eq') &&
        found('ge') === (found('gt') || found('eq')) &&
        found('le') === (found('lt') || found('eq')) &&
        (!found('sa') || (found('gt') && !found('le'))) &&
        (!found('eb') || (found('lt') && !found('ge'))) &&
        (!found('eq') || found('ap'))
      )
    }),
    { numRuns: 300 },
  )
  t.pass()
})
