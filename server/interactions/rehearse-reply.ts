/** The answer of $rehearse as Parameters: figures by profession and type. The names are stable: `docs/how-to/explain-an-access.md` lists them. */
import type { Policy } from '../../security/policy.ts'
import type { CellChange } from '../../security/policy-changes.ts'
import type { Rehearsed } from '../../security/rehearsal.ts'
import type { Volume } from '../store/volumes.ts'
import { one, type Parameter, parts } from './parameters-reply.ts'

export interface Told {
  readonly what: 'matrix' | 'consent'
  readonly policy: Policy
  readonly rehearsed: readonly Rehearsed[]
  /** The figures of each. */
  readonly volumes: readonly (readonly Volume[])[]
}

/** What concerns fewer patients is not told: it might tell of one of them. */
const fewest = 10

/** Figures in tens, rounded down: the difference of two rehearsals is no count. */
const inTens = (count: number): number => count - (count % fewest)

const figure = (volume: Volume | undefined): readonly Parameter[] =>
  volume === undefined || volume.patients < fewest
    ? one('fewerThanPatients', 'Integer', fewest)
    : [...one('resources', 'Integer', inTens(volume.rows)), ...one('patients', 'Integer', inTens(volume.patients))]

const cellPart = (policy: Policy, mode: Rehearsed['mode'], { change, column, type }: CellChange) =>
  [
    ...one('change', 'Code', change),
    ...one('mode', 'Code', mode.replaceAll('_', '-')),
    ...one('column', 'Code', column),
    ...one('name', 'String', policy.columnNames.get(column)),
    ...one('type', 'Coding', { system: type.system, code: type.code, display: type.display }),
  ] as const

/** Of a matrix every cell is told, of a Consent the cells that enough patients have documents for. */
const isTold = ({ what }: Told, volume: Volume | undefined): boolean =>
  what === 'matrix' || (volume !== undefined && volume.patients >= fewest)

/** @returns one parameter for each cell that opens or closes. */
export const rehearsalParameters = (told: Told): readonly Parameter[] => [
  ...one('policy', 'String', `${told.policy.version}+${told.policy.restrictions}`),
  ...one('rehearsed', 'Code', told.what),
  ...told.rehearsed.flatMap(({ mode, cells }, at) => {
    const volumes = new Map((told.volumes[at] ?? []).map(volume => [volume.documentType, volume]))
    return cells
      .map(cell => ({ cell, volume: volumes.get(cell.type.code) }))
      .filter(({ volume }) => isTold(told, volume))
      .map(({ cell, volume }) => parts('cell', cellPart(told.policy, mode, cell), figure(volume)))
  }),
]
