/** The project's own sources as syntax trees, for the rules of the architecture. */
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, normalize } from 'node:path'
import ts from 'typescript'
import { root } from '../../server/root.ts'

/** From left to right: a folder imports only itself and those before it. */
export const folders = ['resources', 'profiles', 'search', 'security', 'server'] as const

/** The four folders without a world around them. */
export const pureFolders: readonly string[] = folders.slice(0, 4)

export interface Source {
  /** From the project's folder, with `/`. */
  readonly path: string
  readonly text: string
  readonly tree: ts.SourceFile
}

/** What a rule found, as `path:line: sentence`. */
export type Violation = string

/** A rule looks at one file. */
export type Rule = (source: Source) => readonly Violation[]

export interface Import {
  /** As it is written. */
  readonly specifier: string
  /** The project's file that is meant, for a relative specifier. */
  readonly target?: string
  readonly node: ts.Node
  /** The names that are imported, as they are called there; `*` for all of them. */
  readonly names: readonly string[]
}

export const parse = (path: string, text: string): Source => ({
  path,
  text,
  tree: ts.createSourceFile(path, text, ts.ScriptTarget.ES2023, true),
})

/** Every `.ts` below the given folders, without what is generated. */
export const readSources = (...below: readonly string[]): readonly Source[] =>
  below
    .flatMap(folder => filesBelow(folder))
    .filter(path => path.endsWith('.ts'))
    .map(path => parse(path, readFileSync(join(root, path), 'utf8')))

const passedOver = new Set(['node_modules', 'generated', 'dist', '.git', '.data', '.tap'])

export const filesBelow = (folder: string): readonly string[] =>
  readdirSync(join(root, folder), { withFileTypes: true })
    .filter(({ name }) => !passedOver.has(name))
    .flatMap(entry => {
      const path = folder === '.' ? entry.name : `${folder}/${entry.name}`
      return entry.isDirectory() ? filesBelow(path) : [path]
    })

export const folderOf = (path: string): string => path.split('/')[0] ?? ''

export const at = ({ path, tree }: Source, node: ts.Node, sentence: string): Violation =>
  `${path}:${tree.getLineAndCharacterOfPosition(node.getStart(tree)).line + 1}: ${sentence}`

/** Every node below, depth first. */
export function nodesOf(node: ts.Node): readonly ts.Node[] {
  const found: ts.Node[] = []
  const visit = (each: ts.Node): void => {
    found.push(each)
    ts.forEachChild(each, visit)
  }
  ts.forEachChild(node, visit)
  return found
}

/** Static and dynamic imports, re-exports and types by `import('…')`. */
export const importsOf = (source: Source): readonly Import[] =>
  nodesOf(source.tree).flatMap(node => {
    const specifier = specifierOf(node)
    if (specifier === undefined) return []
    const target = specifier.startsWith('.') ? { target: normalize(join(dirname(source.path), specifier)) } : {}
    return [{ specifier, ...target, node, names: namesOf(node) }]
  })

function specifierOf(node: ts.Node): string | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return textOf(node.moduleSpecifier)
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return textOf(node.argument.literal)
  if (ts.isExternalModuleReference(node)) return textOf(node.expression)
  const dynamic = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword
  return dynamic ? textOf(node.arguments[0]) : undefined
}

const textOf = (node: ts.Node | undefined): string | undefined =>
  node !== undefined && ts.isStringLiteralLike(node) ? node.text : undefined

function namesOf(node: ts.Node): readonly string[] {
  const named = ts.isImportDeclaration(node)
    ? node.importClause?.namedBindings
    : ts.isExportDeclaration(node)
      ? (node.exportClause ?? undefined)
      : undefined
  if (named === undefined) return ts.isImportDeclaration(node) ? ['default'] : ['*']
  if (ts.isNamespaceImport(named) || ts.isNamespaceExport(named)) return ['*']
  return named.elements.map(element => (element.propertyName ?? element.name).text)
}
