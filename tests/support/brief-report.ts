/** Reads TAP and tells one line for each file, what failed in full, and at the end how many passed and failed. */
import { createInterface } from 'node:readline'

const indentOf = (line: string): number => line.length - line.trimStart().length

let failing: number | undefined
let totals = { pass: 0, fail: 0 }

for await (const line of createInterface({ input: process.stdin })) {
  const indent = indentOf(line)
  const point = /^(not )?ok \d+ - (.*)/.exec(line.trimStart())
  const summary = /^# \{ total: \d+.*\}/.exec(line)
  if (point) {
    const [, failed, what = ''] = point
    failing = failed === undefined ? undefined : indent
    if (indent === 0 || failed !== undefined)
      console.log(`${failed === undefined ? '  ' : '✗ '}${' '.repeat(indent)}${what}`)
  } else if (failing !== undefined && indent > failing) {
    console.log(line)
    // The end of what is told about the failure.
    if (line.trim() === '...') failing = undefined
  } else if (summary) totals = { pass: count(line, 'pass'), fail: count(line, 'fail') }
  if (line.startsWith('Bail out!')) console.log(line)
}

console.log(`${totals.pass} passed, ${totals.fail} failed`)

function count(line: string, name: 'pass' | 'fail'): number {
  return Number(new RegExp(`${name}: (\\d+)`).exec(line)?.[1] ?? 0)
}
