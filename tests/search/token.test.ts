import t from 'tap'
import type { Resource } from '../../resources/resource.ts'
import { finds } from './served.ts'

const loinc = 'http://loinc.org'

const report: Resource = {
  resourceType: 'Observation',
  status: 'final',
  identifier: [{ system: 'urn:lab', value: 'A|1' }, { value: 'bare' }],
  category: [{ coding: [{ system: 'urn:categories', code: 'laboratory' }, { code: 'local' }] }, { text: 'À revoir' }],
  code: { coding: [{ system: loinc, code: '718-7' }, { system: 'urn:only-system' }], text: 'Haemoglobin' },
  method: { text: 'Photométrie' },
}

const patient: Resource = {
  resourceType: 'Patient',
  active: true,
  gender: 'female',
  telecom: [
    { system: 'phone', value: '+33 1 99 00 00 00', use: 'home' },
    { system: 'email', value: 'lea@demo.example' },
  ],
  communication: [{ language: { coding: [{ system: 'urn:ietf:bcp:47', code: 'fr-FR' }] } }],
  meta: { tag: [{ system: 'urn:tags', code: 'test' }], security: [{ system: 'urn:labels', code: 'N' }] },
}

const document: Resource = {
  resourceType: 'DocumentReference',
  status: 'current',
  content: [{ attachment: { contentType: 'application/pdf' }, format: { system: 'urn:formats', code: 'pdf' } }],
}

const rows: readonly (readonly [string, Resource, string, boolean])[] = [
  ['code: the system is not asked', report, 'code=718-7', true],
  ['code: another code', report, 'code=718-8', false],
  ['code: no part of it', report, 'code=718', false],
  ['code: case counts', report, 'category=Laboratory', false],
  ['system|code: both must fit', report, `code=${loinc}|718-7`, true],
  ['system|code: another system', report, 'code=urn:other|718-7', false],
  ['system|code: system and code of two codings do not mix', report, 'category=urn:categories|local', false],
  ['|code: a coding without a system', report, 'category=|local', true],
  ['|code: not one that has a system', report, 'category=|laboratory', false],
  ['system|: any code of the system', report, `code=${loinc}|`, true],
  ['system|: a coding without a code has its system', report, 'code=urn:only-system|', true],
  ['system|: no part of a system', report, 'code=http://loinc|', false],
  ['a list is any of its values', report, 'code=1-1,718-7', true],
  ['a list of which none fits', report, 'code=1-1,2-2', false],
  ['a repeated parameter must hold each time', report, 'category=laboratory&category=local', true],
  ['a repeated parameter of which one does not hold', report, 'category=laboratory&category=imaging', false],
  ['an Identifier is found by its value', report, 'identifier=bare', true],
  ['a | within a value is escaped', report, 'identifier=urn:lab|A\\|1', true],
  ['an escaped | separates nothing', report, 'identifier=urn:lab\\|A|1', false],
  ['a code element by its code', report, 'status=final', true],
  ['a code element by its implicit system', report, 'status=http://hl7.org/fhir/observation-status|final', true],
  ['a code element by a foreign system', report, 'status=urn:other|final', false],
  ['a code element has a system, so |code is not it', report, 'status=|final', false],
  ['a code element in a list', report, 'status=preliminary,final', true],
  [':not leaves out', report, 'status:not=final', false],
  [':not keeps others', report, 'status:not=preliminary', true],
  [':not of a list leaves out each', report, 'status:not=preliminary,final', false],
  [':not finds a resource without the element', report, 'value-concept:not=urn:x|y', true],
  [':not on a key', report, `code:not=${loinc}|718-7`, false],
  [':missing=true of an absent element', report, 'value-concept:missing=true', true],
  [':missing=false of an absent element', report, 'value-concept:missing=false', false],
  [':missing=true of a present element', report, 'code:missing=true', false],
  [':missing=true of a concept that has only a text', report, 'method:missing=true', false],
  ['the name of one parameter is no prefix of another', report, 'combo-value-concept:missing=true', true],
  ['a boolean', patient, 'active=true', true],
  ['a boolean, the other', patient, 'active=false', false],
  ['deceased is false when nothing is said', patient, 'deceased=false', true],
  ['deceased is true with a date', { ...patient, deceasedDateTime: '2024-01-01' }, 'deceased=true', true],
  ['deceased is false when said', { ...patient, deceasedBoolean: false }, 'deceased=true', false],
  ['gender with the implicit system', patient, 'gender=http://hl7.org/fhir/administrative-gender|female', true],
  ['a ContactPoint by its value', patient, 'telecom=lea@demo.example', true],
  ['a ContactPoint restricted by where()', patient, 'phone=lea@demo.example', false],
  ['a ContactPoint restricted by where(), of that system', patient, 'email=lea@demo.example', true],
  ['the system of a ContactPoint is no issuer', patient, 'telecom=email|lea@demo.example', false],
  ['a nested concept', patient, 'language=fr-FR', true],
  ['_tag', patient, '_tag=urn:tags|test', true],
  ['_security', patient, '_security=N', true],
  ['_security, another', patient, '_security=urn:labels|R', false],
  ['a media type', document, 'contenttype=application/pdf', true],
  ['a Coding', document, 'format=urn:formats|pdf', true],
]

for (const [title, resource, query, found] of rows) {
  t.equal(finds(resource, query), found, `${title}: ${query}`)
}

t.test('a system with a bar or a percent sign keeps apart from its code', async t => {
  const odd = { resourceType: 'Observation', code: { coding: [{ system: 'urn:a|b%', code: 'c' }] } }
  t.ok(finds(odd, 'code=urn:a\\|b%|c'))
  t.notOk(finds(odd, 'code=urn:a|b%\\|c'))
})

t.test('long values are told apart beyond the length of a key', async t => {
  const long = 'x'.repeat(300)
  const held = { resourceType: 'Observation', identifier: [{ value: `${long}1` }] }
  t.ok(finds(held, `identifier=${long}1`))
  t.notOk(finds(held, `identifier=${long}2`))
})
