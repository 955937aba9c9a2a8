/** The program: starts the server, says where it is, and stops it when asked. */
import { banner } from './demo/banner.ts'
import { type Running, startServer } from './start.ts'

const say = (text: string): void => void process.stdout.write(`${text}\n`)
const complain = (text: string): void => void process.stderr.write(`${text}\n`)

// Whoever reads along may stop reading: that is no reason to stop.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error
  })
}

const unprotected = `
  ACCESS_REGIME=none: THIS SERVER PROTECTS NOTHING.
  Whoever reaches it on this machine reads and writes every record. For development and comparison only.
`

function welcome({ config, base, documentation }: Running): void {
  if (config.ACCESS_REGIME === 'none') complain(unprotected)
  say(config.DEMO ? banner({ base, documentation }) : `FHIR base      ${base}\nDocumentation  ${documentation}`)
}

const { running, stop } = startServer(process.env, say)

let asked = false
for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (asked) return
    asked = true
    say('Stopping: running requests are finished first')
    stop().then(() => process.exit(0))
  })
}

try {
  const started = await running
  if (started.ok) welcome(started.value)
  else if (!asked) {
    complain('The server does not start:')
    for (const { diagnostics, expression } of started.failure.complaints) {
      complain(
        `- ${expression === undefined || diagnostics.startsWith(expression) ? '' : `${expression}: `}${diagnostics}`,
      )
    }
    process.exitCode = 1
  }
} catch (error) {
  if (!asked) {
    complain(`The server does not start: ${error instanceof Error ? error.message : String(error)}`)
    process.exitCode = 1
  }
}
