/** Integers are written in digits alone: https://hl7.org/fhir/R4/datatypes.html#integer */
import t from 'tap'
import { compileValidator } from '../../profiles/validate.ts'
import { readJson } from '../../resources/json-text.ts'
import type { Resource } from '../../resources/resource.ts'
import { loadDefinitions } from '../../server/definitions/load.ts'

const { structures } = await loadDefinitions()
const { validate } = compileValidator(structures)

/** What is told of a resource of these members. */
function told(type: string, members: string): readonly string[] {
  const json = readJson(`{"resourceType":"${type}",${members}}`)
  if (!json.ok) throw new Error('no JSON')
  const answer = validate(json.value.value as Resource, json.value.root)
  return answer.ok ? [] : answer.failure.complaints.map(({ code, expression }) => `${code} ${expression}`)
}

const photo = (size: string) => `"photo":[{"title":"a"},{"contentType":"image/png","size":${size}}]`
const contact = (rank: string) => `"telecom":[{"system":"phone","value":"1","rank":${rank}}]`

for (const [type, members, place] of [
  ['an integer', (number: string) => `"multipleBirthInteger":${number}`, 'Patient.multipleBirthInteger'],
  ['an unsignedInt', photo, 'Patient.photo[1].size'],
  ['a positiveInt', contact, 'Patient.telecom[0].rank'],
  [
    'an integer in an extension',
    (number: string) => `"extension":[{"url":"urn:a","valueInteger":${number}}]`,
    'Patient.extension[0].valueInteger',
  ],
  [
    'an integer beside a primitive',
    (number: string) => `"_gender":{"extension":[{"url":"urn:a","valueInteger":${number}}]}`,
    'Patient._gender.extension[0].valueInteger',
  ],
  [
    'an integer of what is contained',
    (number: string) =>
      `"contained":[{"resourceType":"Patient","id":"c","multipleBirthInteger":${number}}],"link":[{"type":"seealso","other":{"reference":"#c"}}]`,
    'Patient.contained[0].multipleBirthInteger',
  ],
] as const)
  for (const [literal, accepted] of [
    ['7', true],
    ['2147483647', true],
    ['7.0', false],
    ['1e2', false],
    ['1E2', false],
    ['10e-1', false],
    ['0.07e2', false],
  ] as const)
    t.test(`${type} written ${literal} is ${accepted ? 'accepted' : 'refused'}`, async t => {
      t.same(told('Patient', members(literal)), accepted ? [] : [`value ${place}`])
    })

t.test('zero has no sign', async t => {
  t.same(told('Patient', '"multipleBirthInteger":0'), [])
  t.same(told('Patient', '"multipleBirthInteger":-0'), ['value Patient.multipleBirthInteger'])
  t.same(told('Patient', '"multipleBirthInteger":-7'), [])
})

t.test('each integer of a list and of several elements is named', async t => {
  t.same(told('Patient', `${photo('1e2')},${contact('1.0')}`), [
    'value Patient.photo[1].size',
    'value Patient.telecom[0].rank',
  ])
})

t.test('decimals may be written so', async t => {
  const quantity = (value: string) => `"status":"final","code":{"text":"x"},"valueQuantity":{"value":${value}}`
  for (const literal of ['1.0', '1e2', '-0', '-0.0', '140.0', '1.50E+2'])
    t.same(told('Observation', quantity(literal)), [], literal)
})
