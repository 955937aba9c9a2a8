/** Failures as values, and the OperationOutcome that tells them. https://hl7.org/fhir/R4/operationoutcome.html */
import type { Resource } from './resource.ts'

/** The codes of http://hl7.org/fhir/issue-type that this server uses. */
export type IssueCode =
  | 'structure'
  | 'required'
  | 'value'
  | 'code-invalid'
  | 'invariant'
  | 'not-supported'
  | 'login'
  | 'forbidden'
  | 'not-found'
  | 'deleted'
  | 'conflict'
  | 'duplicate'
  | 'multiple-matches'
  | 'too-long'
  | 'too-costly'
  | 'business-rule'
  | 'processing'
  | 'throttled'
  | 'transient'
  | 'exception'
  | 'informational'

/** Every way to fail: its HTTP status and its `issue.code`. A new way to fail is a new row. */
export const failureKinds = {
  malformedBody: { status: 400, code: 'structure' },
  badParameter: { status: 400, code: 'value' },
  unknownParameter: { status: 400, code: 'not-supported' },
  parameterNotReady: { status: 400, code: 'transient' },
  tooCostly: { status: 400, code: 'too-costly' },
  badPage: { status: 400, code: 'value' },
  unauthenticated: { status: 401, code: 'login' },
  insufficientScope: { status: 403, code: 'forbidden' },
  accessDenied: { status: 403, code: 'forbidden' },
  notFound: { status: 404, code: 'not-found' },
  notServed: { status: 404, code: 'not-supported' },
  notAllowed: { status: 405, code: 'not-supported' },
  notAcceptable: { status: 406, code: 'not-supported' },
  conflict: { status: 409, code: 'conflict' },
  alreadyPushed: { status: 409, code: 'duplicate' },
  deleted: { status: 410, code: 'deleted' },
  versionConflict: { status: 412, code: 'conflict' },
  multipleMatches: { status: 412, code: 'multiple-matches' },
  bodyTooLarge: { status: 413, code: 'too-long' },
  urlTooLong: { status: 414, code: 'too-long' },
  unsupportedMediaType: { status: 415, code: 'not-supported' },
  invalidResource: { status: 422, code: 'structure' },
  refusedByRule: { status: 422, code: 'business-rule' },
  patchRefused: { status: 422, code: 'processing' },
  rangeNotSatisfiable: { status: 416, code: 'value' },
  expectationFailed: { status: 417, code: 'not-supported' },
  headersTooLarge: { status: 431, code: 'too-long' },
  tooManyRequests: { status: 429, code: 'throttled' },
  unavailable: { status: 503, code: 'transient' },
} as const satisfies Record<string, { readonly status: number; readonly code: IssueCode }>

/** The name of a way to fail. It is sent to the client in `details.coding`, documented, and never renamed. */
export type FailureKind = keyof typeof failureKinds

/** One thing that is wrong, and where. */
export interface Complaint {
  /** What was expected, then what was found, for the person who reads the answer. Never holds patient data. */
  readonly diagnostics: string
  /** FHIRPath to the element at fault, such as `Bundle.entry[2].resource.status`. */
  readonly expression?: string
  /** A narrower `issue.code` than the one of the failure. */
  readonly code?: IssueCode
}

/** A refusal that was foreseen. One without a complaint cannot be built. */
export interface Failure {
  readonly kind: FailureKind
  readonly complaints: readonly [Complaint, ...Complaint[]]
}

export type Result<Value> =
  | { readonly ok: true; readonly value: Value }
  | { readonly ok: false; readonly failure: Failure }

/** A success that carries `value`. */
export const ok = <Value>(value: Value): Result<Value> => ({ ok: true, value })

/** A failure with one complaint. */
export const fail = (kind: FailureKind, diagnostics: string, expression?: string): { ok: false; failure: Failure } => ({
  ok: false,
  failure: { kind, complaints: [expression === undefined ? { diagnostics } : { diagnostics, expression }] },
})

/** A failure with all that is wrong. `complaints` is not empty. */
export const failAll = (
  kind: FailureKind,
  complaints: readonly [Complaint, ...Complaint[]],
): { ok: false; failure: Failure } => ({ ok: false, failure: { kind, complaints } })

/** The code system of `details.coding`: the rows of `failureKinds`, explained in docs/failures.md. */
export const failureSystem = 'urn:dmp:failure'

/** Returns the OperationOutcome that tells `failure` to a client. */
export const toOperationOutcome = ({ kind, complaints }: Failure): Resource => ({
  resourceType: 'OperationOutcome',
  issue: complaints.map(({ diagnostics, expression, code }) => ({
    severity: 'error',
    code: code ?? failureKinds[kind].code,
    details: { coding: [{ system: failureSystem, code: kind }] },
    diagnostics,
    ...(expression === undefined ? {} : { expression: [expression] }),
  })),
})
