/** What $explain-access is asked to explain: a request by its address, or by interaction and reference. */
import { fail, ok, type Result } from '../../resources/outcome.ts'
import type { Interaction } from '../../resources/resource.ts'
import { permissions } from '../../security/scope-query.ts'
import type { Call, Context } from './interaction.ts'
import { operationParameters } from './operation-parameters.ts'

export interface ExplainedRequest {
  readonly interaction: Interaction
  readonly type: string
  /** Undefined: the type as a whole. */
  readonly id: string | undefined
  readonly reason: string | undefined
  /** The claims of a token, as JSON. */
  readonly principal: string | undefined
}

type Place = Pick<ExplainedRequest, 'interaction' | 'type' | 'id'>

const id = '([A-Za-z0-9.-]{1,64})'

/** The addresses of a GET, and the interaction that each asks for. https://hl7.org/fhir/R4/http.html */
const addresses: readonly { readonly form: RegExp; readonly interaction: Interaction }[] = [
  { form: new RegExp(`^([A-Za-z]+)/${id}$`), interaction: 'read' },
  { form: new RegExp(`^([A-Za-z]+)/${id}/_history/\\d{1,9}$`), interaction: 'vread' },
  { form: new RegExp(`^([A-Za-z]+)/${id}/_history$`), interaction: 'history-instance' },
  { form: /^([A-Za-z]+)\/_history$/, interaction: 'history-type' },
  { form: /^([A-Za-z]+)(?:\?.*)?$/s, interaction: 'search-type' },
]

const referenceForm = new RegExp(`^([A-Za-z]+)(?:/${id})?$`)

const isInteraction = (text: string): text is keyof typeof permissions => Object.hasOwn(permissions, text)

const wrong = (name: string, expected: string): Result<never> =>
  fail('badParameter', `expected ${expected}, found another text`, `http.${name}`)

function ofUrl({ base }: Context, url: string): Result<Place> {
  const local = url.startsWith(`${base}/`) ? url.slice(base.length + 1) : url.replace(/^\//, '')
  const address = addresses.find(({ form }) => form.test(local))
  const [, type = '', found] = address?.form.exec(local) ?? []
  return address === undefined
    ? wrong('url', 'the address of a read, vread, history or search, such as DocumentReference/id')
    : ok({ interaction: address.interaction, type, id: found })
}

const byId: ReadonlySet<Interaction> = new Set(['read', 'vread', 'history-instance'])

function ofReference(interaction: string, reference: string): Result<Place> {
  if (!isInteraction(interaction)) return wrong('interaction', `one of ${Object.keys(permissions).join(', ')}`)
  const [, type, found] = referenceForm.exec(reference) ?? []
  if (type === undefined || (byId.has(interaction) && found === undefined))
    return wrong('reference', byId.has(interaction) ? 'Type/id' : 'Type or Type/id')
  return ok({ interaction, type, id: found })
}

/** @returns what is to be explained; 400 for what is no address or reference, and for a type that is not served. */
export function explainedRequest(context: Context, call: Call): Result<ExplainedRequest> {
  const parameters = operationParameters(call)
  if (!parameters.ok) return parameters
  const given = new Map(parameters.value.map(([name, value]) => [name, value]))
  const [url, interaction, reference] = ['url', 'interaction', 'reference'].map(name => given.get(name))
  const place =
    url !== undefined && interaction === undefined && reference === undefined
      ? ofUrl(context, url)
      : url === undefined && reference !== undefined
        ? ofReference(interaction ?? 'read', reference)
        : wrong('url', 'either url, or interaction and reference')
  if (!place.ok) return place
  if (!context.catalog.types.has(place.value.type))
    return wrong(url === undefined ? 'reference' : 'url', 'a type of the capability statement')
  return ok({ ...place.value, reason: given.get('reason'), principal: given.get('principal') })
}

/** Whether the request asks for one resource by its id, which can be explained to the end. */
export const asksById = ({ interaction, type }: ExplainedRequest): boolean =>
  byId.has(interaction) && type !== 'AuditEvent'
