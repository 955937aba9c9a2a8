/** What is hidden cannot be told from what never was: every door, for every reason of hiding. `access.md` section 3. */
import t from 'tap'
import {
  emergencyPhysician,
  finess,
  gp,
  hospital,
  laboratory,
  nurse,
  operator,
  parentOf,
  patientOf,
  podologue,
  rpps,
  samu,
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
  masksPeriod,
  masksTypes,
  parent,
  pauses,
  treats,
} from './support/consents.ts'
import { byFiness, byRpps, coded, complementaryTypes, type Json, labels, loinc } from './support/contents.ts'
import { changeDoors, type Door, depositDoors, patientDoors, readDoors, trailDoor } from './support/doors.ts'
import { type Addition, expectStatus, startStage } from './support/stage.ts'
import { type Hiding, hiddenType, shown, twinsOf } from './support/twins.ts'

t.setTimeout(240_000) // every door for every reason: a busy machine takes its time
const stage = await startStage(t)

const byPatient =
  (write: (record: { id: string }) => Json): Addition =>
  record => [patientOf(record), write(record)]
const decides = (provision: Json): Addition => byPatient(record => consent(record, provision))
const lets = decides(authorises(rpps.gp))
const hidden = (...codes: readonly string[]) => ({ document: () => ({ securityLabel: labels(...codes) }) })
const visit = coded(loinc, '11488-4')
const ofPatient = coded(complementaryTypes, 'DOCPAT01')
const toGp = { reader: () => gp, beside: 'document', before: [lets], writes: visit } as const
const shut = { reader: () => gp, beside: 'record' } as const
const atLaboratory = { ...laboratory, finess: finess.laboratory }

const hidings: readonly Hiding[] = [
  { reason: 'masked by the label MASQUE_PS', ...toGp, ...hidden('MASQUE_PS') },
  {
    ...{ reason: 'masked by a Consent about the document', ...toGp },
    after: [(record, ids) => [patientOf(record), consent(record, masksDocument(`DocumentReference/${ids.document}`))]],
  },
  { reason: 'masked by a Consent about its type', ...toGp, before: [lets, decides(masksTypes(hiddenType))] },
  {
    reason: 'masked by a Consent about its period',
    ...toGp,
    before: [lets, decides(masksPeriod('2025-06-01', '2025-06-30'))],
  },
  {
    ...{ reason: 'masked by a Consent about its author', ...toGp, depositor: atLaboratory },
    before: [lets, decides(masksAuthor(byFiness(finess.laboratory)))],
  },
  { reason: 'masked, and deleted since', ...toGp, ...hidden('MASQUE_PS'), close: deleting },
  {
    ...{ reason: 'masked, to a nurse of the care team', ...toGp, ...hidden('MASQUE_PS'), reader: () => nurse },
    before: [byPatient(record => careTeam(record, [byRpps(rpps.nurse)]))],
  },
  { reason: 'masked, in an emergency', ...toGp, ...hidden('MASQUE_PS'), reader: () => emergencyPhysician, before: [] },
  {
    reason: 'INVISIBLE_PATIENT, to the patient',
    ...hidden('INVISIBLE_PATIENT'),
    reader: patientOf,
    beside: 'document',
    writes: ofPatient,
  },
  {
    reason: 'INVISIBLE_PATIENT, to the parent',
    ...hidden('INVISIBLE_PATIENT'),
    reader: parentOf,
    beside: 'document',
    before: [byOperator()],
    writes: ofPatient,
  },
  {
    ...{ reason: 'INVISIBLE_REPRESENTANTS_LEGAUX, to the parent', ...hidden('INVISIBLE_REPRESENTANTS_LEGAUX') },
    ...{ reader: parentOf, beside: 'document', before: [byOperator()], writes: ofPatient },
  },
  {
    reason: 'of a type outside the column',
    reader: () => podologue,
    beside: 'document',
    before: [decides(authorises(rpps.podologue))],
    writes: visit,
  },
  { reason: 'deposited by another structure', reader: () => laboratory, beside: 'document', writes: visit },
  { reason: 'in a record without an authorisation', reader: () => gp, beside: 'document', writes: visit },
  { reason: 'the record: no authorisation', ...shut },
  {
    reason: 'the record: the authorisation expired',
    ...shut,
    isNamed: true,
    before: [decides({ ...authorises(rpps.gp), ...days(-10, -2) })],
  },
  {
    reason: 'the record: the authorisation is of another day',
    ...shut,
    isNamed: true,
    before: [decides({ ...authorises(rpps.gp), ...days(2, 10) })],
  },
  { reason: 'the record: blocked', ...shut, isNamed: true, before: [lets, decides(blocks(rpps.gp))] },
  { reason: 'the record: a pause', ...shut, isNamed: true, before: [lets, decides(pauses())] },
  { reason: 'the record: closed', ...shut, before: [lets], close: closing, writes: visit },
  {
    reason: 'the record: another patient’s',
    reader: () => patientOf({ id: '0123456789ab' }),
    beside: 'record',
    writes: ofPatient,
  },
  {
    reason: 'the record: a parent of another child',
    reader: () => parentOf({ id: '0123456789ab' }),
    beside: 'record',
    writes: ofPatient,
  },
  {
    reason: 'the record: the parent is none any more',
    reader: parentOf,
    beside: 'record',
    before: [byOperator(days(-10, -2))],
    writes: ofPatient,
  },
  {
    reason: 'the record: the emergency call centre is opposed',
    reader: () => samu,
    beside: 'record',
    before: [decides(emergency('deny', 'ETREAT'))],
  },
  {
    reason: 'the record: breaking the glass is opposed',
    reader: () => emergencyPhysician,
    beside: 'record',
    before: [decides(emergency('deny', 'BTG'))],
  },
  {
    reason: 'the record: the structure of somebody else is authorised',
    ...shut,
    before: [decides(authorisesStructure(finess.hospital))],
  },
]

/** The operator says who the parent is. */
function byOperator(elements: Json = {}): Addition {
  return record => [operator, parent(record, elements)]
}

async function deleting(each: typeof stage, _: unknown, { document }: { document: string }): Promise<unknown> {
  return expectStatus(await each.remove(hospital, `DocumentReference/${document}`), 204)
}

async function closing(each: typeof stage, { id }: { id: string }): Promise<unknown> {
  const owner = patientOf({ id })
  const { json } = expectStatus(await each.get(owner, `Patient/${id}`), 200)
  return expectStatus(await each.put(owner, { ...(json as Json), active: false }), 200)
}

/** Who may deposit learns by a deposit whether there is a record at all; all else is compared. */
function doorsOf({ beside, writes, isNamed, reader }: Hiding) {
  const personal = ['patient', 'representative'].includes(reader({ id: 'x', ins: '' }).kind)
  return {
    reading: [...readDoors, ...patientDoors].filter(
      ([name]) => !(isNamed && /^consents$|^compartment of all types/.test(name)),
    ),
    writing: [
      ...changeDoors(writes ?? visit),
      ...(writes === undefined ? [] : depositDoors(writes)),
      ...(personal || beside === 'document' ? [trailDoor] : []),
    ],
  }
}

/** Each is asked twice: what arrives together is read and written together, and fewer than are let in at once. */
const doorsAtOnce = 40

for (const hiding of hidings) {
  t.test(`${hiding.reason}: no door tells it from what never was`, async t => {
    const [there, never] = await twinsOf(stage, hiding)
    const compare = async ([door, ask]: Door): Promise<void> => {
      const [found, expected] = await Promise.all([ask(stage, there), ask(stage, never)])
      t.same(
        found.map(answer => shown(answer, there)),
        expected.map(answer => shown(answer, never)),
        door,
      )
    }
    const { reading, writing } = doorsOf(hiding)
    for (let from = 0; from < reading.length; from += doorsAtOnce)
      await Promise.all(reading.slice(from, from + doorsAtOnce).map(compare))
    for (const door of writing) await compare(door)
  })
}

/** These ask for what both records hold, or for what nobody is ever told. */
const tellNothing = [
  'vread of a version that never was',
  'read under another type',
  'who can access the record',
  'why the record is found, or not',
  'search by meta.security',
  'search by what it relates to',
  'search of what derives from it',
  'the page link of somebody else',
  'to mask it',
  'a push with its masterIdentifier',
]

t.test('the doors would tell: to a médecin traitant, from whom nothing is hidden, each of them does', async t => {
  const [there, never] = await twinsOf(stage, {
    ...{ reason: 'nothing', reader: () => gp, beside: 'document', ...hidden('MASQUE_PS'), depositor: atLaboratory },
    before: [decides(treats(rpps.gp))],
    after: [(record, ids) => [patientOf(record), consent(record, masksDocument(`DocumentReference/${ids.document}`))]],
  })
  const alike: string[] = []
  for (const [door, ask] of [...readDoors, ...changeDoors(visit), ...depositDoors(visit)]) {
    const [found, expected] = await Promise.all([ask(stage, there), ask(stage, never)])
    const [one, other] = [found.map(answer => shown(answer, there)), expected.map(answer => shown(answer, never))]
    if (JSON.stringify(one) === JSON.stringify(other)) alike.push(door)
  }
  t.same(alike, tellNothing)
})
