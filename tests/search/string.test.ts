import fc from 'fast-check'
import t from 'tap'
import type { Resource } from '../../resources/resource.ts'
import { fold, longestKeyText } from '../../search/fold.ts'
import { finds } from './served.ts'

const patient: Resource = {
  resourceType: 'Patient',
  name: [
    { use: 'official', family: 'Lefèvre-d’Œuvre', given: ['Jean-Luc', 'Zoë'], prefix: ['Mme'] },
    { use: 'usual', text: 'La   Grande Straße' },
  ],
  address: [{ line: ['12 rue de l’Hôpital', 'Bât. B'], city: 'Saint-Étienne', postalCode: '42000', country: 'FR' }],
}
const organization: Resource = { resourceType: 'Organization', name: 'CHU de Nîmes', alias: ['Carémeau'] }
const observation: Resource = { resourceType: 'Observation', valueCodeableConcept: { text: 'Négatif' } }

const rows: readonly (readonly [string, Resource, string, boolean])[] = [
  ['the beginning suffices', patient, 'family=lef', true],
  ['accents do not count, in the resource', patient, 'family=Lefevre', true],
  ['accents do not count, in the search', patient, 'family=LÉFÈVRE', true],
  ['case does not count', patient, 'family=lEFEVRE', true],
  ['the middle is not the beginning', patient, 'family=fevre', false],
  ['hyphen, space and apostrophe are one', patient, 'family=lefevre d oeuvre', true],
  ['typographic apostrophe and ligature', patient, 'family=lefevre-d’œuvre', true],
  ['decomposed letters', patient, 'family=lefe\u0300vre', true],
  ['a given name', patient, 'given=zoe', true],
  ['the second part of a double given name is not its beginning', patient, 'given=luc', false],
  ['name: any part', patient, 'name=zoë', true],
  ['name: a prefix of a person', patient, 'name=mme', true],
  ['name: the text, spaces collapsed', patient, 'name=la grande strasse', true],
  ['name: given then family', patient, 'name=Jean-Luc Zoë Lefèvre', true],
  ['name: family then given', patient, 'name=Lefèvre d’œuvre Jean', true],
  ['name: another name', patient, 'name=Durand', false],
  ['family is not given', patient, 'family=zoe', false],
  ['a list is any of its values', patient, 'family=durand,lefevre', true],
  [':exact is the whole', patient, 'given:exact=Jean-Luc', true],
  [':exact: case counts', patient, 'given:exact=jean-luc', false],
  [':exact: accents count', patient, 'given:exact=Zoe', false],
  [':exact: no beginning', patient, 'given:exact=Jean', false],
  [':missing', patient, 'phonetic:missing=true', false],
  [':missing of an absent element', organization, 'address:missing=true', true],
  ['address: any part', patient, 'address=42', true],
  ['address: a line', patient, "address=12 rue de l'hopital", true],
  ['address-city', patient, 'address-city=saint etienne', true],
  ['address-country', patient, 'address-country=FR', true],
  ['a plain string', organization, 'name=chu de nim', true],
  ['both members of a union', organization, 'name=caremeau', true],
  ['an escaped comma', { ...organization, name: 'Soins, suite' }, 'name=soins\\, su', true],
  ['a text beyond a choice', observation, 'value-string=negatif', true],
]

for (const [title, resource, query, found] of rows) {
  t.equal(finds(resource, query), found, `${title}: ${query}`)
}

t.test('folding twice is folding once, and fits into a key', async t => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 300 }), text => {
      const folded = fold(text)
      return folded.length <= longestKeyText && fold(folded) === folded
    }),
  )
  t.pass()
})

t.test('a long text is found by its beginning and exactly by the whole', async t => {
  const name = `Centre ${'a'.repeat(500)}`
  const long = { resourceType: 'Organization', name }
  t.ok(finds(long, `name=${name}`))
  t.ok(finds(long, `name:exact=${name}`))
  t.notOk(finds(long, `name:exact=${name}b`))
})
