/** $who-can-access says what requests are answered: to the patient and the médecin traitant, and to nobody else. */
import t from 'tap'
import { select } from '../support/pointer.ts'
import {
  type Actor,
  colleague,
  emergencyPhysician,
  finess,
  gp,
  hospital,
  hospitalPhysician,
  insurance,
  laboratory,
  nurse,
  operator,
  parentOf,
  patientOf,
  podologue,
  profession,
  professional,
  rpps,
  samu,
  secretary,
  stranger,
} from './support/cast.ts'
import {
  authorises,
  authorisesStructure,
  blocks,
  careTeam,
  consent,
  days,
  emergency,
  masksAuthor,
  masksDocument,
  masksTypes,
  parent,
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
} from './support/contents.ts'
import { columns, readable } from './support/oracle.ts'
import { type Addition, type DossierRecord, startStage } from './support/stage.ts'

t.setTimeout(240_000)
const stage = await startStage(t)

const by =
  (provision: Json): Addition =>
  record => [patientOf(record), consent(record, provision)]

const record = await stage.open(
  by(treats(rpps.gp)),
  by(authorises(rpps.podologue)),
  by(authorisesStructure(finess.hospital)),
  by(blocks(rpps.emergency)),
  by(authorises(rpps.colleague, days(-10, -2))),
  by(masksTypes(coded(loinc, '11488-4'))),
  by(masksAuthor(byFiness(finess.laboratory))),
  by(emergency('deny', 'ETREAT')),
  each => [patientOf(each), careTeam(each, [byRpps(rpps.nurse)])],
  each => [operator, parent(each)],
)
const patient = patientOf(record)
const author = [byFiness(finess.hospital)]
const [plain = '', hospitalReport = '', masked = '', unannounced = '', secret = '', byType = ''] = await stage.create(
  hospital,
  ...[
    { type: coded(loinc, '11502-2') },
    { type: coded(loinc, '34112-3'), author: [byFiness(finess.hospital), byRpps(rpps.hospital)] },
    { type: coded(loinc, '11502-2'), securityLabel: labels('MASQUE_PS'), author: [...author, byRpps(rpps.hospital)] },
    { type: coded(loinc, '11502-2'), securityLabel: labels('INVISIBLE_PATIENT') },
    { type: coded(loinc, '11502-2'), securityLabel: labels('INVISIBLE_REPRESENTANTS_LEGAUX') },
    { type: coded(loinc, '11488-4') },
  ].map(elements => document(record, { author, ...elements })),
)
const [fromLaboratory = ''] = await stage.create(
  laboratory,
  document(record, { type: coded(loinc, '11502-2'), author: [byFiness(finess.laboratory)] }),
)
await stage.create(patient, consent(record, masksDocument(`DocumentReference/${hospitalReport}`)))

const documents = { plain, hospitalReport, masked, unannounced, secret, byType, fromLaboratory }

const ask = (actor: Actor, about?: string, of: Pick<DossierRecord, 'id'> = record) =>
  stage.get(actor, `Patient/${of.id}/$who-can-access${about === undefined ? '' : `?document=${about}`}`)

/** The parts of that name, as objects of their parts. */
const told = (json: unknown, name: string): readonly Record<string, readonly unknown[]>[] =>
  select(json, `/parameter/[name=${name}]/part`).map(part => {
    const found: Record<string, unknown[]> = {}
    for (const each of part as readonly Record<string, unknown>[]) {
      const { name: key, ...value } = each
      found[String(key)] = [...(found[String(key)] ?? []), value.part ?? Object.values(value)[0]]
    }
    return found
  })

const actorNamed = (json: unknown, kind: string, value: string) =>
  told(json, kind).find(({ who }) => select(who, '/0/value')[0] === value)

/** By which columns an actor reads in a mode. */
const columnsIn = (actor: Record<string, readonly unknown[]> | undefined, mode: string): readonly unknown[] =>
  (actor?.by ?? [])
    .filter(part => select(part, '/[name=mode]/valueCode')[0] === mode)
    .flatMap(part => select(part, '/[name=column]/valueCode'))

const verdictOf = (json: unknown, name: string) =>
  told(json, name).map(({ reads, because }) => [reads?.[0], because?.[0]])

/** Everybody whom the answer speaks of, how he asks, and what the answer says of him. */
const people: readonly {
  readonly name: string
  readonly actor: Actor
  readonly says: (json: unknown) => boolean
}[] = [
  {
    name: 'the médecin traitant',
    actor: gp,
    says: json => columnsIn(actorNamed(json, 'professional', rpps.gp), 'normal').includes('J'),
  },
  {
    name: 'the podologue',
    actor: podologue,
    says: json => columnsIn(actorNamed(json, 'professional', rpps.podologue), 'normal').includes('X'),
  },
  {
    name: 'a nurse of the care team',
    actor: nurse,
    says: json => columnsIn(actorNamed(json, 'professional', rpps.nurse), 'normal').includes('T'),
  },
  {
    name: 'one whose authorisation ended',
    actor: colleague,
    says: json => columnsIn(actorNamed(json, 'professional', rpps.colleague), 'normal').includes('J'),
  },
  {
    name: 'one who is blocked',
    actor: professional(rpps.emergency),
    says: json => columnsIn(actorNamed(json, 'professional', rpps.emergency), 'normal').includes('J'),
  },
  {
    name: 'one who is blocked and breaks the glass',
    actor: emergencyPhysician,
    says: json => columnsIn(actorNamed(json, 'professional', rpps.emergency), 'bris-de-glace').includes('J'),
  },
  {
    name: 'a nurse of the authorised hospital',
    actor: professional('99700010123', { profession: profession('60'), structure: finess.hospital }),
    says: json => columnsIn(actorNamed(json, 'structure', finess.hospital), 'normal').includes('T'),
  },
  {
    name: 'the hospital’s system',
    actor: hospital,
    says: json => actorNamed(json, 'structure', finess.hospital)?.reads?.[0] === true,
  },
  {
    name: 'the laboratory’s system',
    actor: laboratory,
    says: json => actorNamed(json, 'structure', finess.laboratory)?.reads?.[0] === true,
  },
  { name: 'a stranger', actor: stranger, says: () => false },
  {
    name: 'a stranger who breaks the glass',
    actor: professional('99700010131', { mode: 'bris_de_glace', reason: 'x' }),
    says: json =>
      told(json, 'profession')
        .find(({ column }) => column?.[0] === 'J')
        ?.emergency?.includes('bris-de-glace') === true,
  },
  {
    name: 'the emergency call centre',
    actor: samu,
    says: json =>
      told(json, 'profession')
        .find(({ column }) => column?.[0] === 'J')
        ?.emergency?.includes('centre-15') === true,
  },
  { name: 'the patient', actor: patient, says: json => verdictOf(json, 'patient')[0]?.[0] === true },
  { name: 'the parent', actor: parentOf(record), says: json => verdictOf(json, 'representative')[0]?.[0] === true },
]

for (const [name, id] of Object.entries(documents)) {
  t.test(`${name}: who reads it by the answer reads it by a request, and nobody else does`, async t => {
    const { status, json } = await ask(gp, `DocumentReference/${id}`)
    t.equal(status, 200)
    const requests = await Promise.all(people.map(({ actor }) => stage.get(actor, `DocumentReference/${id}`)))
    // A structure's row speaks of its system and of its professionals, whichever reads.
    const hospitalSays = people.map(person => [person.name, person.says(json)])
    t.same(
      hospitalSays,
      people.map(({ name: who }, at) => [who, requests[at]?.status === 200]),
    )
  })
}

t.test('the record as a whole: who enters it by the answer reads its Patient, and nobody else does', async t => {
  const { json } = await ask(patient)
  const requests = await Promise.all(people.map(({ actor }) => stage.get(actor, `Patient/${record.id}`)))
  const systems = /system$/
  t.same(
    people.filter(({ name }) => !systems.test(name)).map(({ name, says }) => [name, says(json)]),
    people.flatMap(({ name }, at) => (systems.test(name) ? [] : [[name, requests[at]?.status === 200]])),
  )
  t.equal(told(json, 'profession').find(({ column }) => column?.[0] === 'X')?.types?.[0], 68)
})

t.test('each professional of 19 columns whom the patient authorises reads what the answer says', async t => {
  const { json } = await ask(patient, plain)
  const professions = told(json, 'profession')
  t.equal(professions.length, 19)
  t.ok(
    professions.every(({ name }) => String(name?.[0]).length > 3),
    'each with its name',
  )
  const open = professions.filter(({ reads }) => reads?.[0] === true).map(({ column }) => column?.[0])
  t.same(
    open,
    columns.health.filter(column => readable(column).includes('11502-2')),
  )
  t.ok(open.includes('T') && !open.includes('AF'))
})

t.test('it says why: the rule, the Consent, the period', async t => {
  const { json } = await ask(patient, plain)
  const ended = actorNamed(json, 'professional', rpps.colleague)
  t.same(ended?.relation ?? [], [], 'what ended is no relation any more')
  t.match(select(ended?.rule, '/0/[name=source]/valueReference/reference'), [/^Consent\//])
  t.same(select(ended?.rule, '/0/[name=active]/valueBoolean'), [false])
  t.ok(select(ended?.rule, '/0/[name=period]/valuePeriod/end')[0])
  t.same(actorNamed(json, 'professional', rpps.nurse)?.relation, ['care-team'])
  t.match(select(actorNamed(json, 'professional', rpps.nurse)?.rule, '/0/[name=source]/valueReference/reference'), [
    /^CareTeam\//,
  ])
  t.same(actorNamed(json, 'professional', rpps.gp)?.because, ['treating'])
  t.same(actorNamed(json, 'professional', rpps.emergency)?.because, ['not-blocked'])
  t.same(actorNamed(json, 'structure', finess.hospital)?.relation, ['authorised', 'author', 'depositor'])
  const modes = told(json, 'mode')
  t.same(
    modes.map(({ code, reads }) => [code?.[0], reads?.[0]]),
    [
      ['normal', true],
      ['bris-de-glace', true],
      ['centre-15', false],
    ],
  )
  t.match(modes[2], { because: ['emergency-not-opposed'], source: [{ reference: /^Consent\// }] })
  t.match(select(json, '/parameter/[name=policy]/valueString'), [/^2025-09-17\+/])
})

for (const [name, id, count] of [
  ['by a Consent about it', hospitalReport, 1],
  ['by its type', byType, 1],
  ['by its author', fromLaboratory, 1],
  ['by a label alone', masked, 0],
] as const) {
  t.test(`a document that is masked ${name}: ${count === 0 ? 'no Consent' : 'the Consent'} is named`, async t => {
    const { json } = await ask(patient, id)
    t.equal(told(json, 'mask').length, count)
    const physician = told(json, 'profession').find(({ column }) => column?.[0] === 'J')
    t.same([physician?.reads, physician?.because], [[false], ['visible']])
  })
}

t.test('what was deposited with a document that a Consent masks is masked by that Consent', async t => {
  const [text, result] = [
    'urn:uuid:a0000000-0000-4000-8000-000000000002',
    'urn:uuid:a0000000-0000-4000-8000-000000000003',
  ]
  const content = [{ attachment: { contentType: 'text/plain', url: text } }]
  const [letter = '', binary = '', observed = ''] = await stage.create(
    hospital,
    creates(
      document(record, {
        type: coded(loinc, '11502-2'),
        author,
        content,
        context: { related: [{ reference: result }] },
      }),
    ),
    creates({ resourceType: 'Binary', contentType: 'text/plain', data: 'eA==' }, text),
    creates(observation(record), result),
  )
  const alone = await stage.createOne(hospital, observation(record))
  const id = await stage.createOne(patient, consent(record, masksDocument(`DocumentReference/${letter}`)))
  for (const [about, sources] of [
    [`Binary/${binary}`, [`Consent/${id}`]],
    [`Observation/${observed}`, [`Consent/${id}`]],
    [`Observation/${alone}`, []],
  ] as const) {
    const { json } = await ask(patient, about)
    t.same(select(json, '/parameter/[name=mask]/part/[name=source]/valueReference/reference'), sources, about)
    const physician = told(json, 'profession').find(({ column }) => column?.[0] === 'J')
    t.equal(physician?.reads?.[0], sources.length === 0, `${about} to a physician`)
  }
})

t.test('an author reads what he wrote and the patient masked', async t => {
  const { json } = await ask(patient, masked)
  t.match(actorNamed(json, 'professional', rpps.hospital), { relation: ['author'] })
  t.equal((await stage.get(hospitalPhysician, `DocumentReference/${masked}`)).status, 200)
})

t.test('what is hidden from the patient is absent to him, and not to his médecin traitant', async t => {
  const absent = await ask(patient, `DocumentReference/${record.id}-01kb5w4ce4v8jchz5wt6xqyzvm`)
  const hidden = await ask(patient, unannounced)
  t.same([hidden.status, hidden.bytes.toString()], [404, absent.bytes.toString()])
  const whole = await ask(gp, unannounced)
  t.same(verdictOf(whole.json, 'patient'), [[false, 'visible']])
})

const other = await stage.open(by(treats(rpps.gp)), by(authorises(rpps.podologue)))
const [elsewhere = ''] = await stage.create(hospital, document(other, { author }))

for (const [who, actor, status] of [
  ['the patient', patient, 200],
  ['the médecin traitant', gp, 200],
  ['a professional who may read the record', podologue, 403],
  ['a member of the care team', nurse, 403],
  ['a stranger', stranger, 404],
  ['another patient', patientOf(other), 404],
  ['the parent', parentOf(record), 403],
  ['a structure', hospital, 403],
  ['a secretary of the hospital, which deposited', secretary, 403],
  ['the insurance', insurance, 403],
  ['an operator', operator, 403],
] as const) {
  t.test(`${who} is answered with ${status}`, async t => t.equal((await ask(actor)).status, status))
}

for (const [what, path, status] of [
  ['a document of another record, though both are his', `document=DocumentReference/${elsewhere}`, 404],
  ['a document under another type', `document=Observation/${plain}`, 404],
  ['a type that is not served', 'document=Basic/a', 400],
  ['the trail', 'document=AuditEvent/a', 400],
  ['a text that is no reference', 'document=a%20b', 400],
  ['a word of the language', 'document=__proto__', 400],
  ['two documents', `document=${plain}&document=${plain}`, 400],
  ['a parameter that it does not have', 'patient=a', 400],
] as const) {
  t.test(`${what} is ${status}`, async t => {
    t.equal((await stage.get(gp, `Patient/${record.id}/$who-can-access?${path}`)).status, status)
  })
}

t.test('scopes that do not cover Consents do not tell who is named in them', async t => {
  const narrow: Actor = { ...patient, scope: 'patient/Patient.rs patient/DocumentReference.rs' }
  t.equal((await ask(narrow, plain)).status, 403)
})

t.test('a closed record answers nobody', async t => {
  const closed = await stage.open(by(treats(rpps.gp)))
  const { json } = await stage.get(patientOf(closed), `Patient/${closed.id}`)
  await stage.put(patientOf(closed), { ...(json as Json), active: false })
  t.equal((await ask(patientOf(closed), undefined, closed)).status, 404)
  t.equal((await ask(gp, undefined, closed)).status, 404)
})

t.test('posted as Parameters and read as XML it says the same', async t => {
  const posted = await stage.send(patient, `POST Patient/${record.id}/$who-can-access`, {
    body: { resourceType: 'Parameters', parameter: [{ name: 'document', valueString: plain }] },
  })
  t.same(told(posted.json, 'professional'), told((await ask(patient, plain)).json, 'professional'))
  const xml = await stage.get(patient, `Patient/${record.id}/$who-can-access?_format=xml`)
  t.equal(xml.status, 200)
  t.match(xml.bytes.toString(), /<Parameters xmlns="http:\/\/hl7.org\/fhir">/)
})

t.test('the question is in the trail, and hidden from the patient where the document is', async t => {
  await ask(gp, unannounced)
  const trail = async (actor: Actor) =>
    select(
      (await stage.get(actor, `AuditEvent?patient=${record.id}&_count=200`)).json,
      '/entry/*/resource/entity/*/description',
    ).map(String)
  const [his, hers] = [await trail(gp), await trail(patient)]
  t.ok(his.includes(`$who-can-access?document=DocumentReference/${unannounced}`))
  t.notOk(hers.some(text => text.includes(unannounced)))
  t.ok(hers.includes(`$who-can-access?document=DocumentReference/${plain}`))
})
