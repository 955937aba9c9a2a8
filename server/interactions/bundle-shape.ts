/** Whether a body is a Bundle that can be performed: what is misspelt in it would be lost silently. https://hl7.org/fhir/R4/bundle.html */
import { listOf, objectOf } from '../../resources/json-value.ts'
import { type Complaint, failAll, ok, type Result } from '../../resources/outcome.ts'

/** The elements of a Bundle, of its entries and of their requests. */
const elements = {
  bundle: new Set(
    'resourceType id meta implicitRules language identifier type timestamp total link entry signature'.split(' '),
  ),
  entry: new Set('id extension modifierExtension link fullUrl resource search request response'.split(' ')),
  request: new Set(
    'id extension modifierExtension method url ifNoneMatch ifModifiedSince ifMatch ifNoneExist'.split(' '),
  ),
}

/** Elements of a request or an entry that are texts. */
const texts = new Set('fullUrl method url ifNoneMatch ifModifiedSince ifMatch ifNoneExist'.split(' '))

/** Complaints about the members of an object: unknown ones, and texts that are none. */
function membersOf(value: unknown, known: ReadonlySet<string>, path: string): readonly Complaint[] {
  const object = objectOf(value)
  if (object === undefined) return [{ diagnostics: 'expected an object, found something else', expression: path }]
  return Object.entries(object).flatMap(([name, member]): readonly Complaint[] => {
    const expression = `${path}.${name}`
    if (!known.has(name.startsWith('_') ? name.slice(1) : name))
      return [{ diagnostics: 'expected an element of R4, found another name', expression }]
    return texts.has(name) && typeof member !== 'string' ? [{ diagnostics: 'expected a text', expression }] : []
  })
}

function entryComplaints(value: unknown, path: string): readonly Complaint[] {
  const request = objectOf(value)?.request
  const inRequest = request === undefined ? [] : membersOf(request, elements.request, `${path}.request`)
  return [...membersOf(value, elements.entry, path), ...inRequest]
}

/** @returns the entries as parsed JSON; fails with everything that is wrong with the Bundle around them. */
export function entryValues(value: unknown, type: 'batch' | 'transaction'): Result<readonly unknown[]> {
  const bundle = objectOf(value)
  if (bundle?.resourceType !== 'Bundle')
    return failAll('malformedBody', [
      { diagnostics: 'expected a Bundle, found something else', expression: 'Bundle.resourceType' },
    ])
  const complaints: Complaint[] = [...membersOf(bundle, elements.bundle, 'Bundle')]
  if (bundle.type !== type)
    complaints.push({
      diagnostics: 'expected a Bundle of type batch or transaction, found another',
      expression: 'Bundle.type',
      code: 'value',
    })
  if (bundle.entry !== undefined && !Array.isArray(bundle.entry))
    complaints.push({ diagnostics: 'expected a list of entries, found something else', expression: 'Bundle.entry' })
  const entries = listOf(bundle.entry)
  complaints.push(...entries.flatMap((entry, index) => entryComplaints(entry, `Bundle.entry[${index}]`)))
  const [first, ...others] = complaints
  return first === undefined ? ok(entries) : failAll('malformedBody', [first, ...others])
}
