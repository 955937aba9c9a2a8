/** The demonstration identities: whom a token of `npm run token` speaks for. */
import type { DemoIdentity } from './identity.ts'
import { type PatientName, structures } from './people.ts'
import { professionals } from './professionals.ts'

/** A system of a structure (a backend service). */
const system = (name: 'hospital' | 'laboratory', profession: string): DemoIdentity => ({
  name,
  kind: 'structure',
  profession,
  patient: null,
  shows: 'only what it deposited itself, and deposits into every open record',
  subject: `finess-${structures[name].finess}`,
  scope: 'system/*.cruds',
  claims: { structure: structures[name].finess },
})

/** A patient or a legal representative: the record's id is added when a token is signed. */
const person = (name: string, patient: PatientName, shows: string): DemoIdentity => ({
  name,
  kind: name === 'parent' ? 'representative' : 'patient',
  profession: null,
  patient,
  shows,
  subject: name,
  scope: 'patient/*.cruds',
  claims: {},
})

/** Every demonstration identity, in the order in which they are shown. */
export const identities: readonly DemoIdentity[] = [
  ...professionals,
  {
    name: 'secretary',
    kind: 'professional',
    profession: 'Medical secretary of the hospital (role 331)',
    patient: null,
    shows: 'only what the hospital deposited, and deposits as the hospital',
    subject: 'secretary-1',
    scope: 'user/*.cruds',
    claims: { role: '331', structure: structures.hospital.finess },
  },
  system('hospital', 'Information system of a hospital'),
  system('laboratory', 'Information system of a medical laboratory'),
  {
    name: 'insurance',
    kind: 'insurance',
    profession: 'Agent of the Assurance Maladie',
    patient: null,
    shows: 'only the reimbursements that it deposited, and opens records',
    subject: 'insurance-1',
    scope: 'user/*.cruds',
    claims: {},
  },
  person(
    'patient-marie',
    'marie',
    'her own record, its consents and who opened it, but not what still waits for a consultation',
  ),
  person('patient-paul', 'paul', 'his own record only'),
  person('patient-lea', 'lea', 'her own record, also what she hid from her parents'),
  person('parent', 'lea', 'the record of her daughter Léa but what Léa asked to hide from her parents'),
  {
    name: 'operator',
    kind: 'operator',
    profession: 'Operator of this server',
    patient: null,
    shows: 'no clinical resource ever; writes the directory and who represents a minor',
    subject: 'operator-1',
    scope: 'user/*.cruds',
    claims: {},
  },
]

/** Returns the identity of that name, or undefined. */
export const identityNamed = (name: string): DemoIdentity | undefined => identities.find(each => each.name === name)
