/** Rules for every text of the project, whatever its language. */
import type { Violation } from './source.ts'

/** Hosts of package registries: which one is used is a setting of the machine, never of the project. */
const registries = new RegExp(
  [
    String.raw`\bregistry\.(?:npmjs|yarnpkg)\.\w+`,
    String.raw`\b(?:www\.)?npmjs\.(?:com|org)\b`,
    String.raw`\bpypi\.(?:org|python\.org)\b`,
    String.raw`\bfiles\.pythonhosted\.org\b`,
    String.raw`\bproxy\.golang\.org\b`,
    String.raw`\bjsr\.io\b`,
  ].join('|'),
)

/** What is looked for in a text: `folder` is where the clone lies on this machine. */
export const noAddressOfMachines = (path: string, text: string, folder: string): readonly Violation[] =>
  text.split('\n').flatMap((line, index) => {
    const found = registries.exec(line)?.[0] ?? (line.includes(`${folder}/`) ? folder : undefined)
    return found === undefined ? [] : [`${path}:${index + 1}: ${found}`]
  })
