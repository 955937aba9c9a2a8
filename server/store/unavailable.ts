/** The database cannot answer in time. The one exception that becomes an answer: 503 with Retry-After. */
export class Unavailable extends Error {
  override readonly name = 'Unavailable'
}
