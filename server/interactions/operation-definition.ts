/** What an operation of this project is, for clients: its OperationDefinition, written from its row. https://hl7.org/fhir/R4/operationdefinition.html */
import { bytesOf } from '../../resources/bundle.ts'
import {
  type Operation,
  type OperationParameter,
  operationNamed,
  operations,
  ownDefinitions,
} from '../../resources/operations.ts'

const parameterOf = ({ name, type, required, repeats, says }: OperationParameter) => ({
  ...{ name, use: 'in', min: required ? 1 : 0, max: repeats ? '*' : '1' },
  ...{ documentation: says, type },
})

/** @returns the resource as bytes; undefined for a name that is no operation, or one that HL7 defines. */
export function operationDefinition(name: string, base: string): Uint8Array | undefined {
  const known = operationNamed(name)
  if (known === undefined) return undefined
  const { definition, levels, types, affectsState, says, parameters }: Operation = operations[known]
  if (!definition.startsWith(ownDefinitions)) return undefined
  return bytesOf({
    ...{ resourceType: 'OperationDefinition', id: known, url: definition, name: known },
    ...{ status: 'active', kind: 'operation', description: says, affectsState, code: known },
    ...(types.length === 0 ? {} : { resource: types }),
    ...{ system: levels.includes('system'), type: levels.includes('type'), instance: levels.includes('instance') },
    comment: `Performed at ${base}.`,
    ...(parameters.length === 0 ? {} : { parameter: parameters.map(parameterOf) }),
  })
}
