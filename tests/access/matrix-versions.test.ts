/** A second version of the matrix comes into force at midnight in Paris, without a restart. `access.md` section 7, Matrix. */
import t from 'tap'
import { startClockedServer } from '../support/clocked-server.ts'
import { select } from '../support/pointer.ts'
import { finess, hospital, nurse, patientOf, podologue, profession, professional, rpps } from './support/cast.ts'
import { authorises, consent } from './support/consents.ts'
import { byFiness, coded, document, loinc } from './support/contents.ts'
import { matrixWith } from './support/matrices.ts'
import { stageOn } from './support/stage.ts'

const laboratoryReport = '11502-2'
const hospitalReport = '34112-3'
const physiotherapist = professional('99700010099', { profession: profession('70') })

const server = await startClockedServer(t, {
  at: '2026-11-30T22:30:00Z',
  matrices: { '2026-12-01': matrixWith(['T', laboratoryReport, false], ['X', hospitalReport, true]) },
  restrictions: `V;${laboratoryReport};2026-12-02;a local decision of the test\n`,
})
const { clock } = server
/** Tokens are signed anew: they do not last a day. */
const stageNow = () => stageOn(server, server.base, () => clock.instant)
let stage = stageNow()
const at = (instant: string): void => {
  clock.instant = Date.parse(instant)
  stage = stageNow()
}

const readers = { nurse, podologue, physiotherapist }
const record = await stage.open(
  ...[rpps.nurse, rpps.podologue, '99700010099'].map(
    number => (each: { readonly id: string }) => [patientOf(each), consent(each, authorises(number))] as const,
  ),
)
const [report = '', summary = ''] = await stage.create(
  hospital,
  ...[laboratoryReport, hospitalReport].map(code =>
    document(record, { type: coded(loinc, code), author: [byFiness(finess.hospital)] }),
  ),
)

/** Who reads which of the two documents now, by id and by search. */
async function reading(): Promise<Readonly<Record<string, readonly number[]>>> {
  const rows = Object.entries(readers).map(async ([name, actor]) => {
    const [one, other, found] = await Promise.all([
      stage.get(actor, `DocumentReference/${report}`),
      stage.get(actor, `DocumentReference/${summary}`),
      stage.get(actor, `DocumentReference?patient=${record.id}&_total=accurate`),
    ])
    return [name, [one.status, other.status, ...select(found.json, '/total').map(Number)]] as const
  })
  return Object.fromEntries(await Promise.all(rows))
}

const idsOn = (page: unknown): readonly unknown[] => select(page, '/entry/*/resource/id')
const nextOf = (page: unknown): string => String(select(page, '/link/[relation=next]/url')[0])

/** A page of the nurse before midnight, of which another follows. */
const { json: evening } = await stage.get(nurse, `DocumentReference?patient=${record.id}&_count=1&_total=accurate`)

for (const [instant, says, expected] of [
  [
    '2026-11-30T22:59:59.999Z',
    'a millisecond before midnight in Paris the first version decides',
    { nurse: [200, 200, 2], podologue: [200, 404, 1], physiotherapist: [200, 200, 2] },
  ],
  [
    '2026-11-30T23:00:00Z',
    'at midnight in Paris the second decides; a restriction that closes a cell closes it in each version',
    { nurse: [404, 200, 1], podologue: [200, 404, 1], physiotherapist: [200, 200, 2] },
  ],
  [
    '2026-12-01T22:59:59.999Z',
    'a restriction of the next day does not hold yet',
    { nurse: [404, 200, 1], podologue: [200, 404, 1], physiotherapist: [200, 200, 2] },
  ],
  [
    '2026-12-01T23:00:00Z',
    'a day later it does',
    { nurse: [404, 200, 1], podologue: [200, 404, 1], physiotherapist: [404, 200, 1] },
  ],
] as const) {
  await t.test(`${instant}: ${says}`, async t => {
    at(instant)
    t.same(await reading(), expected)
    const version = Date.parse(instant) < Date.parse('2026-11-30T23:00:00Z') ? '2025-09-17' : '2026-12-01'
    const explained = await stage.get(nurse, `$explain-access?reference=DocumentReference/${summary}`)
    const who = await stage.get(patientOf(record), `Patient/${record.id}/$who-can-access?document=${report}`)
    for (const { json } of [explained, who])
      t.equal(String(select(json, '/parameter/[name=policy]/valueString')[0]).slice(0, 10), version)
    const nurses = select(who.json, '/parameter/[name=profession]/part').find(
      part => select(part, '/[name=column]/valueCode')[0] === 'T',
    )
    t.same(select(nurses, '/[name=reads]/valueBoolean'), [expected.nurse[0] === 200])
    if (instant !== '2026-11-30T23:00:00Z') return
    t.same(select(evening, '/total'), [2])
    const { json: page, status } = await stage.get(nurse, nextOf(evening))
    t.equal(status, 200, 'a link that was given before midnight leads on after it')
    t.same(idsOn(page), idsOn(evening).includes(report) ? [summary] : [], 'to what the second version opens')
    t.same(select(page, '/total'), [1], 'and counts that')
  })
}

t.test('each AuditEvent names the version that decided', async t => {
  const { json } = await stage.get(patientOf(record), `AuditEvent?patient=${record.id}&_count=200`)
  const versions = (select(json, '/entry/*/resource') as readonly unknown[]).map(event => [
    String(select(event, '/recorded')[0]) < '2026-11-30T23:00:00.000Z',
    String(select(event, '/entity/*/detail/[type=policy]/valueString')[0]).slice(0, 10),
  ])
  t.same(new Set(versions.filter(([before]) => before).map(([, version]) => version)), new Set(['2025-09-17']))
  t.same(new Set(versions.filter(([before]) => !before).map(([, version]) => version)), new Set(['2026-12-01']))
})

t.test('a request that midnight overtakes is judged by one version, and its AuditEvent names that', async t => {
  const midnight = Date.parse('2026-11-30T23:00:00Z')
  at('2026-11-30T22:59:59.900Z')
  const own = { ...stage }
  const judged = new Set<string>()
  for (let looks = 0; looks < 12; looks += 1) {
    let looked = 0
    // The clock strikes twelve after so many looks at it.
    Object.defineProperty(clock, 'instant', {
      get: () => (looked++ < looks ? midnight - 100 : midnight + 100),
      configurable: true,
    })
    const { status, headers } = await own.get(nurse, `DocumentReference/${report}`)
    Object.defineProperty(clock, 'instant', { value: midnight + 200, writable: true, configurable: true })
    const request = headers.get('x-request-id') ?? ''
    const lines = await stageNow().get(patientOf(record), `AuditEvent?patient=${record.id}&_count=200`)
    const mine = select(lines.json, '/entry/*/resource').find(each => JSON.stringify(each).includes(request))
    const version = String(select(mine, '/entity/*/detail/[type=policy]/valueString')[0]).slice(0, 10)
    t.equal(version, status === 200 ? '2025-09-17' : '2026-12-01', `${looks} looks: ${status}`)
    judged.add(version)
  }
  t.equal(judged.size, 2, 'midnight came before, and while it was under way')
})
