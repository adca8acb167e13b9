import { AppError } from "../errors.js";

/**
 * Refuses a list that is too long, before any of it is worked on.
 * @param argument its name in the schema, for the message
 * @throws AppError BAD_USER_INPUT
 */
export function checkBatchSize(items: readonly unknown[], batchSize: number, argument: string): void {
  if (items.length > batchSize) {
    throw new AppError("BAD_USER_INPUT", `${argument} has ${items.length} items; at most ${batchSize} are allowed.`);
  }
}

/** Works on items one after the other, so that what each one reserves is reserved in order. */
export async function mapInOrder<Item, Answer>(
  items: readonly Item[],
  work: (item: Item) => Promise<Answer>,
): Promise<Answer[]> {
  const answers: Answer[] = [];
  for (const item of items) answers.push(await work(item));
  return answers;
}

/**
 * Works on items at most `width` at a time; answers in the items' order. The first rejection rejects the whole, and no
 * further item is begun.
 */
export async function mapInParallel<Item, Answer>(
  items: readonly Item[],
  width: number,
  work: (item: Item) => Promise<Answer>,
): Promise<Answer[]> {
  const answers = new Array<Answer>(items.length);
  const queue = items.entries();
  let failed = false;
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) {
      if (failed) return;
      answers[index] = await work(item);
    }
  };
  const workers = Array.from({ length: Math.min(width, items.length) }, () =>
    worker().catch((error: unknown) => {
      failed = true;
      throw error;
    }),
  );
  await Promise.all(workers);
  return answers;
}
