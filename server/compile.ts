/** What is made of the definitions of R4: what reads, judges and patches resources. */
import { elementNamesOf } from '../profiles/element-names.ts'
import { applyFhirpathPatch } from '../profiles/fhirpath-patch.ts'
import { linkFinder } from '../profiles/links.ts'
import { compileValidator, type Validator } from '../profiles/validate.ts'
import type { Catalog } from '../resources/catalog.ts'
import { ok, type Result } from '../resources/outcome.ts'
import { compileCanonicalDate } from '../search/canonical-date.ts'
import { pointedByKeys } from '../search/pointed.ts'
import type { Config } from './config.ts'
import type { Definitions } from './definitions/load.ts'
import type { Context } from './interactions/interaction.ts'

/** The parts of the context that the definitions of R4 become. */
export type Compiled = Pick<
  Context,
  'canonicalDate' | 'validate' | 'elementNames' | 'patchByPath' | 'pointedByKeys' | 'isLink'
>

/** Milliseconds between two types. */
const warmEvery = 100

/** The first type takes some 200 ms, when nobody waits yet; each other one some 10 ms, between requests. */
function warmSlowly({ warm }: Validator, types: string[]): void {
  const next = (): void => {
    const type = types.shift()
    if (type === undefined) return
    warm(type)
    setTimeout(next, warmEvery).unref()
  }
  next()
}

/** @returns what the definitions of R4 become once the catalog is known; fails with what is wrong with the canonical dates of its types. */
export function compile(catalog: Catalog, { structures }: Definitions, { ZONE }: Config): Result<Compiled> {
  const canonicalDate = compileCanonicalDate(catalog.types.values(), ZONE)
  if (!canonicalDate.ok) return canonicalDate
  const validator = compileValidator(structures, catalog.types.keys())
  warmSlowly(validator, [...catalog.types.keys()])
  return ok({
    canonicalDate: canonicalDate.value,
    validate: validator.validate,
    elementNames: elementNamesOf(structures),
    isLink: linkFinder(structures),
    pointedByKeys: pointedByKeys(catalog, structures),
    patchByPath: (target, patch) => applyFhirpathPatch(structures, target, patch),
  })
}
