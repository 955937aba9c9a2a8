/** Scopes of a token as text → what they grant. https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html */
import type { Scope } from './scope.ts'

type Permission = 'c' | 'r' | 'u' | 'd' | 's'

/** What the words of version 1 grant. */
const words: ReadonlyMap<string, readonly Permission[]> = new Map([
  ['read', ['r', 's']],
  ['write', ['c', 'u', 'd']],
  ['*', ['c', 'r', 'u', 'd', 's']],
])

const letters: readonly Permission[] = ['c', 'r', 'u', 'd', 's']
const form = /^(patient|user|system)\/(\*|[A-Z][A-Za-z]{1,63})\.([a-z]+|\*)(\?.*)?$/
const inOrder = /^c?r?u?d?s?$/
const parameterName = /^(?:[A-Za-z][A-Za-z0-9-]*|_id|_lastUpdated|_profile|_security|_tag)$/

const contexts: ReadonlyMap<string, Scope['context']> = new Map([
  ['patient', 'patient'],
  ['user', 'user'],
  ['system', 'system'],
])

/**
 * @returns the scopes about resources in a space-separated list. One that is malformed, of an unknown context, or
 * narrowed by what cannot be enforced (a modifier, a chain) is absent, and so grants nothing.
 */
export const parseScopes = (text: string): readonly Scope[] =>
  [...new Set(text.split(' '))].map(parseScope).filter(scope => scope !== undefined)

function parseScope(text: string): Scope | undefined {
  const [, context = '', type = '', asked = '', query] = form.exec(text) ?? []
  const known = contexts.get(context)
  const word = words.get(asked)
  // Version 1 has no parameters: a word that is narrowed was written by somebody who expects what nobody promises.
  if (known === undefined || (word !== undefined && query !== undefined)) return undefined
  const permissions = word ?? (inOrder.test(asked) ? letters.filter(letter => asked.includes(letter)) : [])
  const parameters = query === undefined ? [] : parseParameters(query.slice(1))
  if (permissions.length === 0 || parameters === undefined) return undefined
  return { context: known, type, permissions: new Set(permissions), parameters }
}

function parseParameters(query: string): Scope['parameters'] | undefined {
  const parts = query.split('&').map(parseParameter)
  const sound = parts.filter(part => part !== undefined)
  return sound.length === parts.length ? sound : undefined
}

function parseParameter(part: string): readonly [string, string] | undefined {
  const at = part.indexOf('=')
  const name = decode(part.slice(0, Math.max(at, 0)))
  const value = decode(part.slice(at + 1))
  if (name === undefined || !value) return undefined
  return parameterName.test(name) ? [name, value] : undefined
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text)
  } catch (error) {
    if (error instanceof URIError) return undefined
    throw error
  }
}
