/** Consents as IHE PCF writes them: a part of the record, a purpose, exceptions within. `access.md` section 4. */
import t from 'tap'
import type { IndexEntry } from '../../search/index-entry.ts'
import { authorKey, labelKey } from '../../search/key.ts'
import { accessStatus } from '../../security/access-status.ts'
import { compileFacts } from '../../security/compile-facts.ts'
import { decide } from '../../security/decide.ts'
import type { Principal } from '../../security/principal.ts'
import { readConsent } from '../../security/read-consent.ts'
import {
  grounds,
  hits,
  marie,
  now,
  ofProfession,
  ofRecord,
  professional,
  row,
  rpps,
  structure,
  yesterday,
} from './decide-support.ts'
import {
  byFiness,
  byRpps,
  consent,
  create,
  document,
  judge,
  label,
  loinc,
  otherRpps,
  patient,
  purpose,
  recipient,
  rowId,
  stored,
  told,
  treating,
  update,
  verified,
} from './record-support.ts'

type Provision = Readonly<Record<string, unknown>>

const classSystem = 'https://mos.esante.gouv.fr/NOS/TRE_A03-ClasseDocument/FHIR/TRE-A03-ClasseDocument'
const types = (...codes: readonly string[]) => ({ code: codes.map(code => ({ coding: [{ system: loinc, code }] })) })
const inClass = (...codes: readonly string[]) => ({ class: codes.map(code => ({ system: classSystem, code })) })
const single = (...names: readonly string[]) => ({
  data: names.map(reference => ({ meaning: 'instance', reference: { reference } })),
})
const writtenBy = (reference: Provision) => ({ data: [{ meaning: 'authoredby', reference }] })
const me = { actor: [recipient(byRpps())] }
const myStructure = { actor: [recipient(byFiness())] }
const another = { actor: [recipient(byRpps(otherRpps))] }
const permit = (elements: Provision): Provision => ({ type: 'permit', ...elements })
const deny = (elements: Provision): Provision => ({ type: 'deny', ...elements })
const except = (...provision: readonly Provision[]): Provision => ({ provision })

const day = (instant: number): string => new Date(instant).toISOString().slice(0, 10)
const ago = (days: number): number => now - days * 86_400_000

/** The facts of a record whose patient decided so, one decision after the other. */
const factsOf = (...provisions: readonly Provision[]) => factsWith({}, provisions)

const factsWith = (rows: Pick<Parameters<typeof compileFacts>[0], 'labelled'>, provisions: readonly Provision[]) =>
  compileFacts({
    ...rows,
    patient: marie,
    resources: [patient(), ...provisions.map(provision => consent(provision))].map((resource, at) => ({
      ...{ _id: `${at}`, resource, updated: ago(100) + at },
    })),
    depositors: [],
  })

const gp = professional()
const breaking = professional({ mode: 'bris_de_glace', reason: 'coma' })
const summary = row()
const report = row({ documentType: '34112-3' })
const imaging = row({ documentType: '18748-4' })
const identity = row({ documentType: 'record', type: 'Patient' })
const masked = row({ mask: 1 })
const rowOf = (id: string) => row({ id })
const binaryOf = (...follows: readonly string[]) => row({ type: 'Binary', id: 'b', follows })
const byAuthor = (actor: string) => row({}, [authorKey(actor)])

type Seeing = readonly [entry: IndexEntry, rows?: Parameters<typeof factsWith>[0]]

const seen = (principal: Principal, provisions: readonly Provision[], ...[entry, rows = {}]: Seeing): number =>
  hits(
    decide(
      { principal, interaction: 'search-type', type: entry.type, patient: marie, now },
      grounds(factsWith(rows, provisions)),
    ),
    entry,
  )

type Case = readonly [
  sentence: string,
  provisions: readonly Provision[],
  shown: readonly IndexEntry[],
  hidden: readonly IndexEntry[],
  reader?: Principal,
]

const cases: readonly Case[] = [
  ['a permit for a type of document opens that type', [permit({ ...me, ...types('60591-5') })], [summary], [report]],
  [
    'who may see a part of the record sees who the patient is',
    [permit({ ...me, ...types('34112-3') })],
    [identity],
    [],
  ],
  [
    'a permit for a class of document opens the types that the matrix puts in it',
    [permit({ ...me, ...inClass('11') })],
    [summary],
    [report, imaging],
  ],
  [
    'a permit for a period of data opens what is of that time',
    [permit({ ...me, dataPeriod: { start: day(ago(10)), end: day(ago(5)) } })],
    [row({ date: ago(7) })],
    [row({ date: ago(20) }), row({ date: ago(2) })],
  ],
  [
    'a permit for one document opens it and what came with it alone',
    [permit({ ...me, ...single('DocumentReference/a') })],
    [rowOf('a'), binaryOf('a')],
    [rowOf('b'), binaryOf('b'), binaryOf('a', 'b'), row({ type: 'Observation', id: 'a' }), binaryOf()],
  ],
  [
    'a permit for several documents opens each, and what came with them',
    [permit({ ...me, ...single('DocumentReference/a', 'DocumentReference/b') })],
    [rowOf('a'), rowOf('b'), binaryOf('a', 'b')],
    [rowOf('c')],
  ],
  [
    'a permit for what an author wrote opens what names or was deposited by him',
    [permit({ ...me, ...writtenBy(byRpps(otherRpps)) })],
    [byAuthor(`rpps:${otherRpps}`), row({ depositor: `rpps:${otherRpps}` })],
    [summary],
  ],
  [
    'all elements of a provision narrow together',
    [permit({ ...me, ...types('60591-5'), dataPeriod: { start: day(ago(10)) } })],
    [row({ date: ago(7) })],
    [row({ date: ago(20) }), row({ date: ago(7), documentType: '34112-3' })],
  ],
  [
    'two permits for parts add up',
    [permit({ ...me, ...types('60591-5') }), permit({ ...me, ...types('34112-3') })],
    [summary, report],
    [imaging],
  ],
  [
    'a permit for a part does not narrow a permit for the whole',
    [permit({ ...me, ...types('60591-5') }), permit(me)],
    [summary, report],
    [],
  ],
  ['a permit for a part shows no masked document', [permit({ ...me, ...types('60591-5') })], [summary], [masked]],
  [
    'a permit for documents hidden from representatives opens those only',
    [permit({ ...me, securityLabel: [label('INVISIBLE_REPRESENTANTS_LEGAUX')] })],
    [row({ mask: 4 })],
    [summary, row({ mask: 5 })],
  ],
  [
    'a permit of a part for a structure covers whoever acts in it',
    [permit({ ...myStructure, ...types('60591-5') })],
    [summary],
    [report],
  ],
  [
    'and nobody who acts elsewhere',
    [permit({ ...myStructure, ...types('60591-5') })],
    [],
    [summary],
    professional({ structure: null }),
  ],
  [
    'a permit of a part for another is none of mine',
    [permit({ ...another, ...types('60591-5') })],
    [],
    [summary, identity],
  ],
  [
    'a permit of a part ends by the clock',
    [permit({ ...me, ...types('60591-5'), period: { end: day(ago(2)) } })],
    [],
    [summary],
  ],
  [
    'the column stands above every permit',
    [permit({ ...me, ...types('34112-3', '60591-5') })],
    [summary],
    [report],
    professional({ profession: { system: gp.profession?.system ?? '', code: '80' } }),
  ],
  // exceptions of permits, and denials
  [
    'a permit with an exception opens the rest',
    [permit({ ...me, ...except(deny(types('34112-3'))) })],
    [summary, imaging],
    [report],
  ],
  [
    'an exception for another does not concern me',
    [permit({ ...myStructure, ...except(deny({ ...another, ...types('34112-3') })) })],
    [summary, report],
    [],
  ],
  [
    'a structure is authorised but for one of its members',
    [permit({ ...myStructure, ...except(deny(me)) })],
    [],
    [summary, identity],
  ],
  [
    'an exception stands against every other permit: two consents in conflict, the denial',
    [permit({ ...me, ...except(deny(types('34112-3'))) }), permit(me)],
    [summary],
    [report],
  ],
  [
    'a denial of a type beats an authorisation',
    [permit(me), deny({ ...me, ...types('34112-3') })],
    [summary, identity],
    [report],
  ],
  [
    'a denial of one document denies what came with it, alone or not',
    [permit(me), deny({ ...me, ...single('DocumentReference/a') })],
    [rowOf('b'), binaryOf('b')],
    [rowOf('a'), binaryOf('a'), binaryOf('a', 'b')],
  ],
  ['a denial of a class', [permit(me), deny({ ...me, ...inClass('11') })], [report, imaging], [summary]],
  [
    'a denial of a part is one’s own also where one is the author',
    [permit(me), deny({ ...me, ...types('60591-5') })],
    [report],
    [byAuthor(`rpps:${rpps}`)],
  ],
  [
    'a denial of a part binds a médecin traitant too',
    [permit({ actor: [treating(byRpps())] }), deny({ ...me, ...types('34112-3') })],
    [summary, masked],
    [report],
  ],
  [
    'a denial with an exception denies the rest',
    [permit(me), deny({ ...me, ...inClass('11', '10'), ...except(permit(types('60591-5'))) })],
    [summary, imaging],
    [report],
  ],
  [
    'a denial of everything but one class',
    [permit(me), deny({ ...me, ...except(permit(inClass('11'))) })],
    [summary, identity],
    [report, imaging],
  ],
  // masks with exceptions
  [
    'what is masked to all but one is shown to him, where he is authorised',
    [permit(me), deny({ ...types('60591-5'), ...except(permit(me)) })],
    [summary],
    [],
  ],
  ['an exception of a mask authorises nobody', [deny({ ...types('60591-5'), ...except(permit(me)) })], [], [summary]],
  [
    'and is nobody else’s',
    [permit(me), deny({ ...types('60591-5'), ...except(permit(another)) })],
    [report],
    [summary],
  ],
  [
    'a mask of a type and a time together',
    [permit(me), deny({ ...types('60591-5'), dataPeriod: { start: day(ago(10)) } })],
    [row({ date: ago(20) }), report],
    [row({ date: ago(7) })],
  ],
  [
    'a mask of what an author wrote, but for one document',
    [permit(me), deny({ ...writtenBy(byFiness('999999999')), ...except(permit(single('DocumentReference/a'))) })],
    [rowOf('a')],
    [rowOf('b')],
  ],
  [
    'masks of parts do not bind the médecin traitant',
    [permit({ actor: [treating(byRpps())] }), deny({ ...types('60591-5'), dataPeriod: { start: day(ago(10)) } })],
    [row({ date: ago(7) })],
    [],
  ],
  [
    'what is masked to all is shown to the author whom it names',
    [permit(me), deny(single('DocumentReference/a', 'DocumentReference/b'))],
    [row({ id: 'a' }, [authorKey(`rpps:${rpps}`)]), rowOf('c')],
    [rowOf('b')],
  ],
  [
    'an agreement but for a time masks that time to all',
    [permit(me), permit({ purpose: purpose('TREAT'), ...except(deny({ dataPeriod: { start: day(ago(10)) } })) })],
    [row({ date: ago(20) })],
    [row({ date: ago(7) })],
  ],
  // purposes
  [
    'a permit for care opens nothing in an emergency that is opposed',
    [deny({ purpose: purpose('BTG') }), permit({ ...me, purpose: purpose('TREAT') })],
    [],
    [summary],
    breaking,
  ],
  ['a permit for care opens the record for care', [permit({ ...me, purpose: purpose('TREAT') })], [summary], []],
  ['a permit for the emergency opens nothing for care', [permit({ ...me, purpose: purpose('BTG') })], [], [summary]],
  [
    'a permit for the emergency opens the record to one, whom the patient excepts from his opposition',
    [deny({ purpose: purpose('BTG') }), permit({ ...me, purpose: purpose('BTG') })],
    [summary],
    [],
    breaking,
  ],
  [
    'who breaks the glass passes a denial of a part, as he passes a block',
    [deny({ ...me, ...types('60591-5') })],
    [summary],
    [],
    breaking,
  ],
  [
    'who enters as one who is authorised, because the patient opposes broken glasses, is bound by it',
    [permit(me), deny({ ...me, ...types('60591-5') }), deny({ purpose: purpose('BTG') })],
    [report],
    [summary],
    breaking,
  ],
  [
    'nor does he pass a denial of everything for care: he enters as for care',
    [permit(me), deny({ ...me, purpose: purpose('TREAT') }), deny({ purpose: purpose('BTG') })],
    [],
    [summary, report],
    breaking,
  ],
  [
    'nor a denial of a part for care',
    [permit(me), deny({ ...me, ...types('60591-5'), purpose: purpose('TREAT') }), deny({ purpose: purpose('BTG') })],
    [report],
    [summary],
    breaking,
  ],
  [
    'nor what is masked to all for care',
    [permit(me), deny({ ...types('60591-5'), purpose: purpose('TREAT') }), deny({ purpose: purpose('BTG') })],
    [report],
    [summary],
    breaking,
  ],
  [
    'what an exception leaves him for care he has there too',
    [
      permit(me),
      deny({ ...me, purpose: purpose('TREAT'), ...except(permit({ ...me, ...types('34112-3') })) }),
      deny({ purpose: purpose('BTG') }),
    ],
    [report],
    [summary],
    breaking,
  ],
  [
    'who asks for the call centre and is no regulating physician enters as for care, too',
    [permit(me), deny({ ...me, purpose: purpose('TREAT') })],
    [],
    [summary],
    ofProfession('60', { mode: 'centre_15' }),
  ],
  [
    'but not one that names the emergency',
    [deny({ ...me, ...types('60591-5'), purpose: purpose('BTG') })],
    [report],
    [summary],
    breaking,
  ],
  [
    'a type is masked in an emergency only',
    [permit(me), deny({ ...types('60591-5'), purpose: purpose('BTG', 'ETREAT') })],
    [summary],
    [],
  ],
  [
    'and is hidden there, whatever is chosen for masked documents',
    [
      permit({ purpose: purpose('BTG', 'ETREAT'), securityLabel: [label('MASQUE_PS')] }),
      deny({ ...types('60591-5'), purpose: purpose('BTG', 'ETREAT') }),
    ],
    [report],
    [summary, masked],
    breaking,
  ],
  [
    'a médecin traitant to whom everything is denied for care breaks the glass as anybody, not as who treats',
    [permit({ actor: [treating(byRpps())] }), deny({ ...me, purpose: purpose('TREAT') })],
    [summary],
    [row({ mask: 8 })],
    breaking,
  ],
  [
    'everything is refused but by breaking the glass',
    [permit(me), deny(except(permit({ purpose: purpose('BTG') })))],
    [],
    [summary, identity],
  ],
  [
    'and shown to whoever breaks it',
    [permit(me), deny(except(permit({ purpose: purpose('BTG') })))],
    [summary, identity],
    [],
    breaking,
  ],
  [
    'a patient is bound by none of his masks',
    [deny({ ...types('60591-5'), ...except(permit(me)) })],
    [summary],
    [],
    ofRecord('patient'),
  ],
]

const confidentiality = (...codes: readonly string[]) =>
  codes.map(code => ({ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code }))
const sensitivity = (...codes: readonly string[]) =>
  codes.map(code => ({ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code }))

/** What is read where `psy` is about mental health, `secret` is restricted, `liver` about alcohol, and Binaries follow them. */
const has = (...codes: readonly string[]) => codes.map(labelKey)
const psy = row({ id: 'psy' }, has('PSY'))
const secret = row({ id: 'secret' }, has('R'))
const liver = row({ id: 'liver' }, has('ETHUD'))
const labelled = new Map([
  ['PSY', ['psy']],
  ['R', ['secret']],
  ['ETHUD', ['liver']],
])

for (const [sentence, provisions, shown, hidden] of [
  [
    'a denial of a sensitivity denies what has it and what came with that',
    [permit(me), deny({ ...me, securityLabel: sensitivity('PSY') })],
    [summary, secret, binaryOf('secret')],
    [psy, binaryOf('psy'), binaryOf('psy', 'secret')],
  ],
  [
    'a sensitivity comprises those below it',
    [permit(me), deny({ ...me, securityLabel: sensitivity('ETH') })],
    [summary, psy],
    [liver, binaryOf('liver')],
  ],
  [
    'a permit of what is normal opens what is not restricted',
    [permit({ ...me, securityLabel: confidentiality('N') })],
    [summary, psy, binaryOf('psy')],
    [secret, binaryOf('secret'), binaryOf('psy', 'secret')],
  ],
  [
    'a permit of what is normal and restricted opens both, and not what is very restricted',
    [permit({ ...me, securityLabel: confidentiality('N', 'R') })],
    [summary, secret, binaryOf('secret')],
    [row({}, has('V'))],
  ],
  [
    'a permit of what is normal, and one of mental health',
    [
      permit({ ...me, securityLabel: confidentiality('N'), ...except(deny({ securityLabel: sensitivity('PSY') })) }),
      permit({ ...another, securityLabel: sensitivity('PSY') }),
    ],
    [summary],
    [psy, secret],
  ],
  [
    'a permit of a sensitivity opens nothing else',
    [permit({ ...me, securityLabel: sensitivity('PSY', 'SEX') })],
    [psy, binaryOf('psy')],
    [summary, secret, binaryOf('secret'), binaryOf('psy', 'secret')],
  ],
  [
    'mental health is masked to all but in an emergency',
    [permit(me), deny({ securityLabel: sensitivity('PSY'), ...except(permit({ purpose: purpose('BTG') })) })],
    [summary],
    [psy, binaryOf('psy')],
  ],
] as const)
  t.test(sentence, async t => {
    const rows = { labelled }
    shown.forEach((entry, at) => void t.equal(seen(gp, provisions, entry, rows), 1, `shown ${at}`))
    hidden.forEach((entry, at) => void t.equal(seen(gp, provisions, entry, rows), 0, `hidden ${at}`))
  })

t.test('a row carries a key for each label, and remembers that it had one', async t => {
  const labelledAs = (codes: readonly object[]) =>
    document({ securityLabel: codes.map(coding => ({ coding: [coding] })) })
  const keysOf = (result: ReturnType<typeof judge>) => (result.ok ? result.value[0]?.keys.filter(isMark) : [])
  const isMark = (key: string) => key.startsWith('#label=')
  t.same(keysOf(judge(structure, [create(labelledAs([...sensitivity('PSY'), ...confidentiality('N', 'R')]))])), [
    ...['#label=', '#label=PSY', '#label=R'],
  ])
  t.same(keysOf(judge(structure, [create(document())])), [])
  t.same(keysOf(judge(structure, [create({ ...document(), meta: { security: sensitivity('HIV') } })])), [
    ...['#label=', '#label=HIV'],
  ])
  const before = stored(document(), { keys: ['#label=', '#label=PSY'] }, rowId('psy'))
  t.same(keysOf(judge(structure, [update(before, document())])), ['#label='])
})

for (const [sentence, provisions, shown, hidden, reader = gp] of cases)
  t.test(sentence, async t => {
    for (const provision of provisions) t.equal(told(readConsent(consent(provision))), 'ok')
    shown.forEach((entry, at) => void t.equal(seen(reader, provisions, entry), 1, `shown ${at}`))
    hidden.forEach((entry, at) => void t.equal(seen(reader, provisions, entry), 0, `hidden ${at}`))
  })

for (const [sentence, provision, expression] of [
  ['a permit of a part without an actor', permit(types('60591-5')), 'provision.type'],
  ['a permit of two parts without an actor', permit({ ...types('60591-5'), dataPeriod: {} }), 'provision.actor'],
  [
    'an agreement of one class only',
    permit({ ...inClass('11'), ...except(deny(types('60591-5'))) }),
    'provision.actor',
  ],
  ['a purpose that no token has', permit({ ...me, purpose: purpose('TREAT', 'HPAYMT') }), 'provision.purpose'],
  ['research', permit({ ...me, purpose: [{ system: 'urn:x', code: 'FooBar' }] }), 'provision.purpose'],
  ['two actors', permit({ actor: [...me.actor, ...another.actor], ...types('60591-5') }), 'provision.actor'],
  [
    'a médecin traitant of a part',
    permit({ actor: [treating(byRpps())], ...types('60591-5') }),
    'provision.actor.role',
  ],
  ['an actor whom nobody knows', permit({ actor: [recipient({})], ...types('60591-5') }), 'provision.actor.reference'],
  [
    'an actor with an extension',
    permit({ actor: [{ ...me.actor[0], extension: [] }], ...types('60591-5') }),
    'provision.actor.extension',
  ],
  ['a class of another system', permit({ ...me, class: [{ system: 'urn:x', code: '11' }] }), 'provision.class'],
  ['a class in words', permit({ ...me, class: [] }), 'provision.class'],
  ['a type in words', permit({ ...me, code: [{ text: 'x' }] }), 'provision.code'],
  ['no data', permit({ ...me, data: [] }), 'provision.data'],
  [
    'data without measure',
    permit({ ...me, ...single(...Array.from({ length: 101 }, (_, at) => `List/${at}`)) }),
    'provision.data',
  ],
  [
    'exceptions without measure',
    permit({ ...me, ...except(...Array.from({ length: 21 }, () => deny(types('60591-5')))) }),
    'provision.provision',
  ],
  [
    'data of a meaning that nobody knows',
    permit({ ...me, data: [{ meaning: 'similar', reference: { reference: 'List/1' } }] }),
    'provision.data.meaning',
  ],
  [
    'documents and authors together',
    permit({ ...me, data: [...single('List/a').data, ...writtenBy(byRpps()).data] }),
    'provision.data.meaning',
  ],
  [
    'an author whom nobody knows',
    permit({ ...me, ...writtenBy({ reference: 'Practitioner/1' }) }),
    'provision.data.reference',
  ],
  ['the patient as a document', permit({ ...me, ...single(`Patient/${marie}`) }), 'provision.data.reference'],
  [
    'a datum with an extension',
    permit({ ...me, data: [{ ...single('List/a').data[0], extension: [] }] }),
    'provision.data.extension',
  ],
  [
    'a period that ends before it begins',
    permit({ ...me, dataPeriod: { start: '2026-02', end: '2026-01' } }),
    'provision.dataPeriod',
  ],
  [
    'a label of sensitivity that nobody knows',
    deny({ ...me, securityLabel: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-ActCode', code: 'TABOO' }] }),
    'provision.securityLabel',
  ],
  ['a label of no system', permit({ ...me, securityLabel: [{ code: 'N' }] }), 'provision.securityLabel'],
  ['no label', deny({ ...me, securityLabel: [] }), 'provision.securityLabel'],
  ['an opposition for a time', deny({ purpose: purpose('BTG'), period: { end: '2030' } }), 'provision.period'],
  [
    'an exception that says the same',
    permit({ ...me, ...except(permit(types('60591-5'))) }),
    'provision.provision.type',
  ],
  ['an exception that says nothing', permit({ ...me, ...except({}) }), 'provision.provision.type'],
  ['an exception of everything', permit({ ...me, ...except(deny({})) }), 'provision.provision'],
  ['exceptions that are none', permit({ ...me, provision: [] }), 'provision.provision'],
  [
    'an exception within an exception',
    permit({ ...me, ...except(deny({ ...types('60591-5'), ...except(permit(me)) })) }),
    'provision.provision.provision',
  ],
  ['an action within', permit({ ...me, ...except(deny({ action: [{ text: 'x' }] })) }), 'provision.provision.action'],
  [
    'an exception with another period',
    permit({ ...me, ...except(deny({ period: { start: 'soon' } })) }),
    'provision.provision.period',
  ],
  [
    'an exception about another purpose',
    permit({ ...me, ...except(deny({ purpose: purpose('HRESCH') })) }),
    'provision.provision.purpose',
  ],
  [
    'an exception about an unknown class',
    permit({ ...me, ...except(deny({ class: [{ code: '11' }] })) }),
    'provision.provision.class',
  ],
  [
    'an exception for two actors',
    deny({ ...types('60591-5'), ...except(permit({ actor: [...me.actor, ...another.actor] })) }),
    'provision.provision.actor',
  ],
] as const)
  t.test(`${sentence}: refused by the name of the element`, async t => {
    t.equal(told(readConsent(consent(provision))), `refusedByRule Consent.${expression}`)
  })

for (const [sentence, provision, expression] of [
  ['a type that the matrix has not', deny({ ...me, ...types('0-0') }), 'provision.code'],
  [
    'a type within that the matrix has not',
    permit({ ...me, ...except(deny(types('0-0'))) }),
    'provision.provision.code',
  ],
  ['a class that the matrix has not', deny({ ...me, ...inClass('98') }), 'provision.class'],
  [
    'a class within that the matrix has not',
    deny({ ...types('60591-5'), ...except(permit(inClass('1'))) }),
    'provision.provision.class',
  ],
  [
    'a document of another record',
    permit({ ...me, ...single('DocumentReference/other0000000-01m8059acqpq9fa9mh94z4zpqt') }),
    'provision.data.reference',
  ],
  [
    'a document within of another record',
    permit({ ...me, ...except(deny(single('DocumentReference/other0000000-01m8059acqpq9fa9mh94z4zpqt'))) }),
    'provision.provision.data.reference',
  ],
] as const)
  t.test(`${sentence} is refused where it is written`, async t => {
    const judged = told(judge(ofRecord('patient'), [create(consent(provision))]))
    t.equal(judged, `refusedByRule entry[0].resource.${expression}`)
  })

const others = { rpps: otherRpps, structure: null }
for (const [sentence, provision, who, expected] of [
  ['a professional declares a part for himself', permit({ ...me, ...types('60591-5') }), gp, 'ok'],
  ['a professional declares a part for another', permit({ ...another, ...types('60591-5') }), gp, 'accessDenied'],
  ['a professional denies himself a part', deny({ ...me, ...types('60591-5') }), gp, 'accessDenied'],
  ['a professional masks a part', deny({ ...types('60591-5'), dataPeriod: {} }), gp, 'accessDenied'],
  ['the patient does each', deny({ ...types('60591-5'), ...except(permit(me)) }), ofRecord('patient'), 'ok'],
] as const)
  t.test(`${sentence}: ${expected}`, async t => {
    t.match(told(judge(who, [create(consent(provision, verified))])), new RegExp(`^${expected}`))
  })

t.test('a médecin traitant denies another a part', async t => {
  const known = factsOf(permit({ actor: [treating(byRpps())] }))
  const provision = deny({ ...another, ...types('60591-5') })
  t.equal(told(judge(gp, [create(consent(provision))], { known })), 'ok')
  t.match(told(judge(professional(others), [create(consent(provision))], { known })), /^accessDenied/)
})

for (const [sentence, provisions, status] of [
  ['a permit for a part', [permit({ ...me, ...types('60591-5') })], 'valid'],
  [
    'a permit for a part that is over',
    [permit({ ...me, ...types('60591-5'), period: { end: day(yesterday - 86_400_000) } })],
    'expired',
  ],
  ['a permit for a part and a block', [permit({ ...me, ...types('60591-5') }), deny(me)], 'blocked'],
  ['a denial of a part', [deny({ ...me, ...types('60591-5') })], 'none'],
  ['a permit, and a denial for care', [permit(me), deny({ ...me, purpose: purpose('TREAT') })], 'blocked'],
  ['a permit, and a denial in emergencies', [permit(me), deny({ ...me, purpose: purpose('BTG') })], 'valid'],
  [
    'a permit, and a denial but by breaking the glass',
    [permit(me), deny({ ...me, ...except(permit({ purpose: purpose('BTG') })) })],
    'blocked',
  ],
  ['a permit, and a denial but for a class', [permit(me), deny({ ...me, ...except(permit(inClass('11'))) })], 'valid'],
  [
    'a permit of everything but everything, and one of a class',
    [permit({ ...me, ...except(deny({ purpose: purpose('TREAT') })) }), permit({ ...me, ...inClass('11') })],
    'blocked',
  ],
  ['a permit for another purpose', [permit({ ...me, purpose: purpose('BTG') })], 'none'],
] as const)
  t.test(`the status of access with ${sentence}: ${status}`, async t =>
    t.equal(accessStatus(professional(), factsOf(...provisions), now), status),
  )

t.test('to whom everything is denied for care writes no team and blocks nobody, and is told so', async t => {
  const team = {
    ...{ resourceType: 'CareTeam', status: 'active', subject: { reference: `Patient/${marie}` } },
    participant: [{ member: byRpps(otherRpps) }],
  }
  for (const [what, resource, given] of [
    ['a team', team, permit(me)],
    ['a block', consent(deny({ ...another })), permit({ actor: [treating(byRpps())] })],
  ] as const) {
    const judged = (who: Principal, ...provisions: readonly Provision[]) =>
      told(judge(who, [create(resource)], { known: factsOf(given, ...provisions) }))
    for (const who of [gp, breaking]) {
      t.equal(judged(who), 'ok', what)
      t.match(judged(who, deny({ ...me, purpose: purpose('TREAT') })), /^accessDenied/, what)
      t.match(judged(who, deny({ ...me, ...except(permit({ purpose: purpose('BTG') })) })), /^accessDenied/, what)
    }
  }
  const known = factsOf(permit(me), deny({ ...me, purpose: purpose('TREAT') }))
  const asked = { principal: gp, interaction: 'read', type: 'Patient', patient: marie, now } as const
  t.match(decide(asked, grounds(known)), { effect: 'deny', failed: 'not-blocked' })
})

t.test('a record without such consents is asked for as ever', async t => {
  const facts = factsOf(permit(me))
  t.notOk('parts' in facts)
  t.notOk('administrators' in facts)
  t.notOk('ended' in facts)
})
