/** Rows for MongoDB that are bytes already: a command with a sequence of documents. https://www.mongodb.com/docs/manual/reference/mongodb-wire-protocol/#op_msg */
import { once } from 'node:events'
import { connect } from 'node:net'
import { BSON } from 'mongodb'
import { type Connection, openConnection } from '../server/store/wire/connection.ts'

const [headerBytes, opMsg, patience] = [16, 2013, 120_000]
const sequence = Buffer.from('documents\0')

function message(command: object, documents: readonly Buffer[]): Buffer {
  const body = BSON.serialize(command)
  const bytes = documents.reduce((sum, { length }) => sum + length, 0)
  const head = Buffer.alloc(headerBytes + 5)
  const middle = Buffer.alloc(5 + sequence.length)
  middle.writeUInt8(1, 0)
  middle.writeInt32LE(4 + sequence.length + bytes, 1)
  sequence.copy(middle, 5)
  head.writeInt32LE(head.length + body.length + middle.length + bytes, 0)
  head.writeInt32LE(opMsg, 12)
  return Buffer.concat([head, body, middle, ...documents])
}

export interface Inserting {
  readonly insert: (collection: string, documents: readonly Buffer[]) => Promise<void>
  readonly close: () => void
}

const connections = 2

async function open({ hostname, port }: URL): Promise<Connection> {
  const socket = connect(Number(port), hostname)
  await once(socket, 'connect')
  const reaching = { open: async () => socket, credentials: undefined, appName: 'bench', patience }
  const nobody = { free: () => undefined, lost: () => undefined }
  return openConnection({ host: hostname, port: Number(port) }, reaching, nobody)
}

/** Opens connections of its own. @param url of a MongoDB that asks nobody for a password */
export async function openInserting(url: string, database: string): Promise<Inserting> {
  const all = await Promise.all(Array.from({ length: connections }, () => open(new URL(url))))
  const lanes = all.map(connection => ({ connection, before: Promise.resolve() })) // one command at a time on each
  let turn = 0
  const send = async (connection: Connection, collection: string, documents: readonly Buffer[]): Promise<void> => {
    const command = { insert: collection, $db: database, ordered: false, writeConcern: { w: 1 } }
    const reply = await connection.ask(message(command, documents), patience)
    if (reply.ok !== 1 || reply.writeErrors !== undefined)
      throw new Error(`MongoDB took no copies of ${collection}: ${JSON.stringify(reply).slice(0, 500)}`)
  }
  return {
    insert: async (collection, documents) => {
      const lane = lanes[turn++ % lanes.length]
      if (documents.length === 0 || lane === undefined) return
      lane.before = lane.before.then(() => send(lane.connection, collection, documents))
      await lane.before
    },
    close: () => {
      for (const connection of all) connection.destroy()
    },
  }
}
