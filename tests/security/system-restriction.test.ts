/** The server's own access. `access.md` section 10. */
import t from 'tap'
import { everything, nothing } from '../../search/query.ts'
import { restrict } from '../../security/restriction.ts'
import { type Purpose, systemRestriction } from '../../security/system-restriction.ts'

t.test('each purpose hides nothing within its extent and reaches nothing outside', async t => {
  const purposes = [
    'gather facts',
    'resolve identifiers',
    'current version of an update',
    'jobs',
    'destroy',
    're-index',
  ]
  for (const purpose of purposes as Purpose[]) {
    const extent = { collection: 'record', patient: '7k3m9x2q4t8v' } as const
    const restriction = systemRestriction(purpose, extent)
    t.strictSame([restriction.extent, restriction.disjuncts], [extent, [everything]], purpose)
  }
})

t.test('a restriction without a disjunct that can hold allows nothing', async t => {
  t.strictSame(restrict({ collection: 'directory' }, [nothing, nothing]).disjuncts, [])
})
