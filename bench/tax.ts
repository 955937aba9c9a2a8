/** The price of security, layer by layer. */
import type { Summary } from './summary.ts'
import { type Line, percent, shown } from './table.ts'

const heads: Line = ['', 'bare', '+ trail', '+ tokens, scopes', '+ consents, matrix', '= dmp', 'trail in dmp', 'tax']

/** @returns a line for each workload that was measured in every variant, under the line of heads. */
export function taxLines(workloads: Readonly<Record<string, Summary>>): readonly Line[] {
  const cpu = (name: string): number => workloads[name]?.cpuMicros ?? Number.NaN
  const lines = Object.keys(workloads).flatMap((name): readonly Line[] => {
    const [bare, none, smart, unaudited] = ['bare', 'none', 'smart', 'unaudited'].map(each => cpu(`${name}.${each}`))
    if (bare === undefined || none === undefined || smart === undefined || unaudited === undefined) return []
    if (![bare, none, smart, unaudited].every(Number.isFinite)) return []
    const dmp = cpu(name)
    const prices = [none - bare, smart - none, dmp - smart].map(price => shown(price))
    const tax = `against none ${percent(dmp / none - 1)}, against bare ${percent(dmp / bare - 1)}`
    return [[name, shown(bare), ...prices, shown(dmp), shown(dmp - unaudited), tax]]
  })
  return lines.length === 0 ? [] : [heads, ...lines]
}
