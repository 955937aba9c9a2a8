/** What is used of the library, which has no types of its own. */
declare module '@lhncbc/ucum-lhc' {
  export interface Unit {
    readonly magnitude_: number
    /** Exponents of m, s, g, rad, K, C, cd. */
    readonly dim_: { readonly dimVec_: readonly number[] | null } | null
    /** The function of a unit that is no multiple of others, as Cel. */
    readonly cnv_: string | null
    readonly isArbitrary_: boolean
    readonly moleExp_: number
  }
  export interface UcumLhcUtils {
    getSpecifiedUnit(code: string, operation: 'validate'): { readonly unit: Unit | null }
    convertUnitTo(from: string, value: number, to: string): { readonly toVal: number | null }
  }
  export const UcumLhcUtils: { getInstance(): UcumLhcUtils }
}
