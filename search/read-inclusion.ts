/** The values of `_include` and `_revinclude`. https://hl7.org/fhir/R4/search.html#revinclude */
import { fail, ok, type Result } from '../resources/outcome.ts'
import { type Effect, type Reading, shownName, unknown } from './search-effect.ts'
import type { Inclusion } from './search-request.ts'
import { refusePending } from './with-custom-parameters.ts'

const form = /^([A-Za-z]+):([A-Za-z0-9_-]+|\*)(?::([A-Za-z]+))?$/

/** A `*` that would search more types than that is refused. */
const mostSources = 20

/** The inclusions that may be asked, as a remedy. */
function offered(known: ReadonlySet<string>): string {
  if (known.size === 0) return ' None is served for this type.'
  return known.size > 30 ? '' : ` Served are ${[...known].join(', ')}.`
}

/** What may be followed: from the searched type or to it; with `:iterate` also from or to what came along. */
function knownTo({ together, catalog }: Reading, name: string): ReadonlySet<string> {
  const isForward = name.startsWith('_include')
  const [only, another] = together
  if (!name.endsWith(':iterate') && only !== undefined && another === undefined)
    return isForward ? only.includes : only.revincludes
  const types = name.endsWith(':iterate') ? [...catalog.types.values()] : together
  return new Set(types.flatMap(type => [...(isForward ? type.includes : type.revincludes)]))
}

function asEffect(name: string, inclusions: readonly Inclusion[]): Effect {
  const followed = name.endsWith(':iterate') ? inclusions.map(each => ({ ...each, iterate: true })) : inclusions
  return name.startsWith('_include') ? { include: followed } : { revinclude: followed }
}

function toInclusion(path: string): Inclusion {
  const [source = '', code = ''] = path.split(':')
  return { source, code }
}

/** `*` and `Type:*`: every inclusion that is known, of all types or of one. */
function readAll(source: string, name: string, known: ReadonlySet<string>): Result<Effect> | undefined {
  const [code = ''] = name.split(':')
  const all = [...known].map(toInclusion).filter(each => source === '' || each.source === source)
  if (all.length === 0) return undefined
  const sources = new Set(all.map(each => each.source))
  return code === '_revinclude' && sources.size > mostSources
    ? fail('tooCostly', `${code}: * would search ${sources.size} types; name them, as Type:*.`, `http.${code}`)
    : ok(asEffect(name, all))
}

/** Reads `Type:parameter`, `Type:parameter:Target`, `Type:*` and `*`; only those which the catalog promises are followed. */
export function readInclusion(value: string, reading: Reading, name: string): Result<Effect> {
  const { together, catalog } = reading
  const known = knownTo(reading, name)
  const [, source = '', code = '', target] = form.exec(value) ?? []
  const isAll = value === '*' || (code === '*' && target === undefined)
  const all = isAll ? readAll(source, name, known) : undefined
  if (all !== undefined) return all
  const pending = refusePending(catalog.types.get(source), code)
  if (pending !== undefined) return pending
  const targets = catalog.types.get(source)?.parameters.get(code)?.target ?? []
  const allowed = target === undefined || targets.length === 0 || targets.includes(target)
  if (!known.has(`${source}:${code}`) || !allowed) {
    const shown = value === '*' ? '*' : (shownName(value) ?? 'this value')
    return unknown(
      reading,
      name,
      `${name}: ${shown} is not followed from ${together.map(({ type }) => type).join(', ')}.${offered(known)}`,
    )
  }
  return ok(asEffect(name, [{ source, code, ...(target === undefined ? {} : { target }) }]))
}
