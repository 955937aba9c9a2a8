/** URLs as clients write them. https://www.rfc-editor.org/rfc/rfc3986#section-6.2.2.2 */

const dollar = '%24'

/** @returns the URL with the `$` of an operation as itself: some clients escape it in the path. Parameters stay as they are. */
export function plainUrl(url: string): string {
  if (!url.includes(dollar)) return url
  const [path = '', ...query] = url.split('?')
  return [path.replaceAll(dollar, '$'), ...query].join('?')
}
