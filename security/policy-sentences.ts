/** Changes of the matrix as sentences for people who do not program, in English and in French. */
import type { ColumnRestriction } from './column-restrictions.ts'
import type { DocumentType } from './policy.ts'
import type { CellChange, PolicyChanges } from './policy-changes.ts'

export type Language = 'en' | 'fr'

interface Words {
  readonly nothing: string
  readonly added: (type: string) => string
  readonly removed: (type: string) => string
  readonly opens: (type: string, column: string) => string
  readonly closes: (type: string, column: string) => string
  readonly keptClosed: (type: string, column: string) => string
  readonly restricted: (rule: ColumnRestriction, column: string, type: string) => string
  readonly lifted: (column: string, type: string) => string
  readonly everyType: string
}

const words: Readonly<Record<Language, Words>> = {
  en: {
    nothing: 'Nothing changes.',
    added: type => `${type}: new in the matrix`,
    removed: type => `${type}: no longer in the matrix`,
    opens: (type, column) => `${type}: ${column} may read it from now on`,
    closes: (type, column) => `${type}: ${column} may no longer read it`,
    keptClosed: (type, column) => `${type}: the matrix opens it to ${column}; it stays closed here`,
    restricted: ({ since, reason }, column, type) =>
      `Local restriction from ${since}: ${column} may not read ${type} (${reason})`,
    lifted: (column, type) => `Local restriction lifted: ${column}, ${type}`,
    everyType: 'any type',
  },
  fr: {
    nothing: 'Rien ne change.',
    added: type => `${type} : nouveau dans la matrice`,
    removed: type => `${type} : n’est plus dans la matrice`,
    opens: (type, column) => `${type} : ${column} peuvent désormais le lire`,
    closes: (type, column) => `${type} : ${column} ne peuvent plus le lire`,
    keptClosed: (type, column) => `${type} : la matrice l’ouvre à ${column} ; il reste fermé ici`,
    restricted: ({ since, reason }, column, type) =>
      `Restriction locale à partir du ${since} : fermeture de ${type} pour ${column} (${reason})`,
    lifted: (column, type) => `Restriction locale levée : ${column}, ${type}`,
    everyType: 'tous les types',
  },
}

const typeText = ({ code, display }: DocumentType): string => `${code} ${display}`

/** The family of professions of a column as it stands within a sentence. */
const within = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1)

/**
 * @param columnNames whom each column is for.
 * @returns one sentence for each change; one that says so when nothing changes.
 */
export function sentencesOf(
  changes: PolicyChanges,
  columnNames: ReadonlyMap<string, string>,
  language: Language,
): readonly string[] {
  const say = words[language]
  const columnText = (column: string): string => within(columnNames.get(column) ?? column)
  const of = (kind: 'opens' | 'closes' | 'keptClosed', { type, column }: CellChange): string =>
    say[kind](typeText(type), columnText(column))
  const restrictedType = ({ type }: ColumnRestriction): string => (type === '*' ? say.everyType : type)
  const sentences = [
    ...changes.added.map(type => say.added(typeText(type))),
    ...changes.removed.map(type => say.removed(typeText(type))),
    ...changes.cells.map(cell => of(cell.change, cell)),
    ...changes.keptClosed.map(cell => of('keptClosed', cell)),
    ...changes.restrictions.map(each => say.restricted(each, columnText(each.column), restrictedType(each))),
    ...changes.lifted.map(each => say.lifted(columnText(each.column), restrictedType(each))),
  ]
  return sentences.length === 0 ? [say.nothing] : sentences
}
