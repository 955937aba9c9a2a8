/** The capabilities interaction: what was read at start is what is answered. https://hl7.org/fhir/R4/http.html#capabilities */
import { ok, type Result } from '../../resources/outcome.ts'
import type { Context, Reply } from './interaction.ts'

export const capabilities = async ({ statement }: Context): Promise<Result<Reply>> =>
  ok({ status: 200, headers: {}, body: statement })
