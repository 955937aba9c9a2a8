/** When and why a record was closed, on its Patient: the extension of the draft guide PDSM4DMP, transaction TD0.2. */
import { type Edit, type JsonNode, memberOf } from '../../../resources/json-text.ts'
import { dayOf } from '../../../security/calendar.ts'
import { closingExtension, closingPlace, closingReasonSystem } from '../../../security/closing-reasons.ts'

export interface Closing {
  readonly reason: string
  readonly text: string | undefined
  /** Milliseconds since 1970. */
  readonly at: number
  readonly zone: string
}

const extensionOf = ({ reason, text, at, zone }: Closing): string =>
  JSON.stringify({
    url: closingExtension,
    extension: [
      { url: 'dateFermeture', valueDate: dayOf(at, zone) },
      { url: 'motifFermeture', valueCodeableConcept: { coding: [{ system: closingReasonSystem, code: reason }] } },
      ...(text === undefined ? [] : [{ url: 'raisonFermeture', valueString: text }]),
    ],
  })

const ownPlace = (text: string, list: JsonNode | undefined): number =>
  list === undefined ? -1 : closingPlace(JSON.parse(text.slice(list.start, list.end)))

/** Puts the extension in the place of a former one, else behind the others. */
export function closingEdits(text: string, root: JsonNode, closing: Closing): readonly Edit[] {
  const list = memberOf(root, 'extension')
  const former = list?.items?.[ownPlace(text, list)]
  const own = extensionOf(closing)
  if (former !== undefined) return [{ start: former.start, end: former.end, text: own }]
  if (list !== undefined) return [{ start: list.end - 1, end: list.end - 1, text: `,${own}` }]
  const at = memberOf(root, 'resourceType')?.end ?? root.end - 1
  return [{ start: at, end: at, text: `,"extension":[${own}]` }]
}

/** The member of an object whose value is `node`, with one of the commas beside it. */
export function wholeMember(text: string, { start, end }: JsonNode): Edit {
  const name = text.lastIndexOf('"', text.lastIndexOf('"', start) - 1)
  return text[name - 1] === ',' ? { start: name - 1, end, text: '' } : { start: name, end: end + 1, text: '' }
}

/** Takes the extension away; the list with it when nothing else is in it. */
export function reopeningEdits(text: string, root: JsonNode): readonly Edit[] {
  const list = memberOf(root, 'extension')
  const items = list?.items ?? []
  const place = ownPlace(text, list)
  const [own, before, after] = [items[place], items[place - 1], items[place + 1]]
  if (list === undefined || own === undefined) return []
  if (before !== undefined) return [{ start: before.end, end: own.end, text: '' }]
  return after === undefined ? [wholeMember(text, list)] : [{ start: own.start, end: after.start, text: '' }]
}
