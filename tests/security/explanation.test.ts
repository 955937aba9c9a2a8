/** Explanations stand on decisions: whatever `decide` refuses has its place among the conditions that are told. */
import t from 'tap'
import { columns } from '../../security/access-matrix.ts'
import { columnOf } from '../../security/columns.ts'
import { decide } from '../../security/decide.ts'
import { conditionsOf, tokenConditions } from '../../security/explanation.ts'
import type { Facts } from '../../security/facts.ts'
import { acting, nobody, ofColumns } from '../../security/hypothetical.ts'
import { lawOf } from '../../security/law.ts'
import { parseScopes } from '../../security/parse-scopes.ts'
import type { Principal } from '../../security/principal.ts'
import { ruleSources } from '../../security/rule-sources.ts'
import { verdictOn } from '../../security/verdict.ts'
import { mostActors, whoReads } from '../../security/who-reads.ts'
import {
  client,
  facts,
  finess,
  grounds,
  hits,
  insurance,
  marie,
  me,
  now,
  ofProfession,
  ofRecord,
  operator,
  past,
  policy,
  policyInForce,
  professional,
  row,
  rpps,
  secretary,
  structure,
  surroundings,
} from './decide-support.ts'

t.test('for each of the 19 columns there is somebody who falls in it', async t => {
  t.same([...ofColumns(policy).keys()].sort(), [...columns].sort())
  for (const [column, somebody] of ofColumns(policy))
    t.equal(columnOf(policy, acting(somebody, nobody, 'normal')), column)
})

const people: readonly (readonly [string, Principal])[] = [
  ['a physician', professional()],
  ['a physician without scopes', professional({ scopes: [] })],
  ['a nurse', ofProfession('60')],
  ['a broken glass', professional({ mode: 'bris_de_glace', reason: 'x' })],
  ['a call centre', professional({ mode: 'centre_15', reason: 'x' })],
  ['a call centre of nurses', ofProfession('60', { mode: 'centre_15', reason: 'x' })],
  ['nobody’s profession', professional({ profession: null })],
  ['a secretary', secretary],
  ['a structure', structure],
  ['the insurance', insurance],
  ['an operator', operator],
  ['a client', client],
  ['the patient', ofRecord('patient')],
  ['another patient', ofRecord('patient', 'other0000000')],
  [
    'another patient with the scopes of a user',
    { ...ofRecord('patient', 'other0000000'), scopes: parseScopes('user/*.rs') },
  ],
  ['a representative', ofRecord('representative')],
]

const records: readonly (readonly [string, Facts | undefined])[] = [
  ['no record', undefined],
  ['a closed record', facts({ open: false })],
  ['an empty record', facts()],
  ['a record that authorises', facts({ authorised: [me] })],
  ['a record that authorised', facts({ authorised: [past(me)] })],
  ['a record that blocks', facts({ authorised: [me], blocked: [me] })],
  ['a record that opposes emergencies', facts({ emergency: { breakGlass: false, centre15: false, masked: false } })],
  ['a record of a médecin traitant', facts({ treating: [me] })],
  ['a record with own deposits', facts({ depositors: [`rpps:${rpps}`, `finess:${finess}`, 'insurance:agent-1'] })],
]

for (const [who, principal] of people) {
  t.test(`${who}: what refuses stands after what passed, and what permits passed all`, async t => {
    for (const [where, known] of records) {
      const request = { principal, interaction: 'read', type: 'DocumentReference', patient: marie, now } as const
      const decision = decide(request, grounds(known))
      const judged = { principal, policy, ofRecords: true }
      if (decision.effect === 'permit') {
        const told = conditionsOf({ ...judged, basis: decision.basis })
        t.ok(
          told.every(({ outcome }) => outcome === 'passed'),
          where,
        )
        continue
      }
      const told = conditionsOf({ ...judged, failed: decision.failed })
      const at = told.findIndex(({ outcome }) => outcome === 'failed')
      t.equal(told[at]?.id, decision.failed, where)
      t.ok(told.slice(0, at).every(({ outcome }) => outcome === 'passed'))
      // The last of them is the door that stayed closed, or what comes before it.
      const withheld = tokenConditions(judged, 'withheld').map(({ id }) => id)
      if (decision.because === 'record') t.ok(withheld.includes(decision.failed), `${decision.failed} in ${where}`)
    }
  })
}

const law = lawOf(
  {} as Parameters<typeof lawOf>[0], // no matrix is tried here
  policyInForce,
  surroundings,
)

t.test('a verdict is what decide and the row say together', async t => {
  for (const [, principal] of people)
    for (const [where, known] of records)
      for (const entry of [
        row(),
        row({ mask: 1 }),
        row({ documentType: 'REMB' }),
        row({ depositor: `rpps:${rpps}` }),
      ]) {
        if (known === undefined) continue
        const request = { principal, interaction: 'read', type: entry.type, patient: marie, now } as const
        const verdict = verdictOn({ law, policy, facts: known, entry, now }, principal)
        t.equal(verdict.reads, hits(decide(request, grounds(known)), entry) > 0, where)
      }
})

const permitting = (actor: string, n: number) => ({
  _id: `consent-${n}`,
  resource: {
    ...{ resourceType: 'Consent', status: 'active', id: `consent-${n}` },
    scope: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/consentscope', code: 'patient-privacy' }] },
    category: [{ coding: [{ system: 'http://loinc.org', code: '59284-0' }] }],
    provision: {
      type: 'permit',
      actor: [
        {
          role: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType', code: 'IRCP' }] },
          reference: { identifier: { system: 'https://rpps.esante.gouv.fr', value: actor } },
        },
      ],
    },
  },
})

t.test('a record that names too many is not explained', async t => {
  const names = (count: number) =>
    ruleSources(
      marie,
      Array.from({ length: count }, (_, n) => permitting(String(10_000_000_000 + n), n)),
      'Europe/Paris',
    )
  const subject = { law, policy, facts: facts(), entry: row({ depositor: null }), now }
  t.equal(whoReads(subject, names(mostActors + 1)), undefined)
  t.equal([...(whoReads(subject, names(mostActors))?.actors ?? [])].length, mostActors)
})
