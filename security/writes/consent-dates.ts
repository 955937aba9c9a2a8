/** When a Consent says that somebody agreed: nobody agrees tomorrow. `docs/decisions/0047-no-agreement-in-an-emergency.md` */
import { textOf } from '../../resources/json-value.ts'
import { fail, ok, type Result } from '../../resources/outcome.ts'
import type { Resource } from '../../resources/resource.ts'
import { hasBegun } from '../begun.ts'
import { objectsOf } from '../elements.ts'

interface Said {
  readonly date: string
  readonly path: string
}

const datesOf = (consent: Resource | undefined): readonly Said[] =>
  [
    { date: textOf(consent?.dateTime), path: 'Consent.dateTime' },
    ...objectsOf(consent?.verification).map(({ verificationDate }) => ({
      ...{ date: textOf(verificationDate), path: 'Consent.verification.verificationDate' },
    })),
  ].filter((said): said is Said => said.date !== undefined)

/** @returns fails with 422 for the first date in the future that is not in the version before, which may still be withdrawn. */
export function checkDates(after: Resource, before: Resource | undefined, now: number): Result<void> {
  const known = datesOf(before)
  const isKnown = ({ date, path }: Said): boolean => known.some(each => each.date === date && each.path === path)
  const stranger = datesOf(after).find(said => !hasBegun(said.date, now) && !isKnown(said))
  if (stranger === undefined) return ok(undefined)
  return fail('refusedByRule', 'expected a date that is not in the future, found a later one', stranger.path)
}
