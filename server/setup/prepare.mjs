/**
 * Does what is missing before a command of package.json can run, and nothing else: installs, compiles, prepares the
 * definitions. Says nothing when nothing is missing. Needs Node alone.
 */
import { build } from './build.mjs'
import { install } from './install.mjs'
import { say } from './steps.mjs'
import { inTurn } from './turn.mjs'

const needed = [20, 19]

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < needed[0] || (major === needed[0] && minor < needed[1])) {
  say(`Node ${needed.join('.')} or later is needed; this is ${process.versions.node}.`)
  process.exit(1)
}

try {
  await inTurn(async () => {
    await install()
    await build()
  })
} catch (error) {
  say(error.message)
  process.exitCode = 1
}
