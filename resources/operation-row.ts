/** What a row of the table of operations holds. https://hl7.org/fhir/R4/operationdefinition.html */

export interface OperationParameter {
  readonly name: string
  /** The type of its value, as FHIR names it. */
  readonly type: string
  readonly required: boolean
  /** Whether it may come more than once. */
  readonly repeats: boolean
  readonly says: string
  /** Whether a resource may stand in the place of the value. */
  readonly orResource?: true
}

/** Where an operation is performed: on an instance, on a type, on the whole server. */
export type OperationLevel = 'instance' | 'type' | 'system'

export interface Operation {
  /** The canonical URL of its OperationDefinition. */
  readonly definition: string
  readonly levels: readonly OperationLevel[]
  /** Types on which, or on whose instances, it is performed. */
  readonly types: readonly string[]
  /** Whether it changes anything: then it is asked by POST only. */
  readonly affectsState: boolean
  /** Whether it is asked by GET all the same: then it tells how it stands, and changes nothing. */
  readonly tells?: true
  readonly says: string
  readonly parameters: readonly OperationParameter[]
  /** The one regime that has it; all have it when absent. */
  readonly regime?: 'dmp'
}

/** The place of the OperationDefinitions that are this project's own. */
export const ownDefinitions = 'https://dossier.example/fhir/OperationDefinition/'

/** A parameter that may come once: `[name, type]`. */
export const one = ([name, type]: readonly [string, string], says: string): OperationParameter => ({
  ...{ name, type, says },
  ...{ required: false, repeats: false },
})
