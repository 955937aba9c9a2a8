/** Keeps a lease while work lasts: longer than the lease itself, if it must be. */

/**
 * @param keep prolongs the lease and says whether it is still one's own; it is asked again every `everyMillis`.
 * @param lost is called when it is not.
 * @returns what `work` returns.
 */
export async function keepTurn<Value>(
  { keep, lost, everyMillis }: { keep: () => Promise<boolean>; lost: () => void; everyMillis: number },
  work: () => Promise<Value>,
): Promise<Value> {
  const beating = setInterval(() => {
    // A beat that fails is repeated by the next: the lease lasts for three.
    keep().then(
      kept => (kept ? undefined : lost()),
      () => undefined,
    )
  }, everyMillis).unref()
  try {
    return await work()
  } finally {
    clearInterval(beating)
  }
}
