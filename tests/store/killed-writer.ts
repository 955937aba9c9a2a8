/** A process that writes lines and rows until it is killed, and says which it was told are durable. */
import { openStore } from '../../server/store/mongo-store.ts'
import { aLine, aRow, aUnit, created, newKey } from './rows.ts'

const [url = '', database = ''] = process.argv.slice(2)
const store = await openStore({ url, database })
let requests = 0

async function write(): Promise<never> {
  for (;;) {
    requests += 1
    const request = `${process.pid}-${requests}`
    const patient = newKey()
    if (requests % 2 === 0) await store.audit([aLine(patient, { request })])
    else
      await store.commit(
        aUnit({ writes: [created(aRow(patient))], audit: [aLine(patient, { request, interaction: 'create' })] }),
      )
    process.stdout.write(`${request}\n`)
  }
}

await Promise.all(Array.from({ length: 8 }, write))
