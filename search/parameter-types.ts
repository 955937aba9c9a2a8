/** What each type of search parameter can do. A new type is a new row. https://hl7.org/fhir/R4/search.html#ptypes */
import type { ParameterType } from '../resources/search-parameter-definition.ts'
import { date } from './date.ts'
import { number } from './number.ts'
import type { ParameterTypeRow } from './parameter-type.ts'
import { quantity } from './quantity.ts'
import { reference } from './reference.ts'
import { string } from './string.ts'
import { token } from './token.ts'
import { uri } from './uri.ts'

export const parameterTypes: Readonly<Record<ParameterType, ParameterTypeRow>> = {
  token,
  reference,
  date,
  string,
  uri,
  number,
  quantity,
}
