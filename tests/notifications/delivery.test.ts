/** How notices leave the outbox: into the record for all, and by the ways that the patient chose and the operator opened. */
import t from 'tap'
import { signatureOf } from '../../server/notifications/post.ts'
import {
  colleague,
  emergencyPhysician,
  finess,
  gp,
  hospital,
  nurse,
  operator,
  parentOf,
  patientOf,
  rpps,
  stranger,
} from '../access/support/cast.ts'
import { authorises, blocks, consent, emergency, parent, treats } from '../access/support/consents.ts'
import { byFiness, byRpps, document, labels } from '../access/support/contents.ts'
import { type DossierRecord, expectStatus, refusalOf, startStage } from '../access/support/stage.ts'
import { matchesOf } from '../support/client.ts'
import { select } from '../support/pointer.ts'
import { authorised, choice, databaseOf, eventually, mailServer, noticesOf, receiver, rewrite } from './support.ts'

// A busy machine is no failure.
t.setTimeout(120_000)

const secret = 'a secret of thirty-two characters'
const mail = await mailServer(t, to => (to.startsWith('nobody') ? 550 : 250))
const gateway = await receiver(t)
let failures = 2
const hook = await receiver(t, () => (failures-- > 0 ? 503 : 204))
const stage = await startStage(t, {
  ...{ NOTIFICATIONS: 'true', NOTIFICATION_FROM: 'dmp@dossier.example' },
  NOTIFICATION_SMTP_URL: `smtp://dmp:a%20pass%3Aword@127.0.0.1:${mail.port}`,
  ...{ NOTIFICATION_SMS_URL: gateway.url, NOTIFICATION_SMS_TOKEN: 'a-token' },
  ...{ NOTIFICATION_WEBHOOK_URL: hook.url, NOTIFICATION_WEBHOOK_SECRET: secret },
})
const db = databaseOf(t, stage)

const telecom = (name: string) => [
  { system: 'email', value: `old-${name}@patients.example`, use: 'old' },
  { system: 'email', value: `${name}@patients.example` },
  { system: 'phone', value: '01 99 00 11 22', use: 'home' },
  { system: 'phone', value: '06 39 98 01 23', use: 'mobile' },
]

/** Waits until nothing is to be told of the record. */
const allTold = async (record: DossierRecord) =>
  eventually(
    () => noticesOf(db, record),
    rows => rows.length > 0 && rows.every(({ expires, aside }) => expires !== undefined || aside !== undefined),
  )

const communications = async (actor: typeof gp, { id }: DossierRecord) =>
  matchesOf(await stage.get(actor, `Communication?patient=${id}`))

const textsOf = (communication: unknown): readonly unknown[] => select(communication, '/payload/*/contentString')

t.test('without a choice nothing leaves the record, and the patient finds the notice in it', async t => {
  const record = await stage.open(authorised())
  await rewrite(stage, record, { telecom: telecom('silent') })
  await stage.get(gp, `Patient/${record.id}`)
  await allTold(record)
  const found = await communications(patientOf(record), record)
  t.equal(found.length, 1)
  const [communication] = found
  t.match(
    textsOf(communication)[0],
    /^Un professionnel a consulté votre dossier médical partagé pour la première fois le \d/,
  )
  t.match(communication, {
    status: 'completed',
    language: 'fr',
    subject: { reference: `Patient/${record.id}` },
    recipient: [{ reference: `Patient/${record.id}` }],
  })
  const [id] = select(communication, '/id')
  t.equal((await stage.get(patientOf(record), `Communication/${id}`)).status, 200)
  t.same(mail.mails, [])
  t.same(gateway.posted, [])
})

t.test('the notice is read by its patient, and by no professional, structure, operator or other patient', async t => {
  const record = await stage.open(authorised(), each => [patientOf(each), consent(each, treats(rpps.nurse))])
  const other = await stage.open()
  await stage.get(gp, `Patient/${record.id}`)
  await allTold(record)
  const [id] = (await communications(patientOf(record), record)).flatMap(each => select(each, '/id'))
  t.ok(id)
  for (const actor of [gp, nurse, stranger, hospital, emergencyPhysician, patientOf(other)]) {
    t.equal((await stage.get(actor, `Communication/${id}`)).status, 404, actor.subject)
    const search = await stage.get(actor, `Communication?patient=${record.id}&_total=accurate`)
    t.same([matchesOf(search), select(search.json, '/total')], [[], [0]], actor.subject)
  }
  t.equal((await stage.get(operator, `Communication/${id}`)).status, 403)
  t.same(
    select((await stage.get(gp, `Patient/${record.id}/$everything`)).json, '/entry/*/resource/resourceType').filter(
      type => type === 'Communication',
    ),
    [],
  )
  t.equal(refusalOf(await stage.post(gp, { resourceType: 'Communication', status: 'completed' })).slice(0, 3), '405')
  t.equal((await stage.remove(patientOf(record), `Communication/${id}`)).status, 405)
})

t.test('every parameter of Communication that is promised finds the notice', async t => {
  const record = await stage.open(authorised())
  await stage.get(gp, `Patient/${record.id}`)
  await allTold(record)
  const actor = patientOf(record)
  const [communication] = await communications(actor, record)
  const [id] = select(communication, '/id')
  const { json } = await stage.get(actor, 'metadata')
  const promised = select(json, '/rest/0/resource/*').find(each => select(each, '/type')[0] === 'Communication')
  const values: Readonly<Record<string, string>> = {
    ...{ _id: String(id), _lastUpdated: 'gt2020-01-01', '_security:missing': 'true', '_tag:missing': 'true' },
    ...{ category: 'first-access', recipient: `Patient/${record.id}`, subject: `Patient/${record.id}` },
    ...{ sent: 'gt2020-01-01', status: 'completed', patient: record.id },
  }
  const names = select(promised, '/searchParam/*/name').map(String)
  t.same(
    names.toSorted(),
    Object.keys(values)
      .map(name => name.replace(':missing', ''))
      .toSorted(),
  )
  for (const [name, value] of Object.entries(values)) {
    const found = matchesOf(await stage.get(actor, `Communication?patient=${record.id}&${name}=${value}`))
    t.same(
      found.flatMap(each => select(each, '/id')),
      [id],
      name,
    )
  }
})

t.test(
  'what was chosen leaves by e-mail, by short message and by the webhook, in the language of the patient',
  async t => {
    const record = await stage.open(authorised())
    await rewrite(stage, record, {
      telecom: telecom('anne'),
      communication: [
        { language: { coding: [{ system: 'urn:ietf:bcp:47', code: 'fr' }] } },
        { language: { coding: [{ system: 'urn:ietf:bcp:47', code: 'en-GB' }] }, preferred: true },
      ],
      extension: [choice([], ['email', 'sms', 'webhook'])],
    })
    await stage.get(gp, `Patient/${record.id}`)
    await allTold(record)
    const [letter, ...letters] = mail.mails.filter(({ to }) => to.includes('anne@patients.example'))
    t.same(letters, [])
    t.match(letter, { from: 'dmp@dossier.example', to: ['anne@patients.example'], user: 'dmp' })
    t.match(letter?.text, /Subject: Your shared medical record\r\n/)
    t.match(letter?.text, /for the first time/)
    const [short, ...shorts] = gateway.posted
    t.same(shorts, [])
    t.equal(short?.headers.authorization, 'Bearer a-token')
    t.match(JSON.parse(short?.body ?? ''), { to: '+33639980123', text: /^A professional opened your shared/ })
    const [call, ...calls] = hook.posted
    t.same(calls, [], 'it was refused twice with 503, and taken once')
    const [, at, signature] = /^t=(\d+),v1=([0-9a-f]{64})$/.exec(String(call?.headers['x-dmp-signature'])) ?? []
    t.equal(signature, signatureOf(secret, { body: call?.body ?? '', at: Number(at) }))
    t.match(JSON.parse(call?.body ?? ''), { patient: `Patient/${record.id}`, topic: 'first-access', language: 'en' })
    const [row] = await noticesOf(db, record)
    t.equal(row?.tries, 2)
    t.equal(
      mail.mails.filter(({ to }) => to.includes('anne@patients.example')).length,
      1,
      'what went out before is not sent again',
    )
    for (const text of [letter?.text ?? '', short?.body ?? '', call?.body ?? ''])
      t.notMatch(text, /11488|physician|médecin|consultation note|document/i, 'nothing clinical')
  },
)

t.test(
  'the médecin traitant is told of an emergency, in the record and by e-mail; he is not told of his own',
  async t => {
    await stage.put(operator, { resourceType: 'Practitioner', id: 'none' })
    expectStatus(
      await stage.post(operator, {
        resourceType: 'Practitioner',
        identifier: [{ system: 'https://rpps.esante.gouv.fr', value: rpps.gp }],
        telecom: [{ system: 'email', value: 'gp@practice.example' }],
      }),
      201,
    )
    const record = await stage.open(each => [patientOf(each), consent(each, treats(rpps.gp))])
    await stage.get(emergencyPhysician, `Patient/${record.id}`)
    await allTold(record)
    t.equal((await communications(patientOf(record), record)).length, 2)
    const his = await communications(gp, record)
    t.match(his, [{ recipient: [{ identifier: { value: rpps.gp } }] }])
    t.match(textsOf(his[0])[0], /d'un de vos patients a été consulté en urgence/)
    t.equal(mail.mails.filter(({ to }) => to.includes('gp@practice.example')).length, 1)
    const urgentGp = { ...gp, claims: { ...gp.claims, mode: 'bris_de_glace', reason: 'patient inconscient' } }
    await stage.get(urgentGp, `Patient/${record.id}`)
    await allTold(record)
    t.equal(mail.mails.filter(({ to }) => to.includes('gp@practice.example')).length, 1)
  },
)

t.test('of what is hidden from representatives they find nothing, and no address hears', async t => {
  const record = await stage.open(authorised(), each => [operator, parent(each)])
  await rewrite(stage, record, {
    telecom: telecom('minor'),
    extension: [choice(['deposit', 'access'], ['email', 'sms', 'webhook'])],
  })
  const [posted, mailed] = [gateway.posted.length + hook.posted.length, mail.mails.length]
  const secretly = { ...gp, claims: { ...gp.claims, secret: true } }
  const id = await stage.createOne(
    secretly,
    document(record, { securityLabel: labels('INVISIBLE_REPRESENTANTS_LEGAUX'), author: [byRpps(rpps.gp)] }),
  )
  await stage.get(secretly, `DocumentReference/${id}`)
  await allTold(record)
  t.equal((await communications(patientOf(record), record)).length, 2)
  t.same(await communications(parentOf(record), record), [])
  t.same([gateway.posted.length + hook.posted.length, mail.mails.length], [posted, mailed])
  await stage.create(hospital, document(record, { author: [byFiness(finess.hospital)] }))
  await allTold(record)
  t.equal((await communications(parentOf(record), record)).length, 1, 'what is not hidden they find')
})

t.test(
  'an emergency in which only a hidden document was read is found by the médecin traitant, not yet by the patient',
  async t => {
    const record = await stage.open(each => [patientOf(each), consent(each, treats(rpps.gp))])
    const id = await stage.createOne(
      hospital,
      document(record, { securityLabel: labels('INVISIBLE_PATIENT'), author: [byFiness(finess.hospital)] }),
    )
    await stage.get(emergencyPhysician, `DocumentReference/${id}`)
    // The practitioner's own first look at the record is told, too: only the emergency is asked for.
    const asked = `Communication?patient=${record.id}&category=emergency-access&_total=accurate`
    const found = await eventually(
      async () => matchesOf(await stage.get(gp, asked)),
      ({ length }) => length === 1,
    )
    t.equal(found.length, 1)
    const search = await stage.get(patientOf(record), asked)
    t.same([matchesOf(search), select(search.json, '/total')], [[], [0]])
  },
)

t.test('an address that the mail server will never take sets the notice aside; those that follow go on', async t => {
  const record = await stage.open(authorised())
  await rewrite(stage, record, {
    telecom: [{ system: 'email', value: 'nobody@patients.example' }],
    extension: [choice([], ['email'])],
  })
  await stage.get(gp, `Patient/${record.id}`)
  await stage.create(patientOf(record), consent(record, authorises(rpps.nurse)))
  await stage.get(nurse, `Patient/${record.id}`)
  const rows = await allTold(record)
  t.match(rows, [
    { reason: 'Undeliverable', tries: 1 },
    { reason: 'Undeliverable', tries: 1 },
  ])
  t.equal((await communications(patientOf(record), record)).length, 2, 'the record has them all the same')
  t.notMatch(JSON.stringify(rows.map(({ reason }) => reason)), /patients.example/)
})

t.test('a mailbox that is dead keeps nobody from his short message, nor another recipient from his mail', async t => {
  const record = await stage.open(each => [patientOf(each), consent(each, treats(rpps.colleague))])
  await stage.create(patientOf(record), consent(record, treats(rpps.stranger)))
  const before = gateway.posted.length
  for (const [value, mailbox] of [
    [rpps.colleague, 'nobody@practice.example'],
    [rpps.stranger, 'other@practice.example'],
  ] as const)
    expectStatus(
      await stage.post(operator, {
        resourceType: 'Practitioner',
        identifier: [{ system: 'https://rpps.esante.gouv.fr', value }],
        telecom: [{ system: 'email', value: mailbox }],
      }),
      201,
    )
  await rewrite(stage, record, {
    telecom: [
      { system: 'email', value: 'nobody@patients.example' },
      { system: 'sms', value: '+33639980199' },
    ],
    extension: [choice([], ['email', 'sms'])],
  })
  await stage.get(emergencyPhysician, `Patient/${record.id}`)
  const rows = await allTold(record)
  t.same(
    rows.map(({ to, reason }) => [to, reason]),
    [
      ['patient', 'Undeliverable'],
      ['treating', 'Undeliverable'],
    ],
    'the operator sees that not everybody was told by every way',
  )
  const bodies = gateway.posted.slice(before).map(({ body }) => JSON.parse(body).to)
  t.same(bodies, ['+33639980199'])
  t.equal(mail.mails.filter(({ to }) => to.includes('other@practice.example')).length, 1)
  for (const actor of [colleague, stranger]) t.equal((await communications(actor, record)).length, 1, actor.subject)
})

t.test('a médecin traitant to whom everything is denied for care hears of no emergency', async t => {
  const [heeded, shutOut] = [
    { value: '99700010990', mailbox: 'heeded@practice.example' },
    { value: '99700010115', mailbox: 'shut-out@practice.example' },
  ]
  for (const { value, mailbox } of [heeded, shutOut]) {
    const telecom = [{ system: 'email', value: mailbox }]
    const identifier = [{ system: 'https://rpps.esante.gouv.fr', value }]
    expectStatus(await stage.post(operator, { resourceType: 'Practitioner', identifier, telecom }), 201)
  }
  const record = await stage.open(each => [patientOf(each), consent(each, treats(heeded.value))])
  const denial = blocks(shutOut.value, { purpose: emergency('deny', 'TREAT').purpose })
  await stage.create(patientOf(record), consent(record, treats(shutOut.value)), consent(record, denial))
  await stage.get(emergencyPhysician, `Patient/${record.id}`)
  await allTold(record)
  const mails = [heeded, shutOut].map(({ mailbox }) => mail.mails.filter(({ to }) => to.includes(mailbox)).length)
  t.same(mails, [1, 0])
})

t.test('what leaves the record names nobody: neither who came, nor how, nor whose record it is', async t => {
  const record = await stage.open(authorised())
  await rewrite(stage, record, {
    telecom: [
      { system: 'email', value: 'bob@patients.example' },
      { system: 'sms', value: '+33639980177' },
    ],
    extension: [choice([], ['email', 'sms', 'webhook'])],
  })
  await stage.get(gp, `Patient/${record.id}`)
  await stage.get(emergencyPhysician, `Patient/${record.id}`)
  await allTold(record)
  const letters = mail.mails.filter(({ to }) => to.includes('bob@patients.example')).map(({ text }) => text)
  const shorts = gateway.posted.filter(({ body }) => body.includes('+33639980177'))
  const calls = hook.posted.filter(({ body }) => body.includes(record.id))
  t.same([letters.length, shorts.length, calls.length], [2, 2, 2])
  const whole = [...letters, ...shorts.map(each => JSON.stringify(each))]
  for (const text of whole) t.notMatch(text, new RegExp(`${record.id}|rpps|997000|bris_de_glace`))
  for (const { headers, body } of calls) {
    t.notMatch(JSON.stringify(headers), new RegExp(`${record.id}|rpps|bris_de_glace`))
    t.notMatch(body, /rpps|bris_de_glace/)
  }
  for (const letter of letters) t.match(letter, /^Message-ID: <[\w-]+@dossier.example>\r$/im)
})

const closes = {
  resourceType: 'Parameters',
  parameter: [{ name: 'reason', valueCode: 'FERMETURE_DEMANDE_PATIENT' }],
}

for (const [how, number, close] of [
  ['closed', '+33639980155', ({ id }: DossierRecord) => ({ path: `Patient/${id}/$close`, body: closes })],
  [
    'refused',
    '+33639980156',
    (record: DossierRecord) => ({ path: 'Consent', body: consent(record, { type: 'deny' }) }),
  ],
] as const)
  t.test(`of a record that was ${how} nothing leaves but that it was opened in an emergency`, async t => {
    const record = await stage.open(authorised())
    await rewrite(stage, record, {
      telecom: [{ system: 'sms', value: number }],
      extension: [choice(['deposit'], ['sms'])],
    })
    const urgently = (await stage.get(emergencyPhysician, `Patient/${record.id}`)).status
    t.equal(urgently, 200)
    await allTold(record)
    await stage.createOne(
      hospital,
      document(record, { securityLabel: labels('INVISIBLE_PATIENT'), author: [byFiness(finess.hospital)] }),
    )
    const { path, body } = close(record)
    expectStatus(await stage.send(patientOf(record), `POST ${path}`, { body }), 200, 201)
    const sent = () => gateway.posted.filter(({ body }) => body.includes(number)).length
    t.equal(sent(), 1)
    // A month later what waited is due; that of the emergency is told as if the gateway had not answered until now.
    const shown = { $set: { hiddenUntil: new Date() } }
    await db.collection('record').updateMany({ patient: record.id, hiddenUntil: { $type: 'date' } }, shown)
    const at = new Date()
    const again = { $set: { due: at, order: at, sent: ['record patient'] }, $unset: { expires: '' } } as const
    await db.collection('outbox').updateMany({ patient: record.id, to: 'patient' }, again)
    t.same((await allTold(record)).map(({ topic }) => topic).toSorted(), [
      ...['deposit', 'emergency-access', 'emergency-access'],
    ])
    t.equal(sent(), 2)
  })

t.test('an address that would be two, or a header, is none', async t => {
  const record = await stage.open(authorised())
  const before = mail.mails.length
  const value = (text: string) => ({ system: 'email', value: text })
  await rewrite(stage, record, {
    telecom: [
      'a@b.example, c@d.example',
      'a@b.example\r\nBcc: c@d.example',
      '<a@b.example>',
      '@b.example',
      'a@b.example>x',
    ].map(value),
    extension: [choice([], ['email'])],
  })
  await stage.get(gp, `Patient/${record.id}`)
  const rows = await allTold(record)
  t.match(rows, [{ sent: ['record patient'] }])
  t.equal(mail.mails.length, before)
})
