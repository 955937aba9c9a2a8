/** What a Consent would open and close if every patient wrote it: tried by what decides requests. `docs/decisions/0034-explained-by-what-decides.md` */
import { type JsonObject, objectOf, textOf } from '../resources/json-value.ts'
import { fail, ok, type Result } from '../resources/outcome.ts'
import type { Resource } from '../resources/resource.ts'
import { and, not, nothing, or, type Query, scalar, scalarIn } from '../search/query.ts'
import { compileFacts } from './compile-facts.ts'
import type { ConsentRule } from './consent-rule.ts'
import { objectsOf } from './elements.ts'
import type { Facts } from './facts.ts'
import { acting, nobody, ofColumns } from './hypothetical.ts'
import type { Law } from './law.ts'
import { masks } from './mask-lists.ts'
import type { Part } from './part-rule.ts'
import type { Policy } from './policy.ts'
import { type CellChange, cellChanges } from './policy-changes.ts'
import type { AccessMode } from './principal.ts'
import { readConsent } from './read-consent.ts'
import { type Restriction, restrict } from './restriction.ts'
import { namingsOf, ruleSources } from './rule-sources.ts'

/** Rows of all records that would change hands; whose they are is told by `cells` of their types. */
export interface Rehearsed {
  readonly mode: AccessMode
  readonly rows: Restriction
  readonly cells: readonly CellChange[]
}

const everyRecord = { collection: 'record', patient: 'every' } as const

const ofMatrix = ({ documentTypes }: Policy): Query => scalarIn('documentType', [...documentTypes.keys()])

/** @returns what a candidate of the matrix would change, and the rows that nobody masked by a label. */
export function rehearseMatrix(inForce: Policy, candidate: Policy): readonly Rehearsed[] {
  const cells = cellChanges(inForce, candidate)
  const types = [...new Set(cells.map(({ type }) => type.code))]
  const rows = restrict(everyRecord, [and(scalarIn('documentType', types), scalar('mask', ...masks.professional))])
  return cells.length === 0 ? [] : [{ mode: 'normal', rows, cells }]
}

/** Any record: what a Consent says does not depend on whose it is. */
const anybody = 'hypothetical'
const holder = { _id: anybody, resource: { resourceType: 'Patient', id: anybody, active: true } as Resource }

const factsOf = (resources: readonly { readonly _id: string; readonly resource: Resource }[], zone: string): Facts =>
  compileFacts({ patient: anybody, resources: [holder, ...resources], depositors: [], authors: [] }, zone)

const modes = ['normal', 'bris_de_glace', 'centre_15'] as const satisfies readonly AccessMode[]

/** Somebody of the physicians' column, as if it read every type: the types of each column are told afterwards. */
function readsAll(law: Law, policy: Policy, now: number) {
  const wide = { ...policy, readers: new Map([...policy.readers, ['J', new Set(policy.documentTypes.keys())]]) }
  const physician = ofColumns(policy).get('J')
  return (facts: Facts, at: { readonly actor: string; readonly mode: AccessMode }): Query => {
    if (physician === undefined) return nothing
    const principal = acting(physician, at.actor, at.mode)
    const request = { principal, interaction: 'read', type: 'DocumentReference', patient: anybody, now } as const
    const decision = law.decide(request, facts, wide)
    return decision.effect === 'permit' ? or(...decision.restriction.disjuncts) : nothing
  }
}

/** Who reads a column's types in a mode: the call centre is the physicians'. */
const cellsOf = (policy: Policy, mode: AccessMode, change: CellChange['change']): readonly CellChange[] =>
  [...policy.documentTypes.values()].flatMap(type =>
    [...policy.readers]
      .filter(([column, types]) => types.has(type.code) && (mode !== 'centre_15' || column === 'J'))
      .map(([column]) => ({ change, column, type })),
  )

const isSame = (one: Query, other: Query): boolean => JSON.stringify(one) === JSON.stringify(other)

/** What lets somebody in: all else only takes away, also an agreement to everything with exceptions. */
const permits: ReadonlySet<ConsentRule['kind']> = new Set(['authorise', 'authorise-part', 'treating', 'administrator'])

/** In the ordinary mode a denial is tried on somebody authorised, a permission on somebody who is not. */
function authorising(
  facts: Facts,
  at: { readonly mode: AccessMode; readonly denies: boolean; readonly actor: string },
) {
  if (at.mode !== 'normal' || !at.denies) return facts
  return { ...facts, authorised: [...facts.authorised, { actor: at.actor, from: null, before: null }] }
}

/** The parts of a rule and of its exceptions. */
function partsOf(rule: ConsentRule): readonly Part[] {
  const limits = 'rules' in rule ? rule.rules.flatMap(each => [each, ...each.except]) : []
  return limits.flatMap(({ parts }) => parts)
}

/** Whether it is about single documents, each of which is one patient's: by itself, or in a part or an exception. */
const namesDocument = (rule: ConsentRule): boolean =>
  rule.kind === 'mask-document' || partsOf(rule).some(({ documents }) => documents !== undefined)

/** Whether it is about what is hidden from somebody, by the labels that hide it. */
const namesHidden = (rule: ConsentRule): boolean =>
  partsOf(rule).some(({ labels }) => labels !== undefined && labels.bits !== 0)

const firstDay = /^\d{4}(?:-01(?:-01)?)?$/
const lastDay = /^\d{4}(?:-12(?:-31)?)?$/

/** Whether data are limited by anything finer than calendar years, here or within. */
function isNarrow(provision: JsonObject | undefined): boolean {
  const { start, end } = objectOf(provision?.dataPeriod) ?? {}
  const fine = (day: unknown, whole: RegExp): boolean => day !== undefined && !whole.test(textOf(day) ?? '')
  return fine(start, firstDay) || fine(end, lastDay) || objectsOf(provision?.provision).some(isNarrow)
}

/** Fails for what concerns few resources by its nature: a document, or days, by which two rehearsals could differ; and for what is hidden. */
function judgeBreadth(rule: ConsentRule, { provision }: Resource): Result<undefined> {
  if (namesDocument(rule))
    return fail('refusedByRule', 'expected a rule about many documents, found one about one', 'Consent.provision.data')
  if (namesHidden(rule))
    return fail(
      'refusedByRule',
      'expected labels of confidentiality, found one that hides: how much of what an author wrote is hidden is nobody’s to count',
      'Consent.provision.securityLabel',
    )
  if (!isNarrow(objectOf(provision))) return ok(undefined)
  const expected = 'expected whole calendar years (start 2025-01-01, end 2025-12-31), found a finer period'
  return fail('refusedByRule', expected, 'Consent.provision.dataPeriod')
}

export interface RehearsedConsent {
  readonly law: Law
  readonly consent: Resource
  /** Milliseconds since 1970. */
  readonly now: number
  readonly zone: string
}

/**
 * @returns the rows that the Consent would open or close in each mode; fails with the element that this record does not
 * understand, and for a rule about a single document, whose count would tell of one patient.
 */
export function rehearseConsent({ law, consent, now, zone }: RehearsedConsent): Result<readonly Rehearsed[]> {
  const rule = readConsent(consent, zone)
  if (!rule.ok) return rule
  const broad = judgeBreadth(rule.value, consent)
  if (!broad.ok) return broad
  const active = { _id: 'consent', resource: { ...consent, status: 'active' } }
  const [before, after] = [factsOf([], zone), factsOf([active], zone)]
  const [named] = namingsOf(ruleSources(anybody, [active], zone), { facts: after, now })
  const actor = named?.actor ?? nobody
  const denies = !permits.has(rule.value.kind)
  const policy = law.inForce(now)
  const reads = readsAll(law, policy, now)
  return ok(
    modes.flatMap(mode => {
      const tried = [before, after].map(facts => reads(authorising(facts, { mode, denies, actor }), { actor, mode }))
      const [was = nothing, is = nothing] = tried
      if (isSame(was, is)) return []
      return [
        { change: 'opens' as const, query: and(is, not(was)) },
        { change: 'closes' as const, query: and(was, not(is)) },
      ]
        .filter(({ query }) => query.op !== nothing.op)
        .map(({ change, query }) => ({
          mode,
          rows: restrict(everyRecord, [and(ofMatrix(policy), query)]),
          cells: cellsOf(policy, mode, change),
        }))
    }),
  )
}
