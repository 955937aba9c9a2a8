/** Limits of size, constructs that are not used, and names that say nothing. */
import ts from 'typescript'
import { at, nodesOf, type Rule, type Source, type Violation } from './source.ts'

export const limits = { fileLines: 200, functionLines: 40, parameters: 3 }

export const fileSize: Rule = ({ path, text }) => {
  const lines = text.trimEnd().split('\n').length
  return lines > limits.fileLines ? [`${path}:1: ${lines} lines; ${limits.fileLines} at most`] : []
}

export const functionSize: Rule = source =>
  functionsOf(source).flatMap(each => {
    const lines = lineOf(source, each.getEnd()) - lineOf(source, each.getStart(source.tree)) + 1
    return lines > limits.functionLines ? [at(source, each, `a function of ${lines} lines; 40 at most`)] : []
  })

/** Of functions with a body; a framework may call ours with more, and then says so by the type of the function. */
export const parameterCount: Rule = source =>
  functionsOf(source).flatMap(each => {
    const named = each.parameters.filter(({ name }) => !(ts.isIdentifier(name) && name.text === 'this'))
    return named.length > limits.parameters ? [at(source, each, `${named.length} parameters; 3 at most`)] : []
  })

const functionsOf = ({ tree }: Source): readonly ts.FunctionLikeDeclaration[] =>
  nodesOf(tree).filter(
    (node): node is ts.FunctionLikeDeclaration =>
      ts.isFunctionLike(node) && 'body' in node && node.body !== undefined && node.body !== null,
  )

const lineOf = ({ tree }: Source, position: number): number => tree.getLineAndCharacterOfPosition(position).line

const constructs: readonly (readonly [sentence: string, is: (node: ts.Node) => boolean])[] = [
  ['any', node => node.kind === ts.SyntaxKind.AnyKeyword],
  [
    'a non-null assertion',
    node => ts.isNonNullExpression(node) || ('exclamationToken' in node && !!node.exclamationToken),
  ],
  ['an enum', node => ts.isEnumDeclaration(node)],
  // `declare module 'x'` adds to the types of a library and is another thing.
  ['a namespace', node => ts.isModuleDeclaration(node) && !ts.isStringLiteral(node.name)],
  ['a default export', isDefaultExport],
  ['an empty catch', node => ts.isCatchClause(node) && node.block.statements.length === 0],
  ['a statement that makes the debugger stop', node => ts.isDebuggerStatement(node)],
]

export const noForbiddenConstruct: Rule = source =>
  nodesOf(source.tree).flatMap(node =>
    constructs.filter(([, is]) => is(node)).map(([sentence]) => at(source, node, `${sentence} is not used here`)),
  )

function isDefaultExport(node: ts.Node): boolean {
  if (ts.isExportAssignment(node)) return true
  if (ts.isExportSpecifier(node)) return node.name.text === 'default'
  return (
    ts.canHaveModifiers(node) && (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.DefaultKeyword)
  )
}

const directive = /@ts-(?:ignore|expect-error|nocheck)\b/

/** Orders to the compiler in comments. In a string they are text. */
export const noCompilerEscape: Rule = source =>
  commentsOf(source).flatMap(({ text, line }) =>
    directive.test(text) ? [`${source.path}:${line}: the compiler is told to look away`] : [],
  )

function commentsOf({ text, tree }: Source): readonly { readonly text: string; readonly line: number }[] {
  const starts = new Map<number, ts.CommentRange>()
  for (const node of [tree, ...nodesOf(tree), tree.endOfFileToken]) {
    const leading = ts.getLeadingCommentRanges(text, node.getFullStart()) ?? []
    const trailing = ts.getTrailingCommentRanges(text, node.getEnd()) ?? []
    for (const range of [...leading, ...trailing]) starts.set(range.pos, range)
  }
  return [...starts.values()].map(({ pos, end }) => ({
    text: text.slice(pos, end),
    line: tree.getLineAndCharacterOfPosition(pos).line + 1,
  }))
}

/** Words that a file of any content could bear as its last. */
const hollowWords = /(?:^|-)(?:managers?|helpers?|utils?|utility|utilities|services?|impl|processors?)$/
/** Names under which order ends. */
const hollowNames = /^(?:common|types|lib|misc|shared|base)$/

/** Of every file and folder of the path. */
export function tellingName(path: string): readonly Violation[] {
  const names = path.split('/').map(name => name.replace(/\..*$/, '').toLowerCase())
  return names.some(name => hollowWords.test(name) || hollowNames.test(name))
    ? [`${path}: a name that says nothing`]
    : []
}
