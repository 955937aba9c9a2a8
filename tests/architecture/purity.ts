/** The pure folders have no clock, no chance, no network and no process: same input, same output. */
import ts from 'typescript'
import { at, folderOf, nodesOf, pureFolders, type Rule, type Source } from './source.ts'

/** Global names that reach the world. A parameter or a constant of the same name is another thing and is let be. */
const worldly = new Set([
  ...['process', 'console', 'fetch', 'crypto', 'performance', 'globalThis', 'global', 'require', 'navigator'],
  ...['setTimeout', 'setInterval', 'setImmediate', 'queueMicrotask', 'WebSocket', 'EventSource', 'XMLHttpRequest'],
])

/** Members of harmless globals that are not harmless. */
const worldlyMembers = new Set(['Date.now', 'Math.random'])

export const pure: Rule = source => {
  if (!pureFolders.includes(folderOf(source.path))) return []
  const isGlobal = globalsOf(source)
  return nodesOf(source.tree).flatMap(node => {
    const what = worldlyThing(node, isGlobal)
    return what === undefined ? [] : [at(source, node, `${what} in a pure folder`)]
  })
}

function worldlyThing(node: ts.Node, isGlobal: (name: ts.Identifier) => boolean): string | undefined {
  if (ts.isMetaProperty(node) && node.keywordToken === ts.SyntaxKind.ImportKeyword) return 'import.meta'
  if (ts.isPropertyAccessExpression(node) && ts.isIdentifier(node.expression)) {
    const member = `${node.expression.text}.${node.name.text}`
    return worldlyMembers.has(member) && isGlobal(node.expression) ? member : undefined
  }
  if (ts.isNewExpression(node) || ts.isCallExpression(node)) return clock(node, isGlobal)
  return ts.isIdentifier(node) && worldly.has(node.text) && isGlobal(node) ? node.text : undefined
}

/** `new Date()` reads the clock, `new Date(0)` does not; `Date()` without `new` always does. */
function clock(
  node: ts.NewExpression | ts.CallExpression,
  isGlobal: (name: ts.Identifier) => boolean,
): string | undefined {
  const { expression } = node
  if (!ts.isIdentifier(expression) || expression.text !== 'Date' || !isGlobal(expression)) return undefined
  if (ts.isCallExpression(node)) return 'Date()'
  return node.arguments === undefined || node.arguments.length === 0 ? 'new Date()' : undefined
}

/**
 * Tells of a name whether it is of this file or of the world. The compiler binds the file alone, without any library:
 * a name that it cannot resolve is a global one.
 */
function globalsOf({ path, tree }: Source): (name: ts.Identifier) => boolean {
  const host: ts.CompilerHost = {
    ...ts.createCompilerHost({}),
    getSourceFile: name => (name === path ? tree : undefined),
    fileExists: name => name === path,
    readFile: () => undefined,
    writeFile: () => undefined,
  }
  const program = ts.createProgram([path], { noLib: true, noResolve: true, types: [] }, host)
  const checker = program.getTypeChecker()
  return name =>
    isReference(name) &&
    (name.text === 'globalThis' || checker.resolveName(name.text, name, ts.SymbolFlags.Value, false) === undefined)
}

/** Neither the name of a member, nor a key, nor part of a type. */
function isReference(name: ts.Identifier): boolean {
  const { parent } = name
  if (ts.isShorthandPropertyAssignment(parent)) return true
  const isName = 'name' in parent && parent.name === name
  const isKey = 'propertyName' in parent && parent.propertyName === name
  return !isName && !isKey && !ts.isTypeNode(parent) && !ts.isQualifiedName(parent)
}
