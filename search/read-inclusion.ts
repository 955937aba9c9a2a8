/** The values of `_include` and `_revinclude`. https://hl7.org/fhir/R4/search.html#revinclude */
import { ok, type Result } from '../resources/outcome.ts'
import { type Effect, type Reading, shownName, unknown } from './search-effect.ts'

const form = /^([A-Za-z]+):([A-Za-z0-9_-]+)(?::([A-Za-z]+))?$/

/** The inclusions that may be asked, as a remedy. */
function offered(known: ReadonlySet<string>): string {
  if (known.size === 0) return ' None is served for this type.'
  return known.size > 30 ? '' : ` Served are ${[...known].join(', ')}.`
}

/** Reads `Type:parameter` and `Type:parameter:Target`; only those which the catalog promises are followed. */
export function readInclusion(value: string, reading: Reading, name: string): Result<Effect> {
  const { served, catalog } = reading
  const known = name === '_include' ? served.includes : served.revincludes
  const [, source = '', code = '', target] = form.exec(value) ?? []
  const targets = catalog.types.get(source)?.parameters.get(code)?.target ?? []
  const allowed = target === undefined || targets.length === 0 || targets.includes(target)
  if (!known.has(`${source}:${code}`) || !allowed) {
    const shown = value === '*' ? '*' : (shownName(value) ?? 'this value')
    return unknown(reading, name, `${name}: ${shown} is not followed from ${served.type}.${offered(known)}`)
  }
  const inclusion = { source, code, ...(target === undefined ? {} : { target }) }
  return ok(name === '_include' ? { include: inclusion } : { revinclude: inclusion })
}
