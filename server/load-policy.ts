/** Reads the access matrix, its restrictions and the habilitation from the project's files. `access.md` section 6. */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fail, failAll, ok, type Result } from '../resources/outcome.ts'
import { type AccessMatrix, parseAccessMatrix } from '../security/access-matrix.ts'
import { parseColumnRestrictions } from '../security/column-restrictions.ts'
import { parseHabilitation } from '../security/habilitation.ts'
import { type PolicyInForce, policiesInForce } from '../security/policy-in-force.ts'
import { root } from './root.ts'

export interface PolicySettings {
  /** Setting SOCIAL_COLUMNS: whether the columns AJ to AT are open. */
  readonly socialColumns: boolean
  /** Milliseconds since 1970: a start for which no matrix is in force yet is refused. */
  readonly now: number
}

const restrictionsFile = 'restrictions.csv'

/** What is wrong with any of several. */
function wrongWith(results: readonly Result<unknown>[]): Result<never> | undefined {
  const [first, ...others] = results.flatMap(each => (each.ok ? [] : each.failure.complaints))
  return first === undefined ? undefined : failAll('invalidResource', [first, ...others])
}

async function matricesIn(folder: string): Promise<Result<readonly AccessMatrix[]>> {
  const files = (await readdir(folder)).filter(file => file !== restrictionsFile).toSorted()
  const texts = await Promise.all(files.map(file => readFile(join(folder, file), 'utf8')))
  const matrices = files.map((file, at) => parseAccessMatrix(basename(file, '.csv'), texts[at] ?? ''))
  return wrongWith(matrices) ?? ok(matrices.flatMap(each => (each.ok ? [each.value] : [])))
}

function parseJson(text: string, file: string): Result<unknown> {
  try {
    return ok(JSON.parse(text))
  } catch (error) {
    if (error instanceof SyntaxError) return fail('invalidResource', `expected JSON in ${file}, found ${error.message}`)
    throw error
  }
}

/** Short, but long enough that no two policies share one by chance. */
const digestOf = (parts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16)

/**
 * Reads `access-matrix/` and `habilitation/` in `folder`.
 * @returns the policy of each instant; fails with every cell, line and name that makes no sense: then the server must not start.
 * @throws when a file cannot be read.
 */
export async function loadPolicy(
  settings: PolicySettings,
  folder = join(root, 'security'),
): Promise<Result<PolicyInForce>> {
  const { socialColumns, now } = settings
  const matrixFolder = join(folder, 'access-matrix')
  const closed = await readFile(join(matrixFolder, restrictionsFile), 'utf8')
  const professions = await readFile(join(folder, 'habilitation', 'columns.json'), 'utf8')
  const matrices = await matricesIn(matrixFolder)
  const restrictions = parseColumnRestrictions(closed)
  const json = parseJson(professions, 'habilitation/columns.json')
  const habilitation = json.ok ? parseHabilitation(json.value) : json
  const wrong = wrongWith([matrices, restrictions, habilitation])
  if (!matrices.ok) return wrong ?? matrices
  if (!restrictions.ok) return wrong ?? restrictions
  if (!habilitation.ok) return wrong ?? habilitation
  const digest = digestOf([closed, professions, String(socialColumns)])
  const history = {
    matrices: matrices.value,
    restrictions: restrictions.value,
    habilitation: habilitation.value,
    digest,
    socialColumns,
  }
  return policiesInForce(history, now)
}
