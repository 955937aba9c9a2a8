/** The matrix, its restrictions and the policy of a day. `access.md` section 6. */
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import type { Result } from '../../resources/outcome.ts'
import { columns, parseAccessMatrix, socialColumns } from '../../security/access-matrix.ts'
import { parseColumnRestrictions } from '../../security/column-restrictions.ts'
import { parseHabilitation } from '../../security/habilitation.ts'
import { policiesInForce } from '../../security/policy-in-force.ts'
import { loadPolicy } from '../../server/load-policy.ts'
import { root } from '../../server/root.ts'
import { now, policy } from './decide-support.ts'

const complaintsOf = (result: Result<unknown>): readonly string[] =>
  result.ok ? [] : result.failure.complaints.map(({ diagnostics }) => diagnostics)

const heading = 'category;categoryDisplay;system;code;display;J;T'
const table = (...lines: readonly string[]): string => [heading, ...lines, ''].join('\n')
const line = (code: string, cells: string, system = 'http://loinc.org'): string =>
  `10;CR;${system};${code};A type;${cells}`

t.test('a cross opens a cell, nothing closes it', async t => {
  const matrix = parseAccessMatrix('2025-09-17', table(line('1-1', 'x;'), line('2-2', ';x')))
  t.match(matrix, { ok: true, value: { version: '2025-09-17' } })
  t.same(matrix.ok && matrix.value.rows.map(({ columns }) => [...columns]), [['J'], ['T']])
})

t.test('a table as a spreadsheet saves it is read all the same', async t => {
  t.ok(parseAccessMatrix('2025-09-17', `\uFEFF${table(line('1-1', 'x;x')).replaceAll('\n', '\r\n')}`).ok)
})

for (const [sentence, version, csv, expected] of [
  [
    'a cell that is no cross',
    '2025-09-17',
    table(line('1-1', 'x;y')),
    /line 2: column T: expected "x" or nothing, found "y"/,
  ],
  ['a cross in capitals', '2025-09-17', table(line('1-1', 'X;x')), /line 2: column J: .*found "X"/],
  [
    'a column that nobody knows',
    '2025-09-17',
    table(line('1-1', 'x;x')).replace(';T', ';ZZ'),
    /line 1: column "ZZ" is unknown/,
  ],
  [
    'a column that stands twice',
    '2025-09-17',
    table(line('1-1', 'x;x')).replace(';T', ';J'),
    /line 1: column J stands twice/,
  ],
  [
    'a heading that nobody knows',
    '2025-09-17',
    table(line('1-1', 'x;x')).replace('code', 'loinc'),
    /line 1: expected "code" in place 4/,
  ],
  [
    'a type that stands twice',
    '2025-09-17',
    table(line('1-1', 'x;'), line('1-1', ';x')),
    /line 3: column code: the type stands/,
  ],
  ['a type without code', '2025-09-17', table(line('', 'x;x')), /line 2: column code: expected a code/],
  ['too few cells', '2025-09-17', table(line('1-1', 'x')), /line 2: expected 7 cells, found 6/],
  ['no rows', '2025-09-17', heading, /expected a heading and rows/],
  ['nothing', '2025-09-17', '', /expected a heading and rows/],
  ['a name that is no day', 'matrix', table(line('1-1', 'x;x')), /named after its first day/],
] as const) {
  t.test(`a matrix with ${sentence} is refused by line and column`, async t => {
    t.match(complaintsOf(parseAccessMatrix(version, csv)), [expected])
  })
}

t.test('everything that is wrong with a matrix is said at once', async t => {
  t.equal(complaintsOf(parseAccessMatrix('2025-09-17', table(line('1-1', 'y;z'), line('2-2', 'x;?')))).length, 3)
})

for (const [sentence, csv, expected] of [
  ['a column that the matrix has not', 'Q;1-1;2018-11-06;why', /line 2, column: "Q" is no column/],
  ['no type', 'X;;2018-11-06;why', /line 2, type: expected/],
  ['a day that does not exist', 'X;1-1;2018-02-30;why', /line 2, since: expected a day/],
  ['a month for a day', 'X;1-1;2018-02;why', /line 2, since: expected a day/],
  ['no reason', 'X;1-1;2018-11-06;', /line 2, reason: expected why/],
  ['a cell too many', 'X;1-1;2018-11-06;why;x', /line 2, expected 4 cells/],
] as const) {
  t.test(`a restriction with ${sentence} is refused by line`, async t => {
    t.match(complaintsOf(parseColumnRestrictions(`column;type;since;reason\n${csv}\n`)), [expected])
  })
}

t.test('restrictions without their heading are refused', async t => {
  t.match(complaintsOf(parseColumnRestrictions('X;1-1;2018-11-06;why\n')), [
    /line 1: expected "column;type;since;reason"/,
  ])
})

for (const [sentence, json, expected] of [
  ['nothing', null, /professions: expected rows/],
  ['a profession without id', { professions: [{ system: 's', code: 'c', matrixColumn: 'J' }] }, /professions\[0\]\.id/],
  [
    'a profession without system',
    { professions: [{ id: 'a', code: 'c', matrixColumn: 'J' }] },
    /professions\[0\]: expected a system/,
  ],
  [
    'an unknown column',
    { professions: [{ id: 'a', system: 's', code: 'c', matrixColumn: 'Q' }] },
    /professions\[0\]\.matrixColumn/,
  ],
  [
    'an empty qualifier',
    { professions: [{ id: 'a', system: 's', code: 'c', matrixColumn: 'J', qualifier: {} }] },
    /qualifier/,
  ],
  ['an unknown writer', { write: [{ profession: 'x', documentType: '1-1', write: true }] }, /write\[0\]/],
  ['no deposits of patients', { producers: [] }, /producers \(patient\)/],
] as const) {
  t.test(`a habilitation with ${sentence} is refused`, async t => {
    t.ok(complaintsOf(parseHabilitation(json)).some(text => expected.test(text)))
  })
}

const habilitation = {
  professions: [],
  writes: [{ profession: 'a', documentType: '1-1' }],
  patientDeposits: ['1-1'],
  insuranceDeposits: ['1-1'],
}

const matrixOf = (version: string, ...lines: readonly string[]) => {
  const matrix = parseAccessMatrix(version, table(...lines))
  if (!matrix.ok) throw new Error(matrix.failure.complaints[0].diagnostics)
  return matrix.value
}

const history = {
  matrices: [
    matrixOf('2026-01-01', line('1-1', ';x')),
    matrixOf('2025-09-17', line('1-1', 'x;'), line('2-2', 'x;', '')),
  ],
  restrictions: [{ column: 'T', type: '1-1', since: '2026-02-01', reason: 'why' }],
  habilitation,
  digest: 'd',
  socialColumns: false,
}

const readersAt = (instant: string) => {
  const inForce = policiesInForce(history, now)
  if (!inForce.ok) throw new Error(inForce.failure.complaints[0].diagnostics)
  const { version, readers } = inForce.value(Date.parse(instant))
  return { version, J: [...(readers.get('J') ?? [])], T: [...(readers.get('T') ?? [])] }
}

for (const [instant, expected] of [
  ['2025-09-16T22:00:00Z', { version: '2025-09-17', J: ['1-1'], T: [] }],
  ['2025-12-31T22:59:59Z', { version: '2025-09-17', J: ['1-1'], T: [] }],
  ['2025-12-31T23:00:00Z', { version: '2026-01-01', J: [], T: ['1-1'] }],
  ['2026-01-31T23:00:00Z', { version: '2026-01-01', J: [], T: [] }],
] as const) {
  t.test(`at ${instant} the version ${expected.version} is in force, restrictions of later days are not`, async t => {
    t.same(readersAt(instant), expected)
  })
}

for (const [day, first] of [
  ['2026-03-29', '2026-03-28T23:00:00.000Z'],
  ['2026-03-30', '2026-03-29T22:00:00.000Z'],
  ['2026-10-25', '2026-10-24T22:00:00.000Z'],
  ['2026-10-26', '2026-10-25T23:00:00.000Z'],
] as const)
  t.test(`a version of ${day} begins at midnight in Paris, when clocks are changed too`, async t => {
    const next = { ...history, matrices: [...history.matrices, matrixOf(day, line('1-1', ';x'))] }
    const inForce = policiesInForce(next, now)
    if (!inForce.ok) throw new Error(inForce.failure.complaints[0].diagnostics)
    const begins = Date.parse(first)
    t.same([inForce.value(begins - 1).version, inForce.value(begins).version], ['2026-01-01', day])
  })

t.test('before the first matrix nobody knows what was allowed', async t => {
  t.throws(() => readersAt('2025-09-16T21:59:59Z'), RangeError)
  t.match(complaintsOf(policiesInForce(history, Date.parse('2025-01-01T00:00:00Z'))), [/in force now, found none/])
})

t.test('a type that no version of the matrix has is refused wherever it is named', async t => {
  const restrictions = [{ column: 'J', type: '9-9', since: '2025-09-17', reason: 'why' }]
  t.match(complaintsOf(policiesInForce({ ...history, restrictions }, now)), [
    'restrictions: "9-9" is in no version of the matrix',
  ])
})

t.test('two matrices of one day, and a day that does not exist, are refused', async t => {
  const twice = [
    ...history.matrices,
    matrixOf('2026-01-01', line('1-1', ';x')),
    matrixOf('2026-02-30', line('1-1', ';x')),
  ]
  t.equal(complaintsOf(policiesInForce({ ...history, matrices: twice }, now)).length, 2)
})

const official = { J: 107, L: 77, N: 77, P: 73, R: 74, T: 77, V: 75, X: 68, Z: 60, AB: 49, AD: 19, AF: 12, AH: 37 }

for (const [column, count] of Object.entries(official)) {
  t.test(
    `column ${column} reads ${count} types: those of the official table which have a system, less restrictions`,
    async t => {
      t.equal(policy.readers.get(column)?.size, count)
    },
  )
}

t.test('the table in force has 107 types that can be matched, and nobody reads one without system', async t => {
  t.equal(policy.documentTypes.size, 107)
  t.notOk(policy.documentTypes.has('DICOM-PROCEDURE-VARIABLE'))
  for (const types of policy.readers.values()) t.notOk(types.has('DICOM-PROCEDURE-VARIABLE'))
  for (const types of policy.professionDeposits.values()) t.notOk(types.has('DICOM-PROCEDURE-VARIABLE'))
})

t.test('un pédicure podologue ne peut pas accéder à vos comptes rendus d’hospitalisation', async t => {
  t.notOk(policy.readers.get('X')?.has('34112-3'))
  t.ok(policy.readers.get('T')?.has('34112-3'))
})

t.test('the social columns are closed until the setting opens them', async t => {
  for (const column of socialColumns) t.equal(policy.readers.get(column)?.size, 0)
  const open = await loadPolicy({ socialColumns: true, now })
  const sizes = open.ok ? [...socialColumns].map(column => open.value(now).readers.get(column)?.size) : []
  t.same(sizes, [34, 9, 5, 9, 26, 13])
  t.notSame(open.ok && open.value(now).restrictions, policy.restrictions)
})

t.test('every column has its readers, and the trail a digest of what restricts them', async t => {
  t.same([...policy.readers.keys()], [...columns])
  t.match(policy.restrictions, /^[0-9a-f]{16}$/)
  t.equal(policy.version, '2025-09-17')
})

t.test('a bad cell in a file stops the start, by file, line and column', async t => {
  const folder = await mkdtemp(join(tmpdir(), 'policy-'))
  t.teardown(() => rm(folder, { recursive: true }))
  await cp(join(root, 'security', 'access-matrix'), join(folder, 'access-matrix'), { recursive: true })
  await cp(join(root, 'security', 'habilitation'), join(folder, 'habilitation'), { recursive: true })
  t.ok((await loadPolicy({ socialColumns: false, now }, folder)).ok)
  await writeFile(join(folder, 'access-matrix', '2026-01-01.csv'), table(line('34112-3', 'x;1')))
  await writeFile(join(folder, 'habilitation', 'columns.json'), '{')
  t.match(complaintsOf(await loadPolicy({ socialColumns: false, now }, folder)), [
    /matrix 2026-01-01, line 2: column T: expected "x" or nothing, found "1"/,
    /expected JSON in habilitation\/columns.json/,
  ])
})
