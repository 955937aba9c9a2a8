/** What of a record's trail is shown to whom. `access.md` section 8. */
import t from 'tap'
import type { AuditEntry } from '../../security/audit-entry.ts'
import type { Position, TrailEntry, TrailRequest } from '../../server/store/store.ts'
import { opened } from './opened.ts'
import { aLine, newKey, noon } from './rows.ts'

t.setTimeout(300_000)

const day = 86_400_000
const patient = newKey()
const target = (id: string, mask = 0, hiddenUntil: number | null = null) => ({
  ...{ type: 'DocumentReference', id, version: 1, documentType: '11490-0', mask, hiddenUntil },
})
const agent = (changes: Partial<AuditEntry['agent']>): AuditEntry['agent'] => ({ ...aLine(null).agent, ...changes })

/** By the name of the request. */
const lines: Readonly<Record<string, Partial<AuditEntry>>> = {
  open: { targets: [target('a')] },
  masked: { targets: [target('b', 1)], at: noon + 1000 },
  hidden: { targets: [target('c', 2, noon + day)], at: noon + 2000 },
  representatives: { targets: [target('d', 4)], at: noon + 3000 },
  refused: { targets: [], outcome: 'refused', status: 404, at: noon + 4000 },
  search: {
    interaction: 'search-type',
    targets: [target('a'), target('b', 1), target('c', 2, noon + day)],
    at: noon + 5000,
  },
  empty: { interaction: 'search-type', targets: [target('c', 2, noon + day)], at: noon + 6000 },
  history: { interaction: 'history-instance', targets: [target('c', 2, noon + day)], at: noon + 7000 },
  nurse: {
    agent: agent({ rpps: '10001', subject: 'nurse', structure: '750000002' }),
    type: 'Observation',
    at: noon + 8000,
  },
  same: { agent: agent({ rpps: null, subject: 'x', issuer: 'iss', structure: null }), at: noon + 8000 },
  system: {
    agent: agent({ kind: 'structure', rpps: null, subject: 'hospital', structure: '750000002' }),
    at: noon + 8000,
  },
  november: { at: noon + 30 * day, interaction: 'create' },
}

const asPatient: TrailRequest = {
  ...{ patient, ownAgent: null, visibleMasks: [0, 1, 4, 5], masksAfterHidden: [2, 3, 6, 7], now: noon },
  ...{ at: [], agents: [], types: [], entities: [], descending: false, limit: 100 },
}
const names = Object.keys(lines)
const but = (...left: readonly string[]) => names.filter(name => !left.includes(name))

t.test('trail', async t => {
  const { store } = await opened(t)
  await store.audit([aLine(newKey()), aLine(null)])
  for (const [request, line] of Object.entries(lines)) await store.audit([aLine(patient, { ...line, request })])
  const asked = async (changes: Partial<TrailRequest>) =>
    (await store.trail.find({ ...asPatient, ...changes })).map(({ request }) => request)

  for (const [sentence, changes, expected] of [
    ['the patient sees what is not hidden from him', {}, but('hidden', 'history')],
    ['what was announced is in his trail', { now: noon + day }, names],
    [
      'a representative does not see what is hidden from representatives',
      { visibleMasks: [0, 1] },
      but('hidden', 'history', 'representatives'),
    ],
    ['the treating physician sees everything', { visibleMasks: [0, 1, 2, 3, 4, 5, 6, 7] }, names],
    ['a professional sees his own accesses only', { ownAgent: 'rpps:10001' }, ['nurse']],
    ['a structure sees those of its systems, not of its professionals', { ownAgent: 'finess:750000002' }, ['system']],
    ['and who has neither, by issuer and subject of the token', { ownAgent: 'iss|x' }, ['same']],
    ['from an instant on', { at: [{ from: noon + 6000 }] }, ['empty', 'nurse', 'same', 'system', 'november']],
    [
      'within several periods at once',
      { at: [{ from: noon + 5000 }, { before: noon + 7000 }, {}] },
      ['search', 'empty'],
    ],
    ['by agent: RPPS, structure or subject', { agents: [['10001', 'nobody']] }, ['nurse']],
    ['by every agent that is asked', { agents: [['750000002'], ['nurse']] }, ['nurse']],
    ['by type of resource', { types: [['Observation']] }, ['nurse']],
    ['by interaction', { types: [['create']] }, ['november']],
    ['by entity', { entities: [['DocumentReference/a']] }, ['open', 'search']],
    ['not by an entity that is hidden', { entities: [['DocumentReference/c']] }, []],
    ['not by an entity of another type', { entities: [['Observation/a']] }, []],
    ['of another record: nothing', { patient: newKey() }, []],
  ] as const satisfies readonly (readonly [string, Partial<TrailRequest>, readonly string[]])[]) {
    t.test(sentence, async t => {
      t.same(await asked(changes), expected)
      t.equal(await store.trail.count({ ...asPatient, ...changes }), expected.length)
    })
  }

  t.test('hidden targets of a search are dropped, and an emptied search stays', async t => {
    const found = await store.trail.find(asPatient)
    const targets = (name: string) => found.find(({ request }) => request === name)?.targets.map(({ id }) => id)
    t.same([targets('search'), targets('empty'), targets('open')], [['a', 'b'], [], ['a']])
  })

  t.test('a line comes back as it was written, with an id of the record', async t => {
    const [line] = await store.trail.find({ ...asPatient, limit: 1 })
    t.match(line?._id, new RegExp(`^${patient}-[0-9a-z]{26}$`))
    const { _id, ...entry } = line ?? { _id: '' }
    t.same(entry, aLine(patient, { ...lines.open, request: 'open' }))
    t.same(
      (await store.trail.find({ ...asPatient, id: _id })).map(({ request }) => request),
      ['open'],
    )
    t.same(await store.trail.find({ ...asPatient, patient: newKey(), id: _id }), [])
  })

  for (const descending of [true, false]) {
    t.test(`pages follow each other across months, ${descending ? 'newest' : 'oldest'} first`, async t => {
      const all = await store.trail.find({ ...asPatient, descending })
      const walked: TrailEntry[] = []
      for (let after: Position | undefined; ; ) {
        const [next] = await store.trail.find({
          ...asPatient,
          descending,
          limit: 1,
          ...(after === undefined ? {} : { after }),
        })
        if (next === undefined) break
        walked.push(next)
        after = { value: next.at, tie: next._id }
      }
      t.same(walked, all)
      t.equal(all.length, names.length - 2)
      t.same(
        [...all].sort((a, b) => (descending ? b.at - a.at : a.at - b.at)).map(({ at }) => at),
        all.map(({ at }) => at),
      )
    })
  }
})
