/** What rows refer to by the parameters that inclusions follow: by their keys where these tell it, else by their JSON. */
import type { Resource } from '../../resources/resource.ts'
import { pointedBy, pointingPrefix } from '../../search/pointed.ts'
import type { Inclusion, SearchRequest } from '../../search/search-request.ts'
import type { Found } from '../store/store.ts'
import type { Context } from './interaction.ts'

export interface Reference {
  readonly type: string
  readonly id: string
}

/** How the keys begin that a page must bring along to be followed by them; undefined where they would not tell all. */
export function keysToFollow(
  { pointedByKeys }: Pick<Context, 'pointedByKeys'>,
  { type, include }: Pick<SearchRequest, 'type' | 'include'>,
): readonly string[] | undefined {
  if (include.length === 0) return undefined
  const wanted = include.filter(({ source }) => source === type)
  if (wanted.length === 0 || !wanted.every(({ code }) => pointedByKeys.has(`${type}:${code}`))) return undefined
  return [...new Set(wanted.map(({ code }) => pointingPrefix(code)))]
}

const resourceOf = ({ json }: Found): Resource =>
  JSON.parse(Buffer.from(json.buffer, json.byteOffset, json.byteLength).toString()) as Resource

/** What gives a row's references by the code of a parameter. */
function referencesOf(context: Context, row: Found): (code: string) => readonly Reference[] {
  const { keys } = row
  if (keys !== undefined) return code => pointedBy(keys, code)
  const resource = resourceOf(row)
  return code => context.follow(resource, code)
}

/** @returns the references of the rows that the inclusions follow, each once. */
export function followed(
  context: Context,
  rows: readonly Found[],
  inclusions: readonly Inclusion[],
): readonly Reference[] {
  const references = new Map<string, Reference>()
  for (const row of rows) {
    const wanted = inclusions.filter(({ source }) => source === row.type)
    if (wanted.length === 0) continue
    const byCode = referencesOf(context, row)
    for (const { code, target } of wanted)
      for (const reference of byCode(code))
        if (target === undefined || target === reference.type)
          references.set(`${reference.type}/${reference.id}`, reference)
  }
  return [...references.values()]
}
