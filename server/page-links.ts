/** Links to pages: opaque, authenticated, bound to the caller and the query, and short-lived. */
export interface PageLinks {
  /** @returns a text that only this server can read, valid for this caller and query until it expires. */
  seal(bound: { readonly caller: string; readonly query: string }, content: Content, now: number): string
  /** @returns the content, or undefined for a text that is foreign, tampered with, expired or of another caller or query. */
  open(bound: { readonly caller: string; readonly query: string }, sealed: string, now: number): Content | undefined
}

/** What a link holds: JSON, and at most 65,535 bytes beside it. */
export interface Content {
  readonly text: string
  readonly bytes: Uint8Array
}
