/**
 * By whatever a write names a Patient or a resource, what is hidden from the writer is answered as what never was.
 * `docs/decisions/0008-hidden-takes-the-path-of-absent.md`
 */
import t, { type Test } from 'tap'
import { newPatientKey, newUlid } from '../../server/new-ids.ts'
import { type Actor, finess, gp, hospital, operator, patientOf, professional, rpps } from './support/cast.ts'
import { authorises, consent, parent, relatedPerson } from './support/consents.ts'
import {
  batch,
  byFiness,
  byRpps,
  coded,
  type Entry,
  insSystem,
  type Json,
  observation,
  patient,
  transaction,
} from './support/contents.ts'
import { expectStatus, newIns, type Stage, startStage } from './support/stage.ts'

t.setTimeout(240_000) // a busy machine takes its time

/** What a writer names: in one set all of it is hidden from him, in the other it never was. */
interface Names {
  readonly patient: string
  readonly ins: string
  readonly result: string
}

/** One write: the address, what it writes, and its conditions. */
type Way = (names: Names, at: { readonly own: string; readonly base: string }) => Entry

const writes =
  (method: string, url: string) =>
  (resource?: Json, condition: Json = {}): Entry => ({
    ...(resource === undefined ? {} : { resource }),
    request: { method, url, ...condition },
  })
const creates = writes('POST', 'Observation')
const of = (reference: string, elements: Json = {}): Json =>
  observation({ id: '' }, { subject: { reference }, performer: [byRpps(rpps.gp)], ...elements })
const identified = ({ ins }: Names) => `identifier=${insSystem}|${ins}`
const patched: Json = {
  ...{ resourceType: 'Binary', contentType: 'application/json-patch+json' },
  data: Buffer.from('[{"op":"replace","path":"/status","value":"amended"}]').toString('base64'),
}
const follows = (reference: string): Json => ({
  ...{ resourceType: 'Provenance', recorded: '2026-01-01T00:00:00Z', agent: [{ who: { display: 'x' } }] },
  target: [{ reference }],
})

const ways: readonly (readonly [sentence: string, way: Way])[] = [
  ['a subject by its id', n => creates(of(`Patient/${n.patient}`))],
  ['a subject by its address', (n, { base }) => creates(of(`${base}/Patient/${n.patient}`))],
  ['a subject by a version of it', n => creates(of(`Patient/${n.patient}/_history/1`))],
  [
    'a subject by its identifier alone',
    n => creates(of('', { subject: { identifier: { system: insSystem, value: n.ins } } })),
  ],
  ['a subject by a condition on its identifier', n => creates(of(`Patient?${identified(n)}`))],
  ['a subject by a condition on its id', n => creates(of(`Patient?_id=${n.patient}`))],
  [
    'a subject that is contained, with its identifier',
    n => creates(of('#p', { contained: [{ ...patient(n.ins), id: 'p' }] })),
  ],
  [
    'a Patient beside the subject',
    (n, { own }) => creates(of(`Patient/${own}`, { focus: [{ reference: `Patient/${n.patient}` }] })),
  ],
  [
    'a Patient beside the subject, by a condition',
    (n, { own }) => creates(of(`Patient/${own}`, { focus: [{ reference: `Patient?${identified(n)}` }] })),
  ],
  [
    'a resource by a condition on its id',
    (n, { own }) => creates(of(`Patient/${own}`, { hasMember: [{ reference: `Observation?_id=${n.result}` }] })),
  ],
  [
    'a resource by a condition on its patient',
    (n, { own }) => creates(of(`Patient/${own}`, { hasMember: [{ reference: `Observation?patient=${n.patient}` }] })),
  ],
  [
    'a resource by a condition on its identifier',
    (n, { own }) => creates(of(`Patient/${own}`, { hasMember: [{ reference: `Observation?identifier=${n.ins}` }] })),
  ],
  ['the target of a Provenance', n => writes('POST', 'Provenance')(follows(`Observation/${n.result}`))],
  ['the Patient as target of a Provenance', n => writes('POST', 'Provenance')(follows(`Patient/${n.patient}`))],
  [
    'the target of a Provenance by a condition',
    n => writes('POST', 'Provenance')(follows(`Observation?_id=${n.result}`)),
  ],
  [
    'an update by id, for its patient',
    n => writes('PUT', `Observation/${n.result}`)({ ...of(`Patient/${n.patient}`), id: n.result }),
  ],
  [
    'an update by id with If-Match',
    (n, { own }) =>
      writes('PUT', `Observation/${n.result}`)({ ...of(`Patient/${own}`), id: n.result }, { ifMatch: 'W/"1"' }),
  ],
  ['an update of the Patient', n => writes('PUT', `Patient/${n.patient}`)({ ...patient(n.ins), id: n.patient })],
  [
    'an update of the Patient by criteria',
    n => writes('PUT', `Patient?${identified(n)}`)({ ...patient(n.ins), name: [{ family: 'X' }] }),
  ],
  [
    'an update by criteria, for its patient',
    n => writes('PUT', `Observation?_id=${n.result}`)(of(`Patient/${n.patient}`)),
  ],
  ['an update by criteria', (n, { own }) => writes('PUT', `Observation?identifier=${n.ins}`)(of(`Patient/${own}`))],
  ['a delete by id', n => writes('DELETE', `Observation/${n.result}`)()],
  ['a delete of the Patient', n => writes('DELETE', `Patient/${n.patient}`)()],
  ['a delete by criteria', n => writes('DELETE', `Observation?patient=${n.patient}&_id=${n.result}`)()],
  ['a patch by id', n => writes('PATCH', `Observation/${n.result}`)(patched)],
  ['a patch of the Patient', n => writes('PATCH', `Patient/${n.patient}`)(patched)],
  ['a patch by criteria', n => writes('PATCH', `Observation?patient=${n.patient}&_id=${n.result}`)(patched)],
  ['If-None-Exist on a result', (n, { own }) => creates(of(`Patient/${own}`), { ifNoneExist: `_id=${n.result}` })],
  [
    'If-None-Exist on an identifier',
    (n, { own }) => creates(of(`Patient/${own}`), { ifNoneExist: `identifier=${n.ins}` }),
  ],
  [
    'If-None-Exist on the results of its patient',
    n => creates(of(`Patient/${n.patient}`), { ifNoneExist: `patient=${n.patient}` }),
  ],
  ['If-None-Exist on the Patient', n => writes('POST', 'Patient')(patient(n.ins), { ifNoneExist: identified(n) })],
  ['a read beside it', n => ({ request: { method: 'GET', url: `Observation/${n.result}` } })],
]

/** The same write as a request of its own. */
function alone({ resource, request }: Entry): readonly [string, Parameters<Stage['send']>[2]] {
  const { method, url, ifMatch, ifNoneExist } = request as Readonly<Record<string, string>>
  const isPatch = method === 'PATCH'
  const body = isPatch ? Buffer.from(String(resource?.data), 'base64').toString() : resource
  const headers = {
    ...(isPatch ? { 'content-type': 'application/json-patch+json' } : {}),
    ...(ifMatch === undefined ? {} : { 'if-match': ifMatch }),
    ...(ifNoneExist === undefined ? {} : { 'if-none-exist': ifNoneExist }),
  }
  return [`${method} ${url}`, { headers, ...(body === undefined ? {} : { body }) }]
}

const sendings = {
  alone: (stage, actor, { entry }) => stage.send(actor, ...alone(entry)),
  'in a batch': (stage, actor, { entry }) => stage.post(actor, batch(entry)),
  'in a transaction': (stage, actor, { entry }) => stage.post(actor, transaction(entry)),
  'in a transaction beside an own deposit': (stage, actor, { entry, own }) =>
    stage.post(actor, transaction(creates(of(`Patient/${own}`)), entry)),
} as const satisfies Readonly<
  Record<string, (stage: Stage, actor: Actor, at: { entry: Entry; own: string }) => ReturnType<Stage['post']>>
>

/** An answer without what differs in any case. */
function shown({ status, bytes }: Awaited<ReturnType<Stage['post']>>, names: Names): string {
  let text = `${status} ${bytes}`
  for (const [name, value] of Object.entries(names)) text = text.replaceAll(value, `<${name}>`)
  return text
    .replaceAll(/[0-9a-hjkmnp-tv-z]{26}/g, '<ulid>')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, '<instant>')
}

interface Play {
  readonly stage: Stage
  readonly own: string
  readonly writers: Readonly<Record<string, Actor>>
  /** Pairs of what is hidden and what is absent, by the form of their ids. */
  /** The ways that open a record, where that tells whether there is one: to open it is the right of the writer. */
  readonly opening?: RegExp
  /** All of them by default. */
  readonly tried?: typeof ways
  readonly pairs: Readonly<Record<string, readonly [hidden: Names, absent: Names]>>
}

async function compareAll(t: Test, { stage, own, writers, pairs, opening, tried = ways }: Play): Promise<void> {
  for (const [writer, actor] of Object.entries(writers))
    for (const [form, [hidden, absent]] of Object.entries(pairs))
      for (const [sentence, way] of tried.filter(([each]) => opening === undefined || !opening.test(each)))
        for (const [sending, send] of Object.entries(sendings)) {
          const [found, never] = [hidden, absent].map(async names =>
            shown(await send(stage, actor, { entry: way(names, { own, base: stage.base }), own }), names),
          )
          t.equal(await found, await never, `${writer}: ${sentence}, ${form}, ${sending}`)
        }
}

const inServerForm = (): Names => {
  const key = newPatientKey()
  return { patient: key, ins: newIns(), result: `${key}-${newUlid(Date.now())}` }
}
const locationOf = (answer: Awaited<ReturnType<Stage['post']>>): string =>
  /\/([A-Za-z0-9.-]+)\/_history/.exec(String(expectStatus(answer, 201).headers.get('location')))?.[1] ?? ''

t.test('smart: outside the compartment of the launch context', async t => {
  const stage = await startStage(t, { ACCESS_REGIME: 'smart' })
  const all = gp
  const own = locationOf(await stage.post(all, patient(newIns())))
  const ins = newIns()
  const other = locationOf(await stage.post(all, patient(ins)))
  const hidden = { patient: other, ins, result: locationOf(await stage.post(all, of(`Patient/${other}`))) }
  const chosen = { patient: 'hidden-patient', ins: newIns(), result: 'hidden-result' }
  await stage.put(all, { ...patient(chosen.ins), id: chosen.patient })
  await stage.put(all, { ...of(`Patient/${chosen.patient}`), id: chosen.result })
  for (const { ins: value } of [hidden, chosen]) {
    const outside = observation({ id: '' }, { identifier: [{ value }], performer: [byRpps(rpps.gp)] })
    expectStatus(await stage.post(all, { ...outside, subject: undefined }), 201)
  }
  const launched = (scope: string): Actor => ({ ...professional(rpps.stranger), scope, patient: own })
  await compareAll(t, {
    ...{ stage, own },
    writers: {
      'who reads and writes': launched('patient/*.cruds'),
      'who only writes': launched('patient/*.cud'),
    },
    pairs: {
      'in the form of the server': [hidden, inServerForm()],
      'chosen by a client': [chosen, { patient: 'absent-patient', ins: newIns(), result: 'absent-result' }],
    },
  })
})

t.test('dmp: a record that is closed', async t => {
  const stage = await startStage(t)
  const lets = (record: { id: string; ins: string }) =>
    [patientOf(record), consent(record, authorises(rpps.gp))] as const
  const [own, closed] = [await stage.open(lets), await stage.open(lets)]
  const result = await stage.createOne(hospital, observation(closed))
  const { json } = await stage.get(patientOf(closed), `Patient/${closed.id}`)
  expectStatus(await stage.put(patientOf(closed), { ...(json as Json), active: false }), 200)
  await compareAll(t, {
    ...{ stage, own: own.id, writers: { 'who reads and writes': gp } },
    opening: /^If-None-Exist on the Patient$|^an update of the Patient by criteria$/,
    pairs: { 'in the form of the server': [{ patient: closed.id, ins: closed.ins, result }, inServerForm()] },
  })
})

/** Of what lives in a record, the related persons alone have ids that somebody chose there: the operator who wrote them. */
const ofPersons: typeof ways = [
  [
    'the target of a Provenance',
    n =>
      writes(
        'POST',
        'Provenance',
      )({
        ...follows(`RelatedPerson/${n.result}`),
        agent: [{ who: byRpps(rpps.gp) }, { who: byFiness(finess.hospital) }],
      }),
  ],
  ['a delete', n => writes('DELETE', `RelatedPerson/${n.result}`)()],
  [
    'a patch',
    n =>
      writes(
        'PATCH',
        `RelatedPerson/${n.result}`,
      )({
        ...patched,
        data: Buffer.from('[{"op":"replace","path":"/active","value":false}]').toString('base64'),
      }),
  ],
  ...(['patient', 'own'] as const).map((whose): (typeof ways)[number] => [
    `an update, for ${whose === 'own' ? 'another' : 'its'} patient`,
    (n, { own }) =>
      writes(
        'PUT',
        `RelatedPerson/${n.result}`,
      )({ ...relatedPerson({ id: whose === 'own' ? own : n.patient }, 'SIS'), id: n.result }),
  ]),
]

t.test('dmp: a related person under an id that the operator chose', async t => {
  const stage = await startStage(t)
  const [own, other] = [
    await stage.open(record => [patientOf(record), consent(record, authorises(rpps.gp))]),
    await stage.open(),
  ]
  expectStatus(await stage.put(operator, { ...parent(other), id: 'hidden-person' }), 201)
  const [hidden, absent] = ['hidden-person', 'absent-person'].map(result => ({
    patient: other.id,
    ins: other.ins,
    result,
  }))
  if (hidden === undefined || absent === undefined) throw new Error('two names')
  await compareAll(t, {
    ...{ stage, own: own.id, tried: ofPersons },
    writers: { 'who is authorised elsewhere': gp, 'who deposits': hospital, 'another patient': patientOf(own) },
    pairs: { 'chosen by an operator': [hidden, absent] },
  })
})

t.test('smart: what granular scopes leave out of a record that they open', async t => {
  const stage = await startStage(t, { ACCESS_REGIME: 'smart' })
  const own = locationOf(await stage.post(gp, patient(newIns())))
  const left = { category: [coded('http://terminology.hl7.org/CodeSystem/observation-category', 'vital-signs')] }
  const row = (value: string, more: Json = {}) => of(`Patient/${own}`, { ...left, identifier: [{ value }], ...more })
  const [server, chosen] = [newIns(), newIns()]
  const hidden = { patient: own, ins: server, result: locationOf(await stage.post(gp, row(server))) }
  await stage.put(gp, row(chosen, { id: 'left-out' }))
  const others = 'Patient.rs Provenance.cud'
  const scoped = (context: string, rights: string): Actor => ({
    ...professional(rpps.stranger),
    scope: `${context}/Observation.${rights} ${context}/Observation.rs?category=laboratory ${others.replaceAll(/\b(?=P)/g, `${context}/`)}`,
    patient: own,
  })
  await compareAll(t, {
    ...{ stage, own },
    writers: {
      'who creates all and reads some': scoped('patient', 'c'),
      'a user who creates all and reads some': scoped('user', 'c'),
    },
    pairs: {
      'in the form of the server': [hidden, { ...hidden, ins: newIns(), result: `${own}-${newUlid(Date.now())}` }],
      'chosen by a client': [
        { patient: own, ins: chosen, result: 'left-out' },
        { patient: own, ins: newIns(), result: 'absent-left' },
      ],
    },
  })
})
