/** The pages of the documentation that are printed from tables. A test compares them with the tables. */
import { failureKinds, failureSystem } from '../resources/outcome.ts'
import { failureAdvice } from './failure-advice.ts'
import type { Setting } from './setting.ts'
import { settings } from './settings.ts'

const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`

const table = (heads: readonly string[], rows: readonly (readonly string[])[]): string =>
  [row(...heads), row(...heads.map(() => '---')), ...rows.map(cells => row(...cells))].join('\n')

const page = (...paragraphs: readonly string[]): string => `${paragraphs.join('\n\n')}\n`

const fallbackOf = ({ fallback, otherwise }: Setting<unknown>): string =>
  fallback === undefined ? (otherwise ?? '') : `\`${fallback}\``

/** `docs/configuration.md` */
export const configurationPage = (): string =>
  page(
    '# Settings',
    'Printed from the table in `server/settings.ts` by `server/print-docs.ts`; a test compares the two. A setting is a variable of the environment. All are read once, at start, and every one that is wrong is reported then. Units are part of the name. Paths are relative to the project.',
    table(
      ['Setting', 'Meaning', 'Value', 'Without it'],
      Object.entries<Setting<unknown>>(settings).map(([name, setting]) => [
        `\`${name}\``,
        setting.meaning,
        setting.form.expects,
        fallbackOf(setting),
      ]),
    ),
  )

/** `docs/failures.md` */
export const failuresPage = (): string =>
  page(
    '# Failures',
    `Printed from the tables in \`resources/outcome.ts\` and \`server/failure-advice.ts\` by \`server/print-docs.ts\`; a test compares them. Every refusal is an OperationOutcome. Each issue names its kind in \`details.coding\` (system \`${failureSystem}\`): the kinds are never renamed. \`diagnostics\` says what was expected and what was found, \`expression\` where.`,
    table(
      ['Kind', 'Status', 'Issue code', 'What it means', 'What to do'],
      Object.entries(failureAdvice).map(([kind, { means, remedy }]) => {
        const { status, code } = failureKinds[kind as keyof typeof failureKinds]
        return [`\`${kind}\``, String(status), `\`${code}\``, means, remedy]
      }),
    ),
    'A status 500 carries the issue code `exception` and the id of the request: quote it to the operator.',
  )

/** Every printed page, by its path below the project. */
export const printedPages = (): ReadonlyMap<string, string> =>
  new Map([
    ['docs/configuration.md', configurationPage()],
    ['docs/failures.md', failuresPage()],
  ])
