/** StructureDefinitions, cut down to what validation reads. https://hl7.org/fhir/R4/structuredefinition.html */
import type { CutStructures, Element, ElementType } from '../../profiles/structure.ts'
import type { ValueSets } from '../../resources/value-set.ts'
import {
  additionalElements,
  additionalTargets,
  additionalTypes,
  restoredElements,
  unboundElements,
} from './corrections.ts'
import type { SnapshotElement, SnapshotType, StructureDefinition } from './structure-definition.ts'

const systemType = 'http://hl7.org/fhirpath/System.'
const fhirType = 'http://hl7.org/fhir/StructureDefinition/structuredefinition-fhir-type'
const maxValueSet = 'http://hl7.org/fhir/StructureDefinition/elementdefinition-maxValueSet'
const restored = new Map(restoredElements.map(element => [element.path, element]))

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('.'))

const isAddition = (path: string): boolean =>
  additionalElements.some(added => path === added || path.startsWith(`${added}.`))

function toType(element: SnapshotElement, type: SnapshotType): ElementType {
  if (element.base?.path === 'Resource.id') return { code: 'id' }
  if (type.code.startsWith(systemType)) {
    return { code: type.extension?.find(({ url }) => url === fhirType)?.valueUrl ?? 'string' }
  }
  if (type.code === 'BackboneElement' || type.code === 'Element') return { code: element.path }
  if (type.code !== 'Reference') return { code: type.code }
  const targets = (type.targetProfile ?? [])
    .map(profile => profile.slice(profile.lastIndexOf('/') + 1))
    .filter(target => !additionalTargets.has(target))
  return targets.length === 0 || targets.includes('Resource') ? { code: 'Reference' } : { code: 'Reference', targets }
}

/** The same type may be listed several times, once per profile. */
function toTypes(element: SnapshotElement): readonly ElementType[] {
  if (element.contentReference !== undefined) return [{ code: element.contentReference.slice(1) }]
  const byCode = new Map<string, ElementType>()
  for (const type of (element.type ?? []).map(type => toType(element, type))) {
    const before = byCode.get(type.code)
    const targets =
      before?.targets !== undefined && type.targets !== undefined ? [...before.targets, ...type.targets] : []
    byCode.set(type.code, targets.length === 0 ? type : { code: type.code, targets })
  }
  return [...byCode.values()]
}

/** The value set to which an element must keep, without its version: required, or the widest that codes may be of; none when its codes are not known. */
function bindingOf({ path, type, binding }: SnapshotElement, sets: ValueSets['sets']): Pick<Element, 'binding'> {
  const widest = binding?.extension?.find(({ url }) => url === maxValueSet)?.valueCanonical
  const canonical = binding?.strength === 'required' ? binding.valueSet : widest
  const url = canonical?.split('|')[0] ?? ''
  const [kind = ''] = (type ?? []).map(({ code }) => code)
  const isBound = kind === 'code' || (kind === 'CodeableConcept' && binding?.strength === 'required')
  const isKnown = (sets[url] ?? null) !== null
  return isBound && isKnown && !unboundElements.has(path) ? { binding: url } : {}
}

function toElement(element: SnapshotElement, sets: ValueSets['sets']): Element {
  const name = element.path.slice(element.path.lastIndexOf('.') + 1)
  const bare = element.type?.some(({ code }) => code.startsWith(systemType) || code === 'xhtml') === true
  return {
    name: name.replace('[x]', ''),
    min: element.min > 0 ? 1 : 0,
    many: element.max !== '1',
    ...(name.endsWith('[x]') ? { choice: true } : {}),
    ...(bare ? { bare: true } : {}),
    ...(element.isSummary === true ? { summary: true } : {}),
    ...bindingOf(element, sets),
    types: toTypes(element),
  }
}

/** The elements of a definition as R4 has them. */
function correct({ id, snapshot }: StructureDefinition): readonly SnapshotElement[] {
  const kept = snapshot.element.filter(({ path, max }) => path.includes('.') && max !== '0' && !isAddition(path))
  const present = new Set(kept.map(({ path }) => path))
  const absent = restoredElements.filter(({ path }) => path.startsWith(`${id}.`) && !present.has(path))
  return [...kept.map(element => restored.get(element.path) ?? element), ...absent]
}

/** @returns the structure of every type that can be instantiated, and of `Element`, the parent of all. */
export function cutStructures(definitions: readonly StructureDefinition[], { sets }: ValueSets): CutStructures {
  const nodes: Record<string, Element[]> = {}
  const resources: string[] = []
  for (const definition of definitions) {
    const { id, kind, abstract, derivation } = definition
    if (additionalTypes.has(id) || derivation === 'constraint' || (abstract && id !== 'Element')) continue
    if (kind !== 'resource' && kind !== 'complex-type') continue
    if (kind === 'resource') resources.push(id)
    for (const element of correct(definition)) {
      const node = nodes[parentOf(element.path)] ?? []
      nodes[parentOf(element.path)] = node
      node.push(toElement(element, sets))
    }
  }
  return { resources, nodes }
}
