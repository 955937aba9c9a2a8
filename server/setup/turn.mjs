/** Two commands that are started in one clone at once take turns: the second finds everything done. */
import { createHash } from 'node:crypto'
import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { root, say } from './steps.mjs'

const name = createHash('sha256')
  .update(`${root}\0${process.getuid?.() ?? ''}`)
  .digest('hex')
  .slice(0, 16)
const file = join(tmpdir(), `dossier-medical-partage-${name}.turn`)

/** No preparation takes that long: by then the process id in the file may be that of a stranger. */
const longestMillis = 30 * 60_000

/** Does the work when no other process does its own in this clone. */
export async function inTurn(work) {
  let waited = false
  while (!taken()) {
    if (!waited) say('Waiting for another command that prepares this clone …')
    waited = true
    await sleep(200)
  }
  try {
    await work()
  } finally {
    rmSync(file, { force: true })
  }
}

function taken() {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' })
    return true
  } catch (error) {
    if (error.code !== 'EEXIST') throw error
    if (!isAlive(holder()) || age() > longestMillis) rmSync(file, { force: true })
    return false
  }
}

/** Not a number while the other process has not written it yet: then it is alive. */
function holder() {
  try {
    return Number.parseInt(readFileSync(file, 'utf8'), 10)
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
    return Number.NaN
  }
}

const age = () => Date.now() - (statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? Date.now())

function isAlive(pid) {
  try {
    return Number.isNaN(pid) || process.kill(pid, 0)
  } catch (error) {
    return error.code === 'EPERM'
  }
}
