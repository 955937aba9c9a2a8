/** Public bugs of other servers about scopes and compartments, in the regime `smart`, where scopes alone decide. */
import { join } from 'node:path'
import t from 'tap'
import { root } from '../../../server/root.ts'
import type { Answer } from '../../support/client.ts'
import { select } from '../../support/pointer.ts'
import { type Actor, gp } from '../support/cast.ts'
import { observation, patient, subjectOf } from '../support/contents.ts'
import { expectStatus, idOf, newIns, refusalOf, startStage } from '../support/stage.ts'

const allTypes = join(root, 'fixtures', 'capability-statement-all-types.json')
const stage = await startStage(t, { ACCESS_REGIME: 'smart', CAPABILITY_STATEMENT: allTypes })

const user = (...scopes: readonly string[]): Actor => ({ ...gp, scope: scopes.join(' ') })
const all = user('user/*.cruds')
const launched = ({ id }: { id: string }, ...scopes: readonly string[]): Actor => ({ ...user(...scopes), patient: id })

const created = async (resource: object): Promise<string> =>
  idOf(expectStatus(await stage.post(all, { ...resource }), 201).headers.get('location'))
const person = async () => ({ id: await created(patient(newIns())) })
const [one, two] = [await person(), await person()]
const foreign = await created(observation(two))
const own = await created(observation(one, { hasMember: [{ reference: `Observation/${foreign}` }] }))
const foreignPointing = await created(observation(two, { hasMember: [{ reference: `Observation/${own}` }] }))

/** Ids of everything that came, of whatever mode. */
const idsOf = ({ json }: Answer): readonly unknown[] => select(json, '/entry/*/resource/id')
const nextOf = ({ json }: Answer): string => String(select(json, '/link/[relation=next]/url')[0] ?? '')

t.test(
  '_include and _revinclude stay in the compartment, on the next page too (microsoft/fhir-server#5683)',
  async t => {
    for (let n = 0; n < 3; n += 1)
      await created(observation(one, { hasMember: [{ reference: `Observation/${foreign}` }] }))
    const reader = launched(one, 'patient/*.rs')
    const search =
      'Observation?_count=1&_include=Observation:has-member&_include:iterate=*&_revinclude=Observation:has-member'
    const seen: unknown[] = []
    for (let url = search; url !== ''; ) {
      const page = expectStatus(await stage.get(reader, url), 200)
      seen.push(...idsOf(page))
      url = nextOf(page)
    }
    t.ok(seen.includes(own) && seen.includes(one.id), 'what is its own comes along')
    for (const id of [foreign, foreignPointing, two.id]) t.notOk(seen.includes(id), id)
  },
)

t.test('the link to the next page opens nothing with another token (microsoft/fhir-server#5683)', async t => {
  const next = nextOf(await stage.get(all, 'Observation?_count=1&_include=Observation:subject'))
  for (const actor of [launched(one, 'patient/*.rs'), all])
    t.equal(refusalOf(await stage.get({ ...actor, subject: 'somebody-else' }, next)), '400 badPage http._page')
  const narrowed = await stage.get(launched(one, 'patient/*.rs'), next)
  t.equal(narrowed.status, 200, 'the same person with another token is judged by that')
  for (const id of [foreign, foreignPointing, two.id]) t.notOk(idsOf(narrowed).includes(id), id)
  t.equal(refusalOf(await stage.get(user('user/Patient.rs'), next)), '403 insufficientScope')
})

t.test(
  'a Device is seen by the patient whose it is, and one of nobody by none (microsoft/fhir-server#5661)',
  async t => {
    const device = (of?: { id: string }) => ({
      resourceType: 'Device',
      ...(of === undefined ? {} : { patient: subjectOf(of) }),
    })
    const [mine, theirs, nobodys] = [await created(device(one)), await created(device(two)), await created(device())]
    const reader = launched(one, 'patient/*.rs')
    const statuses = await Promise.all(
      [mine, theirs, nobodys].map(async id => (await stage.get(reader, `Device/${id}`)).status),
    )
    t.same(statuses.slice(1), [404, 404])
    const found = idsOf(await stage.get(reader, 'Device?_total=accurate'))
    t.notOk(found.includes(theirs) || found.includes(nobodys))
    t.same(found, statuses[0] === 200 ? [mine] : [], 'found is what can be read')
    for (const id of [theirs, nobodys]) {
      const path = `Device/${id}`
      t.ok([403, 404].includes((await stage.get(launched(one, 'patient/*.cruds'), `${path}/_history`)).status), path)
      t.ok(
        (await stage.put(launched(one, 'patient/*.cruds'), { ...device(one), id })).status >= 400,
        `${path} is not moved here`,
      )
    }
  },
)

t.test('a patient/ scope beside a user/ scope is not widened by it (microsoft/fhir-server#5717)', async t => {
  const mixed = launched(one, 'patient/Observation.rs', 'user/Practitioner.rs')
  t.equal((await stage.get(mixed, `Observation/${foreign}`)).status, 404)
  t.same(idsOf(await stage.get(mixed, `Observation?subject=Patient/${two.id}`)), [])
  t.notOk(idsOf(await stage.get(mixed, 'Observation')).includes(foreign))
  const other = launched(one, 'patient/Patient.rs', 'user/Observation.rs')
  t.equal((await stage.get(other, `Observation/${foreign}`)).status, 200, 'what user/ says holds for its own type')
  t.equal((await stage.get(other, `Patient/${two.id}`)).status, 404)
  t.same(idsOf(await stage.get(other, 'Patient')), [one.id])
  t.notOk(idsOf(await stage.get(other, `Observation?_id=${foreign}&_include=Observation:subject`)).includes(two.id))
  t.same(idsOf(await stage.get(other, `Observation?_id=${foreign}&subject:Patient.family=ESSAI`)), [], 'nor by a chain')
  t.same(idsOf(await stage.get(other, `Patient?_id=${two.id}&_has:Observation:subject:code=718-7`)), [], 'nor by _has')
})

t.test('a patient/ scope without a patient in the token grants nothing (microsoft/fhir-server#5688)', async t => {
  const nobody = user('patient/*.cruds')
  const named = { ...nobody, claims: { ...gp.claims, fhirUser: `Patient/${one.id}` } }
  for (const actor of [nobody, named])
    for (const path of [
      `Patient/${one.id}`,
      `Observation/${own}`,
      'Observation',
      '_history?_type=Observation',
      'Patient',
      `Observation?patient=${one.id}`,
    ])
      t.equal(refusalOf(await stage.get(actor, path)), '403 insufficientScope', path)
  t.equal((await stage.post(nobody, observation(one))).status, 403)
})

t.test(
  'a scope with a modifier, a chain or a control parameter grants nothing (microsoft/fhir-server#5643)',
  async t => {
    for (const narrowing of [
      'code:not=1',
      'code:missing=false',
      'code:text=a',
      'code:in=http://example.org/ValueSet/a',
      'code:above=1',
      'subject:identifier=a%7C1',
      'subject:Patient.family=ESSAI',
      'patient.family=ESSAI',
      '_has:Observation:has-member:code=1',
      '_include=Observation:subject',
      '_count=1',
      '_filter=code%20pr%20true',
      'unheard=of',
    ])
      for (const path of ['Observation', `Observation/${own}`])
        t.equal(
          refusalOf(await stage.get(user(`user/Observation.rs?${narrowing}`), path)),
          '403 insufficientScope',
          `${narrowing} ${path}`,
        )
  },
)

t.test(
  'scopes that cannot be read grant nothing, and no scope at all neither (medplum/medplum#5971, Aidbox, Firely)',
  async t => {
    for (const scope of ['', 'openid fhirUser', 'user/Observation', 'user/Observation.sr', 'user/*.x', 'anything'])
      t.equal(refusalOf(await stage.get(user(scope), 'Observation')), '403 insufficientScope', scope)
  },
)

t.test(
  'an id that was deleted and is made again by another patient does not bring its past along (Firely Server)',
  async t => {
    expectStatus(
      await stage.put(all, { ...observation(one, { valueString: 'the past' }), valueQuantity: undefined, id: 'again' }),
      201,
    )
    expectStatus(await stage.remove(all, 'Observation/again'), 204)
    const other = launched(two, 'patient/*.cruds')
    const before = await stage.get(other, 'Observation/again')
    t.equal(before.status, 404, 'it never was, for the other')
    const put = await stage.put(other, { ...observation(two), id: 'again' })
    t.ok(put.status >= 400, `refused: ${put.status}`)
    for (const path of ['Observation/again', 'Observation/again/_history', 'Observation/again/_history/1']) {
      const answer = await stage.get(other, path)
      t.notMatch(answer.bytes.toString(), /the past/, path)
      t.equal(answer.status, 404, path)
    }
  },
)

t.test('a header of another server’s consent model changes nothing (Google Cloud Healthcare)', async t => {
  const reader = launched(one, 'patient/*.rs')
  for (const scope of ['', 'actor/Practitioner/1', 'btg'])
    t.equal((await stage.get(reader, `Observation/${foreign}`, { 'x-consent-scope': scope })).status, 404, scope)
})
