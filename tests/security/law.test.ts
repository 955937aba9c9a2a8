/** Sentences of the law and of what the public was told, each by its own words. Code de la santé publique, L. 1111-14 to L. 1111-18 and R. 1111-46 to R. 1111-53. */
import t from 'tap'
import type { IndexEntry } from '../../search/index-entry.ts'
import { toPrincipal } from '../../security/claims.ts'
import { decide } from '../../security/decide.ts'
import type { Facts } from '../../security/facts.ts'
import type { Principal } from '../../security/principal.ts'
import {
  facts,
  finess,
  grounds,
  hits,
  insurance,
  marie,
  me,
  myStructure,
  now,
  ofProfession,
  ofRecord,
  past,
  policy,
  professional,
  row,
  rpps,
  secretary,
  structure,
  tomorrow,
  yesterday,
} from './decide-support.ts'
import { create, document, judge, told, typed } from './record-support.ts'

const reads = (principal: Principal, differences: Partial<Facts>, entry: IndexEntry = row()): boolean =>
  hits(
    decide(
      { principal, interaction: 'read', type: 'DocumentReference', patient: marie, now },
      grounds(facts(differences)),
    ),
    entry,
  ) === 1

const gp = professional()
const everything = { authorised: [me, myStructure], treating: [me], careTeam: [me, myStructure] }
const mine = { depositor: `rpps:${rpps}` }
const masked = row({ mask: 1 })
const report = row({ documentType: '34112-3' })
const representatives = [{ person: 'https://issuer.test|somebody', kind: 'legal', from: null, before: null }] as const
const opposed = { breakGlass: false, centre15: false, masked: false }
const breaking = professional({ mode: 'bris_de_glace', reason: 'inconscient' })
const regulating = professional({ mode: 'centre_15', reason: 'appel' })

t.test('un pédicure podologue ne peut pas accéder à vos comptes rendus d’hospitalisation', async t => {
  const podologue = ofProfession('80')
  t.notOk(reads(podologue, everything, report), 'même médecin traitant, même autorisé')
  t.ok(reads(podologue, everything), 'mais à la synthèse médicale')
})

t.test('une banque, un assureur, un employeur, une mutuelle n’y a jamais accès', async t => {
  for (const kind of ['bank', 'insurer', 'employer', 'mutuelle', 'complementary'])
    t.equal(toPrincipal({ iss: 'i', sub: 's', dmp: { kind } }, { demandsDmp: true }), undefined, kind)
  t.notOk(reads(structure, everything), 'le système d’une structure, même autorisée')
  t.notOk(reads(insurance, everything))
})

t.test('le médecin du travail n’y a jamais accès', async t => {
  const occupational = professional({ specialities: [{ system: 'urn:x', code: 'SM25' }] })
  t.notOk(reads(occupational, everything))
  t.notOk(reads({ ...occupational, mode: 'bris_de_glace', reason: 'malaise' }, everything))
})

t.test('le secrétariat dépose et ne lit pas', async t => {
  t.equal(told(judge(secretary, [create(document())])), 'ok')
  t.notOk(reads(secretary, everything), 'même dans une structure autorisée')
  t.ok(reads(secretary, { depositors: [`finess:${finess}`] }, row({ depositor: `finess:${finess}` })), 'que son dépôt')
})

t.test('l’assurance maladie ouvre et alimente le dossier, et ne le lit pas', async t => {
  const system = policy.documentTypes.get('REMB')?.system
  const refunds = { ...document(typed('REMB', system)), author: undefined }
  t.equal(told(judge(insurance, [create(refunds)])), 'ok')
  t.notOk(reads(insurance, everything))
})

t.test('nul n’accède sans le consentement du titulaire', async t => {
  for (const code of ['10', '21', '40', '50', '60', '70', '80', '91']) t.notOk(reads(ofProfession(code), {}), code)
})

t.test('l’équipe de soins est réputée autorisée dans son ensemble', async t => {
  t.ok(reads(gp, { careTeam: [me] }))
  t.ok(reads(ofProfession('60'), { careTeam: [myStructure] }), 'par sa structure')
})

t.test('une autorisation a une fin', async t => t.notOk(reads(gp, { authorised: [past(me)] })))

t.test('un professionnel bloqué n’a plus accès, autorisé ou non', async t => {
  t.notOk(reads(gp, { ...everything, blocked: [me] }))
  t.notOk(reads(regulating, { ...everything, blocked: [me] }), 'ni comme régulateur')
})

t.test('un professionnel bloqué peut encore alimenter le dossier', async t => {
  t.equal(told(judge(gp, [create(document())], { known: facts({ blocked: [me] }) })), 'ok')
})

t.test('un professionnel bloqué peut encore entrer en urgence si le patient ne peut s’exprimer', async t =>
  t.ok(reads(breaking, { blocked: [me] })),
)

t.test('après un déblocage, une nouvelle autorisation est nécessaire', async t => {
  const ended = [{ actor: `rpps:${rpps}`, at: yesterday }]
  t.notOk(reads(gp, { authorised: [{ ...me, since: yesterday - 1 }], ended }))
  t.ok(reads(gp, { authorised: [{ ...me, since: yesterday }], ended }))
})

t.test('le médecin traitant accède à tout, y compris à ce qui est rendu inaccessible', async t => {
  for (const mask of [0, 1, 2, 4, 5, 6]) t.ok(reads(gp, { treating: [me] }, row({ mask })), `${mask}`)
})

t.test('le titulaire peut donner les mêmes droits à un autre professionnel', async t => {
  t.ok(reads(gp, { administrators: [me] }, masked))
  t.notOk(reads(gp, { administrators: [past(me)] }, masked), 'le temps qu’il veut')
  t.notOk(reads(gp, { administrators: [myStructure] }, masked), 'jamais à une structure')
  t.notOk(reads(gp, { administrators: [me], blocked: [me] }, masked), 'sauf à le bloquer')
})

t.test('le titulaire peut rendre une donnée inaccessible, et celui qui l’a déposée la garde', async t => {
  t.notOk(reads(gp, { authorised: [me] }, masked))
  t.ok(reads(gp, { depositors: [mine.depositor] }, row({ mask: 1, ...mine })))
})

t.test('ce qui attend une consultation d’annonce est ouvert au patient un mois après le dépôt', async t => {
  t.notOk(reads(ofRecord('patient'), {}, row({ mask: 2, hiddenUntil: tomorrow })))
  t.ok(reads(ofRecord('patient'), {}, row({ mask: 2, hiddenUntil: yesterday })))
})

t.test('un mineur peut demander que ses représentants légaux n’en sachent rien', async t => {
  t.notOk(reads(ofRecord('representative'), { representatives }, row({ mask: 4 })))
  t.ok(reads(ofRecord('patient'), {}, row({ mask: 4 })), 'lui le voit')
})

t.test('en urgence un professionnel accède, sauf si le titulaire s’y est opposé', async t => {
  t.ok(reads(breaking, {}))
  t.notOk(reads(breaking, { emergency: opposed }))
  t.notOk(reads(ofProfession('80', { mode: 'bris_de_glace', reason: 'chute' }), {}, report), 'dans sa colonne')
})

t.test('le médecin régulateur du SAMU accède pour l’appel, sauf si le titulaire s’y est opposé', async t => {
  t.ok(reads(regulating, {}))
  t.notOk(reads(regulating, { emergency: opposed }))
  t.notOk(reads(ofProfession('60', { mode: 'centre_15', reason: 'appel' }), {}), 'et lui seul')
})

t.test('les documents masqués se voient en urgence si le titulaire l’a choisi, et pas sinon', async t => {
  const chosen = { breakGlass: true, centre15: true, masked: true }
  t.same([reads(breaking, {}, masked), reads(breaking, { emergency: chosen }, masked)], [false, true])
  t.notOk(reads(breaking, { emergency: { ...opposed, masked: true } }, masked), 'jamais contre ses oppositions')
})

t.test('un dossier fermé n’est plus lu par personne', async t => {
  for (const principal of [gp, breaking, regulating, structure, insurance, ofRecord('patient')])
    t.notOk(reads(principal, { ...everything, open: false, depositors: [mine.depositor] }, row(mine)))
})
