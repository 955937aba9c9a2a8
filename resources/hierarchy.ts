/** Codes that stand below others: who subsumes whom. https://hl7.org/fhir/R4/codesystem.html#hierarchy */

/** Every code of a system, with the codes directly below it. */
export type Hierarchy = ReadonlyMap<string, readonly string[]>

/** The hierarchies of R4's code systems by system, as they are kept: `hierarchyIn` reads one. */
export type HierarchyTable = Readonly<Record<string, string>>

/** Which hierarchy a system has; undefined of one that is not known, or has none. */
export type Hierarchies = (system: string) => Hierarchy | undefined

/** Reads one hierarchy: a line begins with a code, and those directly below it follow behind tabs. */
export function hierarchyIn(text: string): Hierarchy {
  const hierarchy = new Map<string, readonly string[]>()
  for (const line of text.split('\n')) {
    const [code = '', ...below] = line.split('\t')
    hierarchy.set(code, below)
    for (const each of below) if (!hierarchy.has(each)) hierarchy.set(each, [])
  }
  return hierarchy
}

/** Returns the hierarchies of a table. Each is read when it is first asked for, and then kept. */
export function hierarchiesOf(table: HierarchyTable): Hierarchies {
  const read = new Map<string, Hierarchy>()
  return system => {
    const known = read.get(system)
    const text = Object.hasOwn(table, system) ? table[system] : undefined
    if (known !== undefined || text === undefined) return known
    const hierarchy = hierarchyIn(text)
    read.set(system, hierarchy)
    return hierarchy
  }
}

/** The code and all that lead from it, each once, in circles too; no more is looked for when there are more than `most`. */
function reached(code: string, next: (code: string) => readonly string[], most: number): ReadonlySet<string> {
  const found = new Set([code])
  for (const each of found) {
    if (found.size > most) break
    for (const one of next(each)) found.add(one)
  }
  return found
}

/** Returns the code and all that it subsumes; none when the system has no such code. Of more than `most`, more than `most` of them. */
export function subsumedBy(hierarchy: Hierarchy, code: string, most = Number.POSITIVE_INFINITY): ReadonlySet<string> {
  if (!hierarchy.has(code)) return new Set()
  return reached(code, each => (hierarchy.get(each) ?? []).filter(one => hierarchy.has(one)), most)
}

/** Returns the code and all that subsume it; none when the system has no such code. Of more than `most`, more than `most` of them. */
export function subsuming(hierarchy: Hierarchy, code: string, most = Number.POSITIVE_INFINITY): ReadonlySet<string> {
  if (!hierarchy.has(code)) return new Set()
  const above = new Map<string, string[]>()
  for (const [each, below] of hierarchy)
    for (const one of below) {
      const known = above.get(one)
      if (known === undefined) above.set(one, [each])
      else known.push(each)
    }
  return reached(code, each => above.get(each) ?? [], most)
}
