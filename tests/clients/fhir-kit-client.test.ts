/** `fhir-kit-client`, as its package comes. */
import { Client } from 'fhir-kit-client'
import { select } from '../support/pointer.ts'
import { type ForeignClient, takesEveryStep } from './steps.ts'

type Resource = Parameters<Client['create']>[0]['body']
type Page = Parameters<Client['nextPage']>[0]['bundle']

const typeOf = ({ resourceType }: Readonly<Record<string, unknown>>): string => String(resourceType)

async function pagesOf(client: Client, resourceType: string, searchParams: Readonly<Record<string, string>>) {
  const pages: (readonly unknown[])[] = []
  let page: Resource | undefined = await client.resourceSearch({ resourceType, searchParams: { ...searchParams } })
  while (page !== undefined) {
    pages.push(select(page, '/entry/*/resource/id'))
    page = await client.nextPage({ bundle: page as Page })
  }
  return pages
}

await takesEveryStep('fhir-kit-client', ({ base, token }): ForeignClient => {
  const client = new Client({ baseUrl: base, bearerToken: token })
  const createWith = (resource: Readonly<Record<string, unknown>>, headers: Record<string, string> = {}) =>
    client.create({ resourceType: typeOf(resource), body: resource as Resource, options: { headers } })
  return {
    read: (resourceType, id) => client.read({ resourceType, id }),
    pages: (type, criteria) => pagesOf(client, type, criteria),
    create: resource => createWith(resource),
    // It has no method for this; its options take the header.
    createIfNoneExist: (resource, criteria) => createWith(resource, { 'if-none-exist': criteria }),
    update: (resource, ifMatch) =>
      client.update({
        ...{ resourceType: typeOf(resource), id: String(resource.id), body: resource as Resource },
        options: { headers: { 'if-match': ifMatch } },
      }),
    patch: (resourceType, id, jsonPatch) => client.patch({ resourceType, id, jsonPatch }),
    remove: (resourceType, id) => client.delete({ resourceType, id }),
    transaction: bundle => client.transaction({ body: bundle as Resource }),
    history: (resourceType, id) => client.resourceHistory({ resourceType, id }),
    refusal: async error => {
      const [status] = select(error, '/response/status')
      return { status: Number(status), outcome: select(error, '/response/data')[0] }
    },
  }
})
