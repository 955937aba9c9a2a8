/** Where a resource lives: the references that place it in a patient's record. https://hl7.org/fhir/R4/compartmentdefinition-patient.html */
import type { Reference, Resource } from './resource.ts'

/** A reference as it stands in a resource. */
export interface PlacedReference {
  /** FHIRPath of the reference, such as `DocumentReference.subject`. */
  readonly path: string
  readonly reference: Reference
}

/** What decides where a resource lives. `access.md` section 9. */
export type Placement =
  /** A Patient is its own record. */
  | { readonly kind: 'self' }
  /** The record of the patient to whom these refer. */
  | { readonly kind: 'patient'; readonly references: readonly [PlacedReference, ...PlacedReference[]] }
  /** Wherever the resources live to which these refer. */
  | { readonly kind: 'target'; readonly references: readonly [PlacedReference, ...PlacedReference[]] }
  /** Nothing names a patient. */
  | { readonly kind: 'none' }

/** By type: the parameters that place a resource in a patient's compartment. */
export type CompartmentTable = Readonly<Record<string, readonly string[]>>

/** Types that live where their target lives, and the element that names it. */
const followers: Readonly<Record<string, string>> = { Provenance: 'target', Binary: 'securityContext' }

/** The elements that name the patient before any other does. */
const first = ['patient', 'subject'] as const

const rank = (name: string): number => (name === 'patient' ? 0 : name === 'subject' ? 1 : 2)

/** Parameters of a compartment in the order in which they are asked: `patient`, `subject`, then as they came. */
export const inOrder = (names: readonly string[]): readonly string[] => [...names].sort((a, b) => rank(a) - rank(b))

/** Returns the elements at the plain paths of FHIRPath expressions, without the type: `subject`, `participant.actor`. */
export function pathsOf(type: string, expressions: readonly string[]): readonly string[] {
  const path = new RegExp(`\\b${type}\\.([\\w.]+?)(?:\\.where\\(| as (\\w+)\\)|(?=[\\s|)]|$))`, 'g')
  return [
    ...new Set(expressions.flatMap(text => [...text.matchAll(path)].map(([, names = '', as = '']) => names + as))),
  ]
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Is told each JSON object at a path of element names, with its FHIRPath. */
type Visit = (json: Readonly<Record<string, unknown>>, path: string) => void

function walk(value: unknown, names: readonly string[], { path, visit }: { path: string; visit: Visit }): void {
  if (!isRecord(value)) return
  const [name, ...rest] = names
  if (name === undefined) {
    visit(value, path)
    return
  }
  const child = Object.hasOwn(value, name) ? value[name] : undefined
  if (child === undefined) return
  if (!Array.isArray(child)) walk(child, rest, { path: `${path}.${name}`, visit })
  else for (const [at, item] of child.entries()) walk(item, rest, { path: `${path}.${name}[${at}]`, visit })
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** The JSON of a Reference, or undefined when it names nothing. */
function toReference(json: Readonly<Record<string, unknown>>): Reference | undefined {
  const reference = text(json.reference)
  const type = text(json.type)
  const identifier = isRecord(json.identifier) ? json.identifier : undefined
  if (reference === undefined && identifier === undefined) return undefined
  const system = text(identifier?.system)
  const value = text(identifier?.value)
  const named = { ...(system === undefined ? {} : { system }), ...(value === undefined ? {} : { value }) }
  return {
    ...(reference === undefined ? {} : { reference }),
    ...(type === undefined ? {} : { type }),
    ...(identifier === undefined ? {} : { identifier: named }),
  }
}

/** The type to which a reference leads, as far as its text says; undefined when it does not (`urn:uuid:`, an identifier alone). */
function targetType(resource: Resource, { reference, type }: Reference): string | undefined {
  if (reference?.startsWith('#') === true) {
    const contained = Array.isArray(resource.contained) ? resource.contained : []
    const target: unknown = contained.find(inner => isRecord(inner) && inner.id === reference.slice(1))
    return isRecord(target) ? text(target.resourceType) : type
  }
  const [, literal] =
    /(?:^|\/)([A-Z][A-Za-z]+)(?:\/[A-Za-z0-9.-]{1,64}(?:\/_history\/[A-Za-z0-9.-]{1,64})?$|\?)/.exec(reference ?? '') ??
    []
  return literal ?? type
}

function referencesAt(resource: Resource, path: string): readonly PlacedReference[] {
  const found: PlacedReference[] = []
  const visit: Visit = (json, at) => {
    const reference = toReference(json)
    if (reference !== undefined) found.push({ path: at, reference })
  }
  walk(resource, path.split('.'), { path: resource.resourceType, visit })
  return found
}

const holds = (
  references: readonly PlacedReference[],
): references is readonly [PlacedReference, ...PlacedReference[]] => references.length > 0

/**
 * Says what places `resource` in a patient's record: `patient`, else `subject`, else the first of `paths` (elements of
 * the compartment's parameters, as the catalog has them) that holds a Patient. References of `patient` and `subject`
 * whose type their text does not tell are taken for Patients; elsewhere such references are passed over.
 */
export function patientReferences(resource: Resource, paths: readonly string[]): Placement {
  if (resource.resourceType === 'Patient') return { kind: 'self' }
  const follows = followers[resource.resourceType]
  if (follows !== undefined) {
    const references = referencesAt(resource, follows)
    return holds(references) ? { kind: 'target', references } : { kind: 'none' }
  }
  const named = first.filter(name => paths.includes(name))
  for (const path of [...named, ...paths.filter(path => !named.some(name => name === path))]) {
    const direct = named.some(name => name === path)
    const references = referencesAt(resource, path).filter(({ reference }) => {
      const type = targetType(resource, reference)
      return type === 'Patient' || (direct && type === undefined)
    })
    if (holds(references)) return { kind: 'patient', references }
  }
  return { kind: 'none' }
}
