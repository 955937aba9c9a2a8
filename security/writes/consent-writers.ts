/** Who may write which Consent. `access.md` section 4, last column. */
import { fail, ok, type Result } from '../../resources/outcome.ts'
import type { Resource } from '../../resources/resource.ts'
import { actorsOf, depositorOf, personOf } from '../actors.ts'
import { isEmergency } from '../attested.ts'
import { isVerified } from '../consent-elements.ts'
import type { ConsentRule } from '../consent-rule.ts'
import { blocked, treats } from '../entry.ts'
import { mayOpen } from '../opening.ts'
import { ownsDeposit } from '../own-deposit.ts'
import type { Part } from '../part-rule.ts'
import type { Principal } from '../principal.ts'
import { readConsent } from '../read-consent.ts'
import { isOfRecord, judgeMasksApart, targetRow } from './consent-target.ts'
import type { Judging } from './judging.ts'
import { judgeKeptOpening } from './opening-consent.ts'

type Writer = 'patient' | 'opener' | 'himself' | 'treating' | 'depositor'

/**
 * Whether a permit is about the professional or his structure. What its exceptions deny they deny to him in person: against
 * colleagues, and against everybody else, they would be a block.
 */
function isOfHimself(rule: ConsentRule, principal: Principal): boolean {
  if ('grant' in rule) return actorsOf(principal).includes(rule.grant.actor)
  if (!('rules' in rule)) return false
  return rule.rules.every(({ effect, actor }) =>
    effect === 'permit' ? actor !== null && actorsOf(principal).includes(actor) : actor === personOf(principal),
  )
}

/** The table of section 4. */
const writers: Readonly<Record<ConsentRule['kind'], readonly Writer[]>> = {
  opened: ['patient', 'opener'],
  authorise: ['patient', 'himself'],
  block: ['patient', 'treating'],
  treating: ['patient', 'himself'],
  administrator: ['patient'],
  'authorise-part': ['patient', 'himself'],
  'block-part': ['patient', 'treating'],
  'mask-part': ['patient'],
  mask: ['patient'],
  'mask-document': ['patient', 'depositor'],
  emergency: ['patient'],
}

/** Those who write in the patient's name attest that he agreed. */
const attests: ReadonlySet<Writer> = new Set(['opener', 'himself', 'depositor'])

export const isPatient = ({ request: { principal, patient } }: Judging): boolean =>
  principal.kind === 'patient' && principal.patient === patient

/** Whether the caller is that writer of a Consent which says `rule`. */
const is: Readonly<Record<Writer, (rule: ConsentRule, judging: Judging) => boolean>> = {
  patient: (_, judging) => isPatient(judging),
  // Once a record is open, only its holder refuses it, and in an emergency nobody agrees to it in his name.
  opener: (rule, { request: { principal, opens } }) =>
    rule.kind === 'opened' &&
    principal.kind !== 'patient' &&
    mayOpen(principal) &&
    (opens || (rule.effect === 'permit' && !isEmergency(principal))),
  // Who is blocked cannot prepare his return; in an emergency the patient cannot be asked.
  himself: (rule, { request: { principal, now }, facts }) =>
    principal.kind === 'professional' &&
    principal.mode === 'normal' &&
    isOfHimself(rule, principal) &&
    !blocked(principal, facts, now),
  treating: (_, { request: { principal, now }, facts }) =>
    principal.kind === 'professional' && treats(principal, facts, now),
  depositor: (rule, judging) => {
    const row = rule.kind === 'mask-document' ? targetRow(rule.document, judging) : undefined
    return row !== undefined && !isEmergency(judging.request.principal) && ownsDeposit(judging.request.principal, row)
  },
}

const refused = (): Result<never> =>
  fail(
    'accessDenied',
    'expected a Consent that the token may write for this patient, found another',
    'Consent.provision',
  )

/** Judges one state of a Consent: as it is, or as it would become. */
function judgeRule(consent: Resource, rule: ConsentRule, judging: Judging): Result<undefined> {
  const found = writers[rule.kind].filter(writer => is[writer](rule, judging))
  if (found.length === 0) return refused()
  if (isVerified(consent) || found.some(writer => !attests.has(writer))) return ok(undefined)
  return fail(
    'refusedByRule',
    'expected the verification of what the patient agreed to, found none',
    'Consent.verification',
  )
}

/** Only the patient changes or withdraws what another declared, and what this record no longer understands. */
function judgeBefore(judging: Judging): Result<undefined> {
  const { before } = judging.plan.write
  if (before === undefined || isPatient(judging)) return ok(undefined)
  if (before.labels.depositor !== depositorOf(judging.request.principal)) return refused()
  const rule = readConsent(before.resource)
  return rule.ok ? judgeRule(before.resource, rule.value, judging) : refused()
}

const outer = 'Consent.provision.data.reference'
const inner = 'Consent.provision.provision.data.reference'

/** The single documents that a Consent names, and where. */
function documentsIn(rule: ConsentRule): readonly { readonly document: string; readonly path: string }[] {
  if (rule.kind === 'mask-document') return [{ document: rule.document, path: outer }]
  if (!('rules' in rule)) return []
  const [first, ...others] = rule.rules
  const within = [...(first?.except ?? []), ...others]
  const told = (parts: readonly Part[], path: string) =>
    parts.flatMap(({ documents = [] }) => documents.map(document => ({ document, path })))
  return [...told(first?.parts ?? [], outer), ...within.flatMap(({ parts }) => told(parts, inner))]
}

/** A mask on what is not of this record would mask nothing, in silence. */
function judgeTarget(rule: ConsentRule, judging: Judging): Result<undefined> {
  const stranger = documentsIn(rule).find(({ document }) => !isOfRecord(document, judging))
  if (stranger === undefined) return ok(undefined)
  const [type] = stranger.document.split('/')
  return fail(
    'refusedByRule',
    `expected a resource of this record, found one of type ${type} that it does not keep`,
    stranger.path,
  )
}

/** Judges one write of a Consent. */
export function judgeConsent(judging: Judging): Result<undefined> {
  const owned = judgeBefore(judging)
  const before = owned.ok ? judgeKeptOpening(judging) : owned
  if (!before.ok) return before
  const { after, rule } = judging.plan
  if (after === undefined || rule === undefined) return before
  const writer = judgeRule(after, rule, judging)
  if (!writer.ok) return writer
  const target = judgeTarget(rule, judging)
  return target.ok ? judgeMasksApart(judging) : target
}
