/** The answer of $who-can-access as Parameters. The names are stable: `docs/how-to/explain-an-access.md` lists them. */
import type { Policy } from '../../security/policy.ts'
import type { Verdict } from '../../security/verdict.ts'
import type { OfActor, OfColumn, Readers } from '../../security/who-reads.ts'
import type { Found } from '../store/store.ts'
import { each, instant, one, type Parameter, parts, period } from './parameters-reply.ts'

export interface Told {
  readonly readers: Readers
  readonly actors: readonly OfActor[]
  readonly policy: Policy
  /** Milliseconds since 1970. */
  readonly now: number
  readonly target: Pick<Found, 'type' | 'id'>
  /** Whether it is about the record as a whole. */
  readonly whole: boolean
}

const systems: Readonly<Record<string, string>> = {
  rpps: 'https://rpps.esante.gouv.fr',
  finess: 'https://finess.esante.gouv.fr',
}

/** `rpps:…` or `finess:…` as an Identifier. */
function identifier(actor: string): { readonly system: string; readonly value: string } {
  const [kind = '', value = ''] = actor.split(':')
  return { system: systems[kind] ?? '', value }
}

const verdict = ({ reads, because }: Verdict): readonly Parameter[] => [
  ...one('reads', 'Boolean', reads),
  ...one('because', 'Code', codeOf(because)),
]

/** The trail's words for why a door opened, as codes. */
const codeOf = (because: string): string => because.replaceAll(/[ _]/g, '-')

const reference = (name: string, text: string): readonly Parameter[] => one(name, 'Reference', { reference: text })

const ofColumn = ({ policy, whole }: Told, { column, emergency, ...rest }: OfColumn): Parameter =>
  parts(
    'profession',
    one('column', 'Code', column),
    one('name', 'String', policy.columnNames.get(column)),
    verdict(rest.verdict),
    each('emergency', 'Code', emergency.map(codeOf)),
    whole ? one('types', 'Integer', policy.readers.get(column)?.size ?? 0) : [],
  )

const ofActor = ({ actor, relations, columns, namings, ...rest }: OfActor): Parameter =>
  parts(
    actor.startsWith('rpps:') ? 'professional' : 'structure',
    one('who', 'Identifier', identifier(actor)),
    each('relation', 'Code', relations),
    verdict(rest.verdict),
    columns.map(of => parts('by', one('mode', 'Code', codeOf(of.mode)), each('column', 'Code', of.columns))),
    namings.map(naming =>
      parts(
        'rule',
        one('relation', 'Code', naming.relation),
        reference('source', naming.source),
        period('period', naming),
        one('active', 'Boolean', naming.active),
      ),
    ),
  )

/** @returns the parameters in the order in which the documentation lists them. */
export const readersParameters = (told: Told): readonly Parameter[] => {
  const { readers, actors, policy, now, target } = told
  return [
    ...reference('target', `${target.type}/${target.id}`),
    ...one('policy', 'String', `${policy.version}+${policy.restrictions}`),
    ...one('evaluated', 'Instant', instant(now)),
    parts('patient', verdict(readers.patient)),
    ...readers.columns.map(column => ofColumn(told, column)),
    ...readers.modes.map(({ mode, sources, ...rest }) =>
      parts(
        'mode',
        one('code', 'Code', codeOf(mode)),
        verdict(rest.verdict),
        sources.flatMap(source => reference('source', source)),
      ),
    ),
    ...actors.map(ofActor),
    ...readers.representatives.map(({ source, kind, from, before, ...rest }) =>
      parts(
        'representative',
        reference('who', source),
        one('kind', 'Code', kind),
        verdict(rest.verdict),
        period('period', { from, before }),
      ),
    ),
    ...readers.masks.map(({ source }) => parts('mask', reference('source', source))),
  ]
}
