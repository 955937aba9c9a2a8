/** JSON pointers (RFC 6901) in which `*` stands for every member of a list, and `[name=text]` for those that have it. */

function members(value: unknown, segment: string): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return []
  const [, name, text] = /^\[(\w+)=(.*)\]$/.exec(segment) ?? []
  if (name !== undefined) return Array.isArray(value) ? value.filter(each => members(each, name)[0] === text) : []
  if (segment === '*') return Array.isArray(value) ? value : []
  return Object.hasOwn(value, segment) ? [Reflect.get(value, segment)] : []
}

/** @returns everything at `pointer`; empty when there is nothing. */
export const select = (value: unknown, pointer: string): readonly unknown[] =>
  pointer
    .split('/')
    .slice(1)
    .map(segment => segment.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<readonly unknown[]>((found, segment) => found.flatMap(each => members(each, segment)), [value])
