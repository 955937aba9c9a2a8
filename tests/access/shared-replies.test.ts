/** Reads that wait for the database together share a reply: each caller is judged by himself all the same. `server/store/wire/pool.ts` */
import t from 'tap'
import type { Answer } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import { type Actor, finess, hospital, nurse, patientOf, professional, rpps } from './support/cast.ts'
import { authorises, blocks, consent } from './support/consents.ts'
import { byFiness, document, type Json, labels } from './support/contents.ts'
import { expectStatus, idOf, startStage } from './support/stage.ts'

t.setTimeout(240_000)
const stage = await startStage(t)
const author = [byFiness(finess.hospital)]
/** More than there are connections: most of them wait, and the same reads are asked once. */
const crowd = 40

const kept: Actor = professional('99700030001')
const ending: Actor = professional('99700030002')
const stranger: Actor = professional('99700030003')

async function settled(ask: () => Promise<Answer>): Promise<Answer> {
  for (let answer = await ask(); ; answer = await ask()) {
    if (answer.status !== 503) return answer
    await new Promise(resolve => setTimeout(resolve, 1000 * Number(answer.headers.get('retry-after') ?? 1)))
  }
}

const record = await stage.open(
  each => [patientOf(each), consent(each, authorises('99700030001'))],
  each => [patientOf(each), consent(each, authorises(rpps.nurse))],
)
const plain = await stage.createOne(hospital, document(record, { author }))
const masked = await stage.createOne(hospital, document(record, { author, securityLabel: labels('MASQUE_PS') }))
const byId = (actor: Actor, id: string) => () => settled(() => stage.get(actor, `DocumentReference/${id}`))
const bySearch = (actor: Actor) => () =>
  settled(() => stage.get(actor, `DocumentReference?patient=${record.id}&_total=accurate`))
const writes = async (actor: Actor, resource: Json): Promise<string> =>
  idOf(expectStatus(await settled(() => stage.post(actor, resource)), 201).headers.get('location'))
const idsOf = ({ json }: Answer) => select(json, '/entry/*/resource/id')

t.test('the same question of many callers at once: each gets what he may see', async t => {
  const holder = patientOf(record)
  const asked = Array.from({ length: crowd }, (_, n) =>
    n % 4 === 0
      ? ([bySearch(kept), [plain]] as const)
      : n % 4 === 1
        ? ([bySearch(stranger), []] as const)
        : n % 4 === 2
          ? ([bySearch(holder), [masked, plain]] as const)
          : ([bySearch(nurse), [plain]] as const),
  )
  const answers = await Promise.all(asked.map(([ask]) => ask()))
  for (const [at, answer] of answers.entries())
    t.same([...idsOf(answer)].sort(), [...(asked[at]?.[1] ?? [])].sort(), `caller ${at % 4}`)
})

t.test('who is blocked meanwhile shares no reply of before with who is not', async t => {
  for (let round = 0; round < 3; round += 1) {
    const given = await writes(patientOf(record), consent(record, authorises('99700030002')))
    t.equal((await byId(ending, plain)()).status, 200)
    let isBlocked = false
    const asking = async (actor: Actor) => {
      const since = isBlocked
      const [read, found] = await Promise.all([byId(actor, plain)(), bySearch(actor)()])
      return { since, status: read.status, found: idsOf(found).length }
    }
    const early = Array.from({ length: crowd }, (_, n) => asking(n % 2 === 0 ? kept : ending))
    const block = await writes(patientOf(record), consent(record, blocks('99700030002')))
    isBlocked = true
    const late = Array.from({ length: crowd }, (_, n) => asking(n % 2 === 0 ? kept : ending))
    const answers = await Promise.all([...early, ...late])
    for (const [at, { since, status, found }] of answers.entries()) {
      if (at % 2 === 0) t.same([status, found], [200, 1], 'who is authorised')
      else if (since) t.same([status, found], [404, 0], 'who is blocked')
    }
    for (const id of [block, given])
      expectStatus(await settled(() => stage.remove(patientOf(record), `Consent/${id}`)), 204)
  }
})

t.test('a mask that is set meanwhile is in every reply that is asked for after it', async t => {
  for (let round = 0; round < 3; round += 1) {
    const id = await writes(hospital, document(record, { author }))
    const early = Array.from({ length: crowd }, (_, n) => byId(n % 2 === 0 ? kept : nurse, id)())
    const mask = {
      body: JSON.stringify([{ op: 'add', path: '/securityLabel', value: labels('MASQUE_PS') }]),
      headers: { 'content-type': 'application/json-patch+json' },
    }
    expectStatus(await settled(() => stage.send(hospital, `PATCH DocumentReference/${id}`, mask)), 200)
    const late = Array.from({ length: crowd }, (_, n) => byId(n % 2 === 0 ? kept : nurse, id)())
    await Promise.all(early)
    t.same(new Set((await Promise.all(late)).map(({ status }) => status)), new Set([404]))
  }
})
