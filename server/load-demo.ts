/** Loads the demonstration records on the first start, through the application itself. */
import type { Config } from './config.ts'
import type { DemoIdentity } from './demo/identity.ts'
import { type DemoRequest, type DemoResponse, loadDemonstration } from './demo/load.ts'
import { type DemoRecords, keepDemoRecords, readDemoRecords } from './demo/records.ts'
import { signDemoToken } from './demo/sign-demo-token.ts'
import { resolvePath } from './root.ts'
import type { SigningKey } from './secrets.ts'

/** An application that answers without a network. */
export interface Injectable {
  inject(request: {
    readonly method: 'POST'
    readonly url: string
    readonly headers: Record<string, string>
    readonly payload: string
  }): Promise<{ readonly statusCode: number; readonly body: string }>
}

export interface DemoLoading {
  readonly app: Injectable
  readonly config: Config
  readonly key: SigningKey
  readonly say: (sentence: string) => void
}

/** Does nothing when the records were loaded to their end before. @throws when the server refuses one of them. */
export async function loadDemoRecords({ app, config, key, say }: DemoLoading): Promise<void> {
  const dataDir = resolvePath(config.DATA_DIR)
  if (readDemoRecords(dataDir) !== undefined) return
  const send = async ({ path, headers, body }: DemoRequest): Promise<DemoResponse> => {
    const answer = await app.inject({ method: 'POST', url: `/fhir${path}`, headers: { ...headers }, payload: body })
    return { status: answer.statusCode, body: answer.body }
  }
  const tokenOf = (identity: DemoIdentity, records: DemoRecords): Promise<string> =>
    signDemoToken({ identity, key, records, audience: config.AUDIENCE, now: Date.now() })
  const onProgress = (done: number, of: number, says: string): void => say(`Demonstration ${done}/${of}: ${says}`)
  keepDemoRecords(dataDir, await loadDemonstration({ send, tokenOf, onProgress }))
}
