/** How Node is started: as `npm start` does it, the baseline too, so that neither has a better collector of garbage. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../server/root.ts'

const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  readonly scripts: { readonly start: string }
}

export const nodeFlags: readonly string[] = scripts.start.split(' ').filter(word => word.startsWith('--'))
