import t from 'tap'
import type { Resource } from '../../resources/resource.ts'
import { codesOfSeveralSystems, implicitSystems } from '../../search/implicit-systems.ts'
import { matches } from '../../search/matches.ts'
import { withValuesAlone } from '../../search/token-elements.ts'
import { typedExpression } from '../../search/typed-expression.ts'
import { entryOf, finds, search, structures, table, unwrap } from './served.ts'

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

const capitals: Resource = {
  resourceType: 'Patient',
  telecom: [
    { system: 'email', value: 'Lea@DEMO.example' },
    { system: 'url', value: `https://${'X'.repeat(300)}` },
  ],
}

const document: Resource = {
  resourceType: 'DocumentReference',
  status: 'current',
  content: [{ attachment: { contentType: 'application/pdf' }, format: { system: 'urn:formats', code: 'pdf' } }],
}

const xml: Resource = {
  resourceType: 'DocumentReference',
  status: 'current',
  content: [{ attachment: { contentType: 'text/XML; charset=UTF-8' } }],
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
  ['an address of e-mail in whatever case', patient, 'email=LEA@Demo.example', true],
  ['a stored address of e-mail in whatever case', capitals, 'email=lea@demo.example', true],
  ['an address of e-mail as it was written', capitals, 'telecom=Lea@DEMO.example', true],
  ['another address of e-mail', capitals, 'telecom=lea@demo.exampl', false],
  [':not of an address of e-mail in whatever case', capitals, 'email:not=lea@demo.example', false],
  ['a long address in whatever case', capitals, `telecom=https://${'x'.repeat(300)}`, true],
  ['_filter, an address of e-mail in whatever case', capitals, '_filter=email eq LEA@demo.example', true],
  ['_filter, no other address of e-mail', capitals, '_filter=email ne LEA@demo.example', false],
  ['|value: a contact has no system', patient, 'telecom=|lea@demo.example', true],
  ['|value: a boolean has no system', patient, 'active=|true', true],
  ['a nested concept', patient, 'language=fr-FR', true],
  ['_tag', patient, '_tag=urn:tags|test', true],
  ['_security', patient, '_security=N', true],
  ['_security, another', patient, '_security=urn:labels|R', false],
  ['a media type in whatever case', document, 'contenttype=Application/PDF', true],
  ['a media type in whatever case, with its system', document, 'contenttype=urn:ietf:bcp:13|application/PDF', true],
  ['a language in whatever case', patient, 'language=FR-fr', true],
  ['a language in whatever case, with its system', patient, 'language=urn:ietf:bcp:47|fr-fr', true],
  ['a language of a value set', patient, 'language:in=http://hl7.org/fhir/ValueSet/languages', true],
  ['a code that says nothing of case minds it', patient, 'gender=Female', false],
  ['a media type of more words', xml, 'contenttype=text/xml', false],
  [':below of a media type: whatever its parameters', xml, 'contenttype:below=text/xml', true],
  [':below of a media type in whatever case', xml, 'contenttype:below=urn:ietf:bcp:13|Text/XML', true],
  [':below of a media type: itself', document, 'contenttype:below=application/pdf', true],
  [':below of a media type: no other that begins so', document, 'contenttype:below=application/pd', false],
  [':below of a list of media types', xml, 'contenttype:below=application/pdf,text/xml', true],
  ['a media type', document, 'contenttype=application/pdf', true],
  ['a Coding', document, 'format=urn:formats|pdf', true],
]

for (const [title, resource, query, found] of rows) {
  t.equal(finds(resource, query), found, `${title}: ${query}`)
}

const withoutSystems = new Set(['boolean', 'string', 'id', 'uri', 'code'])

/** What the structures of R4 say of the elements of a parameter. */
function isAlone(type: string, code: string, expression: string): boolean {
  const typed = typedExpression(expression, { of: type, for: 'token', structures })
  const name = `${type}.${code}`
  if (/\.exists\(\)/.test(expression)) return true
  return (
    typed.ok &&
    typed.value.elements.every(each => withoutSystems.has(each)) &&
    !implicitSystems.has(name) &&
    !codesOfSeveralSystems.has(name)
  )
}

/** R4 allows the value alone for these: what cannot be found is refused, and never answered with nothing. */
const withoutSystem: readonly (readonly [string, string, string, RegExp])[] = [
  [
    'a ContactPoint',
    'Patient',
    'telecom=phone|+33 1 99 00 00 00',
    /without system\|: the system of a contact is its kind/,
  ],
  ['a ContactPoint of one kind', 'Patient', 'email=email|lea@demo.example', /without system\|/],
  ['a ContactPoint, the kind alone', 'Practitioner', 'telecom=phone|', /phone and email ask by that/],
  ['a ContactPoint under another name', 'Subscription', 'contact=phone|1', /without system\|/],
  ['a ContactPoint in a list', 'Patient', 'telecom=1,phone|2', /without system\|/],
  ['a ContactPoint, :not', 'Patient', 'telecom:not=phone|2', /without system\|/],
  ['a ContactPoint in a chain', 'DocumentReference', 'author:Practitioner.telecom=phone|2', /without system\|/],
  ['a ContactPoint in _filter', 'Patient', '_filter=telecom eq phone|2', /without system\|/],
  ['a boolean', 'Patient', 'active=http://hl7.org/fhir/special-values|true', /what it searches has no system/],
  ['a boolean of a choice', 'Patient', 'deceased=urn:x|true', /what it searches has no system/],
  ['a string', 'ValueSet', 'version=urn:x|1', /what it searches has no system/],
  ['an id', 'ImagingStudy', 'series=urn:x|1', /what it searches has no system/],
  ['a code without a value set', 'SearchParameter', 'code=urn:x|1', /what it searches has no system/],
]
for (const [title, type, query, diagnostics] of withoutSystem)
  t.match(
    search(type, query),
    { ok: false, failure: { kind: 'badParameter', complaints: [{ diagnostics }] } },
    `system| of ${title}: ${type}?${query}`,
  )

t.test('the parameters whose values have no system are those of R4', async t => {
  const alone = Object.entries(table).flatMap(([type, row]) =>
    Object.entries(row).flatMap(([code, { type: kind, expression }]) =>
      kind === 'token' && code !== '_id' && isAlone(type, code, expression) ? [`${type}.${code}`] : [],
    ),
  )
  t.same([...withValuesAlone].sort(), alone.sort())
})

t.test('rows that were indexed in the letters of an address are found by these letters', async t => {
  const entry = entryOf(capitals)
  const former = { ...entry, search: { ...entry.search, token: ['email=Lea@DEMO.example'] } }
  const asks = (query: string) => matches(unwrap(search('Patient', query)).query, former)
  t.ok(asks('email=Lea@DEMO.example'))
  t.notOk(asks('email=lea@demo.example'), 'until $reindex has passed them')
})

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
