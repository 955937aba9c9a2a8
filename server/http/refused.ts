/** Carries a failure out of a plugin or a stream, which can only throw. */
import type { Failure } from '../../resources/outcome.ts'

export class Refused extends Error {
  override readonly name = 'Refused'
  readonly failure: Failure

  constructor({ failure }: { readonly failure: Failure }) {
    super(failure.kind)
    this.failure = failure
  }
}
