/** From the body of a request to a resource that is valid and of the right type. */
import { type JsonNode, readJson } from '../../resources/json-text.ts'
import { objectOf, textOf } from '../../resources/json-value.ts'
import { type Complaint, type Failure, fail, failAll, ok, type Result } from '../../resources/outcome.ts'
import type { Resource } from '../../resources/resource.ts'
import { isSubsetted } from '../../resources/subset.ts'
import type { Call, Context } from './interaction.ts'
import { type ApartJson, type DataApart, readApart } from './write/data-apart.ts'
import type { Written } from './write/item.ts'

/** Puts the place in the request before each expression of a complaint about a resource. */
export const at = (path: string, { expression, ...rest }: Complaint): Complaint => ({
  ...rest,
  expression:
    expression === undefined ? path : path === '' ? expression : `${path}${expression.replace(/^[A-Za-z]+/, '')}`,
})

/** What `_summary` and `_elements` left out would be gone. https://hl7.org/fhir/R4/search.html#elements */
const partOnly = (path: string): Result<never> =>
  failAll('invalidResource', [
    {
      code: 'business-rule',
      diagnostics: 'expected a whole resource, found a part of one (SUBSETTED): read it whole, and change that',
      expression: `${path}.meta.tag`,
    },
  ])

/** A part of a JSON text as a resource of `type`, checked against the structure of its type. */
export function writtenAt(
  context: Context,
  from: { readonly text: string; readonly node: JsonNode; readonly value: unknown; readonly data?: DataApart },
  expected: { readonly type: string; readonly path: string },
): Result<Written> {
  const found = objectOf(from.value)
  const type = textOf(found?.resourceType)
  if (found === undefined || type === undefined)
    return fail('malformedBody', 'expected a resource: an object with resourceType', expected.path)
  if (type !== expected.type)
    return fail(
      'malformedBody',
      `expected a ${expected.type}, found another resourceType`,
      `${expected.path}.resourceType`,
    )
  if (isSubsetted(found)) return partOnly(expected.path)
  const valid = context.validate(found as Resource, from.node)
  if (!valid.ok) {
    const [first, ...others] = valid.failure.complaints
    return failAll(valid.failure.kind, [
      at(expected.path, first),
      ...others.map(complaint => at(expected.path, complaint)),
    ])
  }
  const apart = from.data === undefined ? {} : { data: from.data }
  return ok({ text: from.text, node: from.node, resource: valid.value, ...apart })
}

/** A Binary from raw bytes, as if it had been sent as JSON. https://hl7.org/fhir/R4/binary.html#rest */
const binaryText = (bytes: Uint8Array, contentType: string, securityContext: string | undefined): string =>
  JSON.stringify({
    resourceType: 'Binary',
    contentType,
    ...(securityContext === undefined ? {} : { securityContext: { reference: securityContext } }),
    data: Buffer.from(bytes).toString('base64'),
  })

/** The body of a batch as JSON, whatever is wrong with the resources of its entries. */
export function jsonOfBatch({ body }: Pick<Call, 'body'>): Result<ApartJson> {
  if (body === undefined) return fail('malformedBody', 'expected a body that holds a resource, found none')
  if (body.form === 'json') return readApart(body.text, body.apart)
  if (body.form === 'json-patch') return readJson(body.text)
  return readApart(binaryText(body.bytes, body.contentType, body.securityContext), undefined)
}

/** What is wrong with the resources of entries, by the paths of the entries. */
export const faultsOf = ({ body }: Pick<Call, 'body'>): ReadonlyMap<string, Failure> =>
  (body?.form === 'json' ? body.faults : undefined) ?? noFaults

const noFaults: ReadonlyMap<string, Failure> = new Map()

/** The body as JSON; one fault is that of the whole. */
export function jsonOfBody(call: Pick<Call, 'body'>): Result<ApartJson> {
  const [failure] = faultsOf(call).values()
  return failure === undefined ? jsonOfBatch(call) : { ok: false, failure }
}

/** The body as a resource of the call's type. */
export function writtenBody(context: Context, call: Call): Result<Written> {
  const json = jsonOfBody(call)
  if (!json.ok) return json
  const { root, ...from } = json.value
  return writtenAt(context, { ...from, node: root }, { type: call.type, path: call.type })
}
