/** Parameters of type reference, and lists. https://hl7.org/fhir/R4/search.html#reference */
import t from 'tap'
import { idsOf } from '../rest.ts'
import { type LanguageRow, type Named, observation, patient, proveOn, startWith } from './prove.ts'

const by = (id: string, ...performer: readonly object[]) => observation(id, { performer })
const numbers = 'urn:example:numbers'
const listed = (id: string, ...references: readonly string[]): Named => ({
  ...{ resourceType: 'List', id, status: 'current', mode: 'working', subject: { reference: 'Patient/p' } },
  ...(references.length > 0 && { entry: references.map(reference => ({ item: { reference } })) }),
})

const resources: readonly Named[] = [
  patient('p'),
  patient('q'),
  by('doctor', { reference: 'Practitioner/d' }),
  by('version', { reference: 'Practitioner/d/_history/3' }),
  by('house', { reference: 'Organization/d' }),
  by('elsewhere', { reference: 'http://elsewhere.example/fhir/Practitioner/d' }),
  by('numbered', { identifier: { system: numbers, value: '1' } }),
  by('several', { reference: 'Practitioner/d' }, { reference: 'Organization/o' }),
  by('nobody', { display: 'Somebody' }),
  { ...observation('other'), subject: { reference: 'Patient/q' } },
  { ...observation('group'), subject: { reference: 'Group/g' } },
  listed('some', 'Observation/doctor', 'Observation/house', 'Observation/absent', 'Patient/q'),
  listed('empty'),
  {
    ...listed('changes'),
    mode: 'changes',
    entry: [
      { item: { reference: 'Observation/doctor' }, deleted: true },
      { item: { reference: 'Observation/house' }, deleted: false },
      { item: { reference: 'Observation/version' } },
      { item: { reference: 'Observation/several' }, deleted: true },
      { item: { reference: 'Observation/several' } },
      { item: { reference: 'Patient/q' }, deleted: true },
    ],
  },
]

const inMemory: readonly LanguageRow[] = [
  ['type and id', 'Observation?performer=Practitioner/d', 'doctor several version'],
  ['an id alone is of any type that may stand there', 'Observation?performer=d', 'doctor house several version'],
  [':[type] says which', 'Observation?performer:Organization=d', 'house'],
  [
    'a version of what is asked is found by it',
    'Observation?performer=Practitioner/d/_history/7',
    'doctor several version',
  ],
  ['an address elsewhere', 'Observation?performer=http://elsewhere.example/fhir/Practitioner/d', 'elsewhere'],
  [':identifier', `Observation?performer:identifier=${numbers}|1`, 'numbered'],
  [':identifier of any system', 'Observation?performer:identifier=1', 'numbered'],
  [':identifier of no system', 'Observation?performer:identifier=|1', ''],
  ['twice is and', 'Observation?performer=Practitioner/d&performer=Organization/o', 'several'],
  ['a comma is or', 'Observation?performer=Organization/d,Organization/o', 'house several'],
  [':missing=true', 'Observation?performer:missing=true', 'group nobody other'],
  ['what is no patient is searched by its key', 'Observation?subject=Group/g', 'group'],
]

const overHttp: readonly LanguageRow[] = [
  ['a patient by id', 'Observation?patient=q', 'other'],
  ['a patient by type and id', 'Observation?subject=Patient/q', 'other'],
  ['_list finds what a list names', 'Observation?_list=some', 'doctor house'],
  ['of the type that is searched', 'Patient?_list=some', 'q'],
  ['an empty list names nothing', 'Observation?_list=empty', ''],
  ['so does one that is not there', 'Observation?_list=absent', ''],
  ['lists are alternatives', 'Observation?_list=empty,some', 'doctor house'],
  ['a list beside other parameters', 'Observation?_list=some&performer:Organization=d', 'house'],
  ['an entry that is marked as deleted is no member', 'Observation?_list=changes', 'house several version'],
  ['also where it is the only one of its type', 'Patient?_list=changes', ''],
  ['another list may have it', 'Observation?_list=changes,some', 'doctor house several version'],
  ['a list within a chain', 'Patient?_has:Observation:patient:_list=changes', 'p'],
  ['which has none of another patient', 'Patient?_id=q&_has:Observation:patient:_list=changes', ''],
  ['_has by item is a parameter of R4: what a list names at all', 'Patient?_has:List:item:_id=changes', 'q'],
  ['so is item', 'List?item=Observation/doctor', 'changes some'],
  ['_has', 'Patient?_has:Observation:patient:performer:identifier=1', 'p'],
  ['_contained=false is what happens anyway', 'Observation?performer=Organization/o&_contained=false', 'several'],
]

const rest = await startWith(resources)
await proveOn(rest, { resources, rows: inMemory, ways: 'all' })
await proveOn(rest, { resources, rows: overHttp, ways: 'http' })

t.test('large lists are read one after the other, each with what it took out', async t => {
  const note = Array.from({ length: 9 }, () => ({ text: 'x'.repeat(1_000_000) }))
  const ids = ['large-1', 'large-2', 'large-3']
  for (const [n, id] of ids.entries()) {
    const entry = ['doctor', 'house', 'several'].map((name, at) => ({
      item: { reference: `Observation/${name}` },
      ...(at !== n && { deleted: true }),
    }))
    t.equal((await rest.put(`List/${id}`, { ...listed(id), mode: 'changes', note, entry })).status, 201)
  }
  for (const [asked, members] of [
    [ids, ['doctor', 'house', 'several']],
    [ids.slice(1), ['house', 'several']],
  ] as const)
    t.same([...idsOf(await rest.get(`Observation?_list=${asked.join(',')}`))].sort(), members)
})
