/** What each way to fail means to a client, and what it should do: `docs/failures.md` is printed from this table. */
import type { FailureKind } from '../resources/outcome.ts'

export const failureAdvice: Readonly<Record<FailureKind, { readonly means: string; readonly remedy: string }>> = {
  malformedBody: {
    means: 'The body is empty, is no UTF-8, is neither JSON nor the XML of FHIR, or ends too early.',
    remedy: 'Send a whole resource as JSON or XML; correct what `expression` names.',
  },
  badParameter: {
    means: 'A parameter, a header or a part of the URL has a value that cannot be read.',
    remedy: 'Correct what `expression` names.',
  },
  unknownParameter: {
    means: 'The search parameter is not among those that the capability statement lists for the type.',
    remedy:
      'Correct its spelling, or send `Prefer: handling=lenient` to have it ignored; a name that may be meant to restrict is never ignored.',
  },
  parameterNotReady: {
    means:
      'The search parameter was defined here, and the resources that were there before are still being indexed by it.',
    remedy: 'Ask again later; `$reindex` on the SearchParameter tells how far it is.',
  },
  tooCostly: {
    means:
      'The search or history is too wide: it names no patient or more than one, what `expression` names (a chain, a sort, an include, a text within values) would reach too much, too many versions had to be passed over, the rules of the record name too many resources, or what is written together holds too many different conditional references.',
    remedy:
      'Name one patient, by `patient` or `patient.identifier`; narrow what `expression` names; ask for one type; name resources by their ids.',
  },
  badPage: {
    means: 'The link to a page has expired, or belongs to another caller or search.',
    remedy: 'Search again from the first page.',
  },
  unauthenticated: {
    means: 'There is no access token, or it is not valid now and for this server.',
    remedy: 'Obtain a token, and send it in the header `Authorization`.',
  },
  insufficientScope: {
    means: 'The token is valid, and none of its scopes covers the request.',
    remedy: 'Obtain a token with a scope for this type and this interaction.',
  },
  accessDenied: {
    means: 'The token is valid, and whom it speaks for may not do this with any record.',
    remedy: 'Nothing: the same request will be refused again.',
  },
  notFound: {
    means: 'There is no such resource, or the caller may not know that there is one.',
    remedy: 'Check the id. What is hidden cannot be told from what is absent.',
  },
  notServed: {
    means: 'The URL, the resource type or the operation is not served.',
    remedy: 'Look into `/fhir/metadata`.',
  },
  notAllowed: {
    means: 'The URL is served, but not by this method or interaction.',
    remedy: 'Use one of the methods in the header `Allow`.',
  },
  notAcceptable: {
    means: 'The client accepts no format that the server writes.',
    remedy: 'Accept `application/fhir+json` or `application/fhir+xml`.',
  },
  conflict: {
    means: 'The request conflicts with the state of the record, or with another request at the same time.',
    remedy: 'Read the current state, and decide again.',
  },
  alreadyPushed: {
    means: 'A document with the same master identifier was deposited before, with other content.',
    remedy: 'Give the new document an identifier of its own, and let it replace the former.',
  },
  deleted: { means: 'The resource was deleted.', remedy: 'Nothing: its versions may still be read.' },
  versionConflict: {
    means:
      'The version in `If-Match` is not the current one, what `If-None-Match` names is there, or what criteria found, or `If-Unmodified-Since` is about, has changed: somebody else was faster.',
    remedy: 'Read the current version, change that, and try again.',
  },
  multipleMatches: {
    means: 'A condition that must find one resource found several.',
    remedy: 'Make the condition narrower.',
  },
  bodyTooLarge: { means: 'The body is larger than the server takes.', remedy: 'Send less at once.' },
  unsupportedMediaType: {
    means: 'The body is of a media type, character set or encoding that the server does not read.',
    remedy:
      'Send `application/fhir+json` or `application/fhir+xml` (a patch as `application/json-patch+json`, or a FHIRPath Patch in one of these) in UTF-8, plain or in gzip.',
  },
  invalidResource: {
    means:
      'The resource breaks the structure that R4 gives its type, or a code is not of the value set that R4 requires (`code-invalid`).',
    remedy: 'Correct each element that an `expression` names.',
  },
  refusedByRule: {
    means: 'The resource is well formed, and a rule of the shared record forbids to keep it.',
    remedy: 'Read the sentence in `diagnostics`.',
  },
  patchRefused: {
    means: 'An operation of the patch cannot be performed on the current version: a test failed, a path leads nowhere.',
    remedy:
      'Read the current version, and correct the operation that `expression` names. Nothing of the patch was kept.',
  },
  rangeNotSatisfiable: {
    means: 'No byte of the document lies in the range that the header Range asks.',
    remedy: 'Ask for a range within the size that `Content-Range` tells, or for all of it.',
  },
  expectationFailed: {
    means: 'The header Expect asks for something else than `100-continue`.',
    remedy: 'Leave the header out.',
  },
  urlTooLong: {
    means: 'The URL is longer than the setting `MAX_URL_BYTES` allows.',
    remedy: 'Send the search by POST to its `_search`, with the parameters as a form in the body.',
  },
  headersTooLarge: {
    means: 'The headers are larger than the server takes: 16 KiB beside the URL.',
    remedy: 'Send shorter headers.',
  },
  tooManyRequests: {
    means:
      'The caller has sent more requests in a minute than the server takes, or has as many heavy ones in flight as one caller may (`MAX_HEAVY_REQUESTS_PER_CALLER`).',
    remedy: 'Wait as many seconds as `Retry-After` says.',
  },
  unavailable: {
    means: 'The server or its database cannot do it in time. Nothing was answered that is not in the audit trail.',
    remedy: 'Wait as many seconds as `Retry-After` says, and try again.',
  },
}
