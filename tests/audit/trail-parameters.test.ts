/** AuditEvents by what they tell: each code finds the events that show it, and no other. https://hl7.org/fhir/R4/auditevent.html#search */
import t from 'tap'
import { matchesOf } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import { startServer } from '../support/server.ts'
import { createdId, locationsOf, type Sent, sender } from './requests.ts'
import { bundle, condition, discharge, getting } from './resources.ts'

t.setTimeout(300_000)
const server = await startServer(t, { demonstration: true })
const send = sender(server)
const { marie = '', lea = '' } = server.records
const pause = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 20))

/** Every kind of event, some about what the patient may not see. */
async function play(): Promise<void> {
  const noted = await send({ as: 'gp', method: 'POST', path: 'Condition', body: condition('marie', 'gp', 'x') })
  const own = `Condition/${createdId(noted)}`
  const pushed = [
    await send({ as: 'hospital', method: 'POST', path: '', body: discharge('marie', 'INVISIBLE_PATIENT') }),
    await send({ as: 'hospital', method: 'POST', path: '', body: discharge('marie', 'MASQUE_PS') }),
    await send({ as: 'hospital', method: 'POST', path: '', body: discharge('lea', 'INVISIBLE_REPRESENTANTS_LEGAUX') }),
  ]
  const documents = pushed.map(each => locationsOf(each)[1] ?? '')
  for (const path of [
    own,
    `${own}/_history`,
    `${own}/_history/1`,
    ...documents,
    `DocumentReference?patient=${marie}`,
    `DocumentReference?patient=${marie}&_count=1`,
    `DocumentReference?patient=${marie}&_id=${documents[0]?.split('/')[1]}`,
    `DocumentReference?patient=${lea}`,
    `Patient/${marie}/*?_type=Condition,DocumentReference`,
    `Condition/_history?patient=${marie}`,
    `Patient/${marie}/$everything`,
    `AuditEvent?patient=${marie}&_count=1`,
  ])
    await send({ as: 'gp', path })
  await send({ as: 'nurse', path: `AllergyIntolerance?patient=${marie}` })
  await send({ as: 'gp-unrelated', path: own })
  await send({ as: 'patient-marie', path: `Patient/${marie}` })
  await send({ as: 'hospital-physician', path: own })
  await send({ as: 'gp', method: 'POST', path: '', body: bundle('batch', [getting(own), getting('Condition/none')]) })
  await send({ as: 'gp', method: 'DELETE', path: own })
}

await play()
await pause()
const until = `&date=lt${new Date().toISOString()}`

const trail = (as: string, patient: string, more = ''): Promise<Sent> =>
  send({ as, path: `AuditEvent?patient=${patient}&_count=200&_total=accurate${until}${more}` })
const ids = (events: readonly unknown[]): readonly string[] =>
  events.map(event => String(select(event, '/id')[0])).sort()

/** What each parameter is about. A value without a system stands for the one of its element. */
const parameters = {
  type: ['/type', undefined],
  subtype: ['/subtype/*', undefined],
  action: ['/action', 'http://hl7.org/fhir/audit-event-action'],
  outcome: ['/outcome', 'http://hl7.org/fhir/audit-event-outcome'],
  'agent-role': ['/agent/*/role/*/coding/*', undefined],
  'entity-role': ['/entity/*/role', undefined],
  'entity-type': ['/entity/*/type', undefined],
} as const
type Name = keyof typeof parameters

interface Coding {
  readonly system: string
  readonly code: string
}

/** The codes that an event shows for a parameter. */
function codesOf(event: unknown, name: Name): readonly Coding[] {
  const [path, system] = parameters[name]
  return select(event, path).map(value =>
    typeof value === 'string' ? { system: system ?? '', code: value } : (value as Coding),
  )
}

/** Codes that some events of the test show, and others that none does. */
const known: Readonly<Record<Name, readonly string[]>> = {
  type: ['rest', 'login'],
  subtype: ['read', 'vread', 'search-type', 'search-system', 'create', 'delete', 'operation', 'history-type', 'x'],
  action: ['C', 'R', 'D', 'E', 'U', 'X'],
  outcome: ['0', '4', '8', '12'],
  'agent-role': ['10', '60', '21', '1.*', '|'],
  'entity-role': ['1', '4', '13', '24', '2'],
  'entity-type': ['1', '2', '4', 'XrequestId', 'DocumentReference', 'Condition', 'Patient', 'Observation', '$where'],
}

for (const [as, patient] of [
  ['patient-marie', marie],
  ['gp', marie],
  ['nurse', marie],
  ['hospital', marie],
  ['gp-unrelated', marie],
  ['parent', lea],
  ['patient-lea', lea],
] as const)
  for (const name of Object.keys(parameters) as Name[]) // the table's own names
    t.test(`${as} finds by ${name} the events that show it, and no other`, async t => {
      const all = matchesOf(await trail(as, patient))
      t.ok(all.length > 0)
      const shown = all.flatMap(event => codesOf(event, name))
      const values = new Set([...shown.map(({ code }) => code), ...known[name]])
      const systems = new Set(shown.map(({ system }) => system))
      const asked: (readonly [string, (coding: Coding) => boolean, boolean])[] = [...values].flatMap(value => [
        [
          `${name}=${encodeURIComponent(value.replaceAll(/[|$]/g, '\\$&'))}`,
          ({ code }: Coding) => code === value,
          false,
        ] as const,
        [
          `${name}:not=${encodeURIComponent(value.replaceAll(/[|$]/g, '\\$&'))}`,
          ({ code }: Coding) => code === value,
          true,
        ] as const,
        ...[...systems].map(
          each =>
            [
              `${name}=${encodeURIComponent(`${each}|${value.replaceAll(/[|$]/g, '\\$&')}`)}`,
              ({ system, code }: Coding) => system === each && code === value,
              false,
            ] as const,
        ),
      ])
      for (const [query, fits, not] of asked) {
        const answer = await trail(as, patient, `&${query}`)
        t.equal(answer.status, 200, query)
        const expected = all.filter(event => codesOf(event, name).some(fits) !== not)
        t.same(ids(matchesOf(answer)), ids(expected), query)
        t.same(select(answer.json, '/total'), [expected.length], query)
      }
    })

t.test('codes are alternatives, parameters are conditions, and both are beside all others', async t => {
  const all = matchesOf(await trail('gp', marie))
  const shows = (event: unknown, name: Name, ...codes: string[]) =>
    codesOf(event, name).some(({ code }) => codes.includes(code))
  for (const [query, fits] of [
    ['action=C,D', (event: unknown) => shows(event, 'action', 'C', 'D')],
    ['action=R&outcome=4', (event: unknown) => shows(event, 'action', 'R') && shows(event, 'outcome', '4')],
    ['subtype=read&agent:identifier=anonymous', () => false],
    [
      'subtype=read,vread&outcome:not=4',
      (event: unknown) => shows(event, 'subtype', 'read', 'vread') && !shows(event, 'outcome', '4'),
    ],
    ['action=http://hl7.org/fhir/audit-event-action|', () => true],
    ['_lastUpdated=gt2020-01-01', () => true],
    ['_lastUpdated=lt2020-01-01', () => false],
    [
      '_filter=outcome eq "4" or subtype eq "vread"',
      (event: unknown) => shows(event, 'outcome', '4') || shows(event, 'subtype', 'vread'),
    ],
  ] as const) {
    const answer = await trail('gp', marie, `&${query.replaceAll(' ', '%20')}`)
    t.equal(answer.status, 200, `${query} ${answer.bytes}`)
    t.same(ids(matchesOf(answer)), ids(all.filter(fits)), query)
  }
})

for (const name of ['address', 'agent-name', 'altid', 'entity-name', 'policy', 'site', 'source'])
  for (const said of [name, `${name}:missing`])
    t.test(`${said}: what the trail cannot tell is refused by name, with what to ask instead`, async t => {
      const answer = await trail('gp', marie, `&${said}=true`)
      t.equal(answer.status, 400)
      t.match(select(answer.json, '/issue/0'), [{ code: 'not-supported', expression: [`http.${name}`] }])
      t.match(select(answer.json, '/issue/0/diagnostics'), [/; ask by /])
    })

for (const [query, expression] of [
  ['outcome:missing=true', 'http.outcome'],
  ['date=ne2024', 'http.date'],
  ['_tag=x', 'http._tag'],
  ['_security=x', 'http._security'],
  ['agent-role=http://a|', 'http.agent-role'],
] as const)
  t.test(`${query}: a form that the trail does not answer is refused by name`, async t => {
    const answer = await trail('gp', marie, `&${query}`)
    t.equal(answer.status, 400, String(answer.bytes))
    t.same(select(answer.json, '/issue/0/expression'), [[expression]])
  })
