/** What changes for whom between two matrices, in sentences. `docs/how-to/edit-the-access-matrix.md` */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import t from 'tap'
import { policyFolder } from '../../server/load-policy.ts'
import { matrixDiff } from '../../server/matrix-diff.ts'
import { matrixShow } from '../../server/matrix-show.ts'
import { type Cell, matrixWith, officialMatrix } from '../access/support/matrices.ts'

const folder = await mkdtemp(join(tmpdir(), 'matrix-'))
t.teardown(() => rm(folder, { recursive: true }))
await cp(policyFolder, folder, { recursive: true })
const file = async (name: string, csv: string): Promise<string> => {
  await writeFile(join(folder, name), csv)
  return join(folder, name)
}

const official = await file('official.csv', officialMatrix)
const lines = async (...words: readonly string[]) => (await matrixDiff(words, {}, folder)).split('\n')
const changed = async (...cells: readonly Cell[]) => file('changed.csv', matrixWith(...cells))

for (const [sentence, cells, english, french] of [
  ['nothing', [], 'Nothing changes.', 'Rien ne change.'],
  [
    'a cell that closes',
    [['T', '11502-2', false]],
    /^11502-2 .+: infirmiers may no longer read it$/,
    /^11502-2 .+ : infirmiers ne peuvent plus le lire$/,
  ],
  [
    'a cell that opens',
    [['AF', '11502-2', true]],
    /^11502-2 .+: opticiens-lunetiers may read it from now on$/,
    /^11502-2 .+ : opticiens-lunetiers peuvent désormais le lire$/,
  ],
  [
    'a cell of a social column, which is closed',
    [['AT', '11502-2', true]],
    /^11502-2 .+ the matrix opens it to professionnels social.+; it stays closed here$/,
    /il reste fermé ici$/,
  ],
] as const) {
  t.test(`${sentence} is told in English and in French`, async t => {
    const other = await changed(...(cells as readonly Cell[]))
    t.match(await lines(official, other), [english])
    t.match(await lines(official, other, '--language', 'fr'), [french])
  })
}

t.test('a cell that a local restriction closes does not change with the matrix', async t => {
  t.same(await lines(official, await changed(['X', '34112-3', false])), ['Nothing changes.'])
})

t.test('the way back says the contrary', async t => {
  t.match(await lines(await changed(['T', '11502-2', false]), official), [/infirmiers may read it from now on$/])
})

t.test('types that come and go are named', async t => {
  const without = await file(
    'without.csv',
    officialMatrix
      .split('\n')
      .filter(line => !line.includes(';11502-2;'))
      .join('\n'),
  )
  const [first = '', ...others] = await lines(official, without)
  t.match(first, /^11502-2 .+: no longer in the matrix$/)
  t.ok(others.length > 5 && others.every(line => line.endsWith('may no longer read it')), 'and everybody loses it')
  t.match(await lines(without, official), [/^11502-2 .+: new in the matrix$/])
})

t.test('two days are compared with the restrictions that hold on them', async t => {
  const restrictions = await file('access-matrix/restrictions.csv', await restrictionsAnd('X;11502-2;2026-02-01;essai'))
  t.ok(restrictions)
  t.match(await lines('2026-01-31', '2026-02-01'), [
    /^11502-2 .+: pédicures-podologues may no longer read it$/,
    'Local restriction from 2026-02-01: pédicures-podologues may not read 11502-2 (essai)',
  ])
  t.match(await lines('2026-02-01', '2026-01-31', '--language', 'fr'), [
    /pédicures-podologues peuvent désormais le lire$/,
    'Restriction locale levée : pédicures-podologues, 11502-2',
  ])
  await writeFile(restrictions, await restrictionsAnd(''))
})

t.test('a restriction of a social column that the setting opens closes nothing, and is not told', async t => {
  const days = ['2025-10-14', '2025-10-15']
  t.match(await lines(...days), Array(6).fill(/^Local restriction from 2025-10-15/))
  t.equal(await matrixDiff(days, { SOCIAL_COLUMNS: 'true' }, folder), 'Nothing changes.')
})

async function restrictionsAnd(line: string): Promise<string> {
  return `${(await readFile(join(policyFolder, 'access-matrix/restrictions.csv'), 'utf8')).trim()}\n${line}\n`
}

t.test('a file without a day is compared on the day of the other side: restrictions do not differ', async t => {
  t.match(await lines('2025-09-17', await changed(['T', '11502-2', false])), [/infirmiers may no longer read it$/])
})

t.test('a second version in the folder is compared by its day', async t => {
  const path = await file('access-matrix/2026-12-01.csv', matrixWith(['X', '34112-3', true], ['V', '34112-3', false]))
  t.match(await lines('2026-11-30', '2026-12-01'), [/^34112-3 .+: masseurs-kinésithérapeutes may no longer read it$/])
  await rm(path)
})

for (const [sentence, words, message] of [
  ['one side alone', ['2025-09-17'], /matrix:diff -- A B/],
  ['three sides', ['2025-09-17', '2025-09-17', '2025-09-17'], /matrix:diff -- A B/],
  ['a language that nobody speaks here', ['2025-09-17', '2025-09-17', '--language', 'de'], /matrix:diff -- A B/],
  ['a day before the first matrix', ['2018-01-01', '2025-09-17'], /a day from 2025-09-17 on/],
  [
    'a file that is not there',
    ['2025-09-17', 'nowhere.csv'],
    /a day \(YYYY-MM-DD\) or the path of a matrix, found "nowhere.csv"/,
  ],
] as const) {
  t.test(`${sentence} is refused with what to do`, async t => t.rejects(lines(...words), { message }))
}

t.test('a bad cell is named by line and column', async t => {
  const bad = await file('bad.csv', officialMatrix.replace(';x;', ';y;'))
  await t.rejects(lines(official, bad), { message: /line 2: column J: expected "x" or nothing, found "y"/ })
})

t.test('matrix:show tells sourced cells and proposals apart, for columns and for deposits', async t => {
  const shown = (await matrixShow(['2026-01-15'], {})).split('\n')
  t.match(shown[0], /^Matrix 2025-09-17, local rules [0-9a-f]{16}$/)
  const after = (line: RegExp) => shown.slice(shown.findIndex(each => line.test(each)) + 1).slice(0, 2)
  t.same(after(/^T Infirmiers/), ['  sourced: infirmier', '  proposed: infirmier-psychiatrique'])
  t.match(after(/^REMB /), [/sourced: insurance/, /proposed: none/])
  t.match(after(/^11502-2 /), [/sourced: .*pharmacien-biologiste/, /proposed: /])
  const social = (await matrixShow([], { SOCIAL_COLUMNS: 'true' })).split('\n').find(line => line.startsWith('AJ '))
  t.match(social, /: 34 types$/)
})
