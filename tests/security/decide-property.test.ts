/** Whatever the facts: disjuncts never overlap, and their union is what `access.md` section 2 says, written down naively. */
import fc from 'fast-check'
import t from 'tap'
import type { IndexEntry } from '../../search/index-entry.ts'
import { actorKey, authorKey } from '../../search/key.ts'
import { columnOf } from '../../security/columns.ts'
import { decide } from '../../security/decide.ts'
import type { Facts, Grant } from '../../security/facts.ts'
import type { Principal, Professional } from '../../security/principal.ts'
import { firstDeposit } from '../../security/writes/first-deposit.ts'
import { newUlid } from '../../server/new-ids.ts'
import {
  facts,
  finess,
  grounds,
  hits,
  insurance,
  marie,
  now,
  ofProfession,
  ofRecord,
  policy,
  professional,
  row,
  rpps,
  secretary,
  structure,
  tomorrow,
  yesterday,
} from './decide-support.ts'

const mine = `rpps:${rpps}`
const ofMine = `finess:${finess}`
const actors = [mine, ofMine, 'rpps:2', 'finess:2', `patient:${marie}`, 'insurance:agent-1'] as const
const types = ['60591-5', '34112-3', '83901-9', 'REMB', 'record', 'consent', 'other', '0-0'] as const

const instant = fc.constantFrom(null, yesterday, tomorrow)
const grant = fc.record(
  {
    ...{ actor: fc.constantFrom(mine, ofMine, 'rpps:2'), from: instant, before: instant },
    since: fc.constantFrom(yesterday - 1, yesterday, now),
  },
  { requiredKeys: ['actor', 'from', 'before'] },
)
const grants = fc.array(grant, { maxLength: 2 })
const limits = fc.record({
  ...{ actor: fc.constantFrom(null, mine, ofMine, 'rpps:2'), from: instant, before: instant },
  modes: fc.constantFrom(null, ['normal' as const], ['bris_de_glace' as const, 'centre_15' as const]),
  parts: fc.array(
    fc.oneof(
      fc.record({ documentTypes: fc.subarray([...types]) }),
      fc.record({ authors: fc.subarray([...actors]) }),
      fc.record({ documents: fc.constant(['DocumentReference/row']), rows: fc.constant(['row']) }),
      fc.record({ dates: fc.record({ from: instant, before: instant }) }),
    ),
    { maxLength: 2 },
  ),
})
const partRule = fc
  .tuple(limits, fc.constantFrom('permit' as const, 'deny' as const), fc.array(limits, { maxLength: 1 }))
  .filter(([{ actor }, effect]) => effect === 'deny' || actor !== null)
  .map(([outer, effect, except]) => ({ ...outer, effect, except: effect === 'deny' ? except : [] }))
const rule = fc.oneof(
  fc.record({ by: fc.constant('type' as const), documentTypes: fc.subarray([...types]) }),
  fc.record({ by: fc.constant('period' as const), from: instant, before: instant }),
  fc.record({ by: fc.constant('author' as const), actor: fc.constantFrom(...actors) }),
)
const anyFacts: fc.Arbitrary<Facts> = fc
  .record({
    open: fc.oneof({ weight: 9, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
    authorised: grants,
    blocked: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: grants }),
    treating: fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: grants }),
    careTeam: grants,
    administrators: fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 1, arbitrary: grants }),
    ended: fc.array(fc.record({ actor: fc.constantFrom(mine, ofMine), at: fc.constantFrom(yesterday, now) }), {
      maxLength: 1,
    }),
    representatives: fc.array(
      fc.record({
        person: fc.constantFrom('https://issuer.test|somebody', 'https://issuer.test|other'),
        kind: fc.constantFrom('legal' as const, 'relative' as const),
        from: instant,
        before: instant,
      }),
      { maxLength: 2 },
    ),
    masks: fc.array(fc.record({ rule, from: instant, before: instant }), { maxLength: 2 }),
    emergency: fc.record({ breakGlass: fc.boolean(), centre15: fc.boolean(), masked: fc.boolean() }),
    depositors: fc.subarray([...actors]),
  })
  .map(facts)

const anyRow: fc.Arbitrary<IndexEntry> = fc
  .record({
    scalars: fc.record({
      documentType: fc.constantFrom(...types),
      mask: fc.integer({ min: 0, max: 31 }),
      hiddenUntil: instant,
      depositor: fc.constantFrom(...actors),
      date: fc.constantFrom(yesterday - 1, yesterday, now, tomorrow),
    }),
    deposited: fc.constantFrom(yesterday - 1, yesterday, now, tomorrow),
    keys: fc.subarray([authorKey(mine), authorKey('rpps:2'), actorKey(mine), actorKey(ofMine)]),
  })
  .map(({ scalars, deposited, keys }) => row({ ...scalars, _id: `${marie}-${newUlid(deposited)}` }, keys))

/** When the row was deposited, as its `_id` tells. */
const depositOf = ({ _id = '' }: IndexEntry): number => firstDeposit(_id) ?? 0

const anyProfessional: fc.Arbitrary<Principal> = fc
  .record({
    base: fc.constantFrom(
      professional(),
      ofProfession('60'),
      ofProfession('80'),
      professional({ structure: null }),
      professional({ rpps: null }),
      secretary,
    ),
    mode: fc.constantFrom('normal' as const, 'normal' as const, 'bris_de_glace' as const, 'centre_15' as const),
  })
  .map(({ base, mode }) => ({ ...base, mode, reason: mode === 'normal' ? null : 'why' }))

const anyPrincipal = fc.oneof(
  { weight: 4, arbitrary: anyProfessional },
  {
    weight: 2,
    arbitrary: fc.constantFrom<Principal>(structure, insurance, ofRecord('patient'), ofRecord('representative')),
  },
)

const holds = ({ from, before }: Pick<Grant, 'from' | 'before'>): boolean =>
  (from === null || from <= now) && (before === null || now < before)

const any = (list: readonly Grant[], names: readonly (string | false)[]): boolean =>
  list.some(grant => names.includes(grant.actor) && holds(grant))

/** The grants that no block has ended: of the person, or of whom the grant names. */
const standing = (list: readonly Grant[], { blocked, ended = [] }: Facts, person: string | false): readonly Grant[] =>
  list.filter(({ actor, since = 0 }) => {
    const ends = [
      ...ended,
      ...blocked.flatMap(({ actor: who, before }) =>
        before !== null && before <= now ? [{ actor: who, at: before }] : [],
      ),
    ].filter(end => end.actor === actor || end.actor === person)
    return ends.every(({ at }) => since >= at)
  })

/** What the law calls masked: by label, or by a rule of the patient. Of what is no document only a pause hides anything. */
function isMasked(type: string, entry: IndexEntry, { masks }: Facts): boolean {
  if ((entry.mask & 1) !== 0) return true
  return masks.filter(holds).some(({ rule }) => {
    if (type === 'Patient') return rule.by === 'period' && rule.from === null && rule.before === null
    if (rule.by === 'type') return rule.documentTypes.includes(entry.documentType)
    if (rule.by === 'author')
      return entry.depositor === rule.actor || entry.search.token.includes(authorKey(rule.actor))
    const isNew = rule.from !== null && rule.before === null && rule.from <= depositOf(entry)
    return (
      isNew || ((rule.from === null || rule.from <= entry.date) && (rule.before === null || entry.date < rule.before))
    )
  })
}

function professionalSees(who: Professional, type: string, entry: IndexEntry, known: Facts): boolean {
  const names = [who.rpps !== null && mine, who.structure !== null && ofMine]
  const column = columnOf(policy, who)
  if (column === undefined) return false
  const blocked = any(known.blocked, names)
  const person = names[0] ?? false
  const stand = (list: readonly Grant[]) => standing(list, known, person)
  const treats = !blocked && any(stand([...known.treating, ...(known.administrators ?? [])]), [person])
  const asAuthorised = !blocked && (treats || any(stand([...known.authorised, ...known.careTeam]), names))
  const brokeGlass = who.mode === 'bris_de_glace' && known.emergency.breakGlass
  const regulates = who.mode === 'centre_15' && known.emergency.centre15 && !blocked && column === 'J'
  const { token } = entry.search
  if (
    type === 'Consent' &&
    entry.documentType === 'consent' &&
    names.some(name => name && token.includes(actorKey(name)))
  )
    return true
  if (!asAuthorised && !brokeGlass && !regulates) return false
  const inColumn =
    type === 'Consent'
      ? treats && entry.documentType === 'consent'
      : type === 'Patient'
        ? entry.documentType === 'record'
        : entry.documentType === 'record' ||
          (entry.documentType === 'consent' && treats) ||
          (entry.documentType === 'other' && column === 'J') ||
          (policy.readers.get(column)?.has(entry.documentType) ?? false)
  const author = who.rpps !== null && token.includes(authorKey(mine))
  const urgent = (brokeGlass || regulates) && known.emergency.masked
  if (!inColumn || author) return inColumn
  if ((entry.mask & 16) !== 0) return false
  if (treats) return true
  return (entry.mask & 8) === 0 && (!isMasked(type, entry, known) || urgent)
}

function patientSees(kind: string, entry: IndexEntry, known: Facts): boolean {
  const announced = (entry.mask & 2) === 0 || (entry.hiddenUntil !== null && entry.hiddenUntil < now)
  if ((entry.mask & 16) !== 0) return false
  if (kind === 'patient') return announced
  const represents = known.representatives.some(each => each.person === 'https://issuer.test|somebody' && holds(each))
  return represents && announced && (entry.mask & 4) === 0
}

function isOwnDeposit(who: Principal, entry: IndexEntry): boolean {
  if (who.kind === 'patient') return entry.depositor === `patient:${marie}`
  if (who.kind === 'insurance') return entry.depositor === 'insurance:agent-1'
  if (who.kind === 'structure') return entry.depositor === ofMine
  if (who.kind !== 'professional') return false
  if (who.rpps === null) return entry.depositor === ofMine
  const forStructure = who.structure !== null && entry.depositor === ofMine
  return entry.depositor === mine || (forStructure && entry.search.token.includes(authorKey(mine)))
}

/** `access.md` section 2, sentence by sentence. */
function oracle(who: Principal, type: string, entry: IndexEntry, known: Facts): boolean {
  if (!known.open) return false
  // A row of this depositor cannot exist in a record whose facts do not name the depositor.
  if (isOwnDeposit(who, entry) && entry.depositor !== null && known.depositors.includes(entry.depositor)) return true
  if (who.kind === 'professional') return professionalSees(who, type, entry, known)
  if (who.kind === 'patient' || who.kind === 'representative') return patientSees(who.kind, entry, known)
  return false
}

const anyType = fc.constantFrom('DocumentReference', 'DocumentReference', 'Consent', 'Patient')

t.test('at most one disjunct holds a row, and one does exactly when the rules say so', async t => {
  const rows = fc.array(anyRow, { minLength: 5, maxLength: 10 })
  fc.assert(
    fc.property(anyPrincipal, anyFacts, anyType, rows, (principal, known, type, entries) => {
      const request = { principal, interaction: 'search-type', type, patient: marie, now } as const
      const decision = decide(request, grounds(known))
      return entries.every(entry => hits(decision, entry) === (oracle(principal, type, entry, known) ? 1 : 0))
    }),
    { numRuns: 5000 },
  )
  t.pass('5,000 records of up to ten rows')
})

t.test(
  'denials of parts never show more, permits of parts never hide more, and no two disjuncts hold a row',
  async t => {
    fc.assert(
      fc.property(
        ...([anyProfessional, anyFacts, anyType, anyRow, fc.array(partRule, { maxLength: 3 }), partRule] as const),
        (principal, known, type, entry, parts, one) => {
          const request = { principal, interaction: 'read', type, patient: marie, now } as const
          const of = (rules: typeof parts) =>
            hits(decide(request, grounds({ ...known, parts: rules })), { ...entry, type })
          const [before, after] = [of(parts), of([...parts, one])]
          return before <= 1 && after <= 1 && (one.effect === 'permit' ? after >= before : after <= before)
        },
      ),
      { numRuns: 3000 },
    )
    t.pass('3,000 rows')
  },
)

t.test('a patient’s mask never shows more, a block never opens', async t => {
  fc.assert(
    fc.property(anyProfessional, anyFacts, anyRow, (principal, known, entry) => {
      const request = { principal, interaction: 'read', type: 'DocumentReference', patient: marie, now } as const
      const seen = hits(decide(request, grounds(known)), entry)
      const free = hits(decide(request, grounds({ ...known, masks: [], blocked: [] })), entry)
      return seen <= free
    }),
  )
  t.pass()
})
