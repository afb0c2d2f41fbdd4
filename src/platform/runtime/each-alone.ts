/** Milliseconds after which no further item is begun. */
const TIME_BUDGET_MS = 10_000;

/**
 * Works on one item after the other. An item that fails does not stop the others, but the time limit does: the rest of
 * a slow list is left to the next call.
 * @param onFailure receives each failure; nothing is thrown
 * @returns the results of the items that did not fail
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
