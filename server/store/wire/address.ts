/** Where the primary is and how it is reached, as the driver's options say it. */
import { connect as connectTcp, isIP, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { type MongoClient, MongoNetworkError, type MongoOptions } from 'mongodb'
import type { Credentials } from './scram.ts'

/** A server: by name and port, or by the path of a socket. */
export type Address = { readonly host: string; readonly port: number } | { readonly path: string }

/** What is needed to speak to a server without the driver. */
export interface Reaching {
  readonly open: (address: Address) => Promise<Socket>
  readonly credentials: Credentials | undefined
  readonly appName: string
}

/** The options of TLS that the driver hands on too. */
const tlsOptions = [
  'ca',
  'cert',
  'checkServerIdentity',
  'ciphers',
  'crl',
  'ecdhCurve',
  'key',
  'passphrase',
  'pfx',
  'rejectUnauthorized',
  'secureContext',
  'secureProtocol',
  'servername',
] as const

const ascii = /^[\x20-\x7e]+$/

/** @returns the credentials; `undefined` when there are none; `'other'` when only the driver can prove them. */
function credentialsOf({ credentials }: MongoOptions): Credentials | undefined | 'other' {
  if (credentials === undefined) return undefined
  const { mechanism, username, password, source } = credentials
  const isScram = mechanism === 'DEFAULT' || mechanism === 'SCRAM-SHA-256'
  return isScram && ascii.test(password) ? { username, password, source } : 'other'
}

const keepAlive = { keepAlive: true, keepAliveInitialDelay: 120_000, noDelay: true }

function tlsOf(options: MongoOptions, address: Address): object {
  const given = Object.fromEntries(
    tlsOptions.flatMap(name => (options[name] === undefined || options[name] === null ? [] : [[name, options[name]]])),
  )
  const named = 'host' in address && isIP(address.host) === 0 ? { servername: address.host } : {}
  return { ...named, ...given }
}

/** Resolves when the connection stands, with TLS where it is asked for. */
function opened(socket: Socket, event: 'connect' | 'secureConnect', patience: number): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const fail = (cause?: Error): void => {
      socket.destroy()
      reject(new MongoNetworkError('no connection to the database', cause === undefined ? {} : { cause }))
    }
    socket.setTimeout(patience, fail)
    socket.once('error', fail)
    socket.once(event, () => {
      socket.setTimeout(0)
      socket.off('error', fail)
      // A TLS socket passes over these options when it is made.
      socket.setNoDelay(true)
      socket.setKeepAlive(true, keepAlive.keepAliveInitialDelay)
      resolve(socket)
    })
  })
}

/** @returns how servers are reached; undefined where only the driver can: by proxy, load balancer, or another proof of identity. */
export function reachingOf({ options }: MongoClient): Reaching | undefined {
  const credentials = credentialsOf(options)
  const only = options.proxyHost !== undefined || options.loadBalanced || options.serverApi || options.autoEncryption
  if (only || credentials === 'other') return undefined
  const patience = options.connectTimeoutMS
  return {
    credentials,
    appName: options.appName ?? '',
    open: address =>
      options.tls
        ? opened(connectTls({ ...keepAlive, ...address, ...tlsOf(options, address) }), 'secureConnect', patience)
        : opened(connectTcp({ ...keepAlive, ...address }), 'connect', patience),
  }
}
