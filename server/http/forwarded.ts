/** Under which address a client reaches the server, as a proxy says it. https://www.rfc-editor.org/rfc/rfc7239 */
import { BlockList, isIPv6 } from 'node:net'
import type { FastifyRequest } from 'fastify'
import { objectOf } from '../../resources/json-value.ts'
import type { Config } from '../config.ts'
import type { Context } from '../interactions/interaction.ts'

type Headers = FastifyRequest['headers']

/** What a proxy says of the address that the client used. */
interface Said {
  readonly proto?: string | undefined
  readonly host?: string | undefined
  readonly prefix?: string | undefined
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIPv6(address) ? 'ipv6' : 'ipv4')

/** Addresses and networks, as the setting lists them. */
function listed(proxies: readonly string[]): BlockList {
  const list = new BlockList()
  for (const proxy of proxies) {
    const [address = '', bits] = proxy.split('/')
    if (bits === undefined) list.addAddress(address, familyOf(address))
    else list.addSubnet(address, Number(bits), familyOf(address))
  }
  return list
}

/** The last value of a list: what the nearest proxy added. What stands before it, anybody may have written. */
function lastOf(header: string | readonly string[] | undefined): string | undefined {
  const text = typeof header === 'string' ? header : header?.join(',')
  return text?.split(',').at(-1)?.trim()
}

/** `for=192.0.2.1;proto=https;host="dmp.example"` */
function ofForwarded(element: string): Said {
  const pairs = element.split(';').map(pair => {
    const [name = '', value = ''] = pair.split('=')
    return [name.trim().toLowerCase(), value.trim().replace(/^"(.*)"$/, '$1')] as const
  })
  const { proto, host } = Object.fromEntries(pairs)
  return { proto, host }
}

function saidBy(headers: Headers): Said {
  const forwarded = lastOf(headers.forwarded)
  const prefix = lastOf(headers['x-forwarded-prefix'])
  if (forwarded !== undefined) return { ...ofForwarded(forwarded), prefix }
  return { proto: lastOf(headers['x-forwarded-proto']), host: lastOf(headers['x-forwarded-host']), prefix }
}

const host = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/
/** Names of folders; `.` and `..` would lead to others. */
const prefixes = /^(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._~-]{1,64}){0,8}\/?$/

/** @returns the address; the given one where nothing is said, or something that is no address. */
function baseOf(headers: Headers, base: string): string {
  const said = saidBy(headers)
  const known = new URL(base)
  const proto = said.proto?.toLowerCase() ?? known.protocol.slice(0, -1)
  const name = said.host ?? known.host
  const prefix = said.prefix ?? ''
  if (!['http', 'https'].includes(proto) || !host.test(name) || !prefixes.test(prefix)) return base
  return `${proto}://${name}${prefix.replace(/\/$/, '')}/fhir`
}

/** The statement, with the address under which it is read. */
function restated({ statement }: Context, url: string): Uint8Array {
  const json = JSON.parse(Buffer.from(statement).toString()) as Readonly<Record<string, unknown>>
  return Buffer.from(JSON.stringify({ ...json, implementation: { ...objectOf(json.implementation), url } }))
}

/** Gives a request the context with its own address. */
export type Rebase = (request: FastifyRequest) => Context

/**
 * Made once. Without TRUSTED_PROXIES, or with a BASE_URL, every request has the same address.
 * @returns what gives a request of a trusted proxy the address that the proxy says the client used.
 */
export function rebase(context: Context, { FOLLOWS_PROXIES, TRUSTED_PROXIES = [] }: Config): Rebase {
  if (!FOLLOWS_PROXIES) return () => context
  const trusted = listed(TRUSTED_PROXIES)
  return ({ headers, socket: { remoteAddress }, routeOptions: { config } }) => {
    if (remoteAddress === undefined || !trusted.check(remoteAddress, familyOf(remoteAddress))) return context
    const base = baseOf(headers, context.base)
    if (base === context.base) return context
    return config.interaction === 'capabilities'
      ? { ...context, base, statement: restated(context, base) }
      : { ...context, base }
  }
}
