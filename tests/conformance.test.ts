/** Every promise of the capability statement is tried over HTTP. https://hl7.org/fhir/R4/capabilitystatement.html */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import t, { type Test } from 'tap'
import { compositeOf } from '../resources/composite-definition.ts'
import { compileExpression as compile } from '../resources/fhirpath.ts'
import { lifeOperationRows } from '../resources/life-operation-rows.ts'
import { ownDefinitions } from '../resources/operations.ts'
import type { Resource } from '../resources/resource.ts'
import type { SearchParameterFacts } from '../resources/search-parameter-definition.ts'
import { visibilitySystem } from '../security/mask.ts'
import { loadDefinitions } from '../server/definitions/load.ts'
import { root } from '../server/root.ts'
import { idOfVariant, instanceOf, variantsOf } from './http/instances.ts'
import { bundleOf, idOf, idsOf, nextOf, type Rest, startRest, statusesOf } from './http/rest.ts'
import { select } from './support/pointer.ts'
import { toXml } from './support/xml.ts'

const compiled = new Map<string, ReturnType<typeof compile>>()

/** An expression is asked of many resources: it is compiled once. */
function compileExpression(expression: string): ReturnType<typeof compile> {
  const known = compiled.get(expression) ?? compile(expression)
  compiled.set(expression, known)
  return known
}

/** What is read of one `rest.resource` of a statement. */
interface Promised {
  readonly type: string
  readonly interaction: readonly { readonly code: string }[]
  readonly searchParam?: readonly { readonly name: string; readonly type: string }[]
  readonly operation?: readonly { readonly name: string; readonly definition: string }[]
  readonly searchInclude?: readonly string[]
  readonly searchRevInclude?: readonly string[]
  readonly conditionalCreate?: boolean
  readonly conditionalRead?: string
  readonly conditionalUpdate?: boolean
  readonly conditionalDelete?: string
}

const promisedBy = (path: string): readonly Promised[] =>
  select(JSON.parse(readFileSync(join(root, path), 'utf8')), '/rest/0/resource/*') as readonly Promised[] // the server read the same file
const { structures, searchParameters } = await loadDefinitions()
const codesOf = ({ interaction }: Promised): readonly string[] => interaction.map(({ code }) => code)
const patient = `Patient/${idOfVariant(0)}`

/** Every variant of a type. */
const instancesOf = (type: string, most: number): readonly Resource[] =>
  Array.from({ length: variantsOf(structures, type, most) }, (_, variant) => instanceOf(structures, type, variant))

/** Whether the type has resources of its own that clients write and search. */
const isWritten = (promised: Promised): boolean => codesOf(promised).includes('create')

/** Stores every variant of every type; patients come first, because the others refer to them. */
async function store(
  rest: Rest,
  types: readonly string[],
  most: number,
): Promise<ReadonlyMap<string, readonly Resource[]>> {
  const instances = new Map(types.map(type => [type, instancesOf(type, most)]))
  const put = async (resources: readonly Resource[]): Promise<void> => {
    for (let from = 0; from < resources.length; from += 50) {
      const part = resources.slice(from, from + 50)
      const entries = part.map(resource => ['PUT', `${resource.resourceType}/${resource.id}`, resource] as const)
      const answer = await rest.post('', bundleOf('batch', entries))
      const refused = part.filter((_, n) => statusesOf(answer)[n] !== 201)
      if (refused.length > 0)
        throw new Error(`${refused[0]?.resourceType} was not stored: ${JSON.stringify(answer.json).slice(0, 2000)}`)
    }
  }
  await put(instances.get('Patient') ?? [])
  await put([...instances].flatMap(([type, resources]) => (type === 'Patient' ? [] : resources)))
  return instances
}

const pick = (value: unknown, ...pointers: readonly string[]): string | undefined => {
  for (const pointer of pointers) {
    const [found] = select(value, pointer)
    if (typeof found === 'string' || typeof found === 'number') return String(found)
  }
  return typeof value === 'object' ? undefined : String(value)
}

/** A value under which a search of the type must find what FHIRPath finds in a resource; undefined for what no search of the type finds. */
const valueFor: Readonly<Record<string, (value: unknown) => string | undefined>> = {
  token: value => pick(value, '/coding/0/code', '/code', '/value'),
  string: value => pick(value, '/family', '/city', '/text'),
  date: value => pick(value, '/start', '/event/0')?.slice(0, 7),
  reference: value => {
    const [type] = select(value, '/resourceType')
    return type === undefined ? pick(value, '/reference') : `${String(type)}/${pick(value, '/id')}`
  },
  uri: value => pick(value),
  number: value => pick(value, '/low/value'),
  quantity: value => pick(value, '/value', '/low/value'),
}

interface Example {
  readonly id: string
  readonly value: string
}

/** The first variant that has a value for the parameter. */
function exampleOf(instances: readonly Resource[], { type, expression }: SearchParameterFacts): Example | undefined {
  const walk = compileExpression(expression)
  for (const resource of instances)
    for (const found of walk(resource)) {
      const value = valueFor[type]?.(found)
      if (value !== undefined) return { id: resource.id ?? '', value }
    }
  return undefined
}

/** The expression of a component, from the resource on. */
const fromRoot = (expression: string, path: string): string =>
  expression
    .split(' | ')
    .map(branch => branch.replace(/^\(*/, open => `${open}${path}.`))
    .join(' | ')

/** Values of one and the same element under which a composite must find a resource, as `first$second`. */
function compositeExample(instances: readonly Resource[], type: string, name: string): Example | undefined {
  for (const { element, components } of compositeOf(type, name, searchParameters[type] ?? {})?.places ?? [])
    for (const resource of instances) {
      const times = element === '' ? 1 : compileExpression(`${type}.${element}`)(resource).length
      for (let at = 0; at < times; at += 1) {
        const values = components.map(({ expression, type: kind }) => {
          const whole = element === '' ? expression : fromRoot(expression, `${type}.${element}[${at}]`)
          const [found] = compileExpression(whole)(resource)
          return found === undefined ? undefined : valueFor[kind]?.(found)
        })
        if (values.every(value => value !== undefined)) return { id: resource.id ?? '', value: values.join('$') }
      }
    }
  return undefined
}

const common = new Set(['_id', '_lastUpdated', '_profile', '_security', '_source', '_tag'])

/** Searches by one promised parameter: by a value where a variant has one, else for those that have none. */
async function tryParameter(
  t: Test,
  rest: Rest,
  at: { readonly type: string; readonly name: string; readonly instances: readonly Resource[] },
): Promise<void> {
  const { type, name, instances } = at
  const facts = searchParameters[type]?.[name]
  if (facts === undefined) throw new Error(`${type} has no definition of ${name}`)
  const isComposite = facts.type === 'composite'
  const example = common.has(name)
    ? undefined
    : isComposite
      ? compositeExample(instances, type, name)
      : exampleOf(instances, facts)
  if (isComposite && example === undefined) throw new Error(`no instance of ${type} has values for ${name}`)
  const [first] = instances
  const asked = example === undefined ? commonSearch(name) : `${name}=${encodeURIComponent(example.value)}`
  const id = example?.id ?? first?.id ?? ''
  const answer = await rest.get(`${type}?${asked}&_id=${id}`)
  t.equal(answer.status, 200, `${type}?${asked}`)
  t.same(idsOf(answer), [id], `${type}?${asked} finds ${id}`)
}

const commonSearch = (name: string): string =>
  name === '_id' ? '_count=10' : name === '_lastUpdated' ? '_lastUpdated=gt2020' : `${name}:missing=true`

/** The local references of a resource under a parameter, as `Type/id`. */
function referencesOf(resource: Resource, name: string): readonly string[] {
  const facts = searchParameters[resource.resourceType]?.[name]
  const found = facts === undefined ? [] : compileExpression(facts.expression)(resource)
  return found.flatMap(value => pick(value, '/reference') ?? [])
}

/** Full URLs, below the base, of what came along. */
const alongOf = (rest: Rest, json: unknown): readonly string[] =>
  select(json, '/entry/*/fullUrl').map(url => String(url).replace(`${rest.base}/`, ''))

/** Whether a reference leads to a resource that is there. */
const leadsSomewhere = (stored: ReadonlyMap<string, readonly Resource[]>, reference: string): boolean =>
  (stored.get(reference.split('/')[0] ?? '')?.length ?? 0) > 0

async function tryInclude(
  t: Test,
  rest: Rest,
  at: { readonly include: string; readonly stored: ReadonlyMap<string, readonly Resource[]> },
): Promise<void> {
  const [type = '', name = ''] = at.include.split(':')
  const instances = at.stored.get(type) ?? []
  const good = instances.find(resource => referencesOf(resource, name).some(each => leadsSomewhere(at.stored, each)))
  const resource = good ?? instances[0]
  const answer = await rest.get(`${type}?_id=${resource?.id}&_include=${at.include}`)
  t.equal(answer.status, 200, at.include)
  if (resource === undefined || good === undefined) return
  const along = alongOf(rest, answer.json)
  for (const each of referencesOf(resource, name).filter(reference => leadsSomewhere(at.stored, reference)))
    t.ok(along.includes(each), `${at.include} brings ${each}`)
}

async function tryRevinclude(
  t: Test,
  rest: Rest,
  at: { readonly type: string; readonly include: string; readonly stored: ReadonlyMap<string, readonly Resource[]> },
): Promise<void> {
  const [source = '', name = ''] = at.include.split(':')
  const target = `${at.type}/${idOfVariant(0)}`
  const pointing = (at.stored.get(source) ?? []).filter(resource => referencesOf(resource, name).includes(target))
  const answer = await rest.get(`${at.type}?_id=${idOfVariant(0)}&_revinclude=${at.include}`)
  t.equal(answer.status, 200, `${at.type} ← ${at.include}`)
  const along = alongOf(rest, answer.json)
  for (const { id } of pointing)
    t.ok(along.includes(`${source}/${id}`), `${at.type} ← ${at.include} brings ${source}/${id}`)
}

/** A chain over a reference parameter finds what the reference leads to, and not by another id. */
async function tryChain(
  t: Test,
  rest: Rest,
  at: { readonly type: string; readonly name: string; readonly stored: ReadonlyMap<string, readonly Resource[]> },
): Promise<void> {
  const { type, name, stored } = at
  const leads = (resource: Resource) => referencesOf(resource, name).find(each => leadsSomewhere(stored, each))
  const resource = (stored.get(type) ?? []).find(each => leads(each) !== undefined)
  const [target, id] = (resource === undefined ? undefined : leads(resource))?.split('/') ?? []
  if (resource === undefined || target === 'Binary') return
  const chain = `${type}?_id=${resource.id}&${name}:${target}._id`
  t.same(idsOf(await rest.get(`${chain}=${id}`)), [resource.id], `${chain}=${id}`)
  t.same(idsOf(await rest.get(`${chain}=nobody`)), [], `${chain}=nobody`)
  const back = `${target}?_id=${id}&_has:${type}:${name}:_id`
  t.same(idsOf(await rest.get(`${back}=${resource.id}`)), [id], `${back}=${resource.id}`)
  t.same(idsOf(await rest.get(`${back}=nobody`)), [], `${back}=nobody`)
}

/** A FHIRPath Patch that deletes what is not there. */
const emptyPatch = {
  resourceType: 'Parameters',
  parameter: [
    {
      name: 'operation',
      part: [
        { name: 'type', valueCode: 'delete' },
        { name: 'path', valueString: 'implicitRules' },
      ],
    },
  ],
}

/** How each promise of a condition is tried, and what it must answer. */
const conditions: Readonly<
  Record<
    'conditionalCreate' | 'conditionalRead' | 'conditionalUpdate' | 'conditionalDelete',
    (rest: Rest, type: string, made: string) => Promise<readonly [got: unknown, expected: unknown]>
  >
> = {
  conditionalCreate: async (rest, type, made) => {
    const headers = { 'if-none-exist': `_id=${made}` }
    const pushed = { ...instanceOf(structures, type, 0), masterIdentifier: undefined } // another push would be one again
    return [(await rest.post(type, pushed, { headers })).status, 200]
  },
  conditionalRead: async (rest, type, made) => {
    const read = await rest.get(`${type}/${made}`)
    const tag = { 'if-none-match': read.headers.get('etag') ?? '' }
    const since = { 'if-modified-since': read.headers.get('last-modified') ?? '' }
    const answers = [
      await rest.get(`${type}/${made}`, { headers: tag }),
      await rest.get(`${type}/${made}`, { headers: since }),
    ]
    return [
      answers.map(({ status, bytes }) => [status, bytes.length]),
      [
        [304, 0],
        [304, 0],
      ],
    ]
  },
  conditionalUpdate: async (rest, type, made) => {
    const answer = await rest.put(`${type}?_id=${made}`, { ...instanceOf(structures, type, 0), id: made })
    const patched = await rest.patch(`${type}?_id=${made}`, [])
    return [
      [answer.status, patched.status],
      [200, 200],
    ]
  },
  conditionalDelete: async (rest, type, made) => {
    const answer = await rest.delete(`${type}?_id=${made}`)
    return [
      [answer.status, (await rest.get(`${type}/${made}`)).status],
      [204, 410],
    ]
  },
}

/** A promise that is not kept by `false` or `not-supported`. */
const isPromised = (value: boolean | string | undefined): boolean =>
  value === true || (typeof value === 'string' && value !== 'not-supported')

/** Tries the conditions that are promised, on a resource of their own. */
async function tryConditions(t: Test, rest: Rest, promised: Promised): Promise<void> {
  const { type } = promised
  const made = idOf(await rest.post(type, instanceOf(structures, type, 0)))
  for (const [name, attempt] of Object.entries(conditions)) {
    if (!isPromised(promised[name as keyof typeof conditions])) continue
    const [got, expected] = await attempt(rest, type, made)
    t.same(got, expected, `${name} of ${type}`)
  }
}

/** How each interaction on a resource is tried, and what it must answer. */
const tries: Readonly<
  Record<string, (rest: Rest, type: string, made: string) => Promise<readonly [got: unknown, expected: unknown]>>
> = {
  read: async (rest, type, made) => [(await rest.get(`${type}/${made}`)).status, 200],
  vread: async (rest, type, made) => [(await rest.get(`${type}/${made}/_history/1`)).status, 200],
  update: async (rest, type, made) => {
    const answer = await rest.put(`${type}/${made}`, { ...instanceOf(structures, type, 0), id: made })
    return [answer.headers.get('etag'), 'W/"2"']
  },
  'history-instance': async (rest, type, made) => {
    const { json } = await rest.get(`${type}/${made}/_history`)
    return [select(json, '/entry/*').length, 2]
  },
  'history-type': async (rest, type, made) => {
    const { json } = await rest.get(`${type}/_history?_count=200`)
    const versions = select(json, '/entry/*').filter(entry => select(entry, '/resource/id')[0] === made)
    return [versions.map(entry => select(entry, '/response/etag')[0]), ['W/"2"', 'W/"1"']]
  },
  'search-type': async (rest, type, made) => [idsOf(await rest.get(`${type}?_id=${made}`)), [made]],
  patch: async (rest, type, made) => {
    const [byPointer, byPath] = [
      await rest.patch(`${type}/${made}`, [{ op: 'test', path: '/id', value: made }]),
      await rest.patch(`${type}/${made}`, emptyPatch, { headers: { 'content-type': 'application/fhir+json' } }),
    ]
    return [
      [byPointer.headers.get('etag'), byPath.headers.get('etag')],
      ['W/"3"', 'W/"4"'],
    ]
  },
  delete: async (rest, type, made) => {
    const { status } = await rest.delete(`${type}/${made}`)
    return [
      [status, (await rest.get(`${type}/${made}`)).status],
      [204, 410],
    ]
  },
}

/** One round of every promised interaction on one resource. */
async function round(t: Test, rest: Rest, promised: Promised): Promise<void> {
  const { type } = promised
  const created = await rest.post(type, instanceOf(structures, type, 0))
  t.equal(created.status, 201, `create of ${type}`)
  for (const [code, attempt] of Object.entries(tries)) {
    if (!codesOf(promised).includes(code)) continue
    const [got, expected] = await attempt(rest, type, idOf(created))
    t.same(got, expected, `${code} of ${type}`)
  }
  await tryConditions(t, rest, promised)
}

/** Does the work for every type, some at a time: what arrives together is read and written together. */
async function forAll<Type>(types: readonly Type[], work: (type: Type) => Promise<void>): Promise<void> {
  const left = [...types]
  const next = async (): Promise<void> => {
    for (let type = left.shift(); type !== undefined; type = left.shift()) await work(type)
  }
  await Promise.all(Array.from({ length: 12 }, next))
}

/** Writes a resource of the type in a format, and reads it by every interaction that gives it back. */
async function inFormat(
  t: Test,
  rest: Rest,
  { name, promised }: { readonly name: string; readonly promised: Promised },
): Promise<void> {
  const { type } = promised
  const media = name.endsWith('xml') ? 'application/fhir+xml' : 'application/fhir+json'
  const asked = name.includes('/')
    ? { query: '', headers: { accept: name } }
    : { query: `_format=${name}`, headers: {} }
  const resource = { ...instanceOf(structures, type, 0), id: 'format' }
  const body = name.endsWith('xml') ? toXml(resource) : resource
  const put = await rest.put(`${type}/format?${asked.query}`, body, {
    headers: { ...asked.headers, 'content-type': media },
  })
  t.ok([200, 201].includes(put.status), `${type} is written in ${name}: ${put.status}`)
  const search = codesOf(promised).includes('search-type') ? [`${type}?_id=format&`] : []
  const version = put.headers.get('etag')?.replace(/\D/g, '')
  for (const path of [
    `${type}/format?`,
    `${type}/format/_history?`,
    `${type}/format/_history/${version}?`,
    ...search,
  ]) {
    const answer = await rest.get(`${path}${asked.query}`, asked)
    t.equal(answer.status, 200, path)
    t.equal(answer.headers.get('content-type'), `${media}; charset=utf-8`, `${path} in ${name}`)
  }
  await rest.delete(`${type}/format`)
}

t.test('the statement of the project', async t => {
  const statement = promisedBy('capability-statement.json')
  const rest = await startRest(t)
  const written = statement.filter(isWritten)
  const stored = await store(
    rest,
    written.map(({ type }) => type),
    11,
  )

  t.test('every interaction of every type', async t => {
    await rest.delete(`DocumentReference/${idOfVariant(0)}`) // the same push again would create nothing
    await forAll(written, promised => round(t, rest, promised))
    await rest.put(`DocumentReference/${idOfVariant(0)}`, instanceOf(structures, 'DocumentReference', 0))
  })

  t.test('every search parameter of every type finds what FHIRPath finds', async t => {
    await forAll(written, async ({ type, searchParam = [] }) => {
      for (const { name } of searchParam) await tryParameter(t, rest, { type, name, instances: stored.get(type) ?? [] })
    })
  })

  t.test('every reference parameter of every type is chained, and followed back by _has', async t => {
    await forAll(written, async ({ type, searchParam = [] }) => {
      for (const { name } of searchParam.filter(each => each.type === 'reference'))
        await tryChain(t, rest, { type, name, stored })
    })
  })

  t.test('every _include and _revinclude of every type brings what is referred to', async t => {
    await forAll(written, async ({ type, searchInclude = [], searchRevInclude = [] }) => {
      for (const include of searchInclude) await tryInclude(t, rest, { include, stored })
      for (const include of searchRevInclude) await tryRevinclude(t, rest, { type, include, stored })
    })
  })

  t.test('every interaction of the whole server', async t => {
    const [promise] = select(JSON.parse(readFileSync(join(root, 'capability-statement.json'), 'utf8')), '/rest/0')
    const listed = written.filter(each => codesOf(each).includes('history-type')).map(({ type }) => type)
    const seen = new Set<unknown>()
    const walk = async (first: string, pointer: string): Promise<ReadonlySet<string>> => {
      const types = new Set<string>()
      for (let url: string | undefined = first; url !== undefined; ) {
        const answer = await rest.get(url)
        t.equal(answer.status, 200, url)
        for (const type of select(answer.json, pointer)) types.add(String(type))
        url = nextOf(answer)
      }
      return types
    }
    const tried: Readonly<Record<string, () => Promise<void>>> = {
      transaction: async () => void t.equal((await rest.post('', bundleOf('transaction', []))).status, 200),
      batch: async () => void t.equal((await rest.post('', bundleOf('batch', []))).status, 200),
      'history-system': async () => {
        const types = await walk('_history?_count=200', '/entry/*/resource/resourceType')
        t.same([...types].sort(), [...listed].sort())
      },
      'search-system': async () => {
        const types = await walk(`${rest.base}?_count=200`, '/entry/*/resource/resourceType')
        t.same([...types].sort(), [...listed].sort())
      },
    }
    for (const code of select(promise, '/interaction/*/code')) {
      await tried[String(code)]?.()
      seen.add(code)
    }
    t.same([...seen].sort(), Object.keys(tried).sort())
    t.same(select(promise, '/compartment/*'), ['http://hl7.org/fhir/CompartmentDefinition/patient'])
  })

  t.test('the compartment of a Patient, by every type of it and as a whole', async t => {
    const { compartment } = await loadDefinitions()
    const members = written.filter(
      each => (compartment[each.type]?.length ?? 0) > 0 && codesOf(each).includes('search-type'),
    )
    t.ok(members.length > 5)
    const whole = await rest.get(`${patient}/*?_count=200`)
    for (const { type } of members) {
      const within = idsOf(await rest.get(`${patient}/${type}?_count=200`))
      t.ok(within.length > 0, type)
      t.ok(within.every(id => idsOf(whole).includes(id)) || nextOf(whole) !== undefined, type)
    }
    for (const { type } of written.filter(each => !members.includes(each)))
      t.equal((await rest.get(`${patient}/${type}`)).status, 404, type)
  })

  t.test('every operation of every type', async t => {
    const promised = statement.flatMap(({ type, operation = [] }) => operation.map(each => ({ type, ...each })))
    const [lives, others] = [true, false].map(isLife =>
      promised.filter(({ name }) => name in lifeOperationRows === isLife),
    )
    t.same(lives?.map(({ type, name }) => `${type} ${name}`).toSorted(), [
      'DocumentReference destroy',
      ...['close', 'destroy', 'merge', 'open', 'oppose', 'reactivate', 'unmerge'].map(name => `Patient ${name}`),
    ])
    for (const { type, name } of lives ?? []) {
      const [level] = lifeOperationRows[name as keyof typeof lifeOperationRows].levels
      const path = level === 'type' ? `${type}/$${name}` : `${type}/0123456789ab/$${name}`
      // Records have a life in the regime `dmp`: tests/access/record-life.test.ts and destruction.test.ts
      t.equal((await rest.post(path, { resourceType: 'Parameters' })).status, 404, path)
    }
    t.same(
      others?.toSorted((one, other) => (one.name < other.name ? -1 : 1)),
      [
        { type: 'DocumentReference', name: 'announce', definition: `${ownDefinitions}announce` },
        {
          type: 'Patient',
          name: 'everything',
          definition: 'http://hl7.org/fhir/OperationDefinition/Patient-everything',
        },
        { type: 'SearchParameter', name: 'reindex', definition: `${ownDefinitions}reindex` },
        { type: 'Patient', name: 'who-can-access', definition: `${ownDefinitions}who-can-access` },
      ],
    )
    const hidden = { ...instanceOf(structures, 'DocumentReference', 0), masterIdentifier: undefined }
    const label = { coding: [{ system: visibilitySystem, code: 'INVISIBLE_PATIENT' }] }
    const made = await rest.post('DocumentReference', { ...hidden, securityLabel: [label] })
    const announced = await rest.post(`DocumentReference/${idOf(made)}/$announce`, { resourceType: 'Parameters' })
    t.equal(announced.status, 200)
    for (const { name, definition } of promised.filter(each => each.definition.startsWith(ownDefinitions)))
      t.match((await rest.get(`OperationDefinition/${name}`)).json, { url: definition, code: name })
    t.equal((await rest.get('OperationDefinition/everything')).status, 404, 'HL7 defines it')
    const reindex = `SearchParameter/${idOfVariant(0)}/$reindex`
    for (const answer of [await rest.get(reindex), await rest.post(reindex, { resourceType: 'Parameters' })])
      t.same(select(answer.json, '/parameter/[name=status]/valueCode'), ['not-used'], 'the instance is a draft')
    const path = `${patient}/$everything`
    const answers = [await rest.get(path), await rest.post(path, { resourceType: 'Parameters' })]
    const ofRecord = new Set(
      [...stored.values()]
        .flat()
        .filter(
          ({ resourceType }) =>
            !['Practitioner', 'PractitionerRole', 'Organization', 'SearchParameter'].includes(resourceType),
        )
        .map(({ resourceType }) => resourceType),
    )
    for (const answer of answers) {
      t.equal(answer.status, 200)
      const types = new Set(select(answer.json, '/entry/*/resource/resourceType').map(String))
      for (const type of ofRecord) t.ok(types.has(type), `${path} holds ${type}`)
    }
  })

  t.test('operations that explain the shared record are promised where it is, and nowhere else', async t => {
    const file = JSON.parse(readFileSync(join(root, 'capability-statement.json'), 'utf8'))
    const names = select(file, '/rest/0/operation/*/name')
    t.same(names, ['explain-access', 'rehearse'])
    const { json } = await rest.get('metadata')
    t.same(select(json, '/rest/0/operation/*/name'), [])
    t.notOk(select(json, '/rest/0/resource/*/operation/*/name').includes('who-can-access'))
    for (const path of [...names.map(name => `$${name}`), `${patient}/$who-can-access`])
      t.equal((await rest.get(path)).status, 404, path)
  })

  t.test('AuditEvent is read and searched, and nothing else', async t => {
    const promised = statement.find(({ type }) => type === 'AuditEvent')
    const answer = await rest.get(`AuditEvent?patient=${patient}&_count=1`)
    const [id] = idsOf(answer)
    t.equal((await rest.get(`AuditEvent/${id}`)).status, 200)
    const [event] = select(answer.json, '/entry/0/resource')
    const values: Readonly<Record<string, string>> = {
      _id: String(id),
      _lastUpdated: String(select(event, '/recorded')[0]).slice(0, 10),
      action: 'R',
      agent: 'anonymous',
      'agent-role': '10',
      date: String(select(event, '/recorded')[0]).slice(0, 10),
      entity: patient,
      'entity-role': '1',
      'entity-type': '2',
      outcome: '0',
      patient,
      subtype: 'read',
      type: 'rest',
    }
    for (const { name } of promised?.searchParam ?? []) {
      const asked = await rest.get(
        `AuditEvent?patient=${patient}&${name === 'patient' ? '' : `${name}=${values[name]}`}`,
      )
      t.equal(asked.status, 200, `AuditEvent by ${name}`)
    }
    t.same(promised === undefined ? [] : codesOf(promised), ['read', 'search-type'])
    t.equal((await rest.post('AuditEvent', {})).status, 405)
    t.equal((await rest.delete(`AuditEvent/${id}`)).status, 405)
  })

  t.test('every format is read and written for every type', async t => {
    const { format } = JSON.parse(readFileSync(join(root, 'capability-statement.json'), 'utf8')) as { format: string[] }
    t.same(format, ['json', 'xml', 'application/fhir+json', 'application/fhir+xml'])
    await rest.delete(`DocumentReference/${idOfVariant(0)}`) // the same push again would create nothing
    for (const name of format) await forAll(written, promised => inFormat(t, rest, { name, promised }))
    await rest.put(`DocumentReference/${idOfVariant(0)}`, instanceOf(structures, 'DocumentReference', 0))
  })

  t.test('metadata says what the file says', async t => {
    const { json } = await rest.get('metadata')
    t.same(
      select(json, '/rest/0/resource/*/type'),
      statement.map(({ type }) => type),
    )
    t.same(select(json, '/rest/0/interaction/*/code'), ['transaction', 'batch', 'history-system', 'search-system'])
    t.same(select(json, '/patchFormat'), [
      ['application/json-patch+json', 'application/fhir+json', 'application/fhir+xml'],
    ])
  })

  t.test('what is not promised is refused', async t => {
    t.equal((await rest.get('Binary?_id=a')).status, 405)
    t.equal((await rest.get('AuditEvent/a/_history')).status, 405)
    t.equal((await rest.patch('Binary/a', [])).status, 405)
    t.equal((await rest.delete('Binary?_id=a')).status, 405)
    t.equal((await rest.get('Basic')).status, 404)
    t.equal((await rest.get('Patient?_include=Observation:subject')).status, 400)
    t.equal((await rest.get('Patient?_revinclude=Basic:subject')).status, 400)
  })
  await t.test('the server is still there', async t => t.equal((await rest.get('metadata')).status, 200))
})

const allTypes = 'fixtures/capability-statement-all-types.json'
const served = promisedBy(allTypes)
const environment = (regime: string) => ({ ACCESS_REGIME: regime, CAPABILITY_STATEMENT: join(root, allTypes) })

const anyValue: Readonly<Record<string, string>> = { date: '2024', number: '1', quantity: '1' }

/** A value of each component, which finds nothing. */
const compositeValue = (type: string, name: string): string =>
  compositeOf(type, name, searchParameters[type] ?? {})
    ?.places[0]?.components.map(({ type: kind, target }) =>
      kind === 'reference' ? `${target[0] ?? 'Basic'}/a` : (anyValue[kind] ?? 'x'),
    )
    .join('$') ?? ''

/** One search that names every promised parameter. */
async function searchByAll(t: Test, rest: Rest, { type, interaction, searchParam = [] }: Promised): Promise<void> {
  if (!interaction.some(({ code }) => code === 'search-type')) return
  const all = searchParam.map(({ name, type: kind }) =>
    kind === 'composite'
      ? `${name}=${compositeValue(type, name)}`
      : common.has(name)
        ? commonSearch(name)
        : `${name}:missing=true`,
  )
  const answer = await rest.get(`${type}?${all.join('&')}`)
  t.equal(answer.status, 200, `${type} by ${all.length} parameters`)
}

for (const regime of ['none', 'smart']) {
  t.test(`a statement of all types of R4 is served without code for them (${regime})`, async t => {
    const bare = await startRest(t, { environment: environment(regime) })
    const token = regime === 'none' ? undefined : await bare.server.token('hospital')
    const rest = token === undefined ? bare : withToken(bare, token)
    await rest.put(patient, instanceOf(structures, 'Patient', 0))
    // What a regime decides is tried in each of them, what it does not in one.
    const left = regime === 'none' ? [] : ['vread', 'history-instance']
    await forAll(served.filter(isWritten), async promised => {
      const interaction = promised.interaction.filter(({ code }) => !left.includes(code))
      await round(t, rest, { ...promised, interaction })
      if (regime === 'none') await searchByAll(t, rest, promised)
    })
  })
}

/** The same client, whose every request carries the token. */
const withToken = (rest: Rest, token: string): Rest => ({
  ...rest,
  get: (path, extras) => rest.get(path, { token, ...extras }),
  post: (path, body, extras) => rest.post(path, body, { token, ...extras }),
  put: (path, body, extras) => rest.put(path, body, { token, ...extras }),
  patch: (path, body, extras) => rest.patch(path, body, { token, ...extras }),
  delete: (path, extras) => rest.delete(path, { token, ...extras }),
})

t.test('a statement of all types of R4 is served without code for them (dmp)', async t => {
  const rest = await startRest(t, { environment: environment('dmp') })
  const doctor = withToken(rest, await rest.server.token('gp'))
  const opening = JSON.parse(readFileSync(join(root, 'fixtures/demo/marie/open.json'), 'utf8'))
  const opened = await doctor.post('', opening)
  const record = /Patient\/\w+/.exec(String(select(opened.json, '/entry/0/response/location')[0]))?.[0]
  await forAll(served, async ({ type, interaction }) => {
    const search = interaction.some(({ code }) => code === 'search-type')
      ? [`${type}?patient=${record}`, `${type}?_id=v0`]
      : []
    for (const path of [`${type}/v0`, `${type}/v0/_history`, `${type}/v0/_history/1`, ...search]) {
      const { status } = await doctor.get(path)
      t.ok(status < 500, `${path} is answered with ${status}`)
    }
    const { status } = await doctor.post(type, instanceOf(structures, type, 0))
    t.ok(status < 500, `create of ${type} is answered with ${status}`)
  })
})

t.test('the operations of the shared record are promised, defined and performed (dmp)', async t => {
  const rest = await startRest(t, { environment: { ACCESS_REGIME: 'dmp' } })
  const doctor = withToken(rest, await rest.server.token('gp'))
  const { json } = await rest.get('metadata')
  const ofLaw = ['explain-access', 'rehearse', 'who-can-access']
  const promised = [...select(json, '/rest/0/operation/*'), ...select(json, '/rest/0/resource/*/operation/*')].filter(
    each => ofLaw.includes(String(select(each, '/name')[0])),
  ) as readonly {
    readonly name: string
    readonly definition: string
  }[]
  t.same(promised.map(({ name }) => name).sort(), ofLaw)
  for (const { name, definition } of promised) {
    t.equal(definition, `${ownDefinitions}${name}`)
    const defined = await rest.get(`OperationDefinition/${name}`)
    t.match(defined.json, { resourceType: 'OperationDefinition', url: definition, code: name, affectsState: false })
  }
  const opening = JSON.parse(readFileSync(join(root, 'fixtures/demo/marie/open.json'), 'utf8'))
  const opened = await doctor.post('', opening)
  const record = /Patient\/\w+/.exec(String(select(opened.json, '/entry/0/response/location')[0]))?.[0]
  t.equal((await doctor.get(`$explain-access?url=${record}`)).status, 200)
  t.equal((await doctor.post('$rehearse', { resourceType: 'Parameters' })).status, 403)
  t.notSame((await doctor.get(`${record}/$who-can-access`)).status, 405)
})
