/** Reads the access matrix, its restrictions and the habilitation from the project's files. `access.md` section 6. */
import { createHash } from 'node:crypto'
import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { fail, failAll, ok, type Result } from '../resources/outcome.ts'
import { type AccessMatrix, parseAccessMatrix } from '../security/access-matrix.ts'
import { parseColumnRestrictions } from '../security/column-restrictions.ts'
import { parseHabilitation } from '../security/habilitation.ts'
import { type PolicyHistory, type PolicyInForce, policiesInForce } from '../security/policy-in-force.ts'
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

/** Where matrices, restrictions and habilitation are kept. */
export const policyFolder = join(root, 'security')

/**
 * Reads `access-matrix/` and `habilitation/` in `folder`.
 * @returns the sources of the policy of every day; fails with every cell, line and name that makes no sense.
 * @throws when a file cannot be read.
 */
export async function loadHistory(
  { socialColumns }: Pick<PolicySettings, 'socialColumns'>,
  folder = policyFolder,
): Promise<Result<PolicyHistory>> {
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
  return ok({
    matrices: matrices.value,
    restrictions: restrictions.value,
    habilitation: habilitation.value,
    digest,
    socialColumns,
  })
}

/**
 * @returns the policy of each instant; fails as `loadHistory` does, and without a matrix in force: then the server must not start.
 * @throws when a file cannot be read.
 */
export async function loadPolicy(settings: PolicySettings, folder = policyFolder): Promise<Result<PolicyInForce>> {
  const history = await loadHistory(settings, folder)
  return history.ok ? policiesInForce(history.value, settings.now) : history
}
