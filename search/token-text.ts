/** The modifier `:text` of tokens: the words beside a code. They make no keys. https://hl7.org/fhir/R4/search.html#modifiers */
import { ok, type Result } from '../resources/outcome.ts'
import type { Resource } from '../resources/resource.ts'
import { alternativesIn } from './alternatives.ts'
import { compileWalker, type Walk } from './compile-walker.ts'
import { isObject, listOf, textOf } from './element.ts'
import { withoutEscapes } from './escape.ts'
import { fold } from './fold.ts'
import { type Asked, badValue } from './parameter-type.ts'
import type { TextCriterion } from './search-request.ts'

/** Reads `:text`, which asks for words from their beginning, without regard to case and accents. */
export function readText(asked: Asked): Result<TextCriterion> {
  const alternatives = alternativesIn(asked.definition.code, asked.value)
  if (!alternatives.ok) return alternatives
  const beginnings = alternatives.value.map(text => fold(withoutEscapes(text)))
  if (beginnings.includes('')) return badValue(asked, 'a text')
  return ok({ definition: asked.definition, beginnings })
}

/** The words of a CodeableConcept, a Coding or an Identifier. */
function wordsOf(value: unknown): readonly string[] {
  if (!isObject(value)) return []
  const codings = listOf(value.coding).flatMap(coding => (isObject(coding) ? [coding.display] : []))
  const ofType = isObject(value.type) ? [value.type.text] : []
  return [value.text, value.display, ...codings, ...ofType].flatMap(text => textOf(text) ?? [])
}

const has = (walk: Walk, beginnings: readonly string[], resource: Resource): boolean =>
  walk(resource)
    .flatMap(({ value }) => wordsOf(value))
    .map(fold)
    .some(words => beginnings.some(beginning => words.startsWith(beginning)))

/** Returns whether a resource of `type` satisfies all of `criteria`. Fails on an expression that cannot be compiled. */
export function compileTexts(
  type: string,
  criteria: readonly TextCriterion[],
): Result<(resource: Resource) => boolean> {
  const compiled: (readonly [Walk, TextCriterion])[] = []
  for (const criterion of criteria) {
    const walk = compileWalker(criterion.definition.expression, type)
    if (!walk.ok) return walk
    compiled.push([walk.value, criterion])
  }
  return ok(resource => compiled.every(([walk, { beginnings }]) => has(walk, beginnings, resource)))
}
