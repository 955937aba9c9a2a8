/** What a write by id answers where nothing visible stands: the same for absent, hidden and closed. `access.md` sections 3 and 6. */
import { fail, type Result } from '../../../resources/outcome.ts'
import type { Item } from './item.ts'

/** 404 for a delete and a patch; 405 for an update, which would have to create under an id that is not the client's to choose. */
export const nothingThere = ({ method, type, path, patch }: Item): Result<never> =>
  method === 'DELETE' || patch !== undefined
    ? fail('notFound', `expected the id of a ${type} that exists and that you may see, found none`, path)
    : fail(
        'notAllowed',
        `expected the id of a ${type} that exists and that you may change; to create one, POST it`,
        path,
      )
