/** The forms of references and ids. https://hl7.org/fhir/R4/references.html */
import t from 'tap'
import { parseServerId } from '../../resources/ids.ts'
import { parseReference } from '../../resources/reference.ts'
import { parseLogicalId } from '../../resources/resource.ts'

const base = 'https://dossier.example/fhir'

t.test('a reference has one of six forms', async t => {
  for (const [text, parsed] of [
    ['Patient/1', { form: 'local', type: 'Patient', id: '1' }],
    ['Patient/1/_history/2', { form: 'local', type: 'Patient', id: '1', version: '2' }],
    [`${base}/Patient/1`, { form: 'local', type: 'Patient', id: '1' }],
    ['https://elsewhere.example/fhir/Patient/1', { form: 'elsewhere' }],
    [`${base}evil/Patient/1`, { form: 'elsewhere' }],
    ['#p', { form: 'contained', id: 'p' }],
    ['urn:uuid:0', { form: 'urn', urn: 'urn:uuid:0' }],
    ['Patient?identifier=a|b', { form: 'conditional', type: 'Patient', criteria: 'identifier=a|b' }],
    ['Patient/a b', { form: 'elsewhere' }],
    ['patient/1', { form: 'elsewhere' }],
    ['../Patient/1', { form: 'elsewhere' }],
  ] as const)
    t.match(parseReference(text, base), parsed, text)
})

t.test('an id in server form says where it lives', async t => {
  for (const [id, place] of [
    ['7k3m9x2q4t8v', { collection: 'record', patient: '7k3m9x2q4t8v' }],
    ['7k3m9x2q4t8v-01jd0000000000000000000000', { collection: 'record', patient: '7k3m9x2q4t8v' }],
    ['01jd0000000000000000000000', { collection: 'directory' }],
    ['example', undefined],
    ['7k3m9x2q4t8V', undefined],
    ['7k3m9x2q4t8u', undefined],
    ['', undefined],
  ] as const)
    t.same(parseServerId(id), place, id)
})

t.test('an id has 1 to 64 letters, digits, hyphens and dots', async t => {
  for (const [text, is] of [
    ['a', true],
    ['A-1.b', true],
    ['', false],
    ['a_b', false],
    ['a/b', false],
    ['x'.repeat(65), false],
  ] as const)
    t.equal(parseLogicalId(text) !== undefined, is, text)
})
