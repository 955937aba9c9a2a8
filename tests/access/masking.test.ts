/** Who sees a document is changed by a patch of three elements, and by its announcement. TD3.3 a to d; R.1111-49, R.1111-53 CSP. */
import t from 'tap'
import type { Answer } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import {
  type Actor,
  colleague,
  emergencyPhysician,
  finess,
  gp,
  hospital,
  insurance,
  laboratory,
  nurse,
  operator,
  parentOf,
  patientOf,
  rpps,
  secretary,
  stranger,
} from './support/cast.ts'
import { authorises, consent, masksDocument, treats } from './support/consents.ts'
import {
  byFiness,
  byRpps,
  creates,
  document,
  type Json,
  labels,
  numbers,
  observation,
  report,
  transaction,
} from './support/contents.ts'
import { expectStatus, idOf, idsIn, refusalOf, startStage } from './support/stage.ts'

const stage = await startStage(t)
const author = [byFiness(finess.hospital)]
const normal: Json = {
  coding: [{ system: 'http://terminology.hl7.org/CodeSystem/v3-Confidentiality', code: 'N' }],
}
const record = await stage.open(
  each => [patientOf(each), consent(each, authorises(rpps.gp))],
  each => [patientOf(each), consent(each, authorises(rpps.nurse))],
  each => [patientOf(each), consent(each, treats(rpps.colleague))],
)
const owner = patientOf(record)
const archivedUrl = 'https://interop.esante.gouv.fr/ig/fhir/pdsm/StructureDefinition/pdsm-ext-is-archived'
const isArchived = (value: boolean): Json => ({ url: archivedUrl, valueBoolean: value })

const made = (elements: Json = {}): Promise<string> =>
  stage.createOne(hospital, document(record, { author, ...elements }))
const patch = (actor: Actor, path: string, operations: readonly Json[]): Promise<Answer> =>
  stage.send(actor, `PATCH ${path}`, {
    body: JSON.stringify(operations),
    headers: { 'content-type': 'application/json-patch+json' },
  })
const announce = (actor: Actor, id: string, headers = {}): Promise<Answer> =>
  stage.send(actor, `POST DocumentReference/${id}/$announce`, { headers })
const codesOf = async (id: string): Promise<readonly unknown[]> =>
  select((await stage.get(hospital, `DocumentReference/${id}`)).json, '/securityLabel/*/coding/0/code')

/** Who sees the document, by id and in a search alike. */
async function seenBy(id: string, actors: Readonly<Record<string, Actor>>): Promise<readonly string[]> {
  const seen: string[] = []
  for (const [name, actor] of Object.entries(actors)) {
    const read = (await stage.get(actor, `DocumentReference/${id}`)).status === 200
    const found = await stage.get(actor, `DocumentReference?patient=${record.id}&_id=${id}&_total=accurate`)
    const listed = found.status === 200 && idsIn(found, 'DocumentReference').includes(id)
    const counted = Number(select(found.json, '/total')[0] ?? 0) > 0
    if (new Set([read, listed, counted]).size !== 1)
      throw new Error(`${name}: read ${read}, listed ${listed}, counted ${counted}`)
    if (read) seen.push(name)
  }
  return seen
}
const everybody = { gp, colleague, hospital, owner, stranger, laboratory }

t.test('TD3.3d: an archived document is for the médecin traitant, the patient and its depositor', async t => {
  const id = await made({ extension: [isArchived(false)] })
  t.same(await seenBy(id, everybody), ['gp', 'colleague', 'hospital', 'owner'])
  const archives = [{ op: 'replace', path: '/extension/0/valueBoolean', value: true }]
  expectStatus(await patch(hospital, `DocumentReference/${id}`, archives), 200)
  t.same(await seenBy(id, everybody), ['colleague', 'hospital', 'owner'])
  const restores = [{ op: 'remove', path: '/extension' }]
  expectStatus(await patch(hospital, `DocumentReference/${id}`, restores), 200)
  t.same(await seenBy(id, everybody), ['gp', 'colleague', 'hospital', 'owner'])
})

t.test('TD3.3c: what was entered in error is for its depositor alone, whatever else it is', async t => {
  for (const elements of [{}, { extension: [isArchived(true)] }, { securityLabel: labels('MASQUE_PS') }]) {
    const id = await made(elements)
    const withdraws = [{ op: 'replace', path: '/status', value: 'entered-in-error' }]
    t.equal((await patch(colleague, `DocumentReference/${id}`, withdraws)).status, 403, 'nobody else withdraws it')
    expectStatus(await patch(hospital, `DocumentReference/${id}`, withdraws), 200)
    t.same(await seenBy(id, everybody), ['hospital'])
  }
})

t.test('a named author sees what was withdrawn too; another professional of his profession does not', async t => {
  const id = await made({ author: [...author, byRpps(rpps.gp)], status: 'entered-in-error' })
  t.same(await seenBy(id, { gp, colleague, nurse }), ['gp'])
})

t.test('report and results go with the document that is archived or withdrawn', async t => {
  const urls = ['urn:uuid:0e4f0d3c-0001-4000-8000-000000000001', 'urn:uuid:0e4f0d3c-0001-4000-8000-000000000002']
  const result = observation(record, { performer: author })
  const made = await stage.post(
    hospital,
    transaction(
      creates(document(record, { author, context: { related: [{ reference: urls[1] }] } }), urls[0]),
      creates(
        report(record, { performer: author, result: [{ reference: 'urn:uuid:0e4f0d3c-0001-4000-8000-000000000003' }] }),
        urls[1],
      ),
      creates(result, 'urn:uuid:0e4f0d3c-0001-4000-8000-000000000003'),
    ),
  )
  expectStatus(made, 200)
  const [id = '', reportId = ''] = select(made.json, '/entry/*/response/location').map(idOf)
  const before = (await stage.get(gp, `DiagnosticReport/${reportId}`)).status
  t.equal(before, 200)
  const withdraws = [{ op: 'replace', path: '/status', value: 'entered-in-error' }]
  expectStatus(await patch(hospital, `DocumentReference/${id}`, withdraws), 200)
  for (const actor of [gp, colleague, owner])
    t.equal((await stage.get(actor, `DiagnosticReport/${reportId}`)).status, 404, actor.subject)
  t.equal((await stage.get(hospital, `DiagnosticReport/${reportId}`)).status, 200)
})

/** A document with a Binary, a report and a result of it. @returns the ids of the four. */
async function withContents(elements: Json): Promise<readonly string[]> {
  const [contents = '', printed = '', result = ''] = [1, 2, 3].map(
    n => `urn:uuid:0e4f0d3c-0002-4000-8000-00000000000${n}`,
  )
  return stage.create(
    hospital,
    creates(
      document(record, {
        author,
        content: [{ attachment: { contentType: 'text/plain', url: contents } }],
        context: { related: [{ reference: printed }] },
        ...elements,
      }),
    ),
    creates({ resourceType: 'Binary', contentType: 'text/plain', data: 'YWJj' }, contents),
    creates(report(record, { performer: author, result: [{ reference: result }] }), printed),
    creates(observation(record, { performer: author }), result),
  )
}

const current = async (id: string): Promise<Json> => (await stage.get(hospital, `DocumentReference/${id}`)).json as Json

for (const [status, hiddenFrom] of [
  ['entered-in-error', ['gp', 'nurse', 'colleague', 'owner']],
  ['superseded', ['gp', 'nurse']],
] as const)
  for (const [how, ends] of [
    ['from the first', async (elements: Json) => withContents({ ...elements, status })],
    [
      'by a patch',
      async (elements: Json) => {
        const ids = await withContents(elements)
        const puts = [{ op: 'replace', path: '/status', value: status }]
        expectStatus(await patch(hospital, `DocumentReference/${ids[0]}`, puts), 200)
        return ids
      },
    ],
    [
      'by an update',
      async (elements: Json) => {
        const ids = await withContents(elements)
        expectStatus(await stage.put(hospital, { ...(await current(ids[0] ?? '')), status }), 200)
        return ids
      },
    ],
    [
      'as another replaces it',
      async (elements: Json) => {
        const ids = await withContents(elements)
        const [id = ''] = ids
        const replaces = { relatesTo: [{ code: 'replaces', target: { reference: `DocumentReference/${id}` } }] }
        const replacing = creates(document(record, { author, ...replaces }))
        const ended = { ...(await current(id)), status }
        expectStatus(
          await stage.post(
            hospital,
            transaction(replacing, { resource: ended, request: { method: 'PUT', url: `DocumentReference/${id}` } }),
          ),
          200,
        )
        return ids
      },
    ],
  ] as const)
    t.test(`what a document that is ${status} ${how} brought is hidden as it is`, async t => {
      const [id = '', binary = '', printed = '', result = ''] = await ends({ securityLabel: labels('MASQUE_PS') })
      const paths = [
        `DocumentReference/${id}`,
        `Binary/${binary}`,
        `DiagnosticReport/${printed}`,
        `Observation/${result}`,
      ]
      for (const path of paths) {
        t.equal((await stage.get(hospital, path)).status, 200, path)
        for (const [name, actor] of Object.entries({ gp, nurse, colleague, owner }))
          t.equal(
            (await stage.get(actor, path)).status,
            hiddenFrom.some(each => each === name) ? 404 : 200,
            `${name} ${path}`,
          )
      }
      const found = await stage.get(gp, `Observation?patient=${record.id}&_id=${result}&_total=accurate`)
      t.same(select(found.json, '/total'), [0])
    })

t.test(
  'a patch changes where a document stands, who sees it and whether it is archived; anything else is 405',
  async t => {
    const id = await made({
      extension: [isArchived(false), { url: 'https://hospital.example/ward', valueString: 'A' }],
    })
    for (const [element, operations] of [
      [
        'type',
        [{ op: 'replace', path: '/type', value: { coding: [{ system: 'http://loinc.org', code: '11490-0' }] } }],
      ],
      ['author', [{ op: 'replace', path: '/author', value: [byRpps(rpps.gp)] }]],
      ['description', [{ op: 'add', path: '/description', value: 'x' }]],
      ['content', [{ op: 'replace', path: '/content/0/attachment/contentType', value: 'text/html' }]],
      ['meta', [{ op: 'add', path: '/meta/tag', value: [{ code: 'x' }] }]],
      ['extension', [{ op: 'replace', path: '/extension/1/valueString', value: 'B' }]],
      ['extension', [{ op: 'remove', path: '/extension/1' }]],
      ['extension', [{ op: 'remove', path: '/extension' }]],
      ['masterIdentifier', [{ op: 'add', path: '/masterIdentifier', value: { value: 'x' } }]],
      [
        'description',
        [
          { op: 'replace', path: '/status', value: 'superseded' },
          { op: 'add', path: '/description', value: 'x' },
        ],
      ],
    ] as const) {
      const answer = await patch(hospital, `DocumentReference/${id}`, operations)
      t.equal(refusalOf(answer), `405 notAllowed DocumentReference.${element}`)
    }
    t.equal(select((await stage.get(hospital, `DocumentReference/${id}`)).json, '/meta/versionId')[0], '1')
  },
)

t.test('TD3.3a: the label N stays, also when a patch means another label by its place', async t => {
  const id = await made({ securityLabel: [normal] })
  const replaces = (at: number): readonly Json[] => [
    { op: 'replace', path: `/securityLabel/${at}`, value: labels('MASQUE_PS')[0] },
  ]
  expectStatus(await patch(hospital, `DocumentReference/${id}`, replaces(0)), 200)
  t.same(await codesOf(id), ['N', 'MASQUE_PS'])
  t.same(await seenBy(id, everybody), ['colleague', 'hospital', 'owner'])
  expectStatus(await patch(hospital, `DocumentReference/${id}`, [{ op: 'remove', path: '/securityLabel' }]), 200)
  t.same(await codesOf(id), ['N'])
  t.same(await seenBy(id, everybody), ['gp', 'colleague', 'hospital', 'owner'])
})

t.test('a patch that sets one label takes no other away', async t => {
  const hidden = await made({ securityLabel: [normal, ...labels('INVISIBLE_PATIENT')] })
  const masks = [{ op: 'replace', path: '/securityLabel/1', value: labels('MASQUE_PS')[0] }]
  t.equal(
    refusalOf(await patch(hospital, `DocumentReference/${hidden}`, masks)),
    '422 patchRefused DocumentReference.securityLabel',
  )
  t.same(await codesOf(hidden), ['N', 'INVISIBLE_PATIENT'])
  t.equal((await stage.get(owner, `DocumentReference/${hidden}`)).status, 404)
  const adds = [{ op: 'add', path: '/securityLabel/-', value: labels('MASQUE_PS')[0] }]
  t.equal((await patch(hospital, `DocumentReference/${hidden}`, adds)).status, 422, 'both together hide from everybody')
})

t.test('TD3.3 by the business identifier: one document of the patient, and none of another', async t => {
  const identifier = [{ system: numbers, value: 'td33' }]
  const id = await made({ identifier, securityLabel: [normal] })
  const victim = await stage.open()
  await stage.createOne(hospital, document(victim, { author, identifier }))
  const by = (of: string): string => `DocumentReference?patient=${of}&identifier=${numbers}|td33`
  const masks = [{ op: 'add', path: '/securityLabel/-', value: labels('MASQUE_PS')[0] }]
  t.equal((await patch(gp, by(victim.id), masks)).status, 404, 'in another record: as if there were none')
  expectStatus(await patch(hospital, by(record.id), masks), 200)
  t.same(await codesOf(id), ['N', 'MASQUE_PS'])
  await made({ identifier })
  t.equal((await patch(hospital, by(record.id), masks)).status, 412, 'two of that number')
})

t.test('$announce shows the patient what he was told', async t => {
  const id = await made({ securityLabel: [normal, ...labels('INVISIBLE_PATIENT')] })
  t.same(await seenBy(id, everybody), ['gp', 'colleague', 'hospital'])
  const answer = expectStatus(await announce(gp, id, { prefer: 'return=representation' }), 200)
  t.match(answer.json, { resourceType: 'DocumentReference', id, meta: { versionId: '2' } })
  t.same(await codesOf(id), ['N'])
  t.same(await seenBy(id, everybody), ['gp', 'colleague', 'hospital', 'owner'])
  t.equal(refusalOf(await announce(gp, id)), '422 refusedByRule DocumentReference', 'it was announced already')
  t.equal((await stage.put(gp, { ...(answer.json as Json), description: 'x' })).status, 403, 'it is still not his')
  const trail = await stage.get(owner, `AuditEvent?patient=${record.id}&entity=DocumentReference/${id}&_count=50`)
  t.match(trail.bytes.toString(), /\$announce/)
})

t.test('nobody announces who is not told of it, or is no professional in the ordinary mode', async t => {
  const id = await made({ securityLabel: labels('INVISIBLE_PATIENT') })
  const asked: readonly (readonly [string, Actor, readonly number[]])[] = [
    ['the patient', owner, [404]],
    ['a parent', parentOf(record), [403]],
    ['a stranger', stranger, [404]],
    ['another laboratory', laboratory, [404]],
    ['the insurance', insurance, [403, 404]],
    ['the operator', operator, [403]],
    ['a secretary', secretary, [403, 404]],
    ['break-glass', emergencyPhysician, [403, 422]],
  ]
  for (const [who, actor, expected] of asked) {
    const { status } = await announce(actor, id)
    t.ok(expected.includes(status), `${who}: ${status}`)
  }
  t.equal((await stage.get(owner, `DocumentReference/${id}`)).status, 404)
  t.equal(select((await stage.get(hospital, `DocumentReference/${id}`)).json, '/meta/versionId')[0], '1')
})

t.test('$announce of a hidden document is answered as of none', async t => {
  const id = await made({ securityLabel: labels('INVISIBLE_PATIENT') })
  const [there, never] = [
    await announce(stranger, id),
    await announce(stranger, `${record.id}-01m8059acqpq9fa9mh94z4zpqt`),
  ]
  t.equal(`${there.status} ${there.bytes}`, `${never.status} ${never.bytes}`)
  t.equal((await announce({ ...gp, scope: 'user/DocumentReference.rs' }, id)).status, 403)
  t.equal((await announce({ ...gp, scope: 'user/DocumentReference.us' }, id)).status, 403)
})

t.test('a patient masks what is new, shows single documents, and takes it back', async t => {
  const wary = await stage.open(each => [patientOf(each), consent(each, authorises(rpps.gp))])
  const deposit = (date: string): Promise<string> => stage.createOne(hospital, document(wary, { author, date }))
  const before = await deposit('2026-01-10T10:00:00+01:00')
  const masksNew: Json = { type: 'deny', dataPeriod: { start: new Date().toISOString() } }
  const rule = await stage.createOne(patientOf(wary), consent(wary, masksNew))
  const [one, other] = [await deposit('2026-03-01T10:00:00+01:00'), await deposit('2026-04-01T10:00:00+02:00')]
  const seen = async (): Promise<readonly unknown[]> =>
    [...idsIn(await stage.get(gp, `DocumentReference?patient=${wary.id}`), 'DocumentReference')].sort()
  t.same(await seen(), [before])
  for (const actor of [patientOf(wary), hospital])
    t.equal((await stage.get(actor, `DocumentReference/${one}`)).status, 200, actor.kind)
  const shows = {
    type: 'permit',
    data: [{ meaning: 'instance', reference: { reference: `DocumentReference/${one}` } }],
  }
  const changed = { ...consent(wary, { ...masksNew, provision: [shows] }), id: rule }
  expectStatus(await stage.put(patientOf(wary), changed), 200)
  t.same(await seen(), [before, one].sort())
  t.equal((await stage.get(gp, `DocumentReference/${other}`)).status, 404)
  expectStatus(await stage.put(patientOf(wary), { ...changed, status: 'inactive' }), 200)
  t.same(await seen(), [before, one, other].sort())
})

t.test('a patient masks what is new: what is deposited from then on, whatever its own date', async t => {
  const wary = await stage.open(each => [patientOf(each), consent(each, authorises(rpps.gp))])
  const old = { author, date: '2001-03-01T10:00:00+01:00' }
  const deposit = (): Promise<string> => stage.createOne(hospital, document(wary, old))
  const before = await deposit()
  const since = new Date().toISOString()
  const rule = await stage.createOne(patientOf(wary), consent(wary, { type: 'deny', dataPeriod: { start: since } }))
  const urn = 'urn:uuid:0e4f0d3c-0004-4000-8000-000000000001'
  const content = [{ attachment: { contentType: 'text/plain', url: urn } }]
  const [after = '', binary = ''] = await stage.create(
    hospital,
    creates(document(wary, { ...old, content })),
    creates({ resourceType: 'Binary', contentType: 'text/plain', data: 'YWJj' }, urn),
  )
  const search = `DocumentReference?patient=${wary.id}&_total=accurate`
  const seen = async (actor: Actor): Promise<readonly unknown[]> =>
    [...idsIn(await stage.get(actor, search), 'DocumentReference')].sort()
  t.same(await seen(gp), [before])
  t.equal(select((await stage.get(gp, search)).json, '/total')[0], 1)
  for (const path of [`DocumentReference/${after}`, `DocumentReference/${after}/_history`, `Binary/${binary}`])
    t.equal((await stage.get(gp, path)).status, 404, path)
  t.notMatch((await stage.get(gp, `Patient/${wary.id}/$everything`)).bytes.toString(), new RegExp(after))
  for (const actor of [patientOf(wary), hospital]) t.same(await seen(actor), [before, after].sort(), actor.kind)
  const changed = { ...document(wary, { ...old, description: 'corrected' }), id: before }
  expectStatus(await stage.put(hospital, changed), 200)
  t.same(await seen(gp), [before], 'a new version is no new deposit')
  t.equal((await stage.get(gp, `DocumentReference/${before}/_history/1`)).status, 200)
  const many = await Promise.all(Array.from({ length: 25 }, deposit))
  t.same(await seen(gp), [before])
  const data = [after, ...many].map(id => ({
    meaning: 'instance',
    reference: { reference: `DocumentReference/${id}` },
  }))
  const shown = { type: 'deny', dataPeriod: { start: since }, provision: [{ type: 'permit', data }] }
  expectStatus(await stage.put(patientOf(wary), { ...consent(wary, shown), id: rule }), 200)
  t.equal((await stage.get(gp, `${search}&_count=100`)).status, 200)
  t.equal(
    select((await stage.get(gp, search)).json, '/total')[0],
    27,
    'more than twenty are shown again by one exception',
  )
  t.equal((await stage.get(gp, `Binary/${binary}`)).status, 200)
  const last = await deposit()
  t.equal((await stage.get(gp, `DocumentReference/${last}`)).status, 404)
})

t.test('a time that is over is about the dates of documents alone', async t => {
  const wary = await stage.open(each => [patientOf(each), consent(each, authorises(rpps.gp))])
  const dataPeriod = { start: '2001-01-01', end: '2001-12-31' }
  await stage.createOne(patientOf(wary), consent(wary, { type: 'deny', dataPeriod }))
  const [within, beside] = await Promise.all(
    ['2001-03-01', '2002-03-01'].map(date =>
      stage.createOne(hospital, document(wary, { author, date: `${date}T10:00:00+01:00` })),
    ),
  )
  t.equal((await stage.get(gp, `DocumentReference/${within}`)).status, 404)
  t.equal((await stage.get(gp, `DocumentReference/${beside}`)).status, 200)
})

t.test('a professional masks at the deposit, because the patient asks', async t => {
  const id = await made({ securityLabel: [normal, ...labels('MASQUE_PS')] })
  t.same(await seenBy(id, everybody), ['colleague', 'hospital', 'owner'])
})

const labelled = (id: string, code: string): Promise<Answer> =>
  patch(hospital, `DocumentReference/${id}`, [{ op: 'add', path: '/securityLabel', value: labels(code) }])
const masksIt = (id: string): Promise<string> =>
  stage.createOne(owner, consent(record, masksDocument(`DocumentReference/${id}`)))

for (const [how, reader, masks] of [
  ['a Consent', gp, masksIt],
  ['MASQUE_PS', gp, (id: string) => labelled(id, 'MASQUE_PS')],
  ['INVISIBLE_PATIENT', owner, (id: string) => labelled(id, 'INVISIBLE_PATIENT')],
  [
    'entered-in-error',
    gp,
    (id: string) =>
      patch(hospital, `DocumentReference/${id}`, [{ op: 'replace', path: '/status', value: 'entered-in-error' }]),
  ],
] as const)
  t.test(`what came with a document and was deleted before is hidden with it: ${how}`, async t => {
    const [id = '', binary = '', , result = ''] = await withContents({})
    for (const path of [`Binary/${binary}`, `Observation/${result}`])
      expectStatus(await stage.remove(hospital, path), 204)
    const versions = [`Binary/${binary}/_history/1`, `Observation/${result}/_history/1`]
    const seen = async (actor: Actor) =>
      Promise.all([...versions, `Observation/${result}`].map(async path => (await stage.get(actor, path)).status))
    t.same(await seen(reader), [200, 200, 410])
    await masks(id)
    t.same(await seen(reader), [404, 404, 404])
    t.same(await seen(hospital), [200, 200, 410])
    const trail = await stage.get(owner, `AuditEvent?patient=${record.id}&entity=Observation/${result}&_count=50`)
    t.equal(select(trail.json, '/entry/*/resource/id').length > 0, reader !== owner, 'the trail does as it does')
  })

t.test('a Consent about a document that was deleted masks what came with it, and unmasks it', async t => {
  const [id = '', binary = '', , result = ''] = await withContents({})
  const seen = async () =>
    Promise.all([`Binary/${binary}`, `Observation/${result}`].map(async path => (await stage.get(gp, path)).status))
  expectStatus(await stage.remove(hospital, `DocumentReference/${id}`), 204)
  t.same(await seen(), [200, 200])
  const mask = await masksIt(id)
  t.same(await seen(), [404, 404])
  expectStatus(await stage.remove(owner, `Consent/${mask}`), 204)
  t.same(await seen(), [200, 200])
})

t.test('what is masked while its document is deleted, and was before, is shown again with the Consent', async t => {
  const [id = '', , , result = ''] = await withContents({})
  const mask = await masksIt(id)
  expectStatus(await stage.remove(hospital, `DocumentReference/${id}`), 204)
  t.equal((await stage.get(gp, `Observation/${result}`)).status, 404)
  expectStatus(await stage.remove(owner, `Consent/${mask}`), 204)
  t.equal((await stage.get(gp, `Observation/${result}`)).status, 200)
})

const sensitive = (code: string): Json => ({
  system: `http://terminology.hl7.org/CodeSystem/v3-${code.length === 1 ? 'Confidentiality' : 'ActCode'}`,
  code,
})

t.test('a label that is denied, or not permitted, hides what came with a document that is deleted since', async t => {
  const { provision } = consent(record, authorises(rpps.stranger, { securityLabel: [sensitive('N')] }))
  await stage.createOne(owner, consent(record, { type: 'deny', securityLabel: [sensitive('PSY')] }))
  await stage.createOne(owner, consent(record, provision as Json))
  for (const [code, reader] of [
    ['PSY', gp],
    ['R', stranger],
  ] as const) {
    const [id = '', binary = '', , result = ''] = await withContents({
      securityLabel: [{ coding: [sensitive(code)] }],
    })
    const seen = async () =>
      Promise.all(
        [`Binary/${binary}`, `Observation/${result}`].map(async path => (await stage.get(reader, path)).status),
      )
    t.same(await seen(), [404, 404], code)
    expectStatus(await stage.remove(hospital, `DocumentReference/${id}`), 204)
    t.same(await seen(), [404, 404], `${code}, deleted`)
  }
})
