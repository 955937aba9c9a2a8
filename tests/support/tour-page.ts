/** Reads a page whose fenced `http` blocks are requests, whose `expect` blocks say what they answer, and whose tables say who gets what. */

/** One request of the page, its texts not yet filled in. */
export interface TourRequest {
  readonly line: number
  readonly name: string | undefined
  /** How many of it are sent at the same time. */
  readonly atOnce: number
  readonly method: string
  readonly url: string
  readonly headers: readonly (readonly [string, string])[]
  /** Text, or the path of a file. */
  readonly body: { readonly text: string } | { readonly file: string } | undefined
}

export type TourStep =
  | { readonly kind: 'heading'; readonly line: number; readonly text: string }
  | { readonly kind: 'exchange'; readonly request: TourRequest; readonly expected: readonly string[] }
  | {
      readonly kind: 'table'
      readonly line: number
      readonly columns: readonly string[]
      readonly rows: readonly (readonly string[])[]
    }

interface Block {
  readonly line: number
  readonly form: string
  readonly lines: readonly string[]
}

const cells = (row: string): readonly string[] =>
  row
    .replace(/^\||\|$/g, '')
    .split('|')
    .map(cell => cell.trim().replaceAll('`', ''))

/** Fenced blocks, tables and headings, in the order of the page. */
function blocksOf(page: string): readonly Block[] {
  const blocks: Block[] = []
  let open: { line: number; form: string; lines: string[] } | undefined
  for (const [n, text] of page.split('\n').entries()) {
    const fence = /^```(\w*)$/.exec(text)
    const form = text.startsWith('|') ? 'table' : /^##+ /.test(text) ? 'heading' : undefined
    if (open?.form === 'table' && form !== 'table') open = undefined
    if (fence && open) open = undefined
    else if (open) open.lines.push(text)
    else if (fence || form) {
      open = { line: n + 1, form: fence?.[1] ?? form ?? '', lines: fence ? [] : [text] }
      blocks.push(open)
      if (form === 'heading') open = undefined
    }
  }
  return blocks
}

function requestOf({ line, lines }: Block): TourRequest {
  const notes = lines.filter(text => text.startsWith('# '))
  const rest = lines.filter(text => !text.startsWith('# '))
  const blank = rest.indexOf('')
  const head = blank < 0 ? rest : rest.slice(0, blank)
  const text =
    blank < 0
      ? ''
      : rest
          .slice(blank + 1)
          .join('\n')
          .trim()
  const [, method, url] = /^(\S+) (.+)$/.exec(head[0] ?? '') ?? []
  if (method === undefined || url === undefined) throw new Error(`line ${line}: a request begins with method and URL`)
  const note = (word: string): string | undefined =>
    notes.find(each => each.startsWith(`# @${word} `))?.slice(word.length + 4)
  return {
    line,
    name: note('name'),
    atOnce: Number(note('at-once') ?? 1),
    method,
    url,
    headers: head.slice(1).map(header => {
      const colon = header.indexOf(':')
      return [header.slice(0, colon).trim(), header.slice(colon + 1).trim()] as const
    }),
    body: text === '' ? undefined : text.startsWith('< ') ? { file: text.slice(2).trim() } : { text },
  }
}

/** @returns what the page shows, in order. @throws when a request has no expectation. */
export function parseTour(page: string): readonly TourStep[] {
  const blocks = blocksOf(page)
  return blocks.flatMap((block, n): readonly TourStep[] => {
    const { form, line, lines } = block
    if (form === 'heading') return [{ kind: 'heading', line, text: (lines[0] ?? '').replace(/^#+ /, '') }]
    if (form === 'table') {
      const [columns = [], , ...rows] = lines.map(cells)
      return [{ kind: 'table', line, columns, rows }]
    }
    if (form !== 'http') return []
    const next = blocks[n + 1]
    if (next?.form !== 'expect') throw new Error(`line ${line}: the request is not followed by what it answers`)
    return [{ kind: 'exchange', request: requestOf(block), expected: next.lines.filter(text => text !== '') }]
  })
}
