/**
 * What a line of an `expect` block asks of an answer:
 *
 *     201                                   the status
 *     ETag: W/"1"                           a header; `*` for any value
 *     /entry/*\/response/status = […]       JSON at a pointer; a pointer with `*` gives a list
 *     /entry/0/response/location ~ ^(.+)$   text at a pointer, or `body`, matches
 *     Location ~ …                          a header may be matched too
 *     … ~ ^Patient/([^/]+) -> patient       and its first group is kept as {{patient}}
 *     /total -> total                       the value is kept
 *     /entry absent                         nothing is there
 *     /entry length 20                      a list of that length
 *     same /entry as first                  what the answer to the request named `first` had there
 *     once: …                               of the answers that came at once, exactly one satisfies the rest
 */
import { isDeepStrictEqual } from 'node:util'
import type { Answer } from './client.ts'
import { select } from './pointer.ts'

/** What earlier requests left behind. */
export interface Kept {
  readonly variables: Map<string, string>
  readonly answers: Map<string, Answer>
}

/** A complaint, or undefined when the answer is as expected. */
type Verdict = string | undefined

interface Form {
  readonly form: RegExp
  readonly judge: (answer: Answer, groups: readonly string[], kept: Kept) => Verdict
}

const shown = (value: unknown): string => JSON.stringify(value)?.slice(0, 600) ?? 'nothing'

/** One value for a plain pointer, a list for one with `*`. */
function valueAt(answer: Answer, pointer: string): unknown {
  if (pointer === 'body') return answer.bytes.toString('latin1')
  if (!pointer.startsWith('/')) return answer.headers.get(pointer) ?? undefined
  const found = select(answer.json, pointer)
  return pointer.includes('*') ? found : found[0]
}

function matched(answer: Answer, [pointer = '', pattern = '', , variable]: readonly string[], kept: Kept): Verdict {
  const values = [valueAt(answer, pointer)].flat()
  const groups = values.map(value => new RegExp(pattern).exec(String(value)))
  if (values.length === 0 || groups.includes(null))
    return `expected ${pointer} to match ${pattern}, found ${shown(values)}`
  if (variable !== undefined) kept.variables.set(variable, groups[0]?.[1] ?? '')
  return undefined
}

function keep(answer: Answer, [pointer = '', variable = '']: readonly string[], kept: Kept): Verdict {
  const value = valueAt(answer, pointer)
  if (value === undefined) return `expected something at ${pointer}`
  kept.variables.set(variable, typeof value === 'string' ? value : JSON.stringify(value))
  return undefined
}

const differs = (what: string, expected: unknown, found: unknown): Verdict =>
  isDeepStrictEqual(expected, found) ? undefined : `${what}: expected ${shown(expected)}, found ${shown(found)}`

const forms: readonly Form[] = [
  { form: /^(\d{3})$/, judge: (answer, [status]) => differs('status', Number(status), answer.status) },
  {
    form: /^same (\S+) as (\w+)$/,
    judge: (answer, [pointer = '', name = ''], { answers }) =>
      differs(`${pointer} as ${name}`, select(answers.get(name)?.json, pointer), select(answer.json, pointer)),
  },
  { form: /^(\S+) absent$/, judge: (answer, [pointer = '']) => differs(pointer, [], select(answer.json, pointer)) },
  {
    form: /^(\S+) length (\d+)$/,
    judge: (answer, [pointer = '', length]) =>
      differs(`length of ${pointer}`, Number(length), select(answer.json, `${pointer}/*`).length),
  },
  { form: /^(\S+) ~ (.+?)( -> (\w+))?$/, judge: matched },
  { form: /^(\S+) -> (\w+)$/, judge: keep },
  {
    form: /^(\S+) = (.+)$/,
    judge: (answer, [pointer = '', json = '']) => differs(pointer, JSON.parse(json), valueAt(answer, pointer)),
  },
  {
    form: /^([\w-]+): (.+)$/,
    judge: ({ headers }, [name = '', value]) =>
      value === '*'
        ? headers.has(name)
          ? undefined
          : `expected a header ${name}`
        : differs(name, value, headers.get(name)),
  },
]

function judge(line: string, answer: Answer, kept: Kept): Verdict {
  for (const { form, judge } of forms) {
    const groups = form.exec(line)
    if (groups) return judge(answer, groups.slice(1), kept)
  }
  return `no form of expectation is written so: ${line}`
}

/** @returns what is wrong with the answers to one request, or undefined. Variables that a line keeps are set. */
export function verdict(line: string, answers: readonly Answer[], kept: Kept): Verdict {
  const once = line.startsWith('once: ')
  const verdicts = answers.map(answer => judge(once ? line.slice(6) : line, answer, kept))
  if (!once) return verdicts.find(each => each !== undefined)
  const satisfied = verdicts.filter(each => each === undefined).length
  return satisfied === 1 ? undefined : `expected exactly one answer, found ${satisfied} of ${answers.length}`
}
