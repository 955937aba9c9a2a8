/** One connection that is kept: HTTP/1.1 as far as a load needs it. A client that costs little leaves the cores to the servers. https://www.rfc-editor.org/rfc/rfc9112 */
import { connect, type Socket } from 'node:net'
import { connect as connectSecurely } from 'node:tls'
import { type AnswerReader, type RawAnswer, readAnswer } from './read-answer.ts'

/** A request as it goes over the wire. */
export interface Sent {
  readonly method: string
  readonly path: string
  /** Lines that end with CRLF. */
  readonly headers: string
  readonly body: string | undefined
}

interface Waiting {
  readonly resolve: (answer: RawAnswer) => void
  readonly reject: (error: Error) => void
  readonly read: AnswerReader
}

const ended = (): Error => new Error('The server ended the connection before it had answered')

function open({ protocol, hostname, port }: URL): Socket {
  const secure = protocol === 'https:'
  const place = { host: hostname, port: Number(port === '' ? (secure ? 443 : 80) : port) }
  const socket = secure ? connectSecurely({ ...place, servername: hostname }) : connect(place)
  return socket.setNoDelay(true)
}

/** Asks one thing at a time. A connection that the server ended is opened again with the next request. */
export class Wire {
  readonly #url: URL
  #socket: Socket | undefined
  #waiting: Waiting | undefined

  constructor(base: string) {
    this.#url = new URL(base)
  }

  ask({ method, path, headers, body }: Sent): Promise<RawAnswer> {
    const length = body === undefined ? '' : `content-length: ${Buffer.byteLength(body)}\r\n`
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject, read: readAnswer() }
      this.#socket ??= this.#connected()
      this.#socket.write(
        `${method} ${path} HTTP/1.1\r\nhost: ${this.#url.host}\r\n${headers}${length}\r\n${body ?? ''}`,
      )
    })
  }

  #connected(): Socket {
    const socket = open(this.#url)
    socket.on('data', part => this.#take(part))
    socket.on('error', error => this.#drop(socket, error))
    socket.on('close', () => this.#drop(socket, ended()))
    return socket
  }

  #take(part: Buffer): void {
    const waiting = this.#waiting
    const answer = waiting?.read(part)
    if (waiting === undefined || answer === undefined) return
    this.#waiting = undefined
    if (answer.closes) {
      const left = this.#socket
      this.#socket = undefined
      left?.destroy()
    }
    waiting.resolve(answer)
  }

  #drop(socket: Socket, error: Error): void {
    if (this.#socket !== socket) return
    this.#socket = undefined
    const waiting = this.#waiting
    this.#waiting = undefined
    waiting?.reject(error)
  }

  close(): void {
    this.#socket?.destroy()
    this.#socket = undefined
  }
}
