/** What is served is read from what is promised: https://hl7.org/fhir/R4/capabilitystatement.html */
import { join } from 'node:path'
import t from 'tap'
import { type Placement, patientReferences } from '../../resources/compartment.ts'
import { compileExpression, evaluate } from '../../resources/fhirpath.ts'
import { readCatalog } from '../../resources/read-catalog.ts'
import type { Interaction, Resource } from '../../resources/resource.ts'
import { loadCapabilityStatement, loadDefinitions } from '../../server/definitions/load.ts'
import { root } from '../../server/root.ts'

const definitions = await loadDefinitions()
const performed = new Set<Interaction>([
  'read',
  'vread',
  'history-instance',
  'history-type',
  'history-system',
  'create',
  'update',
  'patch',
  'delete',
  'search-type',
  'search-system',
  'batch',
  'transaction',
])
const ours = await loadCapabilityStatement()
const all = await loadCapabilityStatement(join(root, 'fixtures', 'capability-statement-all-types.json'))

const read = (statement: unknown, interactions: ReadonlySet<Interaction> = performed) =>
  readCatalog(statement, definitions, interactions)

function served(statement: unknown) {
  const catalog = read(statement)
  if (!catalog.ok) throw new Error(JSON.stringify(catalog.failure.complaints.slice(0, 5)))
  return catalog.value
}

const catalog = served(ours)
const wide = served(all)

t.test('our statement promises the types of the shared record', async t => {
  const types =
    'AllergyIntolerance AuditEvent Binary CareTeam Communication Condition Consent DiagnosticReport DocumentReference Immunization List MedicationRequest MedicationStatement Observation Organization Patient Practitioner PractitionerRole Procedure Provenance RelatedPerson SearchParameter'
  t.same([...catalog.types.keys()].sort(), types.split(' '))
  t.same([...catalog.system].sort(), ['batch', 'history-system', 'search-system', 'transaction'])
  t.same([...(catalog.compartments ?? [])], ['Patient'])
  t.same([...(catalog.types.get('AuditEvent')?.interactions ?? [])], ['read', 'search-type'])
  t.same([...(catalog.types.get('AuditEvent')?.parameters.keys() ?? [])].sort(), [
    '_id',
    '_lastUpdated',
    'action',
    'agent',
    'agent-role',
    'date',
    'entity',
    'entity-role',
    'entity-type',
    'outcome',
    'patient',
    'subtype',
    'type',
  ])
  t.notOk(catalog.types.get('Binary')?.interactions.has('search-type'))
  for (const { type, parameters } of catalog.types.values())
    if (!['Binary', 'AuditEvent', 'Communication'].includes(type))
      for (const name of ['_id', '_lastUpdated', '_profile', '_security', '_tag'])
        t.ok(parameters.has(name), `${type} ${name}`)
})

t.test('the statement of all types promises every type that R4 lets one store', async t => {
  t.equal(wide.types.size, 144)
  for (const type of ['Parameters', 'OperationOutcome']) t.notOk(wide.types.has(type))
  const promised = [...wide.types.values()].flatMap(({ type, parameters }) =>
    [...parameters.keys()].map(code => `${type}?${code}`),
  )
  t.ok(promised.length > 2300, `${promised.length} parameters`)
  t.notOk(wide.types.get('Location')?.parameters.has('near'), 'no special parameter')
})

t.test('a parameter is R4’s, cut to the type', async t => {
  t.same(catalog.types.get('Observation')?.parameters.get('patient'), {
    code: 'patient',
    type: 'reference',
    expression: 'Observation.subject.where(resolve() is Patient)',
    target: ['Patient'],
    definition: 'http://hl7.org/fhir/SearchParameter/clinical-patient',
  })
})

t.test('the compartment is asked for the patient, then the subject, then the others in order', async t => {
  t.same(wide.types.get('MedicationAdministration')?.compartment, ['patient', 'subject', 'performer'])
  t.same(wide.types.get('MedicationAdministration')?.compartmentPaths, ['subject', 'performer.actor'])
  t.same(wide.types.get('Appointment')?.compartmentPaths, ['participant.actor'])
  t.same(wide.types.get('Organization')?.compartment, [])
  for (const type of ['Contract', 'Device', 'Task'])
    t.same(
      wide.types.get(type)?.compartment,
      ['patient'],
      `${type} names a patient, although R4 has it in no compartment`,
    )
  t.same(wide.types.get('GuidanceResponse')?.compartment, ['patient', 'subject'])
})

t.test('every type of a compartment has an element behind it', async t => {
  for (const { type, compartment, compartmentPaths = [] } of wide.types.values())
    t.equal(compartmentPaths.length > 0, compartment.length > 0, type)
})

const statement = (resource: unknown, more: object = {}) => ({
  resourceType: 'CapabilityStatement',
  rest: [{ mode: 'server', resource: [resource], ...more }],
})

for (const [sentence, given, expression] of [
  ['nothing', undefined, 'CapabilityStatement.resourceType'],
  ['another resource', { resourceType: 'Patient', rest: [{ mode: 'server' }] }, 'CapabilityStatement.resourceType'],
  ['no rest', { resourceType: 'CapabilityStatement' }, 'CapabilityStatement.rest'],
  [
    'two rests',
    { resourceType: 'CapabilityStatement', rest: [{ mode: 'server' }, { mode: 'server' }] },
    'CapabilityStatement.rest',
  ],
  ['an unknown type', statement({ type: 'Personne' }), 'CapabilityStatement.rest[0].resource[0].type'],
  ['no type', statement('Patient'), 'CapabilityStatement.rest[0].resource[0].type'],
  [
    'a name of the language as type',
    statement({ type: 'constructor' }),
    'CapabilityStatement.rest[0].resource[0].type',
  ],
  [
    'an interaction without code',
    statement({ type: 'Patient', interaction: [{ code: 'search-system' }] }),
    'CapabilityStatement.rest[0].resource[0].interaction[0].code',
  ],
  [
    'an interaction of the system on a type',
    statement({ type: 'Patient', interaction: [{ code: 'batch' }] }),
    'CapabilityStatement.rest[0].resource[0].interaction[0].code',
  ],
  [
    'a system interaction without code',
    statement({ type: 'Patient' }, { interaction: [{ code: 'patch' }] }),
    'CapabilityStatement.rest[0].interaction[0].code',
  ],
  [
    'a compartment without code',
    statement({ type: 'Patient' }, { compartment: ['http://hl7.org/fhir/CompartmentDefinition/encounter'] }),
    'CapabilityStatement.rest[0].compartment',
  ],
  [
    'an unknown parameter',
    statement({ type: 'Patient', searchParam: [{ name: 'toString', type: 'token' }] }),
    'CapabilityStatement.rest[0].resource[0].searchParam[0].name',
  ],
  [
    'a parameter of another type of resource',
    statement({ type: 'Patient', searchParam: [{ name: 'code', type: 'token' }] }),
    'CapabilityStatement.rest[0].resource[0].searchParam[0].name',
  ],
  [
    'a composite parameter whose values no element holds together',
    statement({
      type: 'MolecularSequence',
      searchParam: [{ name: 'chromosome-variant-coordinate', type: 'composite' }],
    }),
    'CapabilityStatement.rest[0].resource[0].searchParam[0].type',
  ],
  [
    'a special parameter',
    statement({ type: 'Location', searchParam: [{ name: 'near', type: 'special' }] }),
    'CapabilityStatement.rest[0].resource[0].searchParam[0].type',
  ],
  [
    'a parameter of the wrong type',
    statement({ type: 'Patient', searchParam: [{ name: 'gender', type: 'string' }] }),
    'CapabilityStatement.rest[0].resource[0].searchParam[0].type',
  ],
  [
    'a parameter of another definition',
    statement({ type: 'Patient', searchParam: [{ name: 'gender', type: 'token', definition: 'http://x' }] }),
    'CapabilityStatement.rest[0].resource[0].searchParam[0].definition',
  ],
  [
    'an include that no parameter makes',
    statement({ type: 'Patient', searchInclude: ['Patient:link'] }),
    'CapabilityStatement.rest[0].resource[0].searchInclude[0]',
  ],
  [
    'an include by a token',
    statement({ type: 'Patient', searchParam: [{ name: 'gender', type: 'token' }], searchInclude: ['Patient:gender'] }),
    'CapabilityStatement.rest[0].resource[0].searchInclude[0]',
  ],
  [
    'a reverse include from a type that is not served',
    statement({ type: 'Patient', searchRevInclude: ['Observation:subject'] }),
    'CapabilityStatement.rest[0].resource[0].searchRevInclude[0]',
  ],
  [
    'an include of everything',
    statement({ type: 'Patient', searchInclude: ['*'] }),
    'CapabilityStatement.rest[0].resource[0].searchInclude[0]',
  ],
  [
    'a conditional update of what is not searched',
    statement({ type: 'Patient', conditionalUpdate: true }),
    'CapabilityStatement.rest[0].resource[0].conditionalUpdate',
  ],
  [
    'a conditional delete of what is not searched',
    statement({ type: 'Patient', conditionalDelete: 'single' }),
    'CapabilityStatement.rest[0].resource[0].conditionalDelete',
  ],
  [
    'a conditional delete of nobody knows how many',
    statement({
      type: 'Patient',
      interaction: [{ code: 'delete' }, { code: 'search-type' }],
      conditionalDelete: 'all',
    }),
    'CapabilityStatement.rest[0].resource[0].conditionalDelete',
  ],
  [
    'a conditional read of what is not read',
    statement({ type: 'Patient', interaction: [{ code: 'create' }], conditionalRead: 'full-support' }),
    'CapabilityStatement.rest[0].resource[0].conditionalRead',
  ],
  [
    'an operation without code',
    statement({ type: 'Patient', operation: [{ name: 'match' }] }),
    'CapabilityStatement.rest[0].resource[0].operation[0]',
  ],
  [
    'an operation on a type that does not have it',
    statement({ type: 'Observation', operation: [{ name: 'everything' }] }),
    'CapabilityStatement.rest[0].resource[0].operation[0]',
  ],
  [
    'an operation by another definition',
    statement({ type: 'Patient', operation: [{ name: 'everything', definition: 'urn:other' }] }),
    'CapabilityStatement.rest[0].resource[0].operation[0].definition',
  ],
  [
    'an operation of the system',
    statement({ type: 'Patient' }, { operation: [{ name: 'convert' }] }),
    'CapabilityStatement.rest[0].operation[0]',
  ],
] as const) {
  t.test(`a statement that promises ${sentence} stops the start, and says where`, async t => {
    const answer = read(given)
    t.notOk(answer.ok)
    if (answer.ok) return
    t.equal(answer.failure.kind, 'badParameter')
    t.ok(
      answer.failure.complaints.some(complaint => complaint.expression === expression),
      JSON.stringify(answer.failure.complaints),
    )
  })
}

t.test('a type promised twice is refused', async t => {
  const twice = {
    resourceType: 'CapabilityStatement',
    rest: [{ mode: 'server', resource: [{ type: 'Patient' }, { type: 'Patient' }] }],
  }
  t.match(read(twice), {
    ok: false,
    failure: { complaints: [{ expression: 'CapabilityStatement.rest[0].resource[1].type' }] },
  })
})

t.test('everything that is wrong is said at once', async t => {
  const answer = read(ours, new Set<Interaction>(['read']))
  t.ok(!answer.ok && answer.failure.complaints.length > 100)
})

t.test('searches, and what is behind them, can be evaluated on any resource', async t => {
  const expressions = [...wide.types.values()].flatMap(({ type, parameters }) =>
    [...parameters.values()].map(({ expression }) => [type, expression] as const),
  )
  const failing = expressions.filter(([resourceType, expression]) => {
    try {
      return evaluate(expression, { resourceType }).length > 1
    } catch {
      return true
    }
  })
  t.equal(failing.map(([, expression]) => expression).join('\n'), '')
})

const observation: Resource = Object.freeze({
  resourceType: 'Observation',
  id: 'o',
  subject: { reference: 'Patient/1' },
  performer: [
    { reference: 'https://x.example/fhir/Patient/2/_history/1' },
    { reference: 'Organization/3' },
    { type: 'Patient', identifier: { value: 'x' } },
  ],
  effectiveDateTime: '2024-01',
  component: [{ valueQuantity: { value: 1 } }, { valueString: 'a' }, { valueQuantity: { value: 2 } }],
})

for (const [expression, selected] of [
  ['Observation.subject.where(resolve() is Patient)', [{ reference: 'Patient/1' }]],
  ['Observation.performer.where(resolve() is Patient).reference', ['https://x.example/fhir/Patient/2/_history/1']],
  ['Observation.performer.where(resolve() is Patient).identifier.value', ['x']],
  ['Observation.subject.where(resolve() is Group)', []],
  ['(Observation.component.value as Quantity)', [{ value: 1 }, { value: 2 }]],
  ['Observation.component.value.as(string)', ['a']],
  ['Observation.effective', ['2024-01']],
] as const) {
  t.test(`"${expression}" selects without resolving and for several values`, async t => {
    t.same(compileExpression(expression)(observation), selected)
  })
}

t.test('what is not FHIRPath throws', async t => {
  t.throws(() => compileExpression('Observation..'), Error)
})

const place = (resource: Resource): Placement =>
  patientReferences(resource, wide.types.get(resource.resourceType)?.compartmentPaths ?? [])

/** Paths of the references that were returned, behind the kind. */
function said(placement: Placement): readonly string[] {
  return placement.kind === 'patient' || placement.kind === 'target'
    ? [placement.kind, ...placement.references.map(({ path }) => path)]
    : [placement.kind]
}

const contained = [
  { resourceType: 'Patient', id: 'p' },
  { resourceType: 'Practitioner', id: 'd' },
]

for (const [sentence, resource, expected] of [
  ['a Patient is its own record', { resourceType: 'Patient', link: [{ other: { reference: 'Patient/2' } }] }, ['self']],
  [
    'the patient of an Immunization',
    { resourceType: 'Immunization', patient: { reference: 'Patient/1' } },
    ['patient', 'Immunization.patient'],
  ],
  [
    'the subject of an Observation, before its performer',
    { resourceType: 'Observation', performer: [{ reference: 'Patient/2' }], subject: { reference: 'Patient/1' } },
    ['patient', 'Observation.subject'],
  ],
  [
    'a performer who is a Patient, when the subject is none',
    {
      resourceType: 'Observation',
      subject: { reference: 'Group/1' },
      performer: [{ reference: 'Practitioner/1' }, { reference: 'Patient/2' }],
    },
    ['patient', 'Observation.performer[1]'],
  ],
  [
    'a subject by identifier',
    { resourceType: 'DocumentReference', subject: { identifier: { system: 's', value: 'v' } } },
    ['patient', 'DocumentReference.subject'],
  ],
  [
    'a subject of the same Bundle',
    { resourceType: 'DocumentReference', subject: { reference: 'urn:uuid:1' } },
    ['patient', 'DocumentReference.subject'],
  ],
  [
    'a subject by criteria',
    { resourceType: 'DocumentReference', subject: { reference: 'Patient?identifier=a|b' } },
    ['patient', 'DocumentReference.subject'],
  ],
  [
    'a subject that is contained',
    { resourceType: 'DocumentReference', contained, subject: { reference: '#p' } },
    ['patient', 'DocumentReference.subject'],
  ],
  [
    'no contained practitioner',
    { resourceType: 'DocumentReference', contained, subject: { reference: '#d' } },
    ['none'],
  ],
  [
    'a subject of another server',
    { resourceType: 'Condition', subject: { reference: 'https://x.example/fhir/Patient/1/_history/3' } },
    ['patient', 'Condition.subject'],
  ],
  [
    'no author of unknown type',
    { resourceType: 'DocumentReference', author: [{ reference: 'urn:uuid:1' }, { display: 'x' }] },
    ['none'],
  ],
  [
    'an author who is a Patient by type',
    { resourceType: 'DocumentReference', author: [{ type: 'Patient', identifier: { value: 'x' } }] },
    ['patient', 'DocumentReference.author[0]'],
  ],
  [
    'a participant of an Appointment',
    {
      resourceType: 'Appointment',
      participant: [{ actor: { reference: 'Location/1' } }, { actor: { reference: 'Patient/1' } }],
    },
    ['patient', 'Appointment.participant[1].actor'],
  ],
  [
    'the target of a Provenance',
    { resourceType: 'Provenance', target: [{ reference: 'Observation/1' }, { reference: 'Binary/1' }] },
    ['target', 'Provenance.target[0]', 'Provenance.target[1]'],
  ],
  [
    'the context of a Binary',
    { resourceType: 'Binary', securityContext: { reference: 'DocumentReference/1' } },
    ['target', 'Binary.securityContext'],
  ],
  ['nothing for a Binary without context', { resourceType: 'Binary' }, ['none']],
  [
    'nothing for a type of no compartment',
    { resourceType: 'Organization', subject: { reference: 'Patient/1' } },
    ['none'],
  ],
  [
    'nothing for a subject in a wrong form',
    { resourceType: 'Observation', subject: 'Patient/1', performer: [null] },
    ['none'],
  ],
] as const satisfies readonly (readonly [string, Resource, readonly string[]])[])
  t.test(`a record is found by ${sentence}`, async t => t.same(said(place(resource)), expected))

t.test('the reference is returned as it stands', async t => {
  const subject = { type: 'Patient', display: 'x', identifier: { system: 's', value: 'v', use: 'official' } }
  t.match(place({ resourceType: 'Condition', subject }), {
    references: [
      { path: 'Condition.subject', reference: { type: 'Patient', identifier: { system: 's', value: 'v' } } },
    ],
  })
})
