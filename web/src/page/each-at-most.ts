/** Does `act` for every item, at most `count` at a time; the results stand in the order of the items. */
export async function eachAtMost<T, R>(
  count: number,
  items: readonly T[],
  act: (item: T) => Promise<R>,
): Promise<readonly R[]> {
  const results: R[] = [];
  const waiting = items.entries();
  const lane = async (): Promise<void> => {
    for (const [index, item] of waiting) results[index] = await act(item);
  };
  await Promise.all(Array.from({ length: Math.min(count, items.length) }, lane));
  return results;
}
