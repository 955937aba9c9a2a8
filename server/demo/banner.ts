/** What `npm start` prints once the server answers. */
import { identities } from './identities.ts'
import { insOf, structures } from './people.ts'

/** What another regime than `dmp` leaves of what the table says. */
const otherRegimes: Readonly<Record<string, string>> = {
  smart:
    'ACCESS_REGIME=smart: scopes and the patient compartment decide; what the table says of seeing holds under dmp.',
  none: 'ACCESS_REGIME=none: everybody sees everything; what the table says of seeing holds under dmp.',
}

/** Where the server is. */
export interface Addresses {
  /** FHIR base, without a final slash. */
  readonly base: string
  /** Swagger UI. */
  readonly documentation: string
}

const table = (): readonly string[] => {
  const width = Math.max(...identities.map(({ name }) => name.length))
  return identities.flatMap(({ name, kind, profession, patient, shows }) => [
    `  ${name.padEnd(width)}  ${profession ?? `${kind} of the record of ${patient}`}`,
    `  ${''.padEnd(width)}  sees: ${shows}`,
  ])
}

type Environment = Readonly<Record<string, string | undefined>>

/** What the command must be told again when it is not in the shell: where this server keeps its key, and for whom it signs. */
const remembered = ['DATA_DIR', 'SECRETS_FILE', 'AUDIENCE'] as const

/** The command that prints a token of this server. */
const command = (environment: Environment): string =>
  [
    ...remembered.flatMap(name => (environment[name] ? [`${name}='${environment[name]}'`] : [])),
    'npm run --silent token --',
  ].join(' ')

/** Three requests to paste into a shell whose folder is the project's. */
export function requestsToTry(base: string, environment: Environment): readonly string[] {
  const { system, value } = insOf('marie')
  const bearer = (name: string): string => `-H "Authorization: Bearer $(${command(environment)} ${name})"`
  const documents = `${base}/DocumentReference?patient.identifier=${system}%7C${value}&_sort=-date&_count=5`
  return [
    `curl -s ${bearer('gp')} '${documents}'`,
    `curl -s ${bearer('podologue')} '${documents}&type=34112-3'`,
    `curl -s ${bearer('hospital')} -H 'Content-Type: application/fhir+json' --data-binary @fixtures/demo/tour/discharge-summary.json '${base}'`,
  ]
}

/** The text for a human: addresses, identities, three requests. `environment` is the one that the server was started with. */
export const banner = ({ base, documentation }: Addresses, environment: Environment = process.env): string =>
  [
    '',
    `FHIR base      ${base}`,
    `Documentation  ${documentation}`,
    '',
    `Demonstration identities: ${command(environment)} <identity>`,
    ...table(),
    '',
    ...(otherRegimes[environment.ACCESS_REGIME ?? ''] === undefined
      ? []
      : [otherRegimes[environment.ACCESS_REGIME ?? ''], '']),
    `Three requests to try: the documents of Marie as her doctor; her discharge summaries as a podologue, who may not see`,
    `them; and a discharge summary pushed by ${structures.hospital.name}. docs/tour.md goes on from there.`,
    ...requestsToTry(base, environment).map(request => `\n  ${request}`),
    '',
  ].join('\n')
