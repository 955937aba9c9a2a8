/** What comes with a document takes its labels. `access.md` section 5, last paragraph, and section 7. */
import t from 'tap'
import type { Resource } from '../../resources/resource.ts'
import { hiddenUntil } from '../../security/mask.ts'
import type { ProposedWrite, Stored } from '../../security/regime.ts'
import { facts, now, professional, rpps, structure } from './decide-support.ts'
import {
  byFiness,
  byRpps,
  consent,
  create,
  document,
  judge,
  label,
  ofPatient,
  rowId,
  stored,
  typed,
  update,
} from './record-support.ts'

const to = (reference: string) => ({ reference })
const [docId, otherId, binId, repId, obsId] = ['doc', 'other', 'bin', 'rep', 'obs'].map(name => rowId(name)) as [
  string,
  string,
  string,
  string,
  string,
]
const labelled = (code: string) => ({ securityLabel: [{ coding: [label(code)] }] })

const labDocument = (elements: object = {}) =>
  create(
    document({
      ...typed('11502-2'),
      author: [byFiness()],
      content: [{ attachment: { url: `Binary/${binId}` } }],
      ...elements,
    }),
    docId,
  )
const imaging = (elements: object = {}) =>
  create(document({ ...typed('18748-4'), author: [byFiness()], ...elements }), otherId)
const binary = create({ resourceType: 'Binary', contentType: 'application/pdf' }, binId)
const vitals = {
  category: [
    { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/observation-category', code: 'vital-signs' }] },
  ],
}
const report = (elements: object = {}) =>
  create({ resourceType: 'DiagnosticReport', subject: ofPatient, ...vitals, ...elements }, repId)
const result = (elements: object = {}) =>
  create({ resourceType: 'Observation', subject: ofPatient, ...vitals, ...elements }, obsId)
const condition = create({ resourceType: 'Condition', subject: ofPatient })
const list = (...items: readonly string[]) =>
  create({ resourceType: 'List', source: byFiness(), entry: items.map(item => ({ item: to(item) })) })
const provenance = (...targets: readonly string[]) =>
  create({ resourceType: 'Provenance', target: targets.map(to), agent: [{ who: byFiness() }] })

/** Document type and mask of one row of a unit. */
function labelsOf(_id: string, writes: readonly ProposedWrite[], referenced: readonly Stored[] = []) {
  const judged = judge(structure, writes, { referenced })
  if (!judged.ok) throw new Error(judged.failure.complaints[0].diagnostics)
  return judged.value[writes.findIndex(write => write._id === _id)]
}

for (const [sentence, _id, writes, expected] of [
  [
    'a Binary takes the type of its document',
    binId,
    [labDocument(), binary],
    { documentType: '11502-2', mask: 0, follows: [docId] },
  ],
  [
    'a Binary takes the mask of its document',
    binId,
    [binary, labDocument(labelled('MASQUE_PS'))],
    { mask: 1, ownMask: 0 },
  ],
  [
    'a Binary that a version of its url names',
    binId,
    [labDocument({ content: [{ attachment: { url: `https://here.test/fhir/Binary/${binId}/_history/1` } }] }), binary],
    { documentType: '11502-2' },
  ],
  [
    'a Binary that nothing names goes with the documents of its unit',
    binId,
    [imaging(labelled('MASQUE_PS')), binary],
    { documentType: '18748-4', mask: 1 },
  ],
  ['a Binary alone is other', binId, [binary], { documentType: 'other', mask: 0, follows: [] }],
  ...(['entered-in-error', 'superseded'] as const).flatMap(status => [
    [
      `a Binary takes the labels of its document that is ${status} from the first`,
      binId,
      [labDocument({ status, ...labelled('MASQUE_PS') }), binary],
      { documentType: '11502-2', mask: status === 'superseded' ? 1 : 17, follows: [docId] },
    ] as const,
    [
      `a report takes the labels of a document that is ${status} from the first, though it does not tell`,
      repId,
      [labDocument({ status }), binary, imaging(), report()],
      { mask: status === 'superseded' ? 0 : 16, follows: [docId, otherId] },
    ] as const,
    [
      `a result takes the labels of a document that is ${status} from the first`,
      obsId,
      [labDocument({ status, context: { related: [to(`Observation/${obsId}`)] } }), binary, imaging(), result()],
      { documentType: '11502-2', mask: status === 'superseded' ? 0 : 16, follows: [docId] },
    ] as const,
  ]),
  [
    'a report takes the type of its document, whatever its category',
    repId,
    [labDocument(), binary, report()],
    { documentType: '11502-2', follows: [docId] },
  ],
  ['a report alone has the type of its category', repId, [report()], { documentType: '11506-3', follows: [] }],
  [
    'a result takes the type and mask of the document',
    obsId,
    [labDocument(labelled('MASQUE_PS')), binary, result()],
    { documentType: '11502-2', mask: 1 },
  ],
  [
    'of two documents, the one that is about the report',
    repId,
    [
      labDocument({ context: { related: [to(`DiagnosticReport/${repId}`)] } }),
      binary,
      imaging(labelled('MASQUE_PS')),
      report(),
    ],
    { documentType: '11502-2', mask: 0, follows: [docId] },
  ],
  [
    'of two documents, the one that attaches what the report prints',
    repId,
    [labDocument(), binary, imaging(labelled('MASQUE_PS')), report({ presentedForm: [{ url: `Binary/${binId}` }] })],
    { documentType: '11502-2', mask: 0, follows: [docId] },
  ],
  [
    'of two documents that tell nothing, the strictest',
    repId,
    [labDocument(), binary, imaging(labelled('MASQUE_PS')), report()],
    { documentType: 'other', mask: 1, follows: [docId, otherId] },
  ],
  [
    'a result goes with the report that lists it',
    obsId,
    [
      labDocument({ context: { related: [to(`DiagnosticReport/${repId}`)] } }),
      binary,
      imaging(labelled('MASQUE_PS')),
      report({ result: [to(`Observation/${obsId}`)] }),
      result(),
    ],
    { documentType: '11502-2', mask: 0 },
  ],
  [
    'any other resource takes the mask and keeps its type',
    condition._id,
    [labDocument(labelled('MASQUE_PS')), binary, condition],
    { documentType: '60591-5', mask: 1, follows: [docId] },
  ],
  [
    'a List takes the type on which its documents agree',
    list()._id,
    [labDocument(), binary, list(`DocumentReference/${docId}`)],
    { documentType: '11502-2' },
  ],
  [
    'a List of documents that disagree is other and as strict as all',
    list()._id,
    [
      labDocument(labelled('MASQUE_PS')),
      binary,
      imaging(labelled('INVISIBLE_PATIENT')),
      list(`DocumentReference/${docId}`, `DocumentReference/${otherId}`),
    ],
    { documentType: 'other', mask: 3, hiddenUntil: hiddenUntil(now) },
  ],
  [
    'a Provenance takes the labels of its target',
    provenance('x')._id,
    [labDocument(labelled('MASQUE_PS')), binary, result(), provenance(`Observation/${obsId}`)],
    { documentType: '11502-2', mask: 1 },
  ],
  [
    'own labels add to those that are followed',
    repId,
    [
      labDocument(labelled('INVISIBLE_REPRESENTANTS_LEGAUX')),
      binary,
      report({ meta: { security: [label('MASQUE_PS')] } }),
    ],
    { ownMask: 1, mask: 5 },
  ],
  [
    'a follower is hidden from the patient as long as its document',
    binId,
    [labDocument(labelled('INVISIBLE_PATIENT')), binary],
    { mask: 2, ownMask: 0, hiddenUntil: hiddenUntil(now) },
  ],
] as const)
  t.test(sentence, async t => t.match(labelsOf(_id, writes), expected))

const known = (resource: Resource, differences: object, _id: string) => stored(resource, differences, _id)

for (const [sentence, referenced, expected] of [
  [
    'of a masked document that is stored',
    [known(document(), { mask: 1 }, docId)],
    { documentType: '34112-3', mask: 1, follows: [docId] },
  ],
  ['of a document that nothing hides', [known(document(), {}, docId)], { documentType: '34112-3', mask: 0 }],
] as const)
  t.test(`a Provenance ${sentence} takes its labels`, async t => {
    t.match(labelsOf(provenance('x')._id, [provenance(`DocumentReference/${docId}`)], referenced), expected)
  })

const before = stored(
  { resourceType: 'DiagnosticReport', ...vitals },
  { documentType: '51969-4', mask: 1, follows: [docId] },
  repId,
)

t.test('a correction alone keeps the labels of the document that the report followed', async t => {
  const corrected = update(before, { resourceType: 'DiagnosticReport', status: 'corrected', ...vitals })
  t.match(labelsOf(repId, [corrected]), { documentType: '51969-4', mask: 1, follows: [docId] })
})

t.test('a correction alone takes the labels that the document has now', async t => {
  const corrected = update(before, { resourceType: 'DiagnosticReport', ...vitals })
  t.match(labelsOf(repId, [corrected], [known(document(), { documentType: '51969-4', mask: 0 }, docId)]), {
    documentType: '51969-4',
    mask: 0,
    follows: [docId],
  })
})

t.test('a report does not shed the mask of its document by coming back with another', async t => {
  t.match(labelsOf(repId, [update(before, { resourceType: 'DiagnosticReport' }), imaging()]), {
    documentType: 'other',
    mask: 1,
  })
})

t.test('a document that the unit supersedes lends nothing to what is new', async t => {
  const former = stored(document(typed('34112-3')), { mask: 1, ownMask: 1 }, otherId)
  const superseded = update(former, {
    ...document({ ...typed('34112-3'), ...labelled('MASQUE_PS') }),
    status: 'superseded',
  })
  const replacing = labDocument({ relatesTo: [{ code: 'replaces', target: to(`DocumentReference/${otherId}`) }] })
  const writes = [replacing, binary, superseded]
  t.match(labelsOf(binId, writes), { documentType: '11502-2', mask: 0, follows: [docId] })
  t.match(labelsOf(docId, writes), { mask: 0, follows: [] })
})

for (const [status, mask] of [
  ['entered-in-error', 16],
  ['superseded', 0],
] as const)
  t.test(`a document that becomes ${status} lends its labels to what it newly attaches`, async t => {
    const former = stored(document(typed('34112-3')), {}, otherId)
    const ended = (elements: object) => update(former, { ...document({ ...typed('34112-3'), ...elements }), status })
    const attaching = ended({ content: [{ attachment: { url: `Binary/${binId}` } }] })
    t.match(labelsOf(binId, [attaching, binary]), { documentType: '34112-3', mask, follows: [otherId] })
    const about = ended({ context: { related: [to(`Observation/${obsId}`)] } })
    t.match(labelsOf(obsId, [about, result()]), { documentType: '34112-3', mask, follows: [otherId] })
    t.match(labelsOf(repId, [ended({}), report()]), { documentType: '11506-3', follows: [] }, 'and to nothing else')
  })

const masksOne = (reference: string) =>
  consent(
    { type: 'deny', data: [{ meaning: 'instance', reference: to(reference) }] },
    { verification: [{ verified: true }] },
  )

t.test('a Consent of the unit masks its document and what comes with it', async t => {
  const writes = [labDocument(), binary, create(masksOne(`DocumentReference/${docId}`))]
  t.match(labelsOf(docId, writes), { ownMask: 0, mask: 1 })
  t.match(labelsOf(binId, writes), { ownMask: 0, mask: 1 })
})

t.test('a document that the patient masked stays so across versions and replacements', async t => {
  const former = stored(document(), {}, otherId)
  const masked = { known: facts({ maskedRows: [otherId] }) }
  t.match(judge(structure, [update(former, document())], masked), { value: [{ ownMask: 0, mask: 1 }] })

  const superseded = update(former, { ...document(), status: 'superseded' })
  const replacing = create(
    document({ relatesTo: [{ code: 'replaces', target: to(`DocumentReference/${otherId}`) }] }),
    docId,
  )
  const second = judge(structure, [replacing, superseded], masked)
  t.match(second, { value: [{ ownMask: 0, mask: 1, follows: [otherId] }, { mask: 1 }] })

  const successor = stored(document(), { mask: 1, follows: [otherId] }, docId)
  const third = create(
    document({ relatesTo: [{ code: 'replaces', target: to(`DocumentReference/${docId}`) }] }),
    rowId('third'),
  )
  const chain = judge(structure, [third, update(successor, { ...document(), status: 'superseded' })], masked)
  t.match(chain, { value: [{ mask: 1 }, { mask: 1, follows: [otherId] }] })
})

t.test('a secret connection deposits what comes with a document that is invisible to representatives', async t => {
  const writes = [
    create(document({ ...labelled('INVISIBLE_REPRESENTANTS_LEGAUX'), author: [byRpps()] }), docId),
    result({ performer: [byRpps()] }),
  ]
  t.equal(judge(professional({ secret: true }), writes).ok, true)
  t.match(judge(professional(), writes), { value: [{ mask: 4 }, { mask: 4, depositor: `rpps:${rpps}` }] })
})
