/** `@medplum/core`, as its package comes. */
import { MedplumClient, OperationOutcomeError } from '@medplum/core'
import { select } from '../support/pointer.ts'
import { type ForeignClient, takesEveryStep } from './steps.ts'

/** It keeps of a link its query only, asks for it at its own address, and adds a `_count` where there is none. */
async function pagesOf(client: MedplumClient, type: string, criteria: Readonly<Record<string, string>>) {
  const pages: (readonly unknown[])[] = []
  for await (const page of client.searchResourcePages(type, criteria)) pages.push(select([...page], '/*/id'))
  return pages
}

await takesEveryStep('@medplum/core', ({ base, token }): ForeignClient => {
  // Its errors carry the OperationOutcome and no status: that one is taken where it passes.
  let status: number | undefined
  const client = new MedplumClient({
    baseUrl: base.replace(/fhir$/, ''),
    fhirUrlPath: 'fhir',
    accessToken: token,
    cacheTime: 0,
    fetch: async (url: string, options: RequestInit) => {
      const response = await fetch(url, options)
      status = response.status
      return response
    },
  })
  return {
    read: async (type, id) => client.readResource(type, id),
    pages: (type, criteria) => pagesOf(client, type, criteria),
    create: resource => client.createResource(resource),
    createIfNoneExist: (resource, criteria) => client.createResourceIfNoneExist(resource, criteria),
    update: (resource, ifMatch) => client.updateResource(resource, { headers: { 'If-Match': ifMatch } }),
    patch: (type, id, operations) => client.patchResource(type, id, operations),
    remove: (type, id) => client.deleteResource(type, id),
    transaction: bundle => client.executeBatch(bundle),
    history: async (type, id) => client.readHistory(type, id),
    refusal: async error => ({
      status,
      outcome: error instanceof OperationOutcomeError ? error.outcome : undefined,
    }),
  }
})
