/** Answers one item; asks made in the same turn of the event loop share one call. */
export type Gather<Item, Answer> = (item: Item) => Promise<Answer>;

/**
 * Makes one call of many: the executor asks a field of every item of a list one by one, and at once. Nothing is kept
 * between calls, so an answer is never older than its question.
 * @param answerAll answers in the items' order; what it throws rejects every item of that call
 */
export function createGather<Item, Answer>(
  answerAll: (items: readonly Item[]) => Promise<readonly Answer[]>,
): Gather<Item, Answer> {
  let waiting: { readonly items: Item[]; readonly answers: Promise<readonly Answer[]> } | null = null;
  return async (item) => {
    waiting ??= gatherNext();
    const { items, answers } = waiting;
    const place = items.push(item) - 1;
    return (await answers)[place]!;
  };

  function gatherNext(): NonNullable<typeof waiting> {
    const items: Item[] = [];
    // Behind all promises that are settled now: whoever resolves another field first still comes along.
    const turn = new Promise<void>((resolve) => setImmediate(resolve));
    const answers = turn.then(() => {
      waiting = null;
      return answerAll(items);
    });
    return { items, answers };
  }
}
