/** $who-can-access says what requests are answered, and why. */
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
import { type Addition, expectStatus, startStage } from './support/stage.ts'
import { told, verdictOf } from './support/who-can-access.ts'

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

const ask = (actor: Actor, about?: string) =>
  stage.get(actor, `Patient/${record.id}/$who-can-access${about === undefined ? '' : `?document=${about}`}`)

const actorNamed = (json: unknown, kind: string, value: string) =>
  told(json, kind).find(({ who }) => select(who, '/0/value')[0] === value)

/** By which columns an actor reads in a mode. */
const columnsIn = (actor: Record<string, readonly unknown[]> | undefined, mode: string): readonly unknown[] =>
  (actor?.by ?? [])
    .filter(part => select(part, '/[name=mode]/valueCode')[0] === mode)
    .flatMap(part => select(part, '/[name=column]/valueCode'))

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

t.test('what ended when the record was closed names nobody as one who reads; what was given since does', async t => {
  const once = await stage.open(
    by(treats(rpps.gp)),
    by(authorises(rpps.podologue)),
    by(blocks(rpps.emergency)),
    by({ ...authorises(rpps.hospital), dataPeriod: { start: '2025' } }),
    each => [patientOf(each), careTeam(each, [byRpps(rpps.nurse)])],
  )
  const holder = patientOf(once)
  const namedIn = async (...numbers: readonly string[]) => {
    const { json } = expectStatus(await stage.get(holder, `Patient/${once.id}/$who-can-access`), 200)
    return numbers.map(number => {
      const actor = actorNamed(json, 'professional', number)
      return [actor?.relation ?? [], select(actor?.rule, '/*/[name=active]/valueBoolean'), actor?.reads?.[0]]
    })
  }
  const everybody = [rpps.gp, rpps.podologue, rpps.emergency, rpps.hospital, rpps.nurse]
  t.same(await namedIn(...everybody), [
    [['treating'], [true], true],
    [['authorised'], [true], true],
    [['blocked'], [true], false],
    [['authorised-in-part'], [true], true],
    [['care-team'], [true], true],
  ])
  const { meta: _, ...before } = (await stage.get(holder, `Patient/${once.id}`)).json as Json
  for (const active of [false, true]) expectStatus(await stage.put(holder, { ...before, active }), 200)
  t.same(await namedIn(...everybody), [
    [[], [false], false],
    [[], [false], false],
    [['blocked'], [true], false],
    [[], [false], false],
    [[], [false], false],
  ])
  const given = [authorises(rpps.podologue), { ...authorises(rpps.hospital), dataPeriod: { start: '2025' } }]
  await stage.create(holder, ...given.map(each => consent(once, each)), careTeam(once, [byRpps(rpps.nurse)]))
  const again = await namedIn(...everybody)
  t.same(
    again.map(([relations, active, reads]) => [relations, (active as readonly boolean[]).toSorted(), reads]),
    [
      [[], [false], false],
      [['authorised'], [false, true], true],
      [['blocked'], [true], false],
      [['authorised-in-part'], [false, true], true],
      [['care-team'], [false, true], true],
    ],
  )
})

t.test('what a closing left of a rule, without whom it permitted, is named for what it denies', async t => {
  const visit = { code: [coded(loinc, '11488-4')] }
  const recipient = ({ actor }: Json): Json => ({ type: 'permit', actor })
  const except = (type: string, elements: Json): Json => ({ provision: [{ type, ...elements }] })
  const once = await stage.open(
    by({ ...authorises(rpps.gp, days(-3, 300)), ...except('deny', { ...visit, ...days(-2, undefined) }) }),
    by({ type: 'deny', ...visit, ...except('permit', recipient(authorises(rpps.colleague))) }),
  )
  const holder = patientOf(once)
  const document_ = await stage.createOne(hospital, document(once, { author }))
  const { meta: _, ...before } = (await stage.get(holder, `Patient/${once.id}`)).json as Json
  const asked = async () => {
    const path = `Patient/${once.id}/$who-can-access?document=DocumentReference/${document_}`
    const { json } = expectStatus(await stage.get(holder, path), 200)
    const rules = actorNamed(json, 'professional', rpps.gp)?.rule
    return {
      relations: actorNamed(json, 'professional', rpps.gp)?.relation,
      rules: ['authorised-in-part', 'blocked-in-part'].map(code =>
        (rules ?? [])
          .filter(rule => select(rule, '/[name=relation]/valueCode')[0] === code)
          .flatMap(rule => select(rule, '/[name=active]/valueBoolean')),
      ),
      masks: told(json, 'mask').length,
    }
  }
  t.same(await asked(), { relations: ['authorised-in-part', 'blocked-in-part'], rules: [[true], [true]], masks: 1 })
  for (const active of [false, true]) expectStatus(await stage.put(holder, { ...before, active }), 200)
  t.same(await asked(), { relations: ['blocked-in-part'], rules: [[false], [false, true]], masks: 1 })
  await stage.create(holder, ...[rpps.gp, rpps.colleague].map(each => consent(once, authorises(each))))
  for (const reader of [gp, colleague])
    t.equal((await stage.get(reader, `DocumentReference/${document_}`)).status, 404, 'and is denied')
})
