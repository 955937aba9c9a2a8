/** What a batch reads by histories and operations does not tell what is hidden from what never was. `docs/decisions/0045-deleting-again-and-what-a-batch-may-ask.md` */
import t from 'tap'
import { gp, nurse, operator, parentOf, patientOf, rpps, stranger } from './support/cast.ts'
import { authorises, consent, masksDocument, masksTypes, parent, treats } from './support/consents.ts'
import { asks, type Entry, type Json, labels } from './support/contents.ts'

import { type Addition, startStage } from './support/stage.ts'
import { type Hiding, hiddenType, shown, type Twin, twinsOf } from './support/twins.ts'

t.setTimeout(240_000)
const stage = await startStage(t)

const decides =
  (provision: Json): Addition =>
  record => [patientOf(record), consent(record, provision)]
const lets = decides(authorises(rpps.gp))
const label = (code: string) => ({ document: () => ({ securityLabel: labels(code) }) })
const toGp = { reader: () => gp, beside: 'document', before: [lets] } as const

const hidings: readonly Hiding[] = [
  { reason: 'masked by its label', ...toGp, ...label('MASQUE_PS') },
  {
    ...{ reason: 'masked by a Consent about it', ...toGp },
    after: [(record, ids) => [patientOf(record), consent(record, masksDocument(`DocumentReference/${ids.document}`))]],
  },
  { reason: 'masked by a Consent about its type', ...toGp, before: [lets, decides(masksTypes(hiddenType))] },
  { reason: 'hidden from the patient', ...label('INVISIBLE_PATIENT'), reader: patientOf, beside: 'document' },
  {
    ...{ reason: 'hidden from the parent', ...label('INVISIBLE_REPRESENTANTS_LEGAUX'), reader: parentOf },
    ...{ beside: 'document', before: [record => [operator, parent(record)]] },
  },
  { reason: 'in a record without an authorisation', reader: () => stranger, beside: 'record' },
  { reason: 'in a record without an authorisation, to a nurse', reader: () => nurse, beside: 'record' },
]

const posts = (url: string, ...parameter: readonly Json[]): Entry => ({
  resource: { resourceType: 'Parameters', parameter },
  request: { method: 'POST', url },
})

/** Entries that read histories, or by an operation. */
const entries: Readonly<Record<string, (twin: Twin) => Entry>> = {
  'the history of it': ({ ids }) => asks('GET', `DocumentReference/${ids.document}/_history`),
  'the history of its Binary': ({ ids }) => asks('GET', `Binary/${ids.binary}/_history`),
  'a version of it': ({ ids }) => asks('GET', `DocumentReference/${ids.document}/_history/1`),
  'the history of its type': ({ record }) => asks('GET', `DocumentReference/_history?patient=${record.id}`),
  'a page of that history': ({ record }) => asks('GET', `DocumentReference/_history?patient=${record.id}&_count=1`),
  'the history of reports': ({ record }) => asks('GET', `DiagnosticReport/_history?patient=${record.id}`),
  'the history of all documents': ({ record }) =>
    asks('GET', `_history?patient=${record.id}&_type=DocumentReference&_count=200`),
  'a page of that history of the server': ({ record }) =>
    asks('GET', `_history?patient=${record.id}&_type=DocumentReference&_count=2`),
  'everything of documents': ({ record }) => asks('GET', `Patient/${record.id}/$everything?_type=DocumentReference`),
  'everything of results': ({ record }) => asks('GET', `Patient/${record.id}/$everything?_type=Observation`),
  'a page of everything': ({ record }) => asks('GET', `Patient/${record.id}/$everything?_count=2`),
  'everything, posted': ({ record }) =>
    posts(`Patient/${record.id}/$everything`, { name: '_type', valueString: 'DocumentReference,DiagnosticReport' }),
  'everything of that time': ({ record }) => asks('GET', `Patient/${record.id}/$everything?start=2025-06&end=2025-06`),
  'who can access it': ({ record, ids }) =>
    asks('GET', `Patient/${record.id}/$who-can-access?document=DocumentReference/${ids.document}`),
  'who can access the record': ({ record }) => asks('GET', `Patient/${record.id}/$who-can-access`),
  'why it is read, or not': ({ ids }) => asks('GET', `$explain-access?reference=DocumentReference/${ids.document}`),
  'why it is read, or not, posted': ({ ids }) =>
    posts('$explain-access', { name: 'url', valueString: `DocumentReference/${ids.document}` }),
  'why its history is read, or not': ({ ids }) =>
    asks('GET', `$explain-access?interaction=history-instance&reference=DocumentReference/${ids.document}`),
  'what a mask of it would do': ({ record, ids }) =>
    posts(`Patient/${record.id}/$rehearse`, {
      name: 'consent',
      resource: consent(record, masksDocument(`DocumentReference/${ids.document}`)),
    }),
  'what a mask of its type would do': ({ record }) =>
    posts(`Patient/${record.id}/$rehearse`, { name: 'consent', resource: consent(record, masksTypes(hiddenType)) }),
  'to announce it': ({ ids }) => posts(`DocumentReference/${ids.document}/$announce`),
  'to destroy it': ({ ids }) => posts(`DocumentReference/${ids.document}/$destroy`),
  'a search by form': () => posts('DocumentReference/_search'),
  'the statement': () => asks('GET', 'metadata?_summary=true'),
  'what is of another type': ({ record }) => asks('GET', `DocumentReference/_history?patient=${record.id}&_since=2020`),
}

const bundleOf = (type: 'batch' | 'transaction', entry: readonly Entry[]): Json => ({
  resourceType: 'Bundle',
  type,
  entry,
})

for (const hiding of hidings)
  t.test(`${hiding.reason}: no entry of a Bundle tells it from what never was`, async t => {
    const [there, never] = await twinsOf(stage, hiding)
    const compare = async (sentence: string, bundle: (twin: Twin) => Json) => {
      const [found, expected] = [
        await stage.post(there.reader, bundle(there)),
        await stage.post(never.reader, bundle(never)),
      ]
      t.same(shown(found, there), shown(expected, never), sentence)
    }
    for (const [name, entryOf] of Object.entries(entries)) {
      await compare(`${name}, in a batch`, twin => bundleOf('batch', [entryOf(twin)]))
      await compare(`${name}, in a transaction`, twin => bundleOf('transaction', [entryOf(twin)]))
    }
    const few = Object.values(entries).slice(0, 16)
    await compare('together, in a batch', twin =>
      bundleOf(
        'batch',
        few.map(entryOf => entryOf(twin)),
      ),
    )
  })

/** These are refused to a professional or in every Bundle, or show what both records hold. */
const tellNothing = [
  'a page of that history',
  'a page of everything',
  'who can access the record',
  'what a mask of it would do',
  'what a mask of its type would do',
  'to announce it',
  'to destroy it',
  'a search by form',
  'the statement',
]

t.test('the entries would tell: to a médecin traitant, from whom nothing is hidden, they do', async t => {
  const [there, never] = await twinsOf(stage, {
    ...{ reason: 'nothing', reader: () => gp, beside: 'document', ...label('MASQUE_PS') },
    before: [decides(treats(rpps.gp))],
  })
  const alike: string[] = []
  for (const [name, entryOf] of Object.entries(entries)) {
    const [found, expected] = [
      await stage.post(there.reader, bundleOf('batch', [entryOf(there)])),
      await stage.post(never.reader, bundleOf('batch', [entryOf(never)])),
    ]
    if (JSON.stringify(shown(found, there)) === JSON.stringify(shown(expected, never))) alike.push(name)
  }
  t.same(alike, tellNothing)
})
