/** Installs the dependencies, when what is installed is not what the lock file says. */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { root, runNode, say, step } from './steps.mjs'

/** Install scripts of dependencies are not run: none is needed, and each would be foreign code on this machine. */
const options = ['--ignore-scripts', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error']

/** A sign of life for logs, in which npm draws no progress. */
const heartbeatMillis = 15_000

export async function install() {
  if (isInstalled()) return
  await step('Installing the dependencies (about 500 packages, once)', async () => {
    const heartbeat = setInterval(() => say('  still installing'), heartbeatMillis)
    try {
      await runNode([npmProgram(), 'ci', ...options])
    } finally {
      clearInterval(heartbeat)
    }
  })
}

/** npm writes down what it installed at the end of an installation; a broken-off one leaves no such file. */
function isInstalled() {
  const wanted = packagesIn('package-lock.json')
  const installed = packagesIn(join('node_modules', '.package-lock.json'))
  return Object.entries(wanted).every(
    ([path, { version, optional }]) => path === '' || optional || installed[path]?.version === version,
  )
}

function packagesIn(file) {
  const path = join(root, file)
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : {}
}

/** The npm that runs this script; by itself, the one that came with this Node. */
function npmProgram() {
  const beside = join(process.execPath, '..', '..', 'lib', 'node_modules', 'npm', 'bin', 'npm-cli.js')
  const found = [process.env.npm_execpath, beside].find(path => path !== undefined && existsSync(path))
  if (found === undefined) throw new Error('npm was not found: run "npm ci" first')
  return found
}
