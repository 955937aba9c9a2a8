/** Bundles and outcomes. https://hl7.org/fhir/R4/bundle.html, https://hl7.org/fhir/R4/operationoutcome.html */
import t from 'tap'
import { bytesOf, responseBundle, searchset } from '../../resources/bundle.ts'
import { fail, failAll, failureKinds, toOperationOutcome } from '../../resources/outcome.ts'

const self = { relation: 'self', url: 'https://dossier.example/fhir/Observation' } as const
const json = Buffer.from('{"resourceType":"Observation","valueQuantity":{"value":1.0}}')

t.test('a searchset lays the bytes of its resources side by side', async t => {
  const fullUrl = 'https://dossier.example/fhir/Observation/1'
  for (const [title, page, text] of [
    [
      'nothing found',
      { links: [self], entries: [] },
      `{"resourceType":"Bundle","type":"searchset","link":[${JSON.stringify(self)}]}`,
    ],
    [
      'a match, what came with it, and a warning',
      {
        total: 1,
        links: [self],
        entries: [
          { fullUrl, json, mode: 'match' },
          { fullUrl, json, mode: 'include' },
          { json: bytesOf({ resourceType: 'OperationOutcome' }), mode: 'outcome' },
        ],
      },
      `{"resourceType":"Bundle","type":"searchset","total":1,"link":[${JSON.stringify(self)}],"entry":[` +
        `{"fullUrl":"${fullUrl}","resource":${json.toString()},"search":{"mode":"match"}},` +
        `{"fullUrl":"${fullUrl}","resource":${json.toString()},"search":{"mode":"include"}},` +
        '{"resource":{"resourceType":"OperationOutcome"},"search":{"mode":"outcome"}}]}',
    ],
  ] as const)
    t.equal(searchset(page).toString(), text, title)
})

t.test('the answer to a transaction has an entry for each entry, with its resource where one is asked for', async t => {
  const entries = [
    { fullUrl: 'urn:a', json, request: { method: 'POST', url: 'Observation' }, response: { status: '201 Created' } },
    { response: { status: '204 No Content' } },
    { fullUrl: 'urn:b', response: { status: '200 OK', etag: 'W/"1"' } },
  ]
  const bundle = JSON.parse(responseBundle({ type: 'transaction-response', entries }).toString())
  t.match(bundle, { resourceType: 'Bundle', type: 'transaction-response' })
  t.strictSame(bundle.entry[0].resource, JSON.parse(json.toString()))
  t.strictSame(bundle.entry[1], { response: { status: '204 No Content' } })
  t.strictSame(bundle.entry[2], { fullUrl: 'urn:b', response: { status: '200 OK', etag: 'W/"1"' } })
  const history = responseBundle({ type: 'history', total: 0, links: [self], entries: [] }).toString()
  t.equal(history, `{"resourceType":"Bundle","type":"history","total":0,"link":[${JSON.stringify(self)}]}`)
})

t.test('an outcome tells each complaint with its code, its place and the name of the failure', async t => {
  const { failure } = failAll('invalidResource', [
    { diagnostics: 'expected a code', expression: 'Observation.status', code: 'required' },
    { diagnostics: 'expected less' },
  ])
  const details = { coding: [{ system: 'urn:dmp:failure', code: 'invalidResource' }] }
  t.strictSame(toOperationOutcome(failure), {
    resourceType: 'OperationOutcome',
    issue: [
      {
        severity: 'error',
        code: 'required',
        details,
        diagnostics: 'expected a code',
        expression: ['Observation.status'],
      },
      { severity: 'error', code: failureKinds.invalidResource.code, details, diagnostics: 'expected less' },
    ],
  })
  t.strictSame(fail('notFound', 'nothing', 'Patient.id').failure.complaints, [
    { diagnostics: 'nothing', expression: 'Patient.id' },
  ])
})
