/** How a test starts a program of the project. */
import { join } from 'node:path'

/** Where the compiled form of a source is, from the project's folder. */
export const compiledPath = (path: string): string => join('dist', path.replace(/\.ts$/, '.js'))

/** The arguments of Node: a compiled test starts the compiled program, a test that runs from its source starts the source. */
export const programArguments = (path: string): readonly string[] =>
  import.meta.url.endsWith('.ts') ? ['--import', 'tsx', path] : [compiledPath(path)]
