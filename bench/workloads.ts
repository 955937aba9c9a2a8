/** What is measured: every kind of request on every server that it is measured on, beside what it is compared with. */
import { byParameter } from './by-parameter.ts'
import type { Ask } from './client.ts'
import { type FloorName, floors } from './floor.ts'
import { documentsOf, inTurn, type Kind, type Next } from './kind.ts'
import type { Loaded } from './loaded.ts'
import { reading } from './reading.ts'
import { writing } from './writing.ts'

/** The product as it is delivered, under its other regimes, and with parts left out that it has no setting for. */
export const variants = ['dmp', 'smart', 'none', 'unaudited', 'bare'] as const
export type Variant = (typeof variants)[number]
export type ServerName = 'baseline' | 'peer' | Variant

/** Under these nobody looks at a token. */
const open: ReadonlySet<ServerName> = new Set(['none', 'bare', 'peer'])

export interface Workload {
  readonly name: string
  /** What one request does, in a line. */
  readonly does: string
  readonly server: ServerName
  /** Prepares a round on the server at that address. */
  readonly open: (base: string) => Promise<Next>
  readonly burst?: Kind['burst']
  readonly finds?: Kind['finds']
}

/** Those whose price is told layer by layer; the others are measured as they are delivered. */
const layered: ReadonlySet<string> = new Set(['R1', 'R2', 'R3', 'R4', 'R5', 'R6', 'R7', 'R8', 'W1', 'W1u', 'W2'])

/** Those that say nothing new about us and are asked of another server. */
const forPeers: ReadonlySet<string> = new Set(['D1', 'D2', 'O1', 'W1o'])

/** A workload on another variant bears its name too. */
export const nameOn = (name: string, variant: Variant): string => (variant === 'dmp' ? name : `${name}.${variant}`)

/** A caller's headers without what makes him known. */
function nameless({ authorization: _token, ...others }: NonNullable<Ask['headers']>): NonNullable<Ask['headers']> {
  return others
}

/** A kind on a server: each request gets its headers. */
export function workloadOf(
  kind: Kind,
  loaded: Loaded,
  { name, server }: { name: string; server: ServerName },
): Workload {
  const { does, as, burst, finds } = kind
  const headers = open.has(server) && server !== 'peer' ? nameless(loaded[as]) : loaded[as]
  return {
    ...{ name, does, server },
    open: async base => {
      const next = await kind.open(loaded, { base, headers })
      return () => {
        const asked = next()
        return { ...asked, headers: asked.headers === undefined ? headers : { ...headers, ...asked.headers } }
      }
    },
    ...(burst === undefined ? {} : { burst }),
    ...(finds === undefined ? {} : { finds }),
  }
}

/** The mix of a day: parts of a hundred. */
const mix = { R2: 92, R1: 4, R3: 2, W2: 2 } as const

function mixed(loaded: Loaded): Workload {
  const parts = Object.entries(mix).flatMap(([name, parts]) => {
    const kind = kinds.find(each => each.name === name)
    return kind === undefined ? [] : [{ parts, workload: workloadOf(kind, loaded, { name, server: 'dmp' }) }]
  })
  return {
    ...{ name: 'M1', does: '92 % R2, 4 % R1, 2 % R3, 2 % W2 together', server: 'dmp' },
    open: async base => {
      const hundred: Next[] = []
      for (const { parts: count, workload } of parts) {
        const next = await workload.open(base)
        for (let at = 0; at < count; at += 1) hundred.push(next)
      }
      return () => {
        const next = hundred[Math.floor(Math.random() * hundred.length)]
        if (next === undefined) throw new Error('The mix is empty')
        return next()
      }
    },
  }
}

const kinds: readonly Kind[] = [...reading, ...writing, ...byParameter]

/** Those that are measured only when somebody names them. */
export const whenNamed: ReadonlySet<string> = new Set([...byParameter.map(({ name }) => name), ...Object.keys(floors)])

type Baseline = Omit<Workload, 'server'> & { readonly near: string }

/** What the same framework, driver and database cost without a FHIR server between them, and before which workload. */
const baselines = ({ read }: Loaded): readonly Baseline[] => {
  const always = (method: Ask['method'], path: string) => async () => () => ({ method, path })
  return [
    { near: 'R1', name: 'B0', does: 'answer the same 3 kB each time', open: always('GET', '/b0') },
    {
      ...{ near: 'R1', name: 'B1', does: 'find a document of 3 kB by its _id, answer it as JSON' },
      open: async () => {
        const next = inTurn(documentsOf(read))
        return () => ({ method: 'GET', path: `/b1/${next().id}` })
      },
    },
    {
      ...{ near: 'R2', name: 'B20', does: 'find 20 documents of 1.5 kB, answer them as JSON' },
      open: async () => {
        const next = inTurn(read)
        return () => ({ method: 'GET', path: `/b20/${next().patientId}` })
      },
    },
    { near: 'W1', name: 'B2', does: 'insert a document of 3 kB, majority and journaled', open: always('POST', '/b2') },
  ]
}

/** The requests of a workload, sent to the baseline. */
function floorsOn(loaded: Loaded, near: string): readonly Workload[] {
  return kinds.flatMap(kind => {
    const name = (Object.keys(floors) as FloorName[]).find(each => floors[each] === kind.name)
    if (name === undefined || kind.name !== near) return []
    const { open } = workloadOf(kind, loaded, { name, server: 'baseline' })
    const asked = async (base: string): Promise<Next> => {
      const next = await open(base)
      return () => ({ ...next(), path: `/floor/${name}` })
    }
    return [{ name, does: `write what ${near} writes, and nothing else`, server: 'baseline' as const, open: asked }]
  })
}

/** @returns every workload; each group of neighbours begins with what it is compared with. */
export function workloadsOn(loaded: Loaded): readonly Workload[] {
  const beside = baselines(loaded)
  const own = kinds.filter(({ name }) => !forPeers.has(name))
  return [
    ...own.flatMap(kind => [
      ...beside
        .filter(({ near }) => near === kind.name)
        .map(({ near: _near, ...each }) => ({ ...each, server: 'baseline' as const })),
      ...floorsOn(loaded, kind.name),
      ...(layered.has(kind.name) ? variants : (['dmp'] as const)).map(server =>
        workloadOf(kind, loaded, { name: nameOn(kind.name, server), server }),
      ),
    ]),
    mixed(loaded),
  ]
}

/** Those that only read, as delivered: for long runs. */
export const readingOn = (loaded: Loaded): readonly Workload[] =>
  reading.map(kind => workloadOf(kind, loaded, { name: kind.name, server: 'dmp' }))

/** Those that two servers are compared by, ours and another. */
const compared: readonly string[] = ['R1', 'R2', 'R3', 'D1', 'D2', 'R4', 'R6', 'O1', 'W1', 'W1o', 'W2']

export const comparedOn = (loaded: Loaded, server: 'dmp' | 'peer'): readonly Workload[] =>
  compared.flatMap(name =>
    kinds
      .filter(kind => kind.name === name)
      .map(kind => workloadOf(kind, loaded, { name: server === 'dmp' ? name : `${name}.peer`, server })),
  )

/** Those whose price must not grow with the number of patients; searches by one parameter when they are named. */
const growing: ReadonlySet<string> = new Set([
  ...['R1', 'R2', 'R4', 'R6', 'W1'],
  ...byParameter.map(({ name }) => name),
])

export const growingOn = (loaded: Loaded): readonly Workload[] =>
  kinds
    .filter(({ name }) => growing.has(name))
    .map(kind => workloadOf(kind, loaded, { name: kind.name, server: 'dmp' }))

/** Reads and, one in five, creates: for a storm. */
export async function stormOn(loaded: Loaded, base: string): Promise<Next> {
  const open = async (name: string): Promise<Next> => {
    const kind = kinds.find(each => each.name === name)
    if (kind === undefined) throw new Error(`There is no ${name}`)
    return workloadOf(kind, loaded, { name, server: 'dmp' }).open(base)
  }
  const [reads, creates] = [await open('R2'), await open('W1o')]
  let at = 0
  return () => (at++ % 5 === 0 ? creates() : reads())
}
