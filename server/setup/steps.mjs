/** What the scripts of the set-up share. They run before anything is installed: plain JavaScript, Node's own modules only. */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The folder of package.json. */
export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

/** What is said goes to the standard error: the output of the program that follows stays its own. */
export const say = sentence => process.stderr.write(`${sentence}\n`)

/**
 * Runs a program of Node in the project's folder, its output on the standard error.
 * @param {readonly string[]} args of `node`
 * @throws when it fails
 */
export function runNode(args) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 2, 2] })
    child.on('error', reject)
    child.on('exit', code => (code === 0 ? resolve() : reject(new Error(`${args.slice(0, 2).join(' ')} failed`))))
  })
}

/** Says what is begun, and how long it took. */
export async function step(sentence, work) {
  const begun = Date.now()
  say(`${sentence} …`)
  await work()
  say(`  done in ${((Date.now() - begun) / 1000).toFixed(1)} s`)
}

/** One digest of the names and contents of files and of everything below folders; absent ones count as absent. */
export function digest(paths, matches = () => true) {
  const hash = createHash('sha256')
  for (const path of paths.flatMap(path => filesBelow(path)).filter(matches)) {
    hash.update(`${path}\0`).update(readFileSync(join(root, path)))
  }
  return hash.digest('hex')
}

function filesBelow(path) {
  const whole = join(root, path)
  if (!existsSync(whole)) return []
  if (statSync(whole).isFile()) return [path]
  return readdirSync(whole)
    .sort()
    .flatMap(name => filesBelow(`${path}/${name}`))
}
