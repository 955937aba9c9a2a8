/** Parameters of type uri. https://hl7.org/fhir/R4/search.html#uri */
import { type Named, prove } from './prove.ts'

const set = (id: string, url?: string): Named => ({
  ...{ resourceType: 'ValueSet', id, status: 'active' },
  ...(url !== undefined && { url }),
})
const place = 'http://example.org/fhir'

const resources = [
  set('root', place),
  set('one', `${place}/ValueSet/one`),
  set('two', `${place}/ValueSet/one/two`),
  set('near', `${place}/ValueSet/one-more`),
  set('slash', 'http://example.org/other/'),
  set('oid', 'urn:oid:1.2.3'),
  set('oid-long', 'urn:oid:1.2.3.4'),
  set('none'),
]

await prove(resources, [
  ['a URI is found by the whole', `ValueSet?url=${place}/ValueSet/one`, 'one'],
  ['case counts', `ValueSet?url=${place}/valueset/one`, ''],
  ['a URN is a URI', 'ValueSet?url=urn:oid:1.2.3', 'oid'],
  ['a beginning is nothing', `ValueSet?url=${place}/ValueSet`, ''],
  [':below finds a place and all within', `ValueSet?url:below=${place}/ValueSet/one`, 'one two'],
  [':below with a slash at the end', `ValueSet?url:below=${place}/ValueSet/`, 'near one two'],
  [':below finds no name that merely begins so', `ValueSet?url:below=${place}/ValueSet/o`, ''],
  [':below a whole server', 'ValueSet?url:below=http://example.org', 'near one root slash two'],
  [':above finds a place and all that it is in', `ValueSet?url:above=${place}/ValueSet/one/two/three`, 'one root two'],
  [':above finds a place written with a slash', 'ValueSet?url:above=http://example.org/other/x', 'slash'],
  [':above finds itself', `ValueSet?url:above=${place}`, 'root'],
  ['a comma is or', `ValueSet?url=urn:oid:1.2.3,${place}`, 'oid root'],
  [':missing=true', 'ValueSet?url:missing=true', 'none'],
])
