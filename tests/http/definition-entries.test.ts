/** Definitions of operations, as entries of a Bundle: what a request of its own is told. https://hl7.org/fhir/R4/http.html#transaction */
import { join } from 'node:path'
import t from 'tap'
import { root } from '../../server/root.ts'
import { select } from '../support/pointer.ts'
import { bundleOf, issuesOf, startRest, statusesOf } from './rest.ts'

const rest = await startRest(t)
const types = ['batch', 'transaction'] as const
const own = 'who-can-access'

for (const type of types) {
  for (const url of [
    `OperationDefinition/${own}`,
    `/OperationDefinition/${own}/`,
    `${rest.base}/OperationDefinition/${own}`,
    `OperationDefinition/${own}?_elements=code`,
    `OperationDefinition/${own}?_summary=true&_format=json`,
  ])
    t.test(`GET ${url.replace(rest.base, '[base]')} in a ${type} is what it is alone`, async t => {
      const alone = await rest.get(url.startsWith(rest.base) ? url : url.replace(/^\//, ''))
      t.equal(alone.status, 200)
      const answer = await rest.post('', bundleOf(type, [['GET', url]]))
      t.same(statusesOf(answer), [200])
      t.same(select(answer.json, '/entry/0/resource')[0], alone.json)
    })

  for (const [url, status, issue] of [
    ['OperationDefinition/nothing', 404, 'notServed not-supported'],
    ['OperationDefinition/everything', 404, 'notServed not-supported'],
    [`OperationDefinition/${own}?mode=full`, 400, 'unknownParameter not-supported http.mode'],
    [`OperationDefinition/${own}/_history`, 404, 'notServed not-supported'],
    [`OperationDefinition/${own}/_history/1`, 404, 'notServed not-supported'],
    ['OperationDefinition?code=x', 404, 'notServed not-supported'],
  ] as const)
    t.test(`GET ${url} in a ${type} is refused as alone`, async t => {
      const alone = await rest.get(url)
      t.equal(alone.status, status)
      t.same(issuesOf(alone), [issue])
      const answer = await rest.post('', bundleOf(type, [['GET', url]]))
      const isWhole = type === 'transaction'
      const outcome = isWhole ? answer.json : select(answer.json, '/entry/0/response/outcome')[0]
      // What a transaction asks that is not served at all is one refusal for all of its entries.
      const kind = isWhole && status === 404 && !answer.bytes.includes('notServed') ? 'notAllowed' : issue.split(' ')[0]
      t.equal(issuesOf({ json: outcome })[0]?.split(' ')[0], kind)
      t.same(isWhole ? [answer.status] : statusesOf(answer), [kind === 'notAllowed' ? 405 : status])
    })
}

t.test('HEAD tells the same without the resource', async t => {
  const answer = await rest.post('', bundleOf('batch', [['HEAD', `OperationDefinition/${own}`]]))
  t.same(statusesOf(answer), [200])
  t.same(select(answer.json, '/entry/0/resource'), [])
})

t.test('they are short: more than twenty in one Bundle', async t => {
  const answer = await rest.post(
    '',
    bundleOf(
      'batch',
      Array.from({ length: 25 }, () => ['GET', `OperationDefinition/${own}`] as const),
    ),
  )
  t.same([...new Set(statusesOf(answer))], [200])
})

t.test('a definition is not written, in a Bundle as alone', async t => {
  const body = { resourceType: 'OperationDefinition', id: own }
  t.equal((await rest.put(`OperationDefinition/${own}`, body)).status, 405)
  const answer = await rest.post('', bundleOf('batch', [['PUT', `OperationDefinition/${own}`, body]]))
  t.same(statusesOf(answer), [404])
})

t.test('where OperationDefinition is a served type, an entry reads what is stored', async t => {
  const all = await startRest(t, {
    environment: { CAPABILITY_STATEMENT: join(root, 'fixtures', 'capability-statement-all-types.json') },
  })
  const entries = [['GET', `OperationDefinition/${own}`]] as const
  t.same(statusesOf(await all.post('', bundleOf('batch', entries))), [404])
  t.equal((await all.get(`OperationDefinition/${own}`)).status, 404)
  const stored = { name: own, status: 'draft', kind: 'query', code: 'mine', system: true, type: false, instance: false }
  await all.put(`OperationDefinition/${own}`, { resourceType: 'OperationDefinition', id: own, ...stored })
  const answer = await all.post('', bundleOf('batch', entries))
  t.same(select(answer.json, '/entry/0/resource/code'), ['mine'])
})
