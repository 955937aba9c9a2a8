/** Each rule that a patient makes holds from the very next request on. `access.md` section 4. */
import t from 'tap'
import { matchesOf } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import {
  type Actor,
  colleague,
  emergencyPhysician,
  finess,
  gp,
  hospital,
  hospitalPhysician,
  laboratory,
  nurse,
  operator,
  parentOf,
  patientOf,
  professional,
  rpps,
  samu,
} from './support/cast.ts'
import {
  authorises,
  authorisesStructure,
  blocks,
  blocksStructure,
  careTeam,
  consent,
  dayAt,
  days,
  emergency,
  maskedInEmergency,
  masksAuthor,
  masksDocument,
  masksPeriod,
  masksTypes,
  parent,
  pauses,
  treats,
} from './support/consents.ts'
import {
  byFiness,
  byRpps,
  coded,
  creates,
  document,
  type Json,
  labels,
  loinc,
  observation,
  report,
  subjectOf,
} from './support/contents.ts'
import { type DossierRecord, expectStatus, refusalOf, startStage } from './support/stage.ts'

const stage = await startStage(t)
const author = [byFiness(finess.hospital)]

/** A record with one plain document. */
async function opened(...decisions: readonly Json[]) {
  const record = await stage.open(
    ...decisions.map(provision => (each: DossierRecord) => [patientOf(each), consent(each, provision)] as const),
  )
  const id = await stage.createOne(hospital, document(record, { author }))
  return { record, id, owner: patientOf(record) }
}

/** What somebody gets of one document now: `seen`, or `hidden`; the two doors must agree. */
async function look(actor: Actor, record: DossierRecord, id: string, type = 'DocumentReference'): Promise<string> {
  const [read, search] = await Promise.all([
    stage.get(actor, `${type}/${id}`),
    type === 'Binary'
      ? undefined
      : stage.get(actor, `${type}?${type === 'Patient' ? '' : `patient=${record.id}&`}_id=${id}&_total=accurate`),
  ])
  const found = search === undefined ? read.status === 200 : matchesOf(search).length === 1
  const total = search === undefined ? undefined : select(search.json, '/total')[0]
  if (found !== (read.status === 200) || (total !== undefined && total !== Number(found)))
    return `read ${read.status}, search ${search?.status} with ${total}`
  return found ? 'seen' : `hidden ${read.status}`
}
const hidden = 'hidden 404'

/** Writes a Consent, and changes its status later. */
async function decide(record: DossierRecord, provision: Json) {
  const owner = patientOf(record)
  const id = await stage.createOne(owner, consent(record, provision))
  const become = async (status: string): Promise<unknown> =>
    expectStatus(await stage.put(owner, { ...consent(record, provision), id, status }), 200)
  return { id, end: () => become('inactive'), resume: () => become('active') }
}

const atHospital = professional('99700010107', { structure: finess.hospital })

for (const [sentence, provision, reader, other] of [
  ['a professional is authorised', authorises(rpps.gp), gp, colleague],
  ['a structure is authorised, and whoever works in it', authorisesStructure(finess.hospital), atHospital, gp],
  ['a médecin traitant is named', treats(rpps.gp), gp, colleague],
] as const) {
  t.test(`${sentence}, until the Consent ends, and nobody else is`, async t => {
    const { record, id } = await opened()
    t.equal(await look(reader, record, id), hidden, 'before')
    const decision = await decide(record, provision)
    t.equal(await look(reader, record, id), 'seen', 'from the next request on')
    t.equal(await look(other, record, id), hidden, 'somebody else')
    await decision.end()
    t.equal(await look(reader, record, id), hidden, 'ended')
    await decision.resume()
    t.equal(await look(reader, record, id), 'seen', 'resumed')
    expectStatus(await stage.remove(patientOf(record), `Consent/${decision.id}`), 204)
    t.equal(await look(reader, record, id), hidden, 'deleted')
  })
}

t.test('an authorised structure opens the record to its professionals, not to its system', async t => {
  const { record, id } = await opened(authorisesStructure(finess.laboratory))
  t.equal(await look(laboratory, record, id), hidden)
  t.equal(await look(professional(rpps.stranger, { structure: finess.laboratory }), record, id), 'seen')
})

for (const status of ['draft', 'proposed', 'rejected', 'inactive', 'entered-in-error']) {
  t.test(`a Consent with the status ${status} authorises nobody`, async t => {
    const { record, id, owner } = await opened()
    await stage.createOne(owner, { ...consent(record, authorises(rpps.gp)), status })
    t.equal(await look(gp, record, id), hidden)
  })
}

for (const [sentence, period, expected] of [
  ['that began yesterday', days(-1, undefined), 'seen'],
  ['that ends tomorrow', days(undefined, 1), 'seen'],
  ['of today only, its end included', days(0, 0), 'seen'],
  ['that begins tomorrow', days(1, undefined), hidden],
  ['that ended yesterday', days(-9, -1), hidden],
] as const) {
  for (const [what, provision] of [
    ['an authorisation', authorises(rpps.gp, period)],
    ['a médecin traitant', treats(rpps.gp, period)],
  ] as const)
    t.test(`${what} with a period ${sentence}: ${expected}`, async t => {
      const { record, id } = await opened(provision)
      t.equal(await look(gp, record, id), expected)
    })
  t.test(`a membership in a care team with a period ${sentence}: ${expected}`, async t => {
    const { record, id, owner } = await opened()
    const participant = [{ member: byRpps(rpps.gp), ...period }]
    await stage.createOne(owner, careTeam(record, [], { participant }))
    t.equal(await look(gp, record, id), expected)
    await stage.createOne(owner, careTeam(record, [byRpps(rpps.colleague)], period))
    t.equal(await look(colleague, record, id), expected, 'the period of the team')
  })
}

t.test('a care team lets its members in, by RPPS and by FINESS, while it is active', async t => {
  const { record, id, owner } = await opened()
  const team = careTeam(record, [byRpps(rpps.nurse), byFiness(finess.practice)])
  const teamId = await stage.createOne(owner, team)
  t.equal(await look(nurse, record, id), 'seen')
  t.equal(await look(gp, record, id), 'seen', 'works in the practice')
  t.equal(await look(colleague, record, id), hidden)
  expectStatus(await stage.put(owner, { ...team, id: teamId, status: 'inactive' }), 200)
  t.equal(await look(nurse, record, id), hidden)
  t.equal(await look(gp, record, id), hidden)
})

for (const [sentence, provision, after] of [
  ['a professional', blocks(rpps.gp), hidden],
  ['the structure where he works', blocksStructure(finess.practice), 'seen'],
] as const) {
  t.test(`a block of ${sentence} beats every authorisation, until it ends`, async t => {
    const { record, id, owner } = await opened(
      authorises(rpps.gp),
      authorisesStructure(finess.practice),
      treats(rpps.gp),
    )
    await stage.createOne(owner, careTeam(record, [byRpps(rpps.gp)]))
    t.equal(await look(gp, record, id), 'seen')
    const decision = await decide(record, provision)
    t.equal(await look(gp, record, id), hidden)
    const inPerson = professional(rpps.gp, { mode: 'centre_15', reason: 'appel', structure: finess.practice })
    t.equal(await look(inPerson, record, id), hidden, 'the emergency call centre does not pass a block')
    const breaking = professional(rpps.gp, { mode: 'bris_de_glace', reason: 'urgence', structure: finess.practice })
    t.equal(await look(breaking, record, id), 'seen', 'breaking the glass does')
    await decision.end()
    t.equal(await look(gp, record, id), after, 'ended')
    await stage.createOne(owner, consent(record, authorises(rpps.gp)))
    t.equal(await look(gp, record, id), 'seen', 'authorised anew')
  })
}

t.test('who is blocked still reads what he deposited himself', async t => {
  const { record, id } = await opened(authorises(rpps.gp), blocks(rpps.gp))
  const own = await stage.createOne(gp, document(record, { author: [byRpps(rpps.gp)] }))
  t.equal(await look(gp, record, own), 'seen')
  t.equal(await look(gp, record, id), hidden)
})

t.test('a block of tomorrow is none today', async t => {
  const { record, id } = await opened(authorises(rpps.gp), blocks(rpps.gp, days(1, 2)))
  t.equal(await look(gp, record, id), 'seen')
})

/** A document with its content, a report and a result in one push, by `actor`. */
async function push(
  actor: Actor,
  record: DossierRecord,
  elements: Json,
): Promise<readonly (readonly [string, string])[]> {
  const [documentId = '', binary = '', reportId = '', result = ''] = await stage.create(
    actor,
    creates(
      document(record, {
        content: [{ attachment: { url: 'urn:uuid:a0000000-0000-4000-8000-000000000002' } }],
        ...elements,
      }),
      'urn:uuid:a0000000-0000-4000-8000-000000000001',
    ),
    creates(
      { resourceType: 'Binary', contentType: 'text/plain', data: 'eA==' },
      'urn:uuid:a0000000-0000-4000-8000-000000000002',
    ),
    creates(
      report(record, {
        effectiveDateTime: '2025-06-15',
        result: [{ reference: 'urn:uuid:a0000000-0000-4000-8000-000000000004' }],
      }),
      'urn:uuid:a0000000-0000-4000-8000-000000000003',
    ),
    creates(observation(record, { effectiveDateTime: '2025-06-15' }), 'urn:uuid:a0000000-0000-4000-8000-000000000004'),
  )
  return [
    ['DocumentReference', documentId],
    ['Binary', binary],
    ['DiagnosticReport', reportId],
    ['Observation', result],
  ]
}

const stay = coded(loinc, '34112-3')

/** By each rule: what is masked with its document. An author is whom the document names, so what stands beside it is not his. */
for (const [sentence, rule, reach] of [
  [
    'one document',
    (documents: readonly (readonly [string, string])[]) => masksDocument(`DocumentReference/${documents[0]?.[1]}`),
    4,
  ],
  ['a type', () => masksTypes(stay), 4],
  ['a period', () => masksPeriod('2025-06-01', '2025-06-30'), 4],
  ['an author', () => masksAuthor(byFiness(finess.hospital)), 4],
  ['everything for a time', () => pauses(), 4],
] as const) {
  t.test(
    `a patient masks ${sentence}: the document, its content, report and results at once, without a new version`,
    async t => {
      const { record, id, owner } = await opened(authorises(rpps.gp), treats(rpps.colleague))
      const pushed = await push(hospital, record, { type: stay, date: '2025-06-15T10:00:00+02:00', author })
      const other = await stage.createOne(gp, document(record, { author: [byRpps(rpps.gp)] }))
      for (const [type, each] of pushed) t.equal(await look(gp, record, each, type), 'seen', `${type} before`)
      const decision = await decide(record, rule(pushed))
      for (const [type, each] of pushed.slice(0, reach)) {
        t.equal(await look(gp, record, each, type), hidden, `${type} masked`)
        t.equal(await look(hospital, record, each, type), 'seen', `${type} to its depositor`)
        t.equal(await look(colleague, record, each, type), 'seen', `${type} to the médecin traitant`)
        t.equal(await look(owner, record, each, type), 'seen', `${type} to the patient`)
        t.equal((await stage.get(hospital, `${type}/${each}`)).headers.get('etag'), 'W/"1"', 'no new version')
      }
      t.equal(await look(gp, record, other), 'seen', 'his own deposit')
      if (!['an author', 'everything for a time'].includes(sentence))
        t.equal(await look(gp, record, id), 'seen', 'another document')
      await decision.end()
      for (const [type, each] of pushed) t.equal(await look(gp, record, each, type), 'seen', `${type} lifted`)
    },
  )
}

t.test('an author who is masked is masked with the content of what names him, whoever deposited it', async t => {
  const { record } = await opened(authorises(rpps.gp))
  const pushed = await push(hospital, record, { author: [...author, byRpps(rpps.hospital)] })
  await decide(record, masksAuthor(byRpps(rpps.hospital)))
  for (const [type, id] of pushed.slice(0, 2)) t.equal(await look(gp, record, id, type), hidden, type)
})

t.test('a document that its depositor dates otherwise enters and leaves a masked period with its content', async t => {
  const { record } = await opened(authorises(rpps.gp), masksPeriod('2025-06-01', '2025-06-30'))
  const [[, id = ''] = [], [, binary = ''] = []] = await push(hospital, record, { author })
  const both = async () => [await look(gp, record, id), await look(gp, record, binary, 'Binary')]
  t.same(await both(), ['seen', 'seen'])
  const dated = (date: string) => ({
    ...document(record, { author, date, content: [{ attachment: { url: `Binary/${binary}` } }] }),
    id,
  })
  expectStatus(await stage.put(hospital, dated('2025-06-15T10:00:00+02:00')), 200)
  t.same(await both(), [hidden, hidden])
  expectStatus(await stage.put(hospital, dated('2026-03-02T10:00:00+01:00')), 200)
  t.same(await both(), ['seen', 'seen'])
})

t.test('one result is masked by itself', async t => {
  const { record } = await opened(authorises(rpps.gp))
  const [one = '', other = ''] = await stage.create(hospital, observation(record), observation(record))
  await decide(record, masksDocument(`Observation/${one}`))
  t.same([await look(gp, record, one, 'Observation'), await look(gp, record, other, 'Observation')], [hidden, 'seen'])
})

for (const [label, sees] of [
  ['MASQUE_PS', { gp: false, owner: true, parent: true, treating: true }],
  ['INVISIBLE_PATIENT', { gp: true, owner: false, parent: false, treating: true }],
  ['INVISIBLE_REPRESENTANTS_LEGAUX', { gp: true, owner: true, parent: false, treating: true }],
] as const) {
  t.test(`the label ${label} holds for the document, all that came with it, and what lists or tells of it`, async t => {
    const { record, owner } = await opened(authorises(rpps.gp), treats(rpps.colleague))
    await stage.createOne(operator, parent(record))
    const pushed = await push(hospital, record, { author, securityLabel: labels(label) })
    const target = { reference: `DocumentReference/${pushed[0]?.[1]}` }
    const [list = '', provenance = ''] = await stage.create(
      hospital,
      {
        ...{ resourceType: 'List', status: 'current', mode: 'working', subject: subjectOf(record) },
        entry: [{ item: target }],
      },
      {
        ...{ resourceType: 'Provenance', recorded: '2026-03-02T10:00:00+01:00', target: [target] },
        agent: [{ who: byFiness(finess.hospital) }],
      },
    )
    const readers = { gp, owner, parent: parentOf(record), treating: colleague }
    for (const [type, id] of [...pushed, ['List', list], ['Provenance', provenance]] as const)
      for (const [name, reader] of Object.entries(readers))
        t.equal(await look(reader, record, id, type), Reflect.get(sees, name) ? 'seen' : hidden, `${type} to ${name}`)
  })
}

t.test('a result is labelled by itself in meta.security', async t => {
  const { record, owner } = await opened(authorises(rpps.gp))
  const security = labels('MASQUE_PS').flatMap(({ coding }) => coding)
  const id = await stage.createOne(hospital, observation(record, { meta: { security } }))
  t.same([await look(gp, record, id, 'Observation'), await look(owner, record, id, 'Observation')], [hidden, 'seen'])
})

t.test('a list takes the strictest mask of what it lists', async t => {
  const { record, id, owner } = await opened(authorises(rpps.gp))
  const other = await stage.createOne(hospital, document(record, { author }))
  const list = await stage.createOne(hospital, {
    ...{ resourceType: 'List', status: 'current', mode: 'working', subject: subjectOf(record) },
    entry: [id, other].map(each => ({ item: { reference: `DocumentReference/${each}` } })),
  })
  t.equal(await look(gp, record, list, 'List'), 'seen')
  const decision = await decide(record, masksDocument(`DocumentReference/${other}`))
  t.same([await look(gp, record, list, 'List'), await look(owner, record, list, 'List')], [hidden, 'seen'])
  await decision.end()
  t.equal(await look(gp, record, list, 'List'), 'seen')
})

t.test('a mask holds for what is deposited later', async t => {
  const { record } = await opened(authorises(rpps.gp), masksTypes(stay), masksAuthor(byRpps(rpps.hospital)))
  const typed = await stage.createOne(hospital, document(record, { author, type: stay }))
  t.equal(await look(gp, record, typed), hidden)
  const byPerson = await stage.createOne(hospital, document(record, { author: [...author, byRpps(rpps.hospital)] }))
  t.equal(await look(gp, record, byPerson), hidden, 'the author whom its content names')
})

t.test('a masked document that is replaced stays masked', async t => {
  const { record, id } = await opened(authorises(rpps.gp))
  await decide(record, masksDocument(`DocumentReference/${id}`))
  const replacing = await stage.createOne(
    hospital,
    document(record, { author, relatesTo: [{ code: 'replaces', target: { reference: `DocumentReference/${id}` } }] }),
  )
  t.equal(await look(gp, record, replacing), hidden)
  t.equal(await look(gp, record, id), hidden)
})

t.test('a depositor who updates a masked document does not unmask it', async t => {
  const { record, id } = await opened(authorises(rpps.gp))
  await decide(record, masksDocument(`DocumentReference/${id}`))
  expectStatus(await stage.put(hospital, { ...document(record, { author, description: 'x' }), id }), 200)
  t.equal(await look(gp, record, id), hidden)
  t.equal((await stage.get(gp, `DocumentReference/${id}/_history/1`)).status, 404)
})

t.test('masks of documents hide neither the patient nor the team', async t => {
  const { record, owner } = await opened(
    authorises(rpps.gp),
    masksPeriod('2020-01-01', dayAt(0)),
    masksAuthor(byFiness(finess.hospital)),
  )
  const team = await stage.createOne(owner, careTeam(record, [byRpps(rpps.gp)]))
  t.equal(await look(gp, record, record.id, 'Patient'), 'seen')
  t.equal(await look(gp, record, team, 'CareTeam'), 'seen')
})

t.test('a masked document is seen by the author whom its content names, wherever he is let in', async t => {
  const { record } = await opened(authorises(rpps.hospital), authorises(rpps.gp))
  const masked = await stage.createOne(
    hospital,
    document(record, { author: [...author, byRpps(rpps.hospital)], securityLabel: labels('MASQUE_PS') }),
  )
  const elsewhere = professional(rpps.hospital)
  t.equal(await look(elsewhere, record, masked), 'seen', 'authorised, in no structure')
  t.equal(await look(hospitalPhysician, record, masked), 'seen')
  t.equal(await look(gp, record, masked), hidden)
})

t.test('a médecin traitant sees what is masked, and what the patient does not see yet', async t => {
  const { record, owner } = await opened(treats(rpps.gp), authorises(rpps.colleague))
  const masked = await stage.createOne(hospital, document(record, { author, securityLabel: labels('MASQUE_PS') }))
  const finding = await stage.createOne(
    hospital,
    document(record, { author, securityLabel: labels('INVISIBLE_PATIENT') }),
  )
  t.same([await look(gp, record, masked), await look(gp, record, finding)], ['seen', 'seen'])
  t.same([await look(colleague, record, masked), await look(colleague, record, finding)], [hidden, 'seen'])
  t.same([await look(owner, record, masked), await look(owner, record, finding)], ['seen', hidden])
})

for (const [sentence, provision, broken, called] of [
  ['nothing', undefined, 'seen', 'seen'],
  ['the breaking of the glass', emergency('deny', 'BTG'), hidden, 'seen'],
  ['the emergency call centre', emergency('deny', 'ETREAT'), 'seen', hidden],
  ['both', emergency('deny', 'BTG', 'ETREAT'), hidden, hidden],
] as const) {
  t.test(`a patient opposes ${sentence} in an emergency`, async t => {
    const { record, id } = await opened()
    const decision = provision === undefined ? undefined : await decide(record, provision)
    t.equal(await look(emergencyPhysician, record, id), broken)
    t.equal(await look(samu, record, id), called)
    await decision?.end()
    t.equal(await look(emergencyPhysician, record, id), 'seen')
    t.equal(await look(samu, record, id), 'seen')
  })
}

t.test(
  'masked documents are seen in an emergency only where the patient allows it, and a denial beats a permission',
  async t => {
    const { record } = await opened()
    const masked = await stage.createOne(hospital, document(record, { author, securityLabel: labels('MASQUE_PS') }))
    const seen = async () => [await look(emergencyPhysician, record, masked), await look(samu, record, masked)]
    t.same(await seen(), [hidden, hidden])
    const permit = await decide(record, maskedInEmergency('permit'))
    t.same(await seen(), ['seen', 'seen'])
    const deny = await decide(record, maskedInEmergency('deny'))
    t.same(await seen(), [hidden, hidden])
    await deny.end()
    t.same(await seen(), ['seen', 'seen'])
    await permit.end()
    t.same(await seen(), [hidden, hidden])
  },
)

t.test('an emergency is a physician’s at the call centre, and of any column when the glass is broken', async t => {
  const { record, id } = await opened()
  const urgent = (mode: string): Actor => ({ ...nurse, claims: { ...nurse.claims, mode, reason: 'urgence' } })
  t.equal(await look(urgent('centre_15'), record, id), hidden)
  t.equal(await look(urgent('bris_de_glace'), record, id), 'seen')
})

t.test('two decisions in conflict: the denial stands', async t => {
  const { record, id } = await opened(authorises(rpps.gp), blocks(rpps.gp), authorises(rpps.gp))
  t.equal(await look(gp, record, id), hidden)
})

/** What a deposit into a record that takes none is told. */
const refused = '422 refusedByRule'
const deposit = (record: Pick<DossierRecord, 'id'>) => stage.post(hospital, document(record, { author }))

async function close(record: DossierRecord, active: boolean): Promise<void> {
  const { json } = expectStatus(await stage.get(patientOf(record), `Patient/${record.id}`), 200)
  expectStatus(await stage.put(patientOf(record), { ...(json as Json), active }), 200)
}

t.test('a closed record answers nobody, its own patient by the trail alone, until he opens it again', async t => {
  const { record, id, owner } = await opened(authorises(rpps.gp), treats(rpps.colleague))
  const { json: patient } = await stage.get(owner, `Patient/${record.id}`)
  await close(record, false)
  for (const [name, actor] of Object.entries({ gp, colleague, hospital, samu, emergencyPhysician, owner }))
    t.equal(await look(actor, record, id), hidden, name)
  t.equal((await stage.get(owner, `Patient/${record.id}`)).status, 404)
  t.equal(matchesOf(await stage.get(owner, `Consent?patient=${record.id}`)).length, 0)
  t.ok(matchesOf(await stage.get(owner, `AuditEvent?patient=${record.id}`)).length > 0, 'the trail')
  t.equal(matchesOf(await stage.get(colleague, `AuditEvent?patient=${record.id}`)).length, 0)
  t.equal((await stage.put(hospital, { ...document(record, { author }), id })).status, 405)
  t.equal((await stage.remove(hospital, `DocumentReference/${id}`)).status, 404)
  t.equal(refusalOf(await stage.post(owner, consent(record, authorises(rpps.colleague)))), refused)
  expectStatus(await stage.put(owner, { ...(patient as Json), active: true }), 200)
  t.equal(await look(owner, record, id), 'seen', 'reopened')
  t.equal(await look(gp, record, id), hidden, 'an authorisation ends with the closing')
  await stage.createOne(owner, consent(record, authorises(rpps.gp)))
  t.equal(await look(gp, record, id), 'seen', 'authorised anew')
})

t.test('the Consents that name a professional are found across records, but for closed ones', async t => {
  const named = professional('99700010164')
  const found = async () =>
    matchesOf(await stage.get(named, 'Consent')).flatMap(each => select(each, '/patient/reference'))
  const [{ record: one }, { record: two }] = await Promise.all([
    opened(authorises('99700010164')),
    opened(blocks('99700010164')),
  ])
  t.same((await found()).sort(), [`Patient/${one.id}`, `Patient/${two.id}`].sort())
  await close(two, false)
  t.same(await found(), [`Patient/${one.id}`])
  t.same(matchesOf(await stage.get(colleague, 'Consent?actor:identifier=https://rpps.esante.gouv.fr|99700010164')), [])
})

t.test('a deposit is refused in the same words by an absent, an opposed and a closed record', async t => {
  const [{ record: closed }, { record: opposed }] = await Promise.all([opened(), opened()])
  await close(closed, false)
  await decide(opposed, { type: 'deny' })
  const answers = await Promise.all([{ id: '0123456789ab' }, opposed, closed].map(deposit))
  const bodies = answers.map(({ status, bytes }) => `${status} ${bytes}`)
  t.equal(new Set(bodies).size, 1, 'named by id')
  t.match(answers[0], { status: 422, json: { issue: [{ code: 'business-rule' }] } })
  const byIns = await Promise.all(
    [{ ins: '185019999999974' }, opposed, closed].map(({ ins }) =>
      stage.post(
        hospital,
        document(
          { id: '' },
          { author, subject: { identifier: { system: 'urn:oid:1.2.250.1.213.1.4.10', value: ins } } },
        ),
      ),
    ),
  )
  t.equal(new Set([...bodies, ...byIns.map(({ status, bytes }) => `${status} ${bytes}`)]).size, 1, 'named by INS too')
})

t.test('a refused record is hidden like a closed one', async t => {
  const { record, id, owner } = await opened(authorises(rpps.gp))
  const refusal = await decide(record, { type: 'deny' })
  for (const actor of [gp, hospital, owner]) t.equal(await look(actor, record, id), hidden)
  await refusal.end()
  t.equal(await look(owner, record, id), 'seen', 'withdrawn by the patient')
  t.equal(await look(gp, record, id), hidden, 'an authorisation ends with the refusal')
})
