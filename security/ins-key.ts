/** The control key of an INS: 97 less the number modulo 97. The departments of Corsica stand for 19 and 18. Arrêté du 24 décembre 2019, référentiel INS. */

const form = /^(\d{5}(?:\d{2}|2[AB])\d{6})(\d{2})$/

/** Whether a number has 13 characters and the key that follows from them. */
export function hasControlKey(value: string): boolean {
  const [, number, key] = form.exec(value) ?? []
  if (number === undefined) return false
  const digits = number.replace('2A', '19').replace('2B', '18')
  return Number(key) === 97 - Number(BigInt(digits) % 97n)
}
