/** XML and JSON say the same. https://hl7.org/fhir/R4/xml.html */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { directoryEntries } from '../../fixtures/synthetic/directory.ts'
import { literalRecord } from '../../fixtures/synthetic/literal.ts'
import { recordOf } from '../../fixtures/synthetic/record.ts'
import { compileValidator } from '../../profiles/validate.ts'
import type { Resource } from '../../resources/resource.ts'
import { loadDefinitions } from '../../server/definitions/load.ts'
import { root } from '../../server/root.ts'
import { instanceOf, variantsOf } from '../http/instances.ts'
import { canonical, readXml, toJson, toXml } from '../support/xml.ts'

t.setTimeout(240_000)
const { structures } = await loadDefinitions()
const { validate } = compileValidator(structures)

const withoutHead = (text: string): string => text.replace('<?xml version="1.0" encoding="UTF-8"?>', '')

/** The JSON after a journey through XML, plain and indented; both are read as XML. */
function there(text: string): readonly string[] {
  return [false, true].map(indent => {
    const written = toXml(text, indent)
    return canonical(toJson(written))
  })
}

const jsonFiles = (folder: string): readonly string[] =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter(name => name.endsWith('.json') && !/invalid|outcome/.test(name))
    .map(name => readFileSync(join(root, folder, name), 'utf8'))
    .filter(text => /"resourceType"/.test(text))

t.test('every fixture and every record of the demonstration is the same after a journey through XML', async t => {
  const texts = jsonFiles('fixtures')
  t.ok(texts.length >= 70, `${texts.length} texts`)
  for (const text of texts) {
    const expected = canonical(text.replaceAll('&nbsp;', '&#160;')) // a name that XML does not have
    t.same(there(text), [expected, expected])
  }
})

t.test('every resource of synthetic records is the same after a journey through XML', async t => {
  const records = Array.from({ length: 12 }, (_, patient) => literalRecord(recordOf({ seed: 'xml', patient })))
  const texts = records.flat().map(({ json }) => json)
  const directory = directoryEntries.flat().map(({ resource }) => JSON.stringify(resource))
  t.ok(texts.length > 1000)
  const changed = [...texts, ...directory].filter(text => there(text).some(each => each !== canonical(text)))
  t.same(changed, [])
})

t.test('every element of every type of R4, with every type of its choices, is the same after the journey', async t => {
  for (const type of structures.resources)
    for (let variant = 0; variant < variantsOf(structures, type, 60); variant += 1) {
      const text = JSON.stringify(instanceOf(structures, type, variant))
      const changed = there(text).filter(each => each !== canonical(text))
      if (changed.length > 0) t.same(changed, [canonical(text)], `${type} ${variant}`)
    }
})

/** Both ways: the XML says what the JSON says, and is what is written for it. */
for (const [sentence, json, document] of [
  [
    'a decimal keeps its literal',
    '{"resourceType":"Observation","status":"final","code":{"text":"x"},"valueQuantity":{"value":1.50e2,"unit":"mg"}}',
    '<Observation xmlns="http://hl7.org/fhir"><status value="final"/><code><text value="x"/></code><valueQuantity><value value="1.50e2"/><unit value="mg"/></valueQuantity></Observation>',
  ],
  [
    'a decimal has more digits than a machine keeps, and a zero at its end',
    '{"resourceType":"Basic","extension":[{"url":"urn:a","valueDecimal":-0.00},{"url":"urn:a","valueDecimal":3.141592653589793238460}],"code":{"text":"x"}}',
    '<Basic xmlns="http://hl7.org/fhir"><extension url="urn:a"><valueDecimal value="-0.00"/></extension><extension url="urn:a"><valueDecimal value="3.141592653589793238460"/></extension><code><text value="x"/></code></Basic>',
  ],
  [
    'booleans and integers are no texts, and a text of digits is none of them',
    '{"resourceType":"Patient","active":false,"name":[{"text":"12"},{"text":"true"}],"multipleBirthInteger":2}',
    '<Patient xmlns="http://hl7.org/fhir"><active value="false"/><name><text value="12"/></name><name><text value="true"/></name><multipleBirthInteger value="2"/></Patient>',
  ],
  [
    'an extension stands within the element whose value it extends',
    '{"resourceType":"Patient","birthDate":"1970-03-30","_birthDate":{"id":"b","extension":[{"url":"urn:time","valueDateTime":"1970-03-30T14:35:45Z"}]}}',
    '<Patient xmlns="http://hl7.org/fhir"><birthDate value="1970-03-30" id="b"><extension url="urn:time"><valueDateTime value="1970-03-30T14:35:45Z"/></extension></birthDate></Patient>',
  ],
  [
    'an element without a value has extensions alone',
    '{"resourceType":"Patient","_birthDate":{"extension":[{"url":"urn:why","valueCode":"masked"}]}}',
    '<Patient xmlns="http://hl7.org/fhir"><birthDate><extension url="urn:why"><valueCode value="masked"/></extension></birthDate></Patient>',
  ],
  [
    'holes in a list of primitives are elements without a value',
    '{"resourceType":"Patient","name":[{"given":["Au",null,"Nz"],"_given":[null,{"extension":[{"url":"urn:a","valueBoolean":true}]},{"id":"c"}]}]}',
    '<Patient xmlns="http://hl7.org/fhir"><name><given value="Au"/><given><extension url="urn:a"><valueBoolean value="true"/></extension></given><given value="Nz" id="c"/></name></Patient>',
  ],
  [
    'a list of primitives whose every value is absent has extensions alone',
    '{"resourceType":"Patient","name":[{"_given":[{"id":"a"},{"id":"b"}]}]}',
    '<Patient xmlns="http://hl7.org/fhir"><name><given id="a"/><given id="b"/></name></Patient>',
  ],
  [
    'ids of elements and the url of an extension are attributes, the id of a resource is an element',
    '{"resourceType":"Patient","id":"p","extension":[{"id":"e","url":"urn:a","extension":[{"url":"b","valueString":"c"}]}],"name":[{"id":"n","text":"d"}]}',
    '<Patient xmlns="http://hl7.org/fhir"><id value="p"/><extension id="e" url="urn:a"><extension url="b"><valueString value="c"/></extension></extension><name id="n"><text value="d"/></name></Patient>',
  ],
  [
    'elements stand in the order of R4, whatever their order in JSON',
    '{"gender":"female","name":[{"given":["A"],"family":"B","use":"usual"}],"resourceType":"Patient","identifier":[{"value":"1","system":"urn:a"}],"active":true,"meta":{"tag":[{"code":"t"}],"versionId":"1"}}',
    '<Patient xmlns="http://hl7.org/fhir"><meta><versionId value="1"/><tag><code value="t"/></tag></meta><identifier><system value="urn:a"/><value value="1"/></identifier><active value="true"/><name><use value="usual"/><family value="B"/><given value="A"/></name><gender value="female"/></Patient>',
  ],
  [
    'a contained resource stands in its own element within `contained`',
    '{"resourceType":"Patient","contained":[{"resourceType":"Practitioner","id":"a"},{"resourceType":"Organization","id":"b","name":"B"}],"generalPractitioner":[{"reference":"#a"}],"managingOrganization":{"reference":"#b"}}',
    '<Patient xmlns="http://hl7.org/fhir"><contained><Practitioner><id value="a"/></Practitioner></contained><contained><Organization><id value="b"/><name value="B"/></Organization></contained><generalPractitioner><reference value="#a"/></generalPractitioner><managingOrganization><reference value="#b"/></managingOrganization></Patient>',
  ],
  [
    'resources and outcomes stand in entries of a Bundle',
    '{"resourceType":"Bundle","type":"batch-response","entry":[{"resource":{"resourceType":"Patient","active":true},"response":{"status":"200"}},{"response":{"status":"404","outcome":{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"not-found"}]}}}]}',
    '<Bundle xmlns="http://hl7.org/fhir"><type value="batch-response"/><entry><resource><Patient><active value="true"/></Patient></resource><response><status value="200"/></response></entry><entry><response><status value="404"/><outcome><OperationOutcome><issue><severity value="error"/><code value="not-found"/></issue></OperationOutcome></outcome></response></entry></Bundle>',
  ],
  [
    'parameters hold values, resources and parts',
    '{"resourceType":"Parameters","parameter":[{"name":"a","valueDate":"2026"},{"name":"b","resource":{"resourceType":"Basic","code":{"text":"x"}}},{"name":"c","part":[{"name":"d","valueUri":"urn:x"}]}]}',
    '<Parameters xmlns="http://hl7.org/fhir"><parameter><name value="a"/><valueDate value="2026"/></parameter><parameter><name value="b"/><resource><Basic><code><text value="x"/></code></Basic></resource></parameter><parameter><name value="c"/><part><name value="d"/><valueUri value="urn:x"/></part></parameter></Parameters>',
  ],
  [
    'elements that refer to the content of others have their children',
    '{"resourceType":"Questionnaire","status":"draft","item":[{"linkId":"1","type":"group","item":[{"linkId":"1.1","type":"boolean"}]}]}',
    '<Questionnaire xmlns="http://hl7.org/fhir"><status value="draft"/><item><linkId value="1"/><type value="group"/><item><linkId value="1.1"/><type value="boolean"/></item></item></Questionnaire>',
  ],
  [
    'a narrative keeps its letters',
    '{"resourceType":"Patient","text":{"status":"generated","div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\"><p class=\'a\'>1 &lt; 2 &#233; &amp; \\"é\\"<br/>\\n  <!-- c --> <b>x</b></p></div>"}}',
    '<Patient xmlns="http://hl7.org/fhir"><text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml"><p class=\'a\'>1 &lt; 2 &#233; &amp; "é"<br/>\n  <!-- c --> <b>x</b></p></div></text></Patient>',
  ],
  [
    'marks, line ends and letters beyond ASCII come back in a text',
    '{"resourceType":"Patient","name":[{"text":"a<b>&\\"c\\"\\n\\t\'d\' é 漢 🩺 \\r]]>"}]}',
    '<Patient xmlns="http://hl7.org/fhir"><name><text value="a&lt;b>&amp;&quot;c&quot;&#10;&#9;\'d\' é 漢 🩺 &#13;]]>"/></name></Patient>',
  ],
  ['a resource may hold nothing but its type', '{"resourceType":"Patient"}', '<Patient xmlns="http://hl7.org/fhir"/>'],
] as const) {
  t.test(`xml: ${sentence}`, async t => {
    t.equal(withoutHead(toXml(json)), document)
    t.equal(canonical(toJson(document)), canonical(json))
    t.equal(canonical(toJson(toXml(json, true))), canonical(json), 'indented')
    t.equal(validate(JSON.parse(json) as Resource).ok, true)
  })
}

const fhir = 'xmlns="http://hl7.org/fhir"'

/** What other writers of XML send. */
for (const [sentence, document, json] of [
  ['a prefix', '<f:Patient xmlns:f="http://hl7.org/fhir"><f:active value="true"/></f:Patient>', '{"active":true}'],
  [
    'a declaration, comments, line ends and a mark of the byte order of the declaration',
    `<?xml version='1.0' encoding='utf-8' standalone="yes"?>\r\n<!-- a -->\n<Patient ${fhir}>\r\n  <!-- b --><active value='true'></active>\n</Patient>\n<!-- c -->\n`,
    '{"active":true}',
  ],
  [
    'the address of a schema',
    `<Patient ${fhir} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:schemaLocation="http://hl7.org/fhir ../patient.xsd"><active value="true"/></Patient>`,
    '{"active":true}',
  ],
  [
    'references to characters',
    `<Patient ${fhir}><name><text value="&#233;&#xE9;&apos;&gt;"/></name></Patient>`,
    '{"name":[{"text":"éé\'>"}]}',
  ],
  [
    'a narrative with a prefix',
    `<Patient ${fhir} xmlns:h="http://www.w3.org/1999/xhtml"><text><status value="generated"/><h:div><h:p title="a&quot;b">x &amp; y<h:br/></h:p></h:div></text></Patient>`,
    '{"text":{"status":"generated","div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\"><p title=\\"a&quot;b\\">x &amp; y<br/></p></div>"}}',
  ],
  [
    'a narrative with CDATA',
    `<Patient ${fhir}><text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml"><![CDATA[1 < 2]]></div></text></Patient>`,
    '{"text":{"status":"generated","div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\">1 &lt; 2</div>"}}',
  ],
  [
    'processing instructions, which are no content',
    `<?xml version="1.0"?><?xml-stylesheet type="text/xsl" href="fhir.xsl"?><Patient ${fhir}><?a b="<active/>" ?><active value="true"/></Patient><?c?>`,
    '{"active":true}',
  ],
  ['a style sheet before anything else', `<?xml-stylesheet href="a.css"?><Patient ${fhir}/>`, '{}'],
  [
    'a narrative with a processing instruction',
    `<Patient ${fhir}><text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml"><p>a<?php echo 1 ?>b</p></div></text></Patient>`,
    '{"text":{"status":"generated","div":"<div xmlns=\\"http://www.w3.org/1999/xhtml\\"><p>ab</p></div>"}}',
  ],
  [
    'a value that is no number, which is judged as JSON is',
    `<Patient ${fhir}><multipleBirthInteger value="two"/></Patient>`,
    '{"multipleBirthInteger":"two"}',
  ],
  [
    'an integer with a sign',
    `<Patient ${fhir}><multipleBirthInteger value="+7"/></Patient>`,
    '{"multipleBirthInteger":7}',
  ],
  [
    'an integer below zero',
    `<Patient ${fhir}><multipleBirthInteger value="-7"/></Patient>`,
    '{"multipleBirthInteger":-7}',
  ],
  [
    'a positiveInt with a sign',
    `<Patient ${fhir}><telecom><rank value="+7"/></telecom></Patient>`,
    '{"telecom":[{"rank":7}]}',
  ],
  ...(
    [
      ['photo', 'size', '+7', 'a sign'],
      ['photo', 'size', '7.0', 'a fraction'],
      ['telecom', 'rank', '007', 'zeros before it'],
      ['telecom', 'rank', '1e2', 'an exponent'],
      ['telecom', 'rank', '-0', 'nothing but zero below zero'],
    ] as const
  ).map(
    ([holder, name, value, has]) =>
      [
        `a text in the place of ${name} with ${has}, which is judged as JSON is,`,
        `<Patient ${fhir}><${holder}><${name} value="${value}"/></${holder}></Patient>`,
        `{"${holder}":[{"${name}":"${value}"}]}`,
      ] as const,
  ),
] as const) {
  t.test(`xml: ${sentence} is read`, async t => {
    t.equal(canonical(toJson(document)), canonical(json.replace('{', '{"resourceType":"Patient",').replace(',}', '}')))
  })
}

const laughs = `<!DOCTYPE lolz [<!ENTITY lol "lol">${Array.from({ length: 9 }, (_, at) => `<!ENTITY lol${at + 1} "${`&lol${at === 0 ? '' : at};`.repeat(10)}">`).join('')}]><Patient ${fhir}><name><text value="&lol9;"/></name></Patient>`

for (const [sentence, document, says, expression] of [
  [
    'a document type',
    `<!DOCTYPE Patient SYSTEM "http://127.0.0.1:1/x.dtd"><Patient ${fhir}/>`,
    /document type/,
    undefined,
  ],
  [
    'an external entity (XXE)',
    `<?xml version="1.0"?><!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/passwd">]><Patient ${fhir}><name><text value="&x;"/></name></Patient>`,
    /document type/,
    undefined,
  ],
  ['a billion laughs', laughs, /document type/, undefined],
  ['an entity of HTML', `<Patient ${fhir}><name><text value="&eacute;"/></name></Patient>`, /entity/, undefined],
  [
    'an entity with the name of a method',
    `<Patient ${fhir}><name><text value="&constructor;&__proto__;"/></name></Patient>`,
    /entity/,
    undefined,
  ],
  ['a reference to no character', `<Patient ${fhir}><name><text value="&#0;"/></name></Patient>`, /entity/, undefined],
  [
    'a declaration that does not begin the document',
    `<Patient ${fhir}><?xml version="1.0"?></Patient>`,
    /well-formed/,
    undefined,
  ],
  [
    'an instruction without an end',
    `<?xml-stylesheet href="javascript:alert(1)" <Patient ${fhir}/>`,
    /well-formed/,
    undefined,
  ],
  ['another encoding', `<?xml version="1.0" encoding="ISO-8859-1"?><Patient ${fhir}/>`, /UTF-8/, undefined],
  ['XML 1.1', `<?xml version="1.1"?><Patient ${fhir}/>`, /XML 1\.0/, undefined],
  ['no namespace', '<Patient><active value="true"/></Patient>', /namespace http:\/\/hl7\.org\/fhir/, 'Patient'],
  ['another namespace', '<Patient xmlns="urn:hl7-org:v3"/>', /namespace/, 'Patient'],
  [
    'an element of another namespace',
    `<Patient ${fhir}><name><text xmlns="urn:x" value="a"/></name></Patient>`,
    /namespace/,
    'Patient.name[0].text',
  ],
  ['an unknown type', `<Human ${fhir}/>`, /resource type/, 'Human'],
  ['an inherited name as a type', `<constructor ${fhir}/>`, /resource type/, 'constructor'],
  [
    'an unknown element',
    `<Patient ${fhir}><name/><name><nick value="a"/></name></Patient>`,
    /unknown/,
    'Patient.name[1].nick',
  ],
  ['an element named __proto__', `<Patient ${fhir}><__proto__ value="a"/></Patient>`, /unknown/, 'Patient.__proto__'],
  [
    'an unknown element in a contained resource',
    `<Patient ${fhir}><contained><Practitioner><boss value="a"/></Practitioner></contained></Patient>`,
    /unknown/,
    'Patient.contained[0].boss',
  ],
  ['an unknown attribute', `<Patient ${fhir}><active value="true" x="1"/></Patient>`, /attribute/, 'Patient.active.x'],
  [
    'a value on an element that has children',
    `<Patient ${fhir}><name value="a"/></Patient>`,
    /attribute/,
    'Patient.name[0].value',
  ],
  ['an id as an attribute of a resource', `<Patient ${fhir} id="a"/>`, /attribute/, 'Patient.id'],
  ['an attribute of another namespace', `<Patient ${fhir} xml:lang="fr"/>`, /attribute/, 'Patient.xml:lang'],
  ['text between elements', `<Patient ${fhir}>hello<active value="true"/></Patient>`, /text in attributes/, 'Patient'],
  [
    'CDATA between elements',
    `<Patient ${fhir}><name><![CDATA[x]]></name></Patient>`,
    /text in attributes/,
    'Patient.name[0]',
  ],
  [
    'elements in another order',
    `<Patient ${fhir}><gender value="male"/><active value="true"/></Patient>`,
    /order/,
    'Patient.active',
  ],
  [
    'an element again that may stand once',
    `<Patient ${fhir}><gender value="male"/><gender value="male"/></Patient>`,
    /once/,
    'Patient.gender',
  ],
  ['a primitive without anything', `<Patient ${fhir}><active/></Patient>`, /value or an extension/, 'Patient.active'],
  [
    'two resources in one place',
    `<Patient ${fhir}><contained><Basic/><Basic/></contained></Patient>`,
    /one resource/,
    'Patient.contained[0]',
  ],
  [
    'no resource in its place',
    `<Patient ${fhir}><contained/></Patient>`,
    /expected a resource/,
    'Patient.contained[0]',
  ],
  [
    'a narrative in the namespace of FHIR',
    `<Patient ${fhir}><text><status value="generated"/><div>a</div></text></Patient>`,
    /1999\/xhtml/,
    'Patient.text.div',
  ],
  [
    'elements of FHIR in a narrative',
    `<Patient ${fhir}><text><status value="generated"/><div xmlns="http://www.w3.org/1999/xhtml"><a xmlns="http://hl7.org/fhir"/></div></text></Patient>`,
    /XHTML/,
    undefined,
  ],
  ['an attribute twice', `<Patient ${fhir}><active value="true" value="false"/></Patient>`, /well-formed/, undefined],
  ['an element without its end', `<Patient ${fhir}><active value="true"/>`, /well-formed/, undefined],
  [
    'ends in the wrong order',
    `<Patient ${fhir}><name><text value="a"></name></text></Patient>`,
    /well-formed/,
    undefined,
  ],
  ['an unbound prefix', '<f:Patient/>', /prefix/, undefined],
  ['a second root', `<Patient ${fhir}/><Patient ${fhir}/>`, /well-formed/, undefined],
  ['nothing', '', /well-formed/, undefined],
  ['JSON', '{"resourceType":"Patient"}', /well-formed/, undefined],
  ['a hundred thousand levels', `<Patient ${fhir}>${'<extension>'.repeat(100_000)}`, /levels/, undefined],
  [
    'a hundred thousand levels of a narrative',
    `<Patient ${fhir}><text><div xmlns="http://www.w3.org/1999/xhtml">${'<b>'.repeat(100_000)}`,
    /levels/,
    undefined,
  ],
  [
    'a million attributes',
    `<Patient ${fhir} ${Array.from({ length: 1_000_000 }, (_, at) => `a${at}=""`).join(' ')}/>`,
    /attributes/,
    undefined,
  ],
  [
    'a name of a megabyte',
    `<Patient ${fhir}><${'a'.repeat(1_000_000)}/></Patient>`,
    /unknown/,
    `Patient.${'a'.repeat(64)}`,
  ],
] as const) {
  t.test(`xml: ${sentence} is refused`, async t => {
    const before = performance.now()
    const found = readXml(document)
    t.match(found, { ok: false, failure: { kind: 'malformedBody', complaints: [{ diagnostics: says }] } })
    t.equal(found.ok ? undefined : found.failure.complaints[0].expression, expression)
    t.notMatch(JSON.stringify(found), /passwd|alert|hello|lol/)
    t.ok(performance.now() - before < 5000)
  })
}

t.test('xml: a value of ten megabytes is read, in JSON of the same size', async t => {
  const value = 'a'.repeat(10_000_000)
  t.equal(
    toJson(`<Binary ${fhir}><contentType value="text/plain"/><data value="${value}"/></Binary>`).length,
    10_000_062,
  )
})

t.test('xml: the JSON of small elements is not much larger than their XML', async t => {
  const text = `<Patient ${fhir}>${'<name/>'.repeat(100_000)}</Patient>`
  t.ok(toJson(text).length < text.length)
})

for (const [sentence, div, written] of [
  ['entities of HTML', '<div>a&nbsp;b &eacute; &euro;</div>', 'a&#160;b &#233; &#8364;'],
  ['an entity that nobody knows', '<div>a &foo; b</div>', 'a &amp;foo; b'],
  ['a bare ampersand', '<div>a & b &</div>', 'a &amp; b &amp;'],
  ['the end of a CDATA section', '<div>]]></div>', ']]&gt;'],
  ['a character that XML has not', '<div>a\u0001b</div>', 'a\ufffdb'],
  ['an attribute twice', '<div><p class="a" class="b">x</p></div>', '<pre>&lt;div&gt;&lt;p class="a" class="b"&gt;x'],
  ['no namespace', '<div title="xmlns=">x</div>', '<div xmlns="http://www.w3.org/1999/xhtml" title="xmlns=">x'],
] as const) {
  t.test(`xml: a narrative with ${sentence}, which JSON may hold, is well formed in XML`, async t => {
    const json = JSON.stringify({ resourceType: 'Patient', text: { status: 'generated', div } })
    const document = toXml(json)
    t.ok(document.includes(written), document)
    t.equal(readXml(document).ok, true)
    t.match(document, /<div xmlns="http:\/\/www\.w3\.org\/1999\/xhtml"/)
  })
}

t.test('xml: a text with characters that XML has not is written with signs in their places', async t => {
  const document = toXml('{"resourceType":"Patient","name":[{"text":"a\\u0001\\uffff\\ud800b"}]}')
  t.match(toJson(document), 'a\ufffd\ufffd\ufffdb')
})

t.test('xml: what R4 does not have is not written in silence', async t => {
  t.throws(() => toXml('{"resourceType":"Patient","nick":"a"}'))
  t.throws(() => toXml('{"resourceType":"Human"}'))
})
