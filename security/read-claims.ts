/** Reads single claims strictly: absent is null, malformed spoils the whole token. https://www.rfc-editor.org/rfc/rfc7519#section-4 */

import { objectOf } from '../resources/json-value.ts'

export type Claims = Readonly<Record<string, unknown>>

export interface Code {
  readonly system: string
  readonly code: string
}

/** Takes claims one by one and remembers whether one was malformed. */
export interface ClaimReader {
  /** @returns the text when it has the form, null when absent. */
  text(name: string, form?: RegExp): string | null
  code(name: string): Code | null
  codes(name: string): readonly Code[]
  flag(name: string): boolean
  /** Whether everything that was taken so far was well formed. */
  sound(): boolean
}

function asCode(value: unknown): Code | undefined {
  const { system, code } = objectOf(value) ?? {}
  if (typeof system !== 'string' || typeof code !== 'string') return undefined
  return system === '' || code === '' ? undefined : { system, code }
}

/** Returns a reader of `claims`. */
export function readClaims(claims: Claims): ClaimReader {
  let sound = true
  const spoil = (): null => {
    sound = false
    return null
  }
  const take = <Value>(name: string, parse: (value: unknown) => Value | undefined): Value | null => {
    const value = Object.hasOwn(claims, name) ? claims[name] : undefined
    return value === undefined ? null : (parse(value) ?? spoil())
  }
  return {
    text: (name, form = /\S/) =>
      take(name, value => (typeof value === 'string' && form.test(value) ? value : undefined)),
    code: name => take(name, asCode),
    codes: name => take(name, asCodes) ?? [],
    flag: name => take(name, value => (typeof value === 'boolean' ? value : undefined)) ?? false,
    sound: () => sound,
  }
}

function asCodes(value: unknown): readonly Code[] | undefined {
  if (!Array.isArray(value)) return undefined
  const codes = value.map(asCode).filter(code => code !== undefined)
  return codes.length === value.length ? codes : undefined
}
