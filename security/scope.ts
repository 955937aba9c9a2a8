/** SMART scopes about resources, versions 1 and 2. https://hl7.org/fhir/smart-app-launch/scopes-and-launch-context.html */

/** One granted scope. What could not be parsed or enforced is absent, and so grants nothing. */
export interface Scope {
  readonly context: 'patient' | 'user' | 'system'
  /** A resource type, or `*`. */
  readonly type: string
  /** Which of create, read, update, delete, search. */
  readonly permissions: ReadonlySet<'c' | 'r' | 'u' | 'd' | 's'>
  /** The search parameters that narrow the scope, as they were written. */
  readonly parameters: readonly (readonly [string, string])[]
}
