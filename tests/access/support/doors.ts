/** Every way in which a reader may ask for something that he may not see. `access.md` section 3. */
import type { Answer } from '../../support/client.ts'
import { select } from '../../support/pointer.ts'
import { consent, masksDocument } from './consents.ts'
import {
  asks,
  batch,
  byFiness,
  creates,
  document,
  insSystem,
  type Json,
  labels,
  numbers,
  observation,
  subjectOf,
  transaction,
} from './contents.ts'
import type { Stage } from './stage.ts'
import { hiddenNumber, hiddenType, type Twin } from './twins.ts'

/** Asks by one door. @returns what came back, page by page where there are several. */
export type Ask = (stage: Stage, twin: Twin) => Promise<readonly Answer[]>
export type Door = readonly [name: string, ask: Ask]

const getting =
  (path: (twin: Twin) => string, headers?: Readonly<Record<string, string>>): Ask =>
  async (stage, twin) => [await stage.get(twin.reader, path(twin), headers)]

const inRecord = (type: string, more: string | ((twin: Twin) => string) = ''): Ask =>
  getting(twin => `${type}?patient=${twin.record.id}${typeof more === 'string' ? more : more(twin)}`)

const ofRecord = (path: (id: string) => string): Ask => getting(({ record }) => path(record.id))

const twoTypes = 'DocumentReference,DiagnosticReport'

/** Now: everything that stands is current. */
const now = (): string => new Date().toISOString()

/** Follows the links to the last page. */
const walking =
  (path: (twin: Twin) => string): Ask =>
  async (stage, twin) => {
    const pages = [await stage.get(twin.reader, path(twin))]
    for (let next = nextOf(pages[0]); next !== undefined && pages.length < 50; next = nextOf(pages.at(-1)))
      pages.push(await stage.get(twin.reader, next))
    return pages
  }

const nextOf = (page: Answer | undefined): string | undefined =>
  select(page?.json, '/link/[relation=next]/url').map(String)[0]

/** Follows the links to the last page, and from there back to the first. */
const walkingBack =
  (path: (twin: Twin) => string): Ask =>
  async (stage, twin) => {
    const pages = [...(await walking(path)(stage, twin))]
    for (let previous = previousOf(pages.at(-1)); previous !== undefined && pages.length < 100; )
      previous = previousOf(pages[pages.push(await stage.get(twin.reader, previous)) - 1])
    return pages
  }

const previousOf = (page: Answer | undefined): string | undefined =>
  select(page?.json, '/link/[relation=previous]/url').map(String)[0]

const documentOf = ({ ids }: Twin): string => `DocumentReference/${ids.document}`
const security = encodeURIComponent(
  labels('MASQUE_PS').flatMap(({ coding }) =>
    (coding as { system: string; code: string }[]).map(each => `${each.system}|${each.code}`),
  )[0] ?? '',
)
const criteria = `identifier=${numbers}|${hiddenNumber}`

/** Chains over what is hidden: by what it is, from what points to it, and from it to what is visible. */
const chains = [
  ['chain to it from a result', 'Observation', `derived-from:DocumentReference.${criteria}`],
  ['chain to its type from a document', 'DocumentReference', 'relatesto.type=34112-3'],
  ['chain to its number from a procedure', 'Procedure', `reason-reference:DocumentReference.${criteria}`],
  ['chain to all but others', 'Observation', 'derived-from:DocumentReference.type:not=11488-4'],
  ['chain to what has a number', 'Observation', 'derived-from:DocumentReference.identifier:missing=false'],
  ['chain to the result beside it', 'Observation', 'has-member.identifier=hidden-result'],
  [
    'chain over two links',
    'DocumentReference',
    'relatesto:DocumentReference.related:DiagnosticReport.identifier=hidden-report',
  ],
  ['_has of the report beside it', 'Observation', '_has:DiagnosticReport:result:identifier=hidden-report'],
  ['_has of what points to it', 'DocumentReference', '_has:Observation:derived-from:status=final'],
  [
    '_has, then a chain',
    'DocumentReference',
    `_has:DocumentReference:relatesto:relatesto:DocumentReference.${criteria}`,
  ],
  ['chain to the patient', 'Observation', 'patient.gender=unknown'],
] as const

/** Reading by id. */
const byId: readonly Door[] = [
  ['read', getting(documentOf)],
  ['read with a version that is known', getting(documentOf, { 'if-none-match': 'W/"1"' })],
  [
    'read what changed since',
    getting(documentOf, { 'if-modified-since': new Date(Date.now() + 60_000).toUTCString() }),
  ],
  ['vread', getting(twin => `${documentOf(twin)}/_history/1`)],
  ['vread of a version that never was', getting(twin => `${documentOf(twin)}/_history/2`)],
  ['history', getting(twin => `${documentOf(twin)}/_history`)],
  ['history of one version', getting(twin => `${documentOf(twin)}/_history?_count=1`)],
  ['read of the report beside it', getting(({ ids }) => `DiagnosticReport/${ids.report}`)],
  ['read of the result beside it', getting(({ ids }) => `Observation/${ids.result}`)],
  ['read under another type', getting(({ ids }) => `Observation/${ids.document}`)],
  ['Binary as bytes', getting(({ ids }) => `Binary/${ids.binary}`, { accept: 'text/plain' })],
  ['Binary as JSON', getting(({ ids }) => `Binary/${ids.binary}`, { accept: 'application/fhir+json' })],
  [
    'Binary as bytes, a version that is known',
    getting(({ ids }) => `Binary/${ids.binary}`, { accept: '*/*', 'if-none-match': 'W/"1"' }),
  ],
  ['Binary vread', getting(({ ids }) => `Binary/${ids.binary}/_history/1`)],
  ['Binary history', getting(({ ids }) => `Binary/${ids.binary}/_history`)],
  ['who can access it', getting(twin => `Patient/${twin.record.id}/$who-can-access?document=${documentOf(twin)}`)],
  ['who can access the record', ofRecord(id => `Patient/${id}/$who-can-access`)],
  ['why it is read, or not', getting(twin => `$explain-access?reference=${documentOf(twin)}`)],
  [
    'why its history is read, or not',
    getting(twin => `$explain-access?interaction=history-instance&reference=${documentOf(twin)}`),
  ],
  ['why a version of it is read, or not', getting(twin => `$explain-access?url=${documentOf(twin)}/_history/1`)],
  ['why the result beside it is read, or not', getting(({ ids }) => `$explain-access?url=Observation/${ids.result}`)],
  ['why the record is found, or not', ofRecord(id => `$explain-access?url=${encodeURIComponent(`Patient?_id=${id}`)}`)],
]

/** Searching. */
const bySearch: readonly Door[] = [
  ['search', inRecord('DocumentReference')],
  ['search with a total', inRecord('DocumentReference', '&_total=accurate')],
  ['count', inRecord('DocumentReference', '&_summary=count')],
  ['_count=0', inRecord('DocumentReference', '&_count=0')],
  ['count of reports', inRecord('DiagnosticReport', '&_summary=count')],
  ['count of results', inRecord('Observation', '&_summary=count')],
  [
    'search by its type',
    inRecord('DocumentReference', `&type=${(hiddenType.coding as { code: string }[])[0]?.code}&_total=accurate`),
  ],
  ['search by its date', inRecord('DocumentReference', '&date=2025-06-15&_total=accurate')],
  [
    'search by its identifier',
    inRecord('DocumentReference', `&identifier=${encodeURIComponent(`${numbers}|${hiddenNumber}`)}&_total=accurate`),
  ],
  ['search by its _id', inRecord('DocumentReference', ({ ids }) => `&_id=${ids.document}&_total=accurate`)],
  [
    'search by several _ids',
    inRecord('DocumentReference', ({ ids, visible }) => `&_id=${ids.document},${visible}&_total=accurate`),
  ],
  [
    'search by its author',
    inRecord('DocumentReference', '&author:identifier=https://finess.esante.gouv.fr%7C990100026&_total=accurate'),
  ],
  ['search for all but others', inRecord('DocumentReference', '&type:not=11488-4&_total=accurate')],
  ['search for what has a number', inRecord('DocumentReference', '&identifier:missing=false&_total=accurate')],
  ['search by label', inRecord('DocumentReference', `&security-label=${security}&_total=accurate`)],
  ['search by meta.security', inRecord('DocumentReference', `&_security=${security}&_total=accurate`)],
  [
    'search by what it relates to',
    inRecord('DocumentReference', ({ ids }) => `&relatesto=DocumentReference/${ids.document}&_total=accurate`),
  ],
  [
    'search of what derives from it',
    inRecord('Observation', ({ ids }) => `&derived-from=DocumentReference/${ids.document}&_total=accurate`),
  ],
  [
    'search of reports by their result',
    inRecord('DiagnosticReport', ({ ids }) => `&result=Observation/${ids.result}&_total=accurate`),
  ],
  [
    'search by POST',
    async (stage, { record, reader }) => [
      await stage.send(reader, 'POST DocumentReference/_search', {
        body: `patient=${record.id}&_total=accurate`,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      }),
    ],
  ],
  ['sorted by date', inRecord('DocumentReference', '&_sort=date&_total=accurate')],
  ['sorted by last update', inRecord('DocumentReference', '&_sort=-_lastUpdated&_total=accurate')],
  ['sorted by id', inRecord('DocumentReference', '&_sort=_id&_total=accurate')],
  ['sorted in memory', inRecord('DocumentReference', '&_sort=type,-date&_total=accurate')],
  ['summary', inRecord('DocumentReference', '&_summary=true&_total=accurate')],
  ['elements', inRecord('DocumentReference', '&_elements=type&_total=accurate')],
  ['page by page', walking(({ record }) => `DocumentReference?patient=${record.id}&_count=1&_total=accurate`)],
  [
    'page by page, sorted in memory',
    walking(({ record }) => `DocumentReference?patient=${record.id}&_count=1&_sort=type`),
  ],
  ['page by page, oldest first', walking(({ record }) => `DocumentReference?patient=${record.id}&_count=1&_sort=date`)],
  ['page by page, and back', walkingBack(({ record }) => `DocumentReference?patient=${record.id}&_count=1`)],
  [
    'page by page, and back, sorted in memory',
    walkingBack(({ record }) => `DocumentReference?patient=${record.id}&_count=1&_sort=type`),
  ],
  ['the page link of somebody else', getting(({ foreignLink }) => foreignLink)],
  [
    '_include of what is visible',
    inRecord(
      'DocumentReference',
      '&_include=DocumentReference:relatesto&_include=DocumentReference:related&_total=accurate',
    ),
  ],
  [
    '_include from results',
    inRecord('Observation', '&_include=Observation:derived-from&_include=Observation:has-member'),
  ],
  ['_include from a procedure', inRecord('Procedure', '&_include=Procedure:reason-reference')],
  [
    '_revinclude to what is visible',
    inRecord('DocumentReference', '&_revinclude=DocumentReference:relatesto&_revinclude=Observation:derived-from'),
  ],
  [
    '_revinclude to the patient',
    getting(
      ({ record }) =>
        `Patient?_id=${record.id}&_revinclude=DocumentReference:patient&_revinclude=DiagnosticReport:patient&_revinclude=Observation:patient`,
    ),
  ],
  ...chains.map(([name, type, more]): Door => [name, inRecord(type, `&${more}&_total=accurate`)]),
  [
    '_has of the patient',
    getting(({ record }) => `Patient?_id=${record.id}&_has:DocumentReference:patient:${criteria}&_total=accurate`),
  ],
  ['$everything', getting(({ record }) => `Patient/${record.id}/$everything`)],
  ['$everything of documents', getting(({ record }) => `Patient/${record.id}/$everything?_type=DocumentReference`)],
  ['$everything of that time', getting(({ record }) => `Patient/${record.id}/$everything?start=2025-06&end=2025-06`)],
  ['$everything page by page', walking(({ record }) => `Patient/${record.id}/$everything?_count=1`)],
  ['history of its type', ofRecord(id => `DocumentReference/_history?patient=${id}`)],
  [
    'history of its type, by INS',
    getting(({ record }) => `DocumentReference/_history?patient.identifier=${insSystem}|${record.ins}`),
  ],
  ['history of its type, since', ofRecord(id => `DocumentReference/_history?patient=${id}&_since=2020`)],
  ['history of its type, at that time', ofRecord(id => `DocumentReference/_history?patient=${id}&_at=${now()}`)],
  [
    'history of its type, page by page',
    walking(({ record }) => `DocumentReference/_history?patient=${record.id}&_count=1`),
  ],
  ['history of reports', ofRecord(id => `DiagnosticReport/_history?patient=${id}`)],
  // What was written together has an order of its own: where several types were, it is no answer to compare.
  ['history of some of the record', ofRecord(id => `_history?patient=${id}&_type=${twoTypes}&_count=200`)],
  ['history of some, at that time', ofRecord(id => `_history?patient=${id}&_type=${twoTypes}&_at=${now()}`)],
  [
    'history of some, page by page',
    walking(({ record }) => `_history?patient=${record.id}&_type=${twoTypes}&_count=1`),
  ],
  ['compartment', ofRecord(id => `Patient/${id}/DocumentReference?_total=accurate`)],
  ['compartment by _id', getting(({ record, ids }) => `Patient/${record.id}/DocumentReference?_id=${ids.document}`)],
  ['compartment, counted', ofRecord(id => `Patient/${id}/DocumentReference?_summary=count`)],
  [
    'compartment with what comes along',
    ofRecord(id => `Patient/${id}/DocumentReference?_revinclude=Observation:derived-from&_sort=type`),
  ],
  ['compartment of all types', ofRecord(id => `Patient/${id}/*?_total=accurate&_count=200`)],
  ['compartment of all types, counted', ofRecord(id => `Patient/${id}/*?_count=0`)],
  ['compartment of all types, page by page', walking(({ record }) => `Patient/${record.id}/*?_count=2`)],
  [
    'compartment by POST',
    async (stage, { record, reader, ids }) => [
      await stage.send(reader, `POST Patient/${record.id}/*/_search`, {
        body: `_type=DocumentReference,Observation&_id=${ids.document},${ids.result}&_total=accurate`,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      }),
    ],
  ],
  ['several types', ofRecord(id => `?_type=DocumentReference,Observation&patient=${id}&_total=accurate`)],
  [
    'several types, page by page',
    walking(({ record }) => `?_type=DocumentReference,DiagnosticReport,Observation&patient=${record.id}&_count=1`),
  ],
  [
    'several types by number',
    ofRecord(id => `?_type=DocumentReference,DiagnosticReport&patient=${id}&${criteria}&_sort=-_lastUpdated`),
  ],
  [
    'several types, by a chain to it',
    ofRecord(id => `?_type=Observation&patient=${id}&derived-from:DocumentReference.${criteria}&_total=accurate`),
  ],
  [
    'several types, by _has of what points to it',
    ofRecord(id => `Patient/${id}/*?_type=DocumentReference&_has:Observation:derived-from:status=final`),
  ],
  [
    'several types, with what comes along',
    ofRecord(
      id =>
        `?_type=DocumentReference,Observation&patient=${id}&_include=Observation:derived-from&_revinclude=DocumentReference:relatesto`,
    ),
  ],
  [
    'several types, sorted in memory, page by page and back',
    walkingBack(
      ({ record }) => `?_type=DocumentReference,DiagnosticReport&patient=${record.id}&_count=1&_sort=status,-date`,
    ),
  ],
  ['consents', inRecord('Consent', '&_total=accurate')],
  ['consents about it', inRecord('Consent', ({ ids }) => `&data=DocumentReference/${ids.document}&_total=accurate`)],
  ['batch', async (stage, twin) => [await stage.post(twin.reader, batch(...bundled(twin)))]],
  ['transaction of reads', async (stage, twin) => [await stage.post(twin.reader, transaction(...bundled(twin)))]],
]

const bundled = (twin: Twin) => [
  asks('GET', documentOf(twin)),
  asks('GET', `${documentOf(twin)}/_history/1`),
  asks('GET', `${documentOf(twin)}/_history`),
  asks('GET', `Binary/${twin.ids.binary}`),
  asks('GET', `DocumentReference?patient=${twin.record.id}&_total=accurate`),
  asks('GET', `DocumentReference?patient=${twin.record.id}&_summary=count`),
  asks('GET', `Patient/${twin.record.id}/DocumentReference?_total=accurate`),
  asks('GET', `Patient/${twin.record.id}/*?_type=${twoTypes}&_total=accurate`),
  asks('GET', `?_type=${twoTypes}&patient=${twin.record.id}&_total=accurate`),
]

/** The Patient itself; a professional may learn of it by INS, so that is compared for others only. */
export const patientDoors: readonly Door[] = [
  ['Patient', getting(({ record }) => `Patient/${record.id}`)],
  ['Patient history', getting(({ record }) => `Patient/${record.id}/_history`)],
  ['Patient by _id', getting(({ record }) => `Patient?_id=${record.id}&_total=accurate`)],
  [
    'search by INS',
    getting(
      ({ record }) =>
        `DocumentReference?patient.identifier=urn:oid:1.2.250.1.213.1.4.10%7C${record.ins}&_total=accurate`,
    ),
  ],
  [
    'a parameter beside the INS',
    getting(
      ({ record }) => `Patient?identifier=urn:oid:1.2.250.1.213.1.4.10%7C${record.ins}&active=true&_total=accurate`,
    ),
  ],
  ['CareTeam', inRecord('CareTeam', '&_total=accurate')],
  ['RelatedPerson', inRecord('RelatedPerson', '&_total=accurate')],
]

export const readDoors: readonly Door[] = [...byId, ...bySearch]

/** A document of the reader’s own, of a type that he may deposit. */
function ownDocument(type: Json, { record, reader }: Twin, elements: Json = {}): Json {
  const { rpps, structure } = reader.claims
  const author =
    typeof rpps === 'string' ? [{ identifier: { system: 'https://rpps.esante.gouv.fr', value: rpps } }] : []
  const asPatient = reader.kind === 'patient' ? [subjectOf(record)] : []
  const ofStructure = typeof rpps !== 'string' && typeof structure === 'string' ? [byFiness(structure)] : []
  return document(record, { type, author: [...author, ...asPatient, ...ofStructure], ...elements })
}

const posting =
  (body: (twin: Twin) => Json, headers?: Readonly<Record<string, string>>): Ask =>
  async (stage, twin) => [await stage.post(twin.reader, body(twin), headers)]

/** A JSON Patch in an entry. */
const patchEntry = (url: string, operations: readonly Json[]) => ({
  resource: {
    ...{ resourceType: 'Binary', contentType: 'application/json-patch+json' },
    data: Buffer.from(JSON.stringify(operations)).toString('base64'),
  },
  request: { method: 'PATCH', url },
})

const supersedes: readonly Json[] = [{ op: 'replace', path: '/status', value: 'superseded' }]
const supersedesByPath: Json = {
  resourceType: 'Parameters',
  parameter: [
    {
      name: 'operation',
      part: [
        { name: 'type', valueCode: 'replace' },
        { name: 'path', valueString: 'DocumentReference.status' },
        { name: 'value', valueCode: 'superseded' },
      ],
    },
  ],
}

const patching =
  (path: (twin: Twin) => string, body: Json | readonly Json[], headers: Readonly<Record<string, string>> = {}): Ask =>
  async (stage, twin) => [
    await stage.send(twin.reader, `PATCH ${path(twin)}`, {
      body: JSON.stringify(body),
      headers: {
        'content-type': Array.isArray(body) ? 'application/json-patch+json' : 'application/fhir+json',
        ...headers,
      },
    }),
  ]

const removing =
  (path: (twin: Twin) => string): Ask =>
  async (stage, twin) => [await stage.remove(twin.reader, path(twin))]

const byNumber = ({ record }: Twin): string => `DocumentReference?patient=${record.id}&${criteria}`
const byItsId = ({ record, ids }: Twin): string => `DocumentReference?patient=${record.id}&_id=${ids.document}`

/** A time before every change. */
const longUnmodified = { 'if-unmodified-since': 'Mon, 01 Jan 2001 00:00:00 GMT' }

/** Patching, by id and by criteria: a test must tell nobody what is hidden. */
const patchDoors: readonly Door[] = [
  ['patch', patching(documentOf, supersedes)],
  ['patch by FHIRPath', patching(documentOf, supersedesByPath)],
  ['$announce', async (stage, twin) => [await stage.send(twin.reader, `POST ${documentOf(twin)}/$announce`)]],
  ['patch that changes nothing', patching(documentOf, [])],
  ['patch whose test holds', patching(documentOf, [{ op: 'test', path: '/status', value: 'current' }, ...supersedes])],
  ['patch whose test fails', patching(documentOf, [{ op: 'test', path: '/status', value: 'x' }])],
  ['patch with If-Match', patching(documentOf, supersedes, { 'if-match': 'W/"1"' })],
  ['patch with an If-Match that is wrong', patching(documentOf, supersedes, { 'if-match': 'W/"7"' })],
  ['patch of what nobody changed since long ago', patching(documentOf, supersedes, longUnmodified)],
  ['patch in a transaction', posting(twin => transaction(patchEntry(documentOf(twin), supersedes)))],
  ['patch in a batch', posting(twin => batch(patchEntry(documentOf(twin), supersedes)))],
  ['patch of what its number finds', patching(byNumber, supersedes)],
  ['patch of what its _id finds', patching(byItsId, supersedes)],
  ['the same in a transaction', posting(twin => transaction(patchEntry(byNumber(twin), supersedes)))],
  ['the same in a batch', posting(twin => batch(patchEntry(byNumber(twin), supersedes)))],
]

/** Deleting by criteria. */
const criteriaDoors: readonly Door[] = [
  ['delete of what its number finds', removing(byNumber)],
  ['delete of what its _id finds', removing(byItsId)],
  ['delete by criteria in a transaction', posting(twin => transaction(asks('DELETE', byNumber(twin))))],
  ['delete by criteria in a batch', posting(twin => batch(asks('DELETE', byNumber(twin))))],
]

/** Changing and deleting by id: what a hidden one answers, and an absent one. */
export function changeDoors(type: Json): readonly Door[] {
  const own = (twin: Twin): Json => ownDocument(type, twin)
  const puts = (twin: Twin, headers?: Readonly<Record<string, string>>) => (stage: Stage) =>
    stage.put(twin.reader, { ...own(twin), id: twin.ids.document }, headers)
  return [
    ['delete', async (stage, twin) => [await stage.remove(twin.reader, documentOf(twin))]],
    ['delete of its content', async (stage, twin) => [await stage.remove(twin.reader, `Binary/${twin.ids.binary}`)]],
    ['PUT', async (stage, twin) => [await puts(twin)(stage)]],
    ['PUT with If-Match', async (stage, twin) => [await puts(twin, { 'if-match': 'W/"1"' })(stage)]],
    ['PUT with an If-Match that is wrong', async (stage, twin) => [await puts(twin, { 'if-match': 'W/"7"' })(stage)]],
    ['PUT of what nobody changed since long ago', async (stage, twin) => [await puts(twin, longUnmodified)(stage)]],
    ['PUT that wants to be the first', async (stage, twin) => [await puts(twin, { 'if-none-match': '*' })(stage)]],
    ...patchDoors,
    ...criteriaDoors,
    ['delete in a transaction', posting(twin => transaction(asks('DELETE', documentOf(twin))))],
    ['delete in a batch', posting(twin => batch(asks('DELETE', documentOf(twin))))],
    [
      'PUT in a transaction',
      posting(twin =>
        transaction({
          resource: { ...own(twin), id: twin.ids.document },
          request: { method: 'PUT', url: documentOf(twin) },
        }),
      ),
    ],
  ]
}

/** Depositing what could reveal something hidden, in this order: the last ones leave something behind. */
export function depositDoors(type: Json): readonly Door[] {
  const own = (twin: Twin, elements: Json = {}): Json => ownDocument(type, twin, elements)
  return [
    [
      'to replace it',
      posting(twin => own(twin, { relatesTo: [{ code: 'replaces', target: { reference: documentOf(twin) } }] })),
    ],
    [
      'to replace it by number',
      posting(twin =>
        own(twin, {
          relatesTo: [{ code: 'replaces', target: { identifier: { system: numbers, value: hiddenNumber } } }],
        }),
      ),
    ],
    [
      'a list of it',
      posting(({ record, ids }) => ({
        ...{ resourceType: 'List', status: 'current', mode: 'working', subject: subjectOf(record) },
        entry: [{ item: { reference: `DocumentReference/${ids.document}` } }],
      })),
    ],
    [
      'a provenance of it',
      posting(twin => ({
        ...{
          resourceType: 'Provenance',
          recorded: '2026-03-02T10:00:00+01:00',
          target: [{ reference: documentOf(twin) }],
        },
        agent: [{ who: { display: 'x' } }],
      })),
    ],
    [
      'a Binary in its security context',
      async (stage, twin) => [
        await stage.send(twin.reader, 'POST Binary', {
          body: 'x',
          headers: { 'content-type': 'text/plain', 'x-security-context': documentOf(twin) },
        }),
      ],
    ],
    [
      'a document that points to its content',
      posting(twin => own(twin, { content: [{ attachment: { url: `Binary/${twin.ids.binary}` } }] })),
    ],
    ['to mask it', posting(twin => consent(twin.record, masksDocument(documentOf(twin))))],
    [
      'a conditional reference to it',
      posting(({ record }) =>
        transaction(creates(observation(record, { derivedFrom: [{ reference: `DocumentReference?${criteria}` }] }))),
      ),
    ],
    [
      'a conditional update',
      async (stage, twin) => [await stage.send(twin.reader, `PUT ${byNumber(twin)}`, { body: own(twin) })],
    ],
    ['a conditional create', posting(twin => own(twin), { 'if-none-exist': criteria })],
    ['the same conditional create again', posting(twin => own(twin), { 'if-none-exist': criteria })],
    [
      'a conditional create by its _id',
      async (stage, twin) => [
        await stage.post(twin.reader, own(twin), { 'if-none-exist': `_id=${twin.ids.document}` }),
      ],
    ],
    [
      'a push with its masterIdentifier',
      posting(twin => own(twin, { masterIdentifier: { system: numbers, value: `master-${hiddenNumber}` } })),
    ],
  ]
}

export const trailDoor: Door = ['its own trail', inRecord('AuditEvent', '&_count=200&_total=accurate')]
