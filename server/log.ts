/** The log: request id, route pattern, status and duration; never a URL, a query, a body or an identifier. */
import { type DestinationStream, destination, type Logger, pino } from 'pino'

/** What may be said of an error: its name, its code and where it happened. Its message may quote a record. */
export interface ErrorDescription {
  readonly name: string
  readonly code?: string
  /** Frames of the stack, innermost first. */
  readonly at: readonly string[]
}

const codeOf = (error: Error): string | undefined =>
  'code' in error && (typeof error.code === 'string' || typeof error.code === 'number') ? String(error.code) : undefined

/** @returns what the log may hold of an error. */
export function describeError(error: unknown): ErrorDescription {
  if (!(error instanceof Error)) return { name: typeof error, at: [] }
  const frames = (error.stack ?? '').split('\n').filter(line => /^\s+at /.test(line))
  const code = codeOf(error)
  const cause = error.cause instanceof Error ? describeError(error.cause).at : []
  const at = [...frames, ...cause].map(line => line.trim())
  return code === undefined ? { name: error.name, at } : { name: error.name, code, at }
}

const nothing = (): undefined => undefined

/** @param stream where lines go; the standard error when absent. */
export const createLog = (level: string, stream: DestinationStream = destination({ dest: 2, sync: false })): Logger =>
  pino(
    {
      level,
      base: { process: 'dmp' },
      serializers: {
        err: describeError,
        error: (error: unknown) => (error instanceof Error ? describeError(error) : error),
        req: nothing,
        res: nothing,
      },
    },
    stream,
  )
