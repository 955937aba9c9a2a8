/** $rehearse counts what a matrix or a Consent would open and close, before it is in force: figures, never whose. */
import t from 'tap'
import { select } from '../support/pointer.ts'
import { type Actor, finess, gp, hospital, laboratory, nurse, operator, patientOf, rpps } from './support/cast.ts'
import {
  authorises,
  blocks,
  consent,
  emergency,
  maskedInEmergency,
  masksAuthor,
  masksDocument,
  masksPeriod,
  masksTypes,
  treats,
} from './support/consents.ts'
import { byFiness, coded, document, type Json, labels, loinc } from './support/contents.ts'
import { matrixWith, officialMatrix } from './support/matrices.ts'
import { columns, readable } from './support/oracle.ts'
import { type DossierRecord, refusalOf, startStage } from './support/stage.ts'

t.setTimeout(240_000)
const stage = await startStage(t)

const author = [byFiness(finess.hospital)]
const of =
  (code: string, elements: Json = {}) =>
  (record: DossierRecord) =>
    document(record, { type: coded(loinc, code), author, ...elements })

/** Twelve patients with a report each, one of whom has two and a masked one; four with a letter; three with an old visit. */
const records: DossierRecord[] = []
for (let n = 0; n < 12; n += 1) {
  const record = await stage.open(each => [patientOf(each), consent(each, authorises(rpps.nurse))])
  records.push(record)
  const more = [
    ...(n === 0 ? [of('11502-2'), of('11502-2', { securityLabel: labels('MASQUE_PS') })] : []),
    ...(n < 4 ? [of('34112-3')] : []),
    of('11506-3', { securityLabel: labels('MASQUE_PS') }),
  ]
  await stage.create(
    hospital,
    ...[of('11502-2', { date: '2025-06-15T10:00:00+02:00' }), ...more].map(each => each(record)),
  )
}
for (const record of records)
  await stage.create(
    laboratory,
    document(record, { type: coded(loinc, '11488-4'), author: [byFiness(finess.laboratory)] }),
  )

const rehearse = (name: string, value: Json | string, actor: Actor = operator) =>
  stage.send(actor, 'POST $rehearse', {
    body: {
      resourceType: 'Parameters',
      parameter: [typeof value === 'string' ? { name, valueString: value } : { name, resource: value }],
    },
  })
const table = (csv: string): Json => ({
  ...{ resourceType: 'Binary', contentType: 'text/csv' },
  data: Buffer.from(csv).toString('base64'),
})

/** `mode change column type: resources of patients` of each cell. */
const cellsOf = (json: unknown): readonly string[] =>
  select(json, '/parameter/[name=cell]/part').map(part => {
    const value = (name: string, type: string) => select(part, `/[name=${name}]/value${type}`)[0]
    const figure =
      value('resources', 'Integer') === undefined
        ? `fewer than ${value('fewerThanPatients', 'Integer')}`
        : `${value('resources', 'Integer')} of ${value('patients', 'Integer')}`
    const type = select(part, '/[name=type]/valueCoding/code')[0]
    return `${value('mode', 'Code')} ${value('change', 'Code')} ${value('column', 'Code')} ${type}: ${figure}`
  })

for (const [form, value] of [
  ['as text', (csv: string) => csv],
  ['as a Binary', table],
] as const) {
  t.test(
    `a matrix ${form}: each cell that opens or closes, with its figures; what is masked by a label is not counted`,
    async t => {
      const csv = matrixWith(['T', '11502-2', false], ['AF', '34112-3', true], ['AF', '11502-2', true])
      const answer = await rehearse('matrix', value(csv))
      t.equal(answer.status, 200)
      t.same([...cellsOf(answer.json)].sort(), [
        'normal closes T 11502-2: 10 of 10',
        'normal opens AF 11502-2: 10 of 10',
        'normal opens AF 34112-3: fewer than 10',
      ])
      t.match(select(answer.json, '/parameter/[name=policy]/valueString'), [/^2025-09-17\+/])
    },
  )
}

t.test('what is rehearsed does not hold', async t => {
  const [record] = records
  const found = await stage.get(nurse, `DocumentReference?patient=${record?.id}&type=11502-2&_summary=count`)
  t.same(select(found.json, '/total'), [2])
})

t.test('the figure of a column is what its professionals read: a nurse who is authorised everywhere', async t => {
  const counts = await Promise.all(
    records.map(({ id }) => stage.get(nurse, `DocumentReference?patient=${id}&type=11502-2&_summary=count`)),
  )
  const total = counts.flatMap(({ json }) => select(json, '/total').map(Number)).reduce((sum, count) => sum + count, 0)
  const { json } = await rehearse('matrix', matrixWith(['T', '11502-2', false]))
  t.same(cellsOf(json), [`normal closes T 11502-2: ${total - (total % 10)} of 10`])
})

t.test('a matrix that changes nothing, or what a restriction keeps closed, opens and closes nothing', async t => {
  t.same(cellsOf((await rehearse('matrix', officialMatrix)).json), [])
  t.same(cellsOf((await rehearse('matrix', matrixWith(['AJ', '11502-2', true]))).json), [])
  t.same(cellsOf((await rehearse('matrix', matrixWith(['X', '34112-3', false]))).json), [])
})

const anybody = { id: 'anybody' }
const readersOf = (cells: readonly string[], type: string) =>
  cells.filter(cell => cell.startsWith('normal ') && cell.includes(` ${type}:`)).map(cell => cell.split(' ')[2])

for (const [sentence, provision, expected] of [
  [
    'masks a type',
    masksTypes(coded(loinc, '11502-2')),
    /^(normal|bris-de-glace|centre-15) closes [A-Z]+ 11502-2: 10 of 10$/,
  ],
  [
    'masks a period',
    masksPeriod('2025-01-01', '2025-12-31'),
    /^(normal|bris-de-glace|centre-15) closes [A-Z]+ 11502-2: 10 of 10$/,
  ],
  [
    'masks an author',
    masksAuthor(byFiness(finess.laboratory)),
    /^(normal|bris-de-glace|centre-15) closes [A-Z]+ 11488-4: 10 of 10$/,
  ],
  [
    'agrees to all but a type',
    { type: 'permit', provision: [{ type: 'deny', code: [coded(loinc, '11502-2')] }] },
    /^(normal|bris-de-glace|centre-15) closes [A-Z]+ 11502-2: 10 of 10$/,
  ],
  [
    'agrees to all but one professional',
    { type: 'permit', provision: [blocks(rpps.stranger)] },
    /^(normal|centre-15) closes [A-Z]+ (11502-2|11488-4): 10 of 10$/,
  ],
  ['authorises somebody', authorises(rpps.stranger), /^normal opens [A-Z]+ (11502-2|11488-4): 10 of 10$/],
  ['blocks somebody', blocks(rpps.stranger), /^(normal|centre-15) closes [A-Z]+ (11502-2|11488-4): 10 of 10$/],
  [
    'names a médecin traitant',
    treats(rpps.stranger),
    /^(?:normal opens [A-Z]+ (?:11502-2|11488-4)|[a-z-\d]+ opens [A-Z]+ (?:11506-3)): 10 of 10$/,
  ],
  ['opposes broken glasses', emergency('deny', 'BTG'), /^bris-de-glace closes [A-Z]+ (11502-2|11488-4): 10 of 10$/],
  ['opposes the call centre', emergency('deny', 'ETREAT'), /^centre-15 closes J (11502-2|11488-4): 10 of 10$/],
] as const) {
  t.test(
    `a Consent that ${sentence}: what it would change if every patient wrote it, by profession and type`,
    async t => {
      const { status, json } = await rehearse('consent', consent(anybody, provision))
      t.equal(status, 200)
      const cells = cellsOf(json)
      t.ok(cells.length > 0)
      t.same(
        cells.filter(cell => !expected.test(cell)),
        [],
      )
      t.notOk(
        cells.some(cell => cell.includes('34112-3')),
        'what fewer than ten patients have is not told',
      )
      t.equal(
        cells.some(cell => cell.startsWith('normal')),
        expected.source.includes('normal'),
        'in the ordinary mode',
      )
      if (cells.some(cell => cell.startsWith('normal') && cell.includes('11502-2')))
        t.same(
          readersOf(cells, '11502-2'),
          columns.health.filter(column => readable(column).includes('11502-2')),
        )
    },
  )
}

t.test('a Consent that opens masked documents in emergencies: what is masked opens, and nothing else', async t => {
  const cells = cellsOf((await rehearse('consent', consent(anybody, maskedInEmergency('permit')))).json)
  const open = columns.health.filter(column => readable(column).includes('11506-3'))
  t.same(cells, [
    ...open.map(column => `bris-de-glace opens ${column} 11506-3: 10 of 10`),
    'centre-15 opens J 11506-3: 10 of 10',
  ])
})

t.test('a Consent as JSON text says the same', async t => {
  const asked = consent(anybody, masksTypes(coded(loinc, '11502-2')))
  const [one, other] = [await rehearse('consent', asked), await rehearse('consent', JSON.stringify(asked))]
  t.same(one.json, other.json)
})

for (const [sentence, actor] of [
  ['a physician', gp],
  ['a structure', hospital],
  ['a patient', patientOf({ id: 'abcdefghjkmn' })],
  ['an operator whose scopes do not reach documents', { ...operator, scope: 'user/Practitioner.rs' }],
] as const) {
  t.test(`${sentence} rehearses nothing`, async t =>
    t.equal((await rehearse('matrix', officialMatrix, actor)).status, 403),
  )
}

for (const [sentence, parameter, refusal] of [
  ['nothing', [], /^400 badParameter/],
  [
    'both',
    [
      { name: 'matrix', valueString: officialMatrix },
      { name: 'consent', valueString: '{}' },
    ],
    /^400 badParameter/,
  ],
  [
    'a matrix twice',
    [
      { name: 'matrix', resource: table('a') },
      { name: 'matrix', resource: table('b') },
    ],
    /^400 badParameter/,
  ],
  [
    'a matrix as text and as a Binary',
    [
      { name: 'matrix', valueString: 'a' },
      { name: 'matrix', resource: table('b') },
    ],
    /^400 badParameter/,
  ],
  [
    'a matrix with a bad cell',
    [{ name: 'matrix', valueString: officialMatrix.replace(';x;', ';y;') }],
    /^422 invalidResource/,
  ],
  ['a matrix that is empty', [{ name: 'matrix', valueString: ' ' }], /^422 invalidResource/],
  ['a matrix that is too long', [{ name: 'matrix', valueString: 'x'.repeat(300_000) }], /^400 badParameter/],
  [
    'a matrix that is too long, as a Binary',
    [{ name: 'matrix', resource: table('x;'.repeat(200_000)) }],
    /^400 badParameter/,
  ],
  ['a matrix that is a Patient', [{ name: 'matrix', resource: { resourceType: 'Patient' } }], /^400 badParameter/],
  ['a Consent that is a Patient', [{ name: 'consent', resource: { resourceType: 'Patient' } }], /^400 badParameter/],
  ['a Consent that is no JSON', [{ name: 'consent', valueString: '{' }], /^400 badParameter/],
  [
    'a Consent without a status',
    [{ name: 'consent', resource: { ...consent(anybody), status: undefined } }],
    /^422 invalidResource/,
  ],
  [
    'a Consent with an element that nobody understands',
    [{ name: 'consent', resource: consent(anybody, { type: 'deny', class: [{ code: 'x' }] }) }],
    /^422 refusedByRule Consent.provision.class/,
  ],
  [
    'a Consent about one document',
    [{ name: 'consent', resource: consent(anybody, masksDocument('DocumentReference/a')) }],
    /^422 refusedByRule Consent.provision.data/,
  ],
  [
    'a Consent about days, by which two rehearsals could differ,',
    [{ name: 'consent', resource: consent(anybody, masksPeriod('2025-06-01', '2025-06-30')) }],
    /^422 refusedByRule Consent.provision.dataPeriod/,
  ],
  [
    'a Consent with an exception for days',
    [
      {
        name: 'consent',
        resource: consent(anybody, {
          ...authorises(rpps.gp),
          provision: [masksPeriod('2025-01-01', '2025-12-30')],
        }),
      },
    ],
    /^422 refusedByRule Consent.provision.dataPeriod/,
  ],
  [
    'a Consent that permits somebody one document',
    [
      {
        name: 'consent',
        resource: consent(anybody, { ...masksDocument('DocumentReference/a'), ...authorises(rpps.gp) }),
      },
    ],
    /^422 refusedByRule Consent.provision.data/,
  ],
  [
    'a Consent with an exception for one document',
    [
      {
        name: 'consent',
        resource: consent(anybody, { ...authorises(rpps.gp), provision: [masksDocument('DocumentReference/a')] }),
      },
    ],
    /^422 refusedByRule Consent.provision.data/,
  ],
  ...['MASQUE_PS', 'INVISIBLE_PATIENT', 'INVISIBLE_REPRESENTANTS_LEGAUX'].flatMap(code => {
    const hidden = { securityLabel: select(labels(code), '/0/coding/*') }
    const within = { ...authorises(rpps.gp), provision: [{ type: 'deny', ...hidden }] }
    return [{ type: 'deny', ...hidden }, within].map(
      provision =>
        [
          `a Consent about what ${code} hides, which nobody is to count,`,
          [{ name: 'consent', resource: consent(anybody, provision) }],
          /^422 refusedByRule Consent.provision.securityLabel/,
        ] as const,
    )
  }),
  ['a name that it does not have', [{ name: '__proto__', resource: table('a') }], /^400 unknownParameter/],
  ['a parameter without a value', [{ name: 'matrix' }], /^400 malformedBody/],
] as const) {
  t.test(`${sentence} is refused`, async t => {
    const answer = await stage.send(operator, 'POST $rehearse', { body: { resourceType: 'Parameters', parameter } })
    t.match(refusalOf(answer), refusal)
  })
}
