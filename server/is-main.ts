/** Tells a command from a module that a test imports. */
import { pathToFileURL } from 'node:url'

/** Whether the module of that URL is the one that Node.js was started with. */
export const isMain = (url: string): boolean => url === pathToFileURL(process.argv[1] ?? '').href
