/** `npm run --silent matrix:diff -- A B [--language fr]`: what changes for whom between two matrices, one sentence a line. */
import { parseArgs } from 'node:util'
import type { Complaint, Result } from '../resources/outcome.ts'
import { dayOf } from '../security/first-day.ts'
import { policyChanges } from '../security/policy-changes.ts'
import { type Language, sentencesOf } from '../security/policy-sentences.ts'
import { isMain } from './is-main.ts'
import { loadHistory, policyFolder } from './load-policy.ts'
import { dayNamed, readSide } from './matrix-side.ts'

const usage = `npm run --silent matrix:diff -- A B [--language fr]
A and B are each a day (YYYY-MM-DD: what is in force then) or the path of a matrix in CSV.`

const languages: ReadonlySet<string> = new Set<Language>(['en', 'fr'])
const isLanguage = (text: string): text is Language => languages.has(text)

function unwrap<Value>(result: Result<Value>): Value {
  if (result.ok) return result.value
  throw new Error(result.failure.complaints.map(({ diagnostics }: Complaint) => diagnostics).join('\n'))
}

export interface Surroundings {
  /** `true` opens the social columns, as the setting SOCIAL_COLUMNS does. */
  readonly SOCIAL_COLUMNS?: string | undefined
}

/** @returns what the command prints. @throws an Error whose message says what to do. */
export async function matrixDiff(
  words: readonly string[],
  environment: Surroundings,
  folder = policyFolder,
): Promise<string> {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: { language: { type: 'string', default: 'en' } },
  })
  const [one, other, ...more] = positionals
  const { language } = values
  if (one === undefined || other === undefined || more.length > 0 || !isLanguage(language)) throw new Error(usage)
  const history = unwrap(await loadHistory({ socialColumns: environment.SOCIAL_COLUMNS === 'true' }, folder))
  const day = dayNamed(one) ?? dayNamed(other) ?? dayOf(Date.now())
  const [before, after] = [await readSide(history, one, day), await readSide(history, other, day)].map(unwrap)
  if (before === undefined || after === undefined) throw new Error(usage)
  return sentencesOf(policyChanges(before, after), after.policy.columnNames, language).join('\n')
}

if (isMain(import.meta.url)) {
  try {
    process.stdout.write(`${await matrixDiff(process.argv.slice(2), process.env)}\n`)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
}
