/** What a deposit replaces becomes superseded, in the same unit. IHE MHD, ITI-65: DocumentReference.relatesTo. */
import { memberOf } from '../../../resources/json-text.ts'
import { listOf, objectOf, textOf } from '../../../resources/json-value.ts'
import { fail, ok, type Result } from '../../../resources/outcome.ts'
import { parseReference } from '../../../resources/reference.ts'
import type { Resource } from '../../../resources/resource.ts'
import { systemTokenKey } from '../../../search/key.ts'
import { and, key } from '../../../search/query.ts'
import { decideWith } from '../access.ts'
import type { Place } from '../locate.ts'
import { locate } from '../locate.ts'
import type { Draft } from './draft.ts'
import { serverDraft } from './server-draft.ts'
import type { Settling } from './settling.ts'

interface Target {
  readonly reference: string | undefined
  readonly system: string | undefined
  readonly value: string | undefined
}

const targetsOf = (resource: Resource): readonly Target[] =>
  listOf(resource.relatesTo).flatMap(entry => {
    const relation = objectOf(entry)
    const target = objectOf(relation?.target)
    const identifier = objectOf(target?.identifier)
    return relation?.code === 'replaces'
      ? [{ reference: textOf(target?.reference), system: textOf(identifier?.system), value: textOf(identifier?.value) }]
      : []
  })

async function placeOf(settling: Settling, { reference, system, value }: Target): Promise<Place | undefined> {
  const { context, call, record, facts } = settling
  if (reference !== undefined) {
    const parsed = parseReference(reference, context.base)
    return parsed.form === 'local' && parsed.type === 'DocumentReference'
      ? locate(context, parsed.type, parsed.id)
      : undefined
  }
  if (value === undefined) return undefined
  const asked = { principal: call.principal, interaction: 'read', type: 'DocumentReference' } as const
  const decision = decideWith(context, asked, { patient: record.patient, facts })
  if (decision.effect === 'deny') return undefined
  const query = and(key(systemTokenKey('identifier', system ?? '', value)))
  const rows = await context.store.page({
    restriction: decision.restriction,
    type: 'DocumentReference',
    query,
    order: { by: 'date', descending: true },
    limit: 2,
  })
  const [row] = rows
  return row === undefined || rows.length > 1 ? undefined : { collection: 'record', _id: row._id, patient: row.patient }
}

const superseded = (settling: Settling, place: Place, path: string): Promise<Draft | undefined> =>
  serverDraft(settling, {
    type: 'DocumentReference',
    place,
    path,
    changes: root => {
      const status = memberOf(root, 'status')
      return status === undefined ? [] : [{ start: status.start, end: status.end, text: '"superseded"' }]
    },
  })

/**
 * @returns one draft for each document that the deposits among `drafts` replace and that no entry changes itself;
 * 422 for one that does not exist or is not visible, with one text for both.
 */
export async function supersededDrafts(
  settling: Settling,
  drafts: readonly Draft[],
): Promise<Result<readonly Draft[]>> {
  const touched = new Set(drafts.map(({ settled }) => settled._id))
  const found: Draft[] = []
  for (const { settled, after } of drafts) {
    if (settled.item.type !== 'DocumentReference' || settled.item.method !== 'POST' || after === undefined) continue
    for (const target of targetsOf(after.resource)) {
      const place = await placeOf(settling, target)
      if (place !== undefined && touched.has(place._id)) continue
      const draft = place === undefined ? undefined : await superseded(settling, place, settled.item.path)
      if (draft === undefined)
        return fail(
          'refusedByRule',
          'expected a document of yours to replace, found none',
          `${settled.item.path}.relatesTo`,
        )
      touched.add(draft.settled._id)
      found.push(draft)
    }
  }
  return ok(found)
}
