/** What the grid asks about: six records of one shape, and in each the same objects, every one hidden in its own way. */
import { finess, hospital, laboratory, operator, patientOf } from '../access/support/cast.ts'
import {
  authorises,
  authorisesStructure,
  blocks,
  careTeam,
  consent,
  days,
  emergency,
  maskedInEmergency,
  masksAuthor,
  masksDocument,
  masksPeriod,
  masksTypes,
  parent,
  relatedPerson,
  treats,
  verified,
} from '../access/support/consents.ts'
import {
  byFiness,
  byRpps,
  coded,
  complementaryTypes,
  creates,
  document,
  type Json,
  labels,
  loinc,
  numbers,
  patient,
  subjectOf,
} from '../access/support/contents.ts'
import type { DossierRecord, Stage } from '../access/support/stage.ts'
import { expectStatus, newIns } from '../access/support/stage.ts'
import { inTeam, people, special } from './actors.ts'

/** What differs from one record to the next. */
export const recordKinds = ['open', 'closed', 'other', 'opposed', 'unmasked', 'adult'] as const
export type RecordKind = (typeof recordKinds)[number]

/** Why an object is hidden from some. */
export type Trait =
  | 'masked'
  | 'masked by Consent'
  | 'type masked by Consent'
  | 'period masked by Consent'
  | 'author masked by Consent'
  | 'invisible to the patient'
  | 'invisible to representatives'
  | 'archived'
  | 'entered in error'

interface Plan {
  readonly name: string
  readonly type: { readonly system: string; readonly code: string }
  readonly traits: readonly Trait[]
  readonly by?: 'hospital' | 'laboratory' | 'patient'
  /** It names the author among the actors. */
  readonly authored?: true
  /** Other elements. */
  readonly elements?: Json
}

/** A physician whose documents the patient masks: nobody among the actors. */
const unloved = '99700029999'

const visit = { system: loinc, code: '11488-4' }

export const plans: readonly Plan[] = [
  { name: 'plain', type: visit, traits: [] },
  { name: 'hospital-report', type: { system: loinc, code: '34112-3' }, traits: [] },
  { name: 'certificate', type: { system: loinc, code: '89601-9' }, traits: [] },
  { name: 'prescription', type: { system: loinc, code: '57833-6' }, traits: [] },
  { name: 'masked', type: visit, traits: ['masked'] },
  { name: 'masked-of-author', type: visit, traits: ['masked'], authored: true },
  { name: 'masked-by-consent', type: visit, traits: ['masked by Consent'] },
  { name: 'type-masked', type: { system: loinc, code: '60591-5' }, traits: ['type masked by Consent'] },
  {
    ...{ name: 'period-masked', type: visit, traits: ['period masked by Consent'] },
    elements: { date: '2019-05-05T10:00:00+01:00' },
  },
  { name: 'author-masked', type: visit, traits: ['author masked by Consent'] },
  { name: 'to-announce', type: visit, traits: ['invisible to the patient'] },
  { name: 'not-for-parents', type: visit, traits: ['invisible to representatives'] },
  { name: 'archived', type: visit, traits: ['archived'] },
  { name: 'archived-of-author', type: visit, traits: ['archived'], authored: true },
  { name: 'in-error', type: visit, traits: ['entered in error'] },
  { name: 'laboratory', type: { system: loinc, code: '11502-2' }, traits: [], by: 'laboratory' },
  { name: 'own', type: { system: complementaryTypes, code: 'EXPPAT_2' }, traits: [], by: 'patient' },
]

export interface GridObject extends Plan {
  readonly record: RecordKind
  readonly id: string
  readonly binary: string
  /** Value of an identifier that nothing else has. */
  readonly number: string
}

/** A text that only this object and its content hold: wherever it comes out, the object was shown. */
export const markerOf = ({ record, name }: Pick<GridObject, 'record' | 'name'>): string => `marker:${record}/${name}.`

/** Every marker in a text. */
export const markersIn = (text: string): readonly string[] => text.match(/marker:[a-z]+\/[a-z-]+\./g) ?? []

const contentOf = (object: Pick<GridObject, 'record' | 'name'>): string =>
  Buffer.from(markerOf(object)).toString('base64')

export interface GridRecord extends DossierRecord {
  readonly kind: RecordKind
  /** A document that refers to every object of the record; an ordinary one itself. */
  readonly pointer: string
}

const archivedExtension = 'https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/pdsm-ext-is-archived'
const visibility: Readonly<Partial<Record<Trait, string>>> = {
  masked: 'MASQUE_PS',
  'invisible to the patient': 'INVISIBLE_PATIENT',
  'invisible to representatives': 'INVISIBLE_REPRESENTANTS_LEGAUX',
}

/** The elements by which a document has its traits. */
function elementsOf({ traits }: Plan): Json {
  const codes = traits.flatMap(trait => visibility[trait] ?? [])
  return {
    ...(codes.length === 0 ? {} : { securityLabel: labels(...codes) }),
    ...(traits.includes('archived') ? { extension: [{ url: archivedExtension, valueBoolean: true }] } : {}),
    ...(traits.includes('entered in error') ? { status: 'entered-in-error' } : {}),
  }
}

const depositors = {
  hospital: () => ({ actor: hospital, author: byFiness(finess.hospital) }),
  laboratory: () => ({ actor: laboratory, author: byFiness(finess.laboratory) }),
  patient: (record: DossierRecord) => ({ actor: patientOf(record), author: subjectOf(record) }),
} as const

async function deposit(stage: Stage, record: DossierRecord, at: { kind: RecordKind; plan: Plan }): Promise<GridObject> {
  const { kind, plan } = at
  const { actor, author } = depositors[plan.by ?? 'hospital'](record)
  const number = `${kind}-${plan.name}`
  const isUnloved = plan.traits.includes('author masked by Consent')
  const urn = 'urn:uuid:5b0c7a44-0001-4000-8000-000000000001'
  const [id = '', binary = ''] = await stage.create(
    actor,
    creates(
      document(record, {
        type: coded(plan.type.system, plan.type.code),
        author: [
          author,
          ...(plan.authored === true ? [byRpps(special.author.rpps)] : []),
          ...(isUnloved ? [byRpps(unloved)] : []),
        ],
        description: markerOf({ ...plan, record: kind }),
        identifier: [{ system: numbers, value: number }],
        content: [{ attachment: { contentType: 'text/plain', url: urn } }],
        ...plan.elements,
        ...elementsOf(plan),
      }),
    ),
    creates({ resourceType: 'Binary', contentType: 'text/plain', data: contentOf({ ...plan, record: kind }) }, urn),
  )
  return { ...plan, record: kind, id, binary, number }
}

const decisions: Readonly<Partial<Record<RecordKind, readonly Json[]>>> = {
  opposed: [emergency('deny', 'BTG'), emergency('deny', 'ETREAT')],
  unmasked: [maskedInEmergency('permit')],
}

const administers = (rpps: string): Json => ({
  type: 'permit',
  actor: [{ role: coded('http://terminology.hl7.org/CodeSystem/v3-RoleCode', 'DELEGATEE'), reference: byRpps(rpps) }],
})

/** Who may come in, in every record but that of somebody else. */
const relations = (record: DossierRecord): readonly Json[] => [
  careTeam(record, inTeam.map(byRpps)),
  ...[
    treats(special.treating.rpps),
    administers(special.administrator.rpps),
    authorises(special.authorised.rpps),
    authorisesStructure(finess.practice),
    { ...authorises(special.expired.rpps), ...days(-10, -2) },
    { ...authorises(special.early.rpps), ...days(2, 10) },
    authorises(special.blocked.rpps),
    blocks(special.blocked.rpps),
    authorises(special.inPart.rpps, { code: [coded(loinc, '57833-6')] }),
    authorises(special.denied.rpps),
    authorises(special.unblocked.rpps),
  ].map(provision => consent(record, provision)),
]

/** Whom each record names as a representative or relative. */
async function represent(stage: Stage, kind: RecordKind, record: DossierRecord): Promise<void> {
  await stage.create(operator, parent(record))
  await stage.create(operator, relatedPerson(record, 'FTH', { ...people.formerParent, ...days(-10, -2) }))
  if (kind === 'adult')
    await stage.create(operator, relatedPerson(record, 'GUARD', { ...people.guardian, ...days(-5, undefined) }))
  if (kind === 'open' || kind === 'closed')
    await stage.create(patientOf(record), relatedPerson(record, 'SIS', people.relative))
}

/** Blocked, and unblocked: which authorises nobody. */
async function unblock(stage: Stage, record: DossierRecord): Promise<void> {
  const blocking = consent(record, blocks(special.unblocked.rpps))
  const id = await stage.createOne(patientOf(record), blocking)
  expectStatus(await stage.put(patientOf(record), { ...blocking, id, status: 'inactive' }), 200)
}

/** A record like any other, of a patient who came of age. */
async function openAdult(stage: Stage): Promise<DossierRecord> {
  const ins = newIns()
  const urn = 'urn:uuid:5b0c7a44-0001-4000-8000-000000000002'
  const opening = consent({ id: '' }, undefined, { ...verified, patient: { reference: urn } })
  const [id = ''] = await stage.create(
    hospital,
    creates(patient(ins, { birthDate: '1990-01-01' }), urn),
    creates(opening),
  )
  return { id, ins }
}

const close = async (stage: Stage, record: DossierRecord): Promise<void> => {
  const { json } = await stage.get(patientOf(record), `Patient/${record.id}`)
  expectStatus(await stage.put(patientOf(record), { ...(json as Json), active: false }), 200)
}

/** @returns a record of that kind with its objects. */
export async function build(
  stage: Stage,
  kind: RecordKind,
): Promise<{ readonly record: GridRecord; readonly objects: readonly GridObject[] }> {
  const opened = kind === 'adult' ? await openAdult(stage) : await stage.open()
  const holder = patientOf(opened)
  if (kind !== 'other') {
    await stage.create(holder, ...relations(opened))
    await represent(stage, kind, opened)
    await unblock(stage, opened)
  }
  const masking = [
    masksTypes(coded(loinc, '60591-5')),
    masksPeriod('2019-01-01', '2019-12-31'),
    masksAuthor(byRpps(unloved)),
  ]
  for (const provision of [...masking, ...(decisions[kind] ?? [])])
    await stage.create(holder, consent(opened, provision))
  const objects: GridObject[] = []
  for (const plan of plans) objects.push(await deposit(stage, opened, { kind, plan }))
  for (const { traits, id } of objects)
    if (traits.includes('masked by Consent'))
      await stage.create(holder, consent(opened, masksDocument(`DocumentReference/${id}`)))
  const pointer = await stage.createOne(
    hospital,
    document(opened, {
      author: [byFiness(finess.hospital)],
      identifier: [{ system: numbers, value: `${kind}-pointer` }],
      relatesTo: objects.map(({ id }) => ({
        code: 'appends',
        target: { reference: `DocumentReference/${id}` },
      })),
    }),
  )
  const denied = objects.find(({ name }) => name === 'plain')
  const deniesOne = { data: [{ meaning: 'instance', reference: { reference: `DocumentReference/${denied?.id}` } }] }
  if (kind !== 'other') await stage.create(holder, consent(opened, blocks(special.denied.rpps, deniesOne)))
  if (kind === 'closed') await close(stage, opened)
  return { record: { ...opened, kind, pointer }, objects }
}
