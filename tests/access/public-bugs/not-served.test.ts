/** Doors by which other servers leaked and which are not built here: each is refused, so that none appears unnoticed. */
import t from 'tap'
import { type Actor, finess, gp, hospital, operator, patientOf, rpps } from '../support/cast.ts'
import { authorises, consent } from '../support/consents.ts'
import { byFiness, document } from '../support/contents.ts'
import { refusalOf, startStage } from '../support/stage.ts'

const stage = await startStage(t)
const record = await stage.open(each => [patientOf(each), consent(each, authorises(rpps.gp))])
const id = await stage.createOne(hospital, document(record, { author: [byFiness(finess.hospital)] }))
const actors: readonly Actor[] = [gp, patientOf(record), hospital, operator]

const parameters = { resourceType: 'Parameters' }
const query = { query: '{ PatientList { id name { family } } }' }

/** A bug, and the requests by which it was found. */
const doors: readonly (readonly [bug: string, ...requests: readonly (string | readonly [string, object])[]])[] = [
  [
    '$member-match and $match are no way around a search (microsoft/fhir-server#5675)',
    ['POST Patient/$member-match', parameters],
    ['POST Patient/$match', parameters],
    'GET Patient/$match',
  ],
  [
    '$includes brings nothing from outside (microsoft/fhir-server#5683)',
    'GET DocumentReference/$includes?includesCt=x',
  ],
  [
    'no export, with whatever scopes; no job of somebody else, to see or to cancel (microsoft/fhir-server#5674)',
    'GET $export',
    'GET Patient/$export',
    `GET Patient/${record.id}/$export`,
    ['POST $export', parameters],
    'GET _operations/export/1',
    'DELETE _operations/export/1',
    'GET $export-poll-status?_jobId=1',
    'DELETE $export-poll-status?_jobId=1',
    ['POST $import', parameters],
  ],
  [
    'GraphQL passes by no rule of REST (icanbwell/fhir-server)',
    'GET $graphql?query=%7BPatientList%7Bid%7D%7D',
    ['POST $graphql', query],
    `GET Patient/${record.id}/$graphql?query=%7Bid%7D`,
    ['POST Patient/$graphql', query],
    'GET graphql',
    ['POST $graphqlv2', query],
  ],
  [
    'no roster of a group tells who is a patient (icanbwell/fhir-server)',
    'GET Group',
    'GET Group/1',
    'GET Group/1/$export',
    'GET Person?link=Patient/1',
  ],
]

for (const [bug, ...requests] of doors)
  t.test(bug, async t => {
    for (const each of requests) {
      const [request, body] = typeof each === 'string' ? [each] : each
      const sent = { ...(body === undefined ? {} : { body: { ...body } }), headers: { prefer: 'respond-async' } }
      const answers = await Promise.all(actors.map(actor => stage.send(actor, request, sent)))
      for (const answer of answers) {
        t.match(refusalOf(answer), /^(403 |404 notServed|405 notAllowed)/, request)
        t.notMatch(answer.bytes.toString(), new RegExp(`${record.id}-|${id}`), `${request} names nothing`)
        t.equal(answer.headers.get('content-location'), null, 'no job began')
      }
    }
  })

t.test('what is not built is promised nowhere', async t => {
  const { bytes } = await stage.get(gp, 'metadata')
  t.notMatch(bytes.toString(), /graphql|export|member-match|"Group"|"Person"/i)
})
