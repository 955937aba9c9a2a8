/** Units of UCUM brought to base units, so that 5 mmol/L and 5000 umol/L are one value. https://ucum.org/ucum */
import { UcumLhcUtils, type Unit } from '@lhncbc/ucum-lhc'

export const ucum = 'http://unitsofmeasure.org'

/** How a value is brought to base units: `value × factor + offset`. */
export interface ToBase {
  /** The base units, as `m-3.g`; those of substances, and each arbitrary unit, are of their own kind. */
  readonly base: string
  readonly factor: number
  readonly offset: number
}

const names = ['m', 's', 'g', 'rad', 'K', 'C', 'cd']
/** The units with a zero of their own that are straight lines all the same. */
const scales = new Set(['Cel', 'degF', 'degRe'])
const arbitraryForm = /^[A-Za-z]{0,2}(\[[^\]]+\])(?:\/[^[\]]+)?$/

/** What a resource or a URL may cost: a longer code is not looked up, and so many results are kept. */
const longestCode = 40
const mostKept = 2000

/** What a unit looks like. The library complains on the console of what is none, and some of it breaks it. */
const annotation = String.raw`\{[\x21-\x7a|~]*\}`
const atom = String.raw`[\w%*'"^+-]*(?:\[[\x21-\x5a\x5e-\x7e]+\])?[\w*^+-]*`
const factor = `(?:(?=[^{])${atom}(?:${annotation})?|${annotation})`
const product = `${factor}(?:[./]${factor})*`
const unitForm = new RegExp(`^/?${product}(?:[./]\\(${product}\\))?$`)

const kept = new Map<string, ToBase | undefined>()

/** What tells units of the same dimensions apart; undefined for arbitrary units in a form that we do not take apart. */
function kindOf(code: string, { isArbitrary_: isArbitrary, moleExp_: moles }: Unit): readonly string[] | undefined {
  if (!isArbitrary) return moles === 0 ? [] : [`mol${moles === 1 ? '' : moles}`]
  const unit = arbitraryForm.exec(code)?.[1]
  return unit === undefined ? undefined : [unit.toUpperCase()]
}

function lookUp(code: string): ToBase | undefined {
  const units = UcumLhcUtils.getInstance()
  const { unit } = units.getSpecifiedUnit(code, 'validate')
  const dimensions = unit?.dim_?.dimVec_ ?? []
  const kind = unit === null ? undefined : kindOf(code, unit)
  if (unit === null || kind === undefined) return undefined
  const powers = names.flatMap((name, at) => {
    const power = dimensions[at] ?? 0
    return power === 0 ? [] : [power === 1 ? name : `${name}${power}`]
  })
  const base = [...powers, ...kind].join('.') || '1'
  if (unit.cnv_ === null) return usable({ base, factor: unit.magnitude_, offset: 0 })
  if (!scales.has(unit.cnv_) || base !== 'K') return undefined
  const [none, one] = [0, 1].map(value => units.convertUnitTo(code, value, 'K').toVal ?? Number.NaN)
  return usable({ base, factor: (one ?? Number.NaN) - (none ?? Number.NaN), offset: none ?? Number.NaN })
}

const usable = (found: ToBase): ToBase | undefined =>
  Number.isFinite(found.factor) && found.factor > 0 && Number.isFinite(found.offset) ? found : undefined

/** Returns how values in this unit are brought to base units; undefined for what is no unit, or is no multiple of others. */
export function toBase(code: string): ToBase | undefined {
  const known = kept.get(code)
  if (known !== undefined || kept.has(code)) return known
  if (code.length > longestCode || !unitForm.test(code)) return undefined
  const found = lookUp(code)
  if (kept.size >= mostKept) kept.clear()
  kept.set(code, found)
  return found
}

/** The value in base units, rounded so that equal values in different units are equal; what is beyond all numbers stays there. */
export function inBase(value: number, { factor, offset }: ToBase): number {
  if (Math.abs(value) === Number.MAX_VALUE) return value
  const exact = value * factor + offset
  return Number.isFinite(exact) ? Number(exact.toPrecision(12)) : Math.sign(exact) * Number.MAX_VALUE
}
