/** AuditEvents in the shape of IHE BALP, rendered from stored lines. `access.md` section 8. */
import t from 'tap'
import { compileValidator } from '../../profiles/validate.ts'
import { auditAgentOf } from '../../security/audit-agent.ts'
import type { AuditEntry } from '../../security/audit-entry.ts'
import { toAuditEvent } from '../../security/audit-event.ts'
import { accessStatusExtension, summarisePatient } from '../../security/patient-summary.ts'
import { loadDefinitions } from '../../server/definitions/load.ts'
import {
  finess,
  insurance,
  marie,
  now,
  ofRecord,
  professional,
  professionSystem,
  rpps,
  structure,
} from './decide-support.ts'
import { patient } from './record-support.ts'

const { validate } = compileValidator((await loadDefinitions()).structures)
const base = 'https://here.test/fhir'
const target = { type: 'DocumentReference', id: 'd', version: 2, documentType: '34112-3', mask: 1, hiddenUntil: null }

const entry = (differences: Partial<AuditEntry> = {}): AuditEntry & { readonly _id: string } => ({
  _id: 'event-1',
  at: now,
  patient: marie,
  interaction: 'read',
  type: 'DocumentReference',
  outcome: 'success',
  status: 200,
  failed: null,
  basis: 'authorised',
  query: null,
  targets: [target],
  agent: auditAgentOf(professional()),
  policy: '2025-09-17+abc',
  request: 'request-1',
  ...differences,
})

const event = (differences: Partial<AuditEntry> = {}) => toAuditEvent(entry(differences), { base })
const profile = 'https://profiles.ihe.net/ITI/BALP/StructureDefinition/IHE.BasicAudit.'
const search: Partial<AuditEntry> = {
  interaction: 'search-type',
  query: 'DocumentReference?status=current',
  targets: [target, target],
}

for (const [sentence, differences, expected] of [
  [
    'a read in a record',
    {},
    { meta: { profile: [`${profile}PatientRead`] }, action: 'R', subtype: [{ code: 'read' }] },
  ],
  [
    'a vread in a record',
    { interaction: 'vread' },
    { meta: { profile: [`${profile}PatientRead`] }, action: 'R', subtype: [{ code: 'vread' }] },
  ],
  [
    'a search in a record',
    search,
    { meta: { profile: [`${profile}PatientQuery`] }, action: 'E', subtype: [{ code: 'search-type' }] },
  ],
  ['a create in a record', { interaction: 'create' }, { meta: { profile: [`${profile}PatientCreate`] }, action: 'C' }],
  ['an update in a record', { interaction: 'update' }, { meta: { profile: [`${profile}PatientUpdate`] }, action: 'U' }],
  ['a delete in a record', { interaction: 'delete' }, { meta: { profile: [`${profile}PatientDelete`] }, action: 'D' }],
  ['a read in the directory', { patient: null }, { meta: { profile: [`${profile}Read`] } }],
  ['a search in the directory', { ...search, patient: null }, { meta: { profile: [`${profile}Query`] } }],
  ['a success', {}, { outcome: '0' }],
  ['a refusal', { outcome: 'refused' }, { outcome: '4', meta: { profile: undefined } }],
  ['a failure', { outcome: 'failed' }, { outcome: '8', meta: { profile: undefined } }],
  [
    'a history, for which BALP has no profile',
    { interaction: 'history-instance' },
    { meta: { profile: undefined }, action: 'R' },
  ],
] as const)
  t.test(`${sentence} is told as one`, async t => t.match(event(differences), expected))

t.test('an event says when, of whom, which version of what, under which policy and in which request', async t => {
  t.match(event(), {
    resourceType: 'AuditEvent',
    id: 'event-1',
    type: { code: 'rest' },
    recorded: '2026-01-15T12:00:00.000Z',
    source: { observer: { identifier: { value: base } } },
    entity: [
      { what: { reference: `Patient/${marie}` }, type: { code: '1' }, role: { code: '1' } },
      { what: { reference: 'DocumentReference/d/_history/2' }, type: { code: '2' }, role: { code: '4' } },
      { what: { identifier: { value: 'request-1' } }, type: { code: 'XrequestId' } },
      {
        detail: [
          { type: 'policy', valueString: '2025-09-17+abc' },
          { type: 'basis', valueString: 'authorised' },
          { type: 'status', valueString: '200' },
        ],
      },
    ],
  })
})

t.test('a search is readable, and exact in base 64', async t => {
  const entities = event({ ...search, query: 'Patient?family=Éloïse' }).entity as readonly {
    query?: string
    description?: string
  }[]
  const asked = entities.filter(({ query }) => query !== undefined)
  t.equal(asked.length, 1)
  t.equal(asked[0]?.description, 'Patient?family=Éloïse')
  t.equal(Buffer.from(asked[0]?.query ?? '', 'base64').toString(), 'Patient?family=Éloïse')
})

t.test('every event has the structure that R4 asks for', async t => {
  const interactions = [
    'read',
    'vread',
    'history-instance',
    'create',
    'update',
    'delete',
    'search-type',
    'batch',
    'transaction',
    'capabilities',
  ] as const
  for (const interaction of interactions)
    for (const differences of [
      {},
      { outcome: 'refused', targets: [], failed: 'not-blocked', basis: null },
      { patient: null, query: 'Patient' },
    ] as const)
      for (const principal of [
        professional({ mode: 'bris_de_glace', reason: 'coma', role: '331' }),
        structure,
        insurance,
        ofRecord('patient'),
      ])
        t.match(validate(event({ interaction, ...differences, agent: auditAgentOf(principal) })), { ok: true })
})

const askedIns = { system: 'urn:oid:1.2.250.1.213.1.4.10', value: '260000000000064' }

t.test('a Patient who is cut has the structure that R4 asks for', async t => {
  t.match(
    validate(
      summarisePatient(patient({ identifier: [askedIns], meta: { versionId: '3' } }), {
        asked: askedIns,
        status: 'none',
      }),
    ),
    {
      ok: true,
    },
  )
})

t.test('what a search found does not pass for the query', async t => {
  const systemObjects = (event(search).entity as readonly { type: { code: string } }[]).filter(
    ({ type }) => type.code === '2',
  )
  t.equal(systemObjects.length, 1)
})

for (const [sentence, principal, who] of [
  ['a professional by RPPS', professional(), { identifier: { system: 'https://rpps.esante.gouv.fr', value: rpps } }],
  ['a structure by FINESS', structure, { identifier: { system: 'https://finess.esante.gouv.fr', value: finess } }],
  [
    'a patient by the subject of the token',
    ofRecord('patient'),
    { identifier: { system: 'https://issuer.test', value: 'somebody' } },
  ],
  [
    'the insurance by the subject of the token',
    insurance,
    { identifier: { system: 'https://issuer.test', value: 'agent-1' } },
  ],
] as const)
  t.test(`an event names ${sentence}`, async t => {
    t.match(event({ agent: auditAgentOf(principal) }).agent, [
      { requestor: true, role: [{ text: principal.kind }], who },
    ])
  })

t.test('a professional is named with his profession and the structure in which he acted', async t => {
  t.match(event().agent, [
    { role: [{ text: 'professional' }, { coding: [{ system: professionSystem, code: '10' }] }] },
    { requestor: false, who: { type: 'Organization', identifier: { value: finess } } },
    { requestor: false, type: { coding: [{ code: '110152' }] } },
    { requestor: false, type: { coding: [{ code: '110153' }] }, network: { address: base, type: '5' } },
  ])
})

for (const [mode, reason, code] of [
  ['normal', null, 'TREAT'],
  ['bris_de_glace', 'unconscious', 'BTG'],
  ['centre_15', 'call 12', 'ETREAT'],
] as const)
  t.test(`the mode ${mode} is the purpose ${code}`, async t => {
    const told = event({ agent: auditAgentOf(professional({ mode, reason })) })
    t.match(told.purposeOfEvent, [{ coding: [{ code }], ...(reason === null ? {} : { text: reason }) }])
  })

t.test('who is no professional has no purpose of treatment', async t => {
  t.equal(event({ agent: auditAgentOf(ofRecord('patient')) }).purposeOfEvent, undefined)
})

t.test('the true reason of a refusal stays in the trail', async t => {
  const told = JSON.stringify(event({ outcome: 'refused', failed: 'not-blocked', basis: null, targets: [] }))
  t.notMatch(told, /block/)
})

t.test('an event tells nothing of masks and document types', async t => {
  t.notMatch(JSON.stringify(event()), /34112-3|mask/i)
})

t.test('a Patient is cut to the identifier that was asked for, active and the status of access', async t => {
  const whole = patient({
    identifier: [askedIns, { ...askedIns, value: '260000000000161' }, { ...askedIns, system: 'urn:hospital' }, {}],
    name: [{ family: 'Test' }],
    birthDate: '1980-01-01',
    generalPractitioner: [{}],
    meta: { profile: ['urn:x'], security: [{ code: 'x' }] },
  })
  t.same(summarisePatient(whole, { asked: askedIns, status: 'blocked' }), {
    resourceType: 'Patient',
    id: marie,
    meta: { tag: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ObservationValue', code: 'SUBSETTED' }] },
    extension: [{ url: accessStatusExtension, valueCode: 'blocked' }],
    identifier: [askedIns],
    active: true,
  })
})
