/** A permit with exceptions denies: what is left of it when it permits no more. `docs/decisions/0030-consents-about-parts.md` */
import type { JsonObject } from '../resources/json-value.ts'
import { objectsOf } from './elements.ts'

/**
 * @returns the exceptions of a permit to somebody, each as a denial of its own: to whom, when and of what the permit says,
 * as far as the exception does not say it itself. Of two limits of one kind that of the exception stands, so that more is
 * denied and not less. Any other provision is left as it is.
 */
export function exceptionsAlone(provision: JsonObject): readonly JsonObject[] {
  if (provision.type !== 'permit' || provision.actor === undefined) return [provision]
  const { provision: exceptions, ...permit } = provision
  return objectsOf(exceptions)
    .filter(({ type }) => type === 'deny')
    .map(exception => ({ ...permit, ...exception }))
}
