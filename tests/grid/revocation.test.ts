/** What is withdrawn at one server is refused at another, in a process of its own, on the very next request. Issue "Proof"; `access.md` section 4. */
import { performance } from 'node:perf_hooks'
import t from 'tap'
import { type Actor, finess, gp, hospital, operator, parentOf, patientOf, rpps } from '../access/support/cast.ts'
import {
  authorises,
  authorisesStructure,
  blocks,
  careTeam,
  consent,
  masksDocument,
  parent,
  treats,
} from '../access/support/consents.ts'
import { byFiness, byRpps, document, type Json } from '../access/support/contents.ts'
import { type DossierRecord, expectStatus, type Stage, stageOn } from '../access/support/stage.ts'
import { deploymentOn, startProcess } from '../audit/server-process.ts'
import { testDatabase } from '../support/mongod.ts'

t.setTimeout(300_000) // two servers start on a busy machine
const deployment = await deploymentOn(t, await testDatabase(t))
const environment = {
  ...deployment.environment,
  MAX_EVENT_LOOP_DELAY_MILLIS: '0',
  RATE_LIMIT_PER_MINUTE: '10000000',
}
const started = async (): Promise<Stage> => {
  const { base } = await startProcess(t, { ...deployment, environment })
  return stageOn({ base, environment })
}
const here = await started()
const there = await started()

/** How access is given, who uses it, and how it is taken. */
interface Revocation {
  readonly sentence: string
  readonly reader: (record: DossierRecord) => Actor
  readonly gives: readonly ((record: DossierRecord) => readonly [Actor, Json])[]
  readonly takes: (at: {
    readonly record: DossierRecord
    readonly document: string
    /** The last that was given, as it was written. */
    readonly given: Json
  }) => readonly [actor: Actor, method: 'put' | 'post', resource: Json]
}

const byPatient =
  (resource: (record: DossierRecord) => Json): Revocation['gives'][number] =>
  record => [patientOf(record), resource(record)]

const permits = (provision: Json): Revocation['gives'] => [byPatient(record => consent(record, provision))]
const reader = (): Actor => gp
const ends = ({ record, given }: { record: DossierRecord; given: Json }) =>
  [patientOf(record), 'put', { ...given, status: 'inactive' }] as const

const revocations: readonly Revocation[] = [
  { sentence: 'an authorisation', reader, gives: permits(authorises(rpps.gp)), takes: ends },
  {
    ...{ sentence: 'the authorisation of a structure', reader, takes: ends },
    gives: permits(authorisesStructure(finess.practice)),
  },
  { sentence: 'the place of a médecin traitant', reader, gives: permits(treats(rpps.gp)), takes: ends },
  {
    ...{ sentence: 'a place in the care team', reader, takes: ends },
    gives: [byPatient(record => careTeam(record, [byRpps(rpps.gp)]))],
  },
  {
    ...{ sentence: 'an authorisation, by a block', reader, gives: permits(authorises(rpps.gp)) },
    takes: ({ record }) => [patientOf(record), 'post', consent(record, blocks(rpps.gp))],
  },
  {
    ...{ sentence: 'the sight of a document, by a mask', reader, gives: permits(authorises(rpps.gp)) },
    takes: ({ record, document: id }) => [
      patientOf(record),
      'post',
      consent(record, masksDocument(`DocumentReference/${id}`)),
    ],
  },
  {
    ...{ sentence: 'the place of a parent', reader: parentOf, gives: [record => [operator, parent(record)]] },
    takes: ({ given }) => [operator, 'put', { ...given, active: false }],
  },
]

const times: { readonly write: number; readonly refusal: number }[] = []

/** Opens a record, gives access, and looks that it is there at both servers. */
async function given({ gives, reader }: Revocation) {
  const record = await here.open()
  const written = []
  for (const give of gives) written.push(expectStatus(await here.post(...give(record)), 201).json as Json)
  const id = await here.createOne(hospital, document(record, { author: [byFiness(finess.hospital)] }))
  for (const stage of [here, there]) expectStatus(await stage.get(reader(record), `DocumentReference/${id}`), 200)
  return { record, document: id, given: written.at(-1) ?? {} }
}

for (const revocation of revocations)
  t.test(`${revocation.sentence} is gone at the other server on the next request`, async t => {
    for (let round = 0; round < 4; round += 1) {
      const at = await given(revocation)
      const [actor, method, resource] = revocation.takes(at)
      const who = revocation.reader(at.record)
      // Some ask all the while: an answer to what was asked after the acknowledgement is a refusal.
      const state = { acknowledged: false, over: false }
      const late: number[] = []
      const asking = Array.from({ length: 4 }, async () => {
        while (!state.over) {
          const isAfter = state.acknowledged
          const { status } = await there.get(who, `DocumentReference/${at.document}`)
          if (isAfter) late.push(status)
        }
      })
      const began = performance.now()
      const answer = await here[method](actor, resource)
      state.acknowledged = true
      const acknowledged = performance.now()
      const next = await there.get(who, `DocumentReference/${at.document}`)
      const refused = performance.now()
      const found = await there.get(who, `DocumentReference?patient=${at.record.id}&_total=accurate`)
      state.over = true
      await Promise.all(asking)
      t.ok([200, 201].includes(answer.status), `${answer.status}`)
      t.equal(next.status, 404)
      t.match(found.json, { total: 0 })
      t.same([...new Set([404, ...late])], [404])
      times.push({ write: acknowledged - began, refusal: refused - acknowledged })
    }
  })

t.test('the stopwatch', async t => {
  const of = (name: 'write' | 'refusal'): string => {
    const sorted = times.map(each => each[name]).sort((one, other) => one - other)
    return `${sorted[sorted.length >> 1]?.toFixed(1)} ms in the middle, ${sorted.at(-1)?.toFixed(1)} at most`
  }
  t.comment(
    `${times.length} revocations: acknowledged after ${of('write')}; refused at the other server ${of('refusal')} later`,
  )
  t.equal(times.length, 4 * revocations.length)
})
