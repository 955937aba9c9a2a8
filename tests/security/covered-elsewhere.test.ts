/** What was denied by relation, said in a record where the other side of the relation is not. `docs/decisions/0037-one-person-one-record.md` */
import t from 'tap'
import { coveredElsewhere } from '../../security/denial-elsewhere.ts'
import { readConsent } from '../../security/read-consent.ts'
import { select } from '../support/pointer.ts'
import { byRpps, consent, recipient } from './record-support.ts'

const stays = (part: unknown): boolean => JSON.stringify(part)?.includes('there') ?? false
const data = [{ meaning: 'dependents', reference: { reference: 'Observation/there' } }]
const me = { actor: [recipient(byRpps())] }
const names = (count: number) => Array.from({ length: count }, (_, n) => `DocumentReference/n${n}`)

for (const [count, expected] of [
  [0, []],
  [1, [1]],
  [100, [100]],
  [250, [100, 100, 50]],
] as const)
  t.test(`${count} resources are named by ${expected.length} Consents`, async t => {
    const said = coveredElsewhere(consent({ type: 'deny', ...me, data }), stays, () => names(count))
    t.same(
      said.map(each => select(each, '/provision/data/*').length),
      expected,
    )
    t.same(
      said.flatMap(each => select(each, '/provision/data/*/reference/reference')),
      names(count),
    )
    for (const each of said) t.ok(readConsent(each).ok)
    t.notOk(JSON.stringify(said).includes('there'))
  })

t.test('of more than are known everything is denied, by no rule that refuses the record', async t => {
  for (const [actor, kind] of [
    [me, 'block-part'],
    [{}, 'mask'],
  ] as const) {
    const [said, ...others] = coveredElsewhere(consent({ type: 'deny', ...actor, data }), stays, () => 'everything')
    t.same(others, [])
    const rule = said === undefined ? undefined : readConsent(said)
    t.equal(rule?.ok === true && rule.value.kind, kind)
    t.same(select(said, '/provision/data/*'), [])
  }
})

t.test('an exception of a permit for all is said so too; what it permits within stays what it names there', async t => {
  const inner = { type: 'deny', ...me, data }
  const [said] = coveredElsewhere(consent({ type: 'permit', provision: [inner] }), stays, ({ type }) =>
    type === 'deny' ? names(2) : [],
  )
  t.equal(select(said, '/provision/provision/0/data/*').length, 2)
  const permitted = { type: 'permit', data: [...data, { meaning: 'instance', reference: { reference: 'List/here' } }] }
  const [left] = coveredElsewhere(consent({ type: 'deny', ...me, data, provision: [permitted] }), stays, () => names(1))
  t.same(select(left, '/provision/provision/0/data/*/reference/reference'), ['List/here'])
})
