/** Milliseconds after which no further item is begun. */
const TIME_BUDGET_MS = 10_000;

/**
 * Works on one item after the other. An item that fails keeps no other one from its turn, but the time does: of a list
 * whose items take long, what is left over is left to the next time.
 * @param onFailure hears of each failure; nothing is thrown
 * @returns what the items that did not fail came to
 */
export async function eachAlone<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
  onFailure: (item: Item, error: unknown) => void,
): Promise<Result[]> {
  const until = performance.now() + TIME_BUDGET_MS;
  const results: Result[] = [];
  for (const item of items) {
    if (performance.now() > until) break;
    try {
      results.push(await work(item));
    } catch (error) {
      onFailure(item, error);
    }
  }
  return results;
}
