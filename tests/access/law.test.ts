/** Sentences of the law and of what the public was told, over HTTP, each by its own words. */
import t from 'tap'
import { matchesOf } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import {
  type Actor,
  emergencyPhysician,
  finess,
  gp,
  hospital,
  hospitalPhysician,
  insurance,
  nurse,
  occupationalPhysician,
  operator,
  parentOf,
  patientOf,
  podologue,
  professional,
  rpps,
  samu,
  secretary,
} from './support/cast.ts'
import { authorises, authorisesStructure, careTeam, consent, parent, treats } from './support/consents.ts'
import { byFiness, byRpps, coded, document, type Json, labels, loinc } from './support/contents.ts'
import { type DossierRecord, expectStatus, startStage } from './support/stage.ts'

const stage = await startStage(t)
const author = [byFiness(finess.hospital)]

/** A record with a hospital report, a consultation and a masked document. */
async function filled(...provisions: readonly Json[]) {
  const record = await stage.open()
  const deposit = (elements: Json) => stage.createOne(hospital, document(record, { author, ...elements }))
  const report = await deposit({ type: coded(loinc, '34112-3') })
  const visit = await deposit({})
  const masked = await deposit({ securityLabel: labels('MASQUE_PS') })
  for (const provision of provisions) await stage.createOne(patientOf(record), consent(record, provision))
  return { record, report, visit, masked, owner: patientOf(record) }
}

/** 200 where read, search and count give it, 404 or 403 where none does. */
async function gets(actor: Actor, record: DossierRecord, id: string): Promise<string> {
  const [read, search] = await Promise.all([
    stage.get(actor, `DocumentReference/${id}`),
    stage.get(actor, `DocumentReference?patient=${record.id}&_id=${id}&_total=accurate`),
  ])
  const total = search.status === 200 ? select(search.json, '/total')[0] : search.status
  return `${read.status} ${total}`
}

const seen = '200 1'
const absent = '404 0'
const shut = '403 403'

t.test('un pédicure podologue ne peut pas accéder à vos comptes rendus d’hospitalisation', async t => {
  const { record, report, visit } = await filled(authorises(rpps.podologue))
  t.equal(await gets(podologue, record, report), absent)
  t.equal(await gets(podologue, record, visit), seen)
})

t.test('une banque, un assureur, un employeur, une mutuelle n’y a jamais accès', async t => {
  const { record, visit } = await filled(authorisesStructure(finess.laboratory))
  for (const kind of ['bank', 'insurer', 'employer', 'mutuelle'])
    t.equal(await gets({ ...gp, kind: kind as 'insurance' }, record, visit), '401 401', kind)
  t.equal(await gets({ ...insurance, claims: { structure: finess.laboratory, rpps: rpps.gp } }, record, visit), absent)
})

t.test('le médecin du travail n’y a jamais accès', async t => {
  const { record, visit } = await filled(authorises(rpps.occupational), treats(rpps.occupational))
  t.equal(await gets(occupationalPhysician, record, visit), shut)
})

t.test('le secrétariat dépose et ne lit pas', async t => {
  const { record, visit } = await filled(authorisesStructure(finess.practice))
  const here: Actor = { ...secretary, claims: { role: '331', structure: finess.practice } }
  const own = await stage.createOne(here, document(record, { author: [byFiness(finess.practice)] }))
  t.equal(await gets(here, record, visit), absent)
  t.equal(await gets(here, record, own), seen, 'que ce qu’il a déposé')
})

t.test('l’assurance maladie ouvre le dossier et ne le lit pas', async t => {
  const { record, visit } = await filled()
  t.equal(await gets(insurance, record, visit), absent)
  t.equal(await gets(operator, record, visit), shut)
})

t.test('nul n’accède sans le consentement du titulaire, et l’équipe de soins est réputée autorisée', async t => {
  const { record, visit, owner } = await filled()
  for (const actor of [gp, nurse, podologue, hospitalPhysician]) t.equal(await gets(actor, record, visit), absent)
  await stage.createOne(owner, careTeam(record, [byRpps(rpps.nurse), byFiness(finess.practice)]))
  t.same([await gets(nurse, record, visit), await gets(gp, record, visit)], [seen, seen])
  t.equal(await gets(podologue, record, visit), absent)
})

t.test('l’autorisation d’une structure couvre ses membres, et eux seuls', async t => {
  const { record, visit } = await filled(authorisesStructure(finess.hospital))
  t.equal(await gets(hospitalPhysician, record, visit), seen)
  t.equal(await gets(professional(rpps.hospital, { structure: finess.practice }), record, visit), absent)
})

t.test('le médecin traitant accède à ce que le titulaire a rendu inaccessible, les autres non', async t => {
  const { record, masked } = await filled(treats(rpps.gp), authorises(rpps.hospital))
  t.equal(await gets(gp, record, masked), seen)
  t.equal(await gets(hospitalPhysician, record, masked), absent)
  t.equal(await gets(hospital, record, masked), seen, 'celui qui l’a déposé')
})

t.test('le titulaire voit les traces de tous les accès', async t => {
  const { record, visit, owner } = await filled(authorises(rpps.gp))
  await gets(gp, record, visit)
  const trail = matchesOf(await stage.get(owner, `AuditEvent?patient=${record.id}&_count=100`))
  t.ok(JSON.stringify(trail).includes(rpps.gp))
})

t.test('en urgence un professionnel accède dans sa colonne, et le régulateur du SAMU', async t => {
  const { record, report, visit, masked } = await filled()
  t.same([await gets(emergencyPhysician, record, visit), await gets(samu, record, visit)], [seen, seen])
  t.equal(await gets(emergencyPhysician, record, masked), absent)
  const urgent: Actor = { ...podologue, claims: { ...podologue.claims, mode: 'bris_de_glace', reason: 'chute' } }
  t.same([await gets(urgent, record, visit), await gets(urgent, record, report)], [seen, absent])
  const nurseOfSamu: Actor = { ...nurse, claims: { ...nurse.claims, mode: 'centre_15', reason: 'appel' } }
  t.equal(await gets(nurseOfSamu, record, visit), absent)
})

t.test('un mineur en connexion secrète ne laisse rien à ses représentants légaux', async t => {
  const { record, visit, owner } = await filled()
  expectStatus(await stage.post(operator, parent(record)), 201)
  t.equal(await gets(parentOf(record), record, visit), seen)
  const secretly: Actor = { ...gp, claims: { ...gp.claims, secret: true } }
  const own = { author: [byRpps(rpps.gp)] }
  t.equal((await stage.post(secretly, document(record, own))).status, 422, 'rien de visible')
  const hiding = { securityLabel: labels('INVISIBLE_REPRESENTANTS_LEGAUX') }
  const id = await stage.createOne(secretly, document(record, { ...own, ...hiding }))
  t.equal(await gets(parentOf(record), record, id), absent)
  t.equal(await gets(owner, record, id), seen, 'le mineur')
  const trail = await stage.get(parentOf(record), `AuditEvent?patient=${record.id}&_count=100`)
  t.notOk(trail.bytes.toString().includes(id), 'ni la trace')
})

t.test('les proches que le titulaire choisit lisent, n’écrivent pas, et jusqu’à ce qu’il change d’avis', async t => {
  const { record, visit, owner } = await filled()
  const sister = parentOf(record)
  const related = {
    ...parent(record),
    relationship: [coded('http://terminology.hl7.org/CodeSystem/v3-RoleCode', 'SIS')],
  }
  const id = await stage.createOne(owner, related)
  t.equal(await gets(sister, record, visit), seen)
  t.equal((await stage.post(sister, consent(record, authorises(rpps.gp)))).status, 403)
  t.equal((await stage.post(sister, document(record))).status, 403)
  t.equal((await stage.remove(sister, `RelatedPerson/${id}`)).status, 403)
  expectStatus(await stage.remove(owner, `RelatedPerson/${id}`), 204)
  t.equal(await gets(sister, record, visit), absent)
})

t.test('un jeton plus étroit que la matrice restreint, un jeton plus large n’ouvre rien', async t => {
  const { record, report, visit } = await filled(authorises(rpps.podologue), authorises(rpps.gp))
  const narrow: Actor = { ...gp, scope: `user/DocumentReference.rs?type=${encodeURIComponent(`${loinc}|34112-3`)}` }
  t.same([await gets(narrow, record, report), await gets(narrow, record, visit)], [seen, absent])
  for (const scope of ['user/*.cruds', 'system/*.cruds', 'user/*.* system/*.* patient/*.*'])
    t.equal(await gets({ ...podologue, scope }, record, report), absent, scope)
  const wide = `user/DocumentReference.rs?type=${encodeURIComponent(`${loinc}|34112-3`)}`
  t.equal(await gets({ ...podologue, scope: wide }, record, report), absent, 'qui nomme le type')
})
