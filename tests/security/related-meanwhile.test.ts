/** What is written while it is looked up what a Consent reaches. `docs/decisions/0030-consents-about-parts.md` */
import t from 'tap'
import type { IndexEntry } from '../../search/index-entry.ts'
import { referenceKey } from '../../search/key.ts'
import { compileFacts } from '../../security/compile-facts.ts'
import { decide } from '../../security/decide.ts'
import type { Facts } from '../../security/facts.ts'
import { referencesOf } from '../../security/related-parts.ts'
import { relatedFacts } from '../../server/related-facts.ts'
import { grounds, hits, marie, now, professional, row } from './decide-support.ts'
import { byRpps, consent, patient, recipient, rowId } from './record-support.ts'

const references = referencesOf(['DocumentReference:related'])
const me = { actor: [recipient(byRpps())] }
const about = (meaning: string, name: string) => ({ ...me, data: [{ meaning, reference: { reference: name } }] })
const gp = professional()

const compiled = (...provisions: readonly object[]): Facts =>
  compileFacts({
    patient: marie,
    resources: [patient(), ...provisions.map(provision => consent({ ...provision }))].map((resource, at) => ({
      ...{ _id: `${at}`, resource, updated: now - 86_400_000 },
    })),
    depositors: [],
  })

/** A row of the record; it was deposited long ago, or at `at`. */
function aRow(name: string, { refers = [], follows = [], at }: Made = {}): IndexEntry & { readonly _id: string } {
  const [type = '', label = ''] = name.split('/')
  const _id = rowId(label, at ?? now - 86_400_000 * 30)
  const token = refers.map(to => referenceKey('related', to))
  return { ...row({ type, id: _id, follows: [...follows] }), _id, search: { token, date: [], quantity: [] } }
}
interface Made {
  readonly refers?: readonly string[]
  readonly follows?: readonly string[]
  readonly at?: number
}
const nameOf = ({ type, id }: IndexEntry): string => `${type}/${id}`

type Step = 'facts' | 'news' | 'related'
type Read = { readonly step: Step; readonly time: number }

/** A record that something is done to after a step of the look. @returns the names of the rows that are seen at its end. */
async function seen(start: { facts: Facts; rows: readonly IndexEntry[] }, when: Read, change: Partial<typeof start>) {
  let record = start
  const times = { facts: 0, news: 0, related: 0 }
  const after = <Given>(step: Step, value: Given): Promise<Given> => {
    times[step] += 1
    if (step === when.step && times[step] === when.time) record = { ...record, ...change }
    return Promise.resolve(value)
  }
  const store = {
    facts: () => after('facts', record.facts),
    depositedSince: () => after('news', record.rows.filter(each => Number(each.date) > 0 && isNew(each)).map(nameOf)),
    related: (
      _patient: string,
      { names, referringTo }: { names: readonly string[]; referringTo: readonly string[] },
    ) => {
      const rows = record.rows
        .filter(each => names.includes(nameOf(each)) || referringTo.some(to => keysOf(each).includes(`related=${to}`)))
        .map(each => ({ ...each, _id: each._id ?? '', depositor: null, keys: keysOf(each) }))
      return after('related', { rows, beyond: false })
    },
    relatedFormers: () => Promise.resolve({ rows: [], beyond: false }),
  }
  const known = await relatedFacts({ store, references, now: () => now }, marie)
  return record.rows
    .filter(each => {
      const asked = { principal: gp, interaction: 'search-type', type: each.type, patient: marie, now } as const
      return hits(decide(asked, grounds(known)), each) > 0
    })
    .map(nameOf)
}
const keysOf = ({ search }: IndexEntry): readonly string[] => search.token
const isNew = ({ _id = '' }: IndexEntry): boolean => _id > rowId('', now - 600_000)

const result = aRow('Observation/result')
const old = aRow('Observation/old')
const letter = aRow('DocumentReference/letter', { refers: [nameOf(result)], at: now })
const text = aRow('Binary/text', { follows: [letter._id], at: now })
const other = aRow('Binary/other', { follows: [old._id], at: now - 1000 })
const denied = compiled({ type: 'permit', ...me }, { type: 'deny', ...about('dependents', nameOf(result)) })

for (const [sentence, step] of [
  ['before anything is looked up', 'facts'],
  ['before it is looked up what refers', 'news'],
  ['after it was looked up', 'related'],
] as const)
  t.test(`what came with a letter that refers, deposited ${sentence}, is never seen`, async t => {
    const rows = [result, old, other]
    const found = await seen({ facts: denied, rows }, { step, time: 1 }, { rows: [...rows, letter, text] })
    t.same(found, [old, other].map(nameOf), 'what was there, be it new, is')
  })

t.test('what a letter that is denied with what it refers to refers to since it was looked up is not seen', async t => {
  const plain = aRow('DocumentReference/named')
  const facts = compiled({ type: 'permit', ...me }, { type: 'deny', ...about('related', nameOf(plain)) })
  const fresh = aRow('Observation/fresh', { at: now })
  const rows = [{ ...plain, search: { ...plain.search, token: [referenceKey('related', nameOf(fresh))] } }, fresh, old]
  const found = await seen({ facts, rows: [plain, old] }, { step: 'related', time: 1 }, { rows })
  t.same(found, [nameOf(old)])
})

t.test('a permit that is taken back before what it reaches is widened opens nothing of that', async t => {
  const wide = aRow('DocumentReference/wide')
  const permitted = compiled({ type: 'permit', ...about('related', nameOf(wide)) })
  const refers = { ...wide, search: { ...wide.search, token: [referenceKey('related', nameOf(old))] } }
  const start = { facts: permitted, rows: [wide, old] }
  t.same(await seen(start, { step: 'related', time: 9 }, {}), [nameOf(wide)], 'as it stands')
  t.same(await seen({ ...start, rows: [refers, old] }, { step: 'related', time: 9 }, {}), [refers, old].map(nameOf))
  const both = { facts: compiled(), rows: [refers, old] }
  t.same(await seen(start, { step: 'facts', time: 1 }, both), [])
})
