/**
 * Two records that differ in one thing only: in one of them something stands which is hidden from the reader, in the other
 * it never was. Whatever the reader asks, he must be answered the same. `access.md` section 3.
 */
import { newPatientKey, newUlid } from '../../../server/new-ids.ts'
import type { Answer } from '../../support/client.ts'
import { select } from '../../support/pointer.ts'
import { type Actor, finess, hospital } from './cast.ts'
import {
  byFiness,
  coded,
  creates,
  document,
  type Json,
  loinc,
  numbers,
  observation,
  report,
  subjectOf,
} from './contents.ts'
import { type Addition, type DossierRecord, expectStatus, newIns, type Stage } from './stage.ts'

/** What is hidden comes as one deposit. */
const parts = ['document', 'binary', 'report', 'result'] as const
export type Part = (typeof parts)[number]
export type Ids = Readonly<Record<Part, string>>

/** One of the two records. */
export interface Twin {
  readonly record: DossierRecord
  readonly reader: Actor
  /** What is hidden in one and absent in the other. */
  readonly ids: Ids
  /** A document that the reader sees, unless the record itself is hidden. */
  readonly visible: string
  /** What else is in the record, by its id, in words. */
  readonly names: ReadonlyMap<string, string>
  /** The link to a second page that somebody else got. */
  readonly foreignLink: string
}

/** How something is hidden. */
export interface Hiding {
  readonly reason: string
  readonly reader: (record: DossierRecord) => Actor
  /** What else is absent in the other record: the hidden document alone, or the whole record. */
  readonly beside: 'document' | 'record'
  /** Members of the hidden document that differ from those of a plain one. */
  readonly document?: (record: DossierRecord) => Json
  /** Who deposits it, when not the hospital. */
  readonly depositor?: Actor & { readonly finess: string }
  /** Written into both records at first. */
  readonly before?: readonly Addition[]
  /** Written last; of a hidden record alone. */
  readonly after?: readonly ((record: DossierRecord, ids: Ids) => readonly [Actor, Json])[]
  /** Done last; of a hidden record alone. */
  readonly close?: (stage: Stage, record: DossierRecord, ids: Ids) => Promise<unknown>
  /** A type of document that the reader may deposit; none when depositing is not compared. */
  readonly writes?: Json
  /** A Consent of the hidden record names the reader, who may read that Consent. `access.md` section 7. */
  readonly isNamed?: true
}

export const hiddenType = coded(loinc, '34112-3')
export const hiddenNumber = 'hidden-1'
const bytes = Buffer.from('Rien à voir.').toString('base64')

const urn = (digit: number): string => `urn:uuid:00000000-0000-4000-8000-00000000000${digit}`

/** A document with its content, a report and a result: the hidden deposit. */
async function hide(stage: Stage, record: DossierRecord, hiding: Hiding): Promise<Ids> {
  const { depositor = { ...hospital, finess: finess.hospital } } = hiding
  const author = [byFiness(depositor.finess)]
  const when = { date: '2025-06-15T10:00:00+02:00' }
  const [documentId = '', binary = '', reportId = '', result = ''] = await stage.create(
    depositor,
    creates(
      document(record, {
        ...when,
        type: hiddenType,
        author,
        identifier: [{ system: numbers, value: hiddenNumber }],
        masterIdentifier: { system: numbers, value: `master-${hiddenNumber}` },
        content: [{ attachment: { contentType: 'text/plain', url: urn(2) } }],
        context: { related: [{ reference: urn(3) }] },
        ...hiding.document?.(record),
      }),
      urn(1),
    ),
    creates({ resourceType: 'Binary', contentType: 'text/plain', data: bytes }, urn(2)),
    creates(
      report(record, {
        ...{ performer: author, result: [{ reference: urn(4) }], effectiveDateTime: '2025-06-15' },
        identifier: [{ system: numbers, value: 'hidden-report' }],
      }),
      urn(3),
    ),
    creates(
      observation(record, {
        ...{ performer: author, effectiveDateTime: '2025-06-15' },
        identifier: [{ system: numbers, value: 'hidden-result' }],
      }),
      urn(4),
    ),
  )
  return { document: documentId, binary, report: reportId, result }
}

const absentIds = ({ id }: DossierRecord): Ids => {
  const absent = (): string => `${id}-${newUlid(Date.now())}`
  return { document: absent(), binary: absent(), report: absent(), result: absent() }
}

const sortByLength = (names: Iterable<readonly [string, string]>): ReadonlyMap<string, string> =>
  new Map([...names].sort(([one], [other]) => other.length - one.length))

/** What stands in both records, before and after the hidden deposit; some of it points to it. */
async function surround(stage: Stage, record: DossierRecord, ids: () => Promise<Ids>) {
  const author = [byFiness(finess.hospital)]
  const [first = ''] = await stage.create(hospital, document(record, { author, date: '2026-01-10T10:00:00+01:00' }))
  const hidden = await ids()
  const target = { reference: `DocumentReference/${hidden.document}` }
  const rest = await stage.create(
    hospital,
    document(record, { author, relatesTo: [{ code: 'appends', target }], context: { related: [target] } }),
    observation(record, { derivedFrom: [target], hasMember: [{ reference: `Observation/${hidden.result}` }] }),
    {
      ...{ resourceType: 'Procedure', status: 'completed', code: { text: 'x' }, subject: subjectOf(record) },
      reasonReference: [target],
      performedDateTime: '2026-01-11',
    },
  )
  const names = new Map([
    ...parts.map(part => [hidden[part], part] as const),
    [first, 'first'] as const,
    ...rest.map((id, at) => [id, `other-${at}`] as const),
  ])
  return { ids: hidden, visible: rest[0] ?? '', names }
}

/** The link to the second page of somebody who sees everything. */
async function linkOf(stage: Stage, { id }: DossierRecord): Promise<string> {
  const page = await stage.get(hospital, `DocumentReference?patient=${id}&_count=1`)
  return String(select(expectStatus(page, 200).json, '/link/[relation=next]/url')[0])
}

async function hiddenTwin(stage: Stage, hiding: Hiding): Promise<Twin> {
  const record = await stage.open(...(hiding.before ?? []))
  const around = await surround(stage, record, () => hide(stage, record, hiding))
  for (const write of hiding.after ?? []) await stage.create(...write(record, around.ids))
  const foreignLink = await linkOf(stage, record)
  await hiding.close?.(stage, record, around.ids)
  return named({ ...around, record, reader: hiding.reader(record), foreignLink })
}

async function absentTwin(stage: Stage, hiding: Hiding): Promise<Twin> {
  const record = await stage.open(...(hiding.before ?? []))
  const around = await surround(stage, record, async () => absentIds(record))
  return named({ ...around, record, reader: hiding.reader(record), foreignLink: await linkOf(stage, record) })
}

/** A record that nobody ever opened; the reader is the one of the hidden record where his token names another. */
function nobodysTwin(hiding: Hiding, hidden: Twin): Twin {
  const record = { id: newPatientKey(), ins: newIns() }
  const ids = absentIds(record)
  const names = [...hidden.names.values()].map(name => {
    const part = parts.find(each => each === name)
    return [part === undefined ? `${record.id}-${newUlid(Date.now())}` : ids[part], name] as const
  })
  const visible = names.find(([, name]) => name === hidden.names.get(hidden.visible))?.[0] ?? ''
  const reader = hiding.reader(record)
  return named({ record, ids, visible, names: new Map(names), reader, foreignLink: hidden.foreignLink })
}

const named = (twin: Twin): Twin => ({
  ...twin,
  names: sortByLength([...twin.names, [twin.record.id, 'patient'], [twin.record.ins, 'ins']]),
})

export async function twinsOf(stage: Stage, hiding: Hiding): Promise<readonly [hidden: Twin, absent: Twin]> {
  if (hiding.beside === 'document') return Promise.all([hiddenTwin(stage, hiding), absentTwin(stage, hiding)])
  const hidden = await hiddenTwin(stage, hiding)
  return [hidden, nobodysTwin(hiding, hidden)]
}

const volatile = new Set(['date', 'x-request-id'])

/** A text in which the two records cannot differ by their ids, by the time, or by a sealed link. */
export function withoutNames(text: string, { names, reader }: Twin): string {
  let neutral = text.replaceAll(
    /"query":"([A-Za-z0-9+/=]+)"/g,
    (_, query) => `"query":"${Buffer.from(query, 'base64')}"`,
  )
  for (const [id, name] of names) neutral = neutral.replaceAll(id, `<${name}>`)
  return neutral
    .replaceAll(reader.subject, '<reader>')
    .replaceAll(/<patient>-[0-9a-hjkmnp-tv-z]{26}/g, '<new>')
    .replaceAll(/_page=[\w~.-]+/g, '_page=<page>')
    .replaceAll(/\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g, '<instant>')
    .replaceAll(/\w{3}, \d\d \w{3} \d{4} [\d:]{8} GMT/g, '<instant>')
    .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, '<uuid>')
}

/** The events of a trail stand in the order in which requests that were sent at once arrived. */
const inOneOrder = (text: string): string => {
  if (!text.includes('"resourceType":"AuditEvent"')) return text
  const { entry, ...rest } = JSON.parse(text) as { readonly entry: readonly unknown[] }
  return [JSON.stringify(rest), ...entry.map(each => JSON.stringify(each)).sort()].join('\n')
}

/** Everything of an answer that a reader could compare. */
export function shown({ status, headers, bytes: body }: Answer, twin: Twin): readonly string[] {
  const text = body.toString('latin1')
  // A sealed link is as long as what it seals.
  const skipped = text.includes('_page=') ? new Set([...volatile, 'content-length']) : volatile
  const kept = [...headers].filter(([name]) => !skipped.has(name)).map(([name, value]) => `${name}: ${value}`)
  return [String(status), ...kept, text].map(line => inOneOrder(withoutNames(line, twin)))
}
