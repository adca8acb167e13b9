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

/** How a batch is worked on, so that it answers while its caller still listens. */
export interface BatchWork<Item, Answer> {
  readonly work: (item: Item) => Promise<Answer>;
  /** After so many milliseconds nothing more is begun, and what is not done is answered by `late`. */
  readonly withinMs: number;
  readonly late: (item: Item) => Promise<Answer>;
  /** Aborted when the process stops: the time is up. */
  readonly stopping?: AbortSignal;
}

/** How a batch is worked on whose items reserve something in order. */
export interface BegunWork<Item, Outcome, Answer> {
  /** What has to be done for one item before the next one's turn; answers the rest of the work. */
  readonly begin: (item: Item) => Promise<() => Promise<Outcome>>;
  /** Makes the item's answer of the whole work's outcome, faults included. */
  readonly settle: (work: () => Promise<Outcome>) => Promise<Answer>;
  /** Items under way at a time. */
  readonly width: number;
  /** After so many milliseconds nothing more is begun, and what is not begun is answered by `late`. */
  readonly withinMs: number;
  readonly late: (item: Item) => Promise<Answer>;
  /** Aborted when the process stops: the time is up. */
  readonly stopping?: AbortSignal;
}

/**
 * Begins items one after the other, so that what each one reserves is reserved in order, and ends them side by side; answers
 * in the items' order. One that was begun is ended. The first rejection rejects the whole, and no further item is begun.
 */
export async function mapBegunInOrder<Item, Outcome, Answer>(
  items: readonly Item[],
  { begin, settle, width, withinMs, late, stopping }: BegunWork<Item, Outcome, Answer>,
): Promise<Answer[]> {
  const deadlineMs = performance.now() + withinMs;
  const answers: Promise<Answer>[] = [];
  const underWay = new Set<Promise<unknown>>();
  let failed = false;
  for (const item of items) {
    if (failed) break;
    if (underWay.size >= width) await Promise.race(underWay);
    if (performance.now() >= deadlineMs || stopping?.aborted === true) {
      answers.push(late(item));
      continue;
    }
    const begun = begin(item);
    const answer = settle(async () => (await begun)());
    answers.push(answer);
    underWay.add(answer);
    const leave = (): void => void underWay.delete(answer);
    // A rejection stays among those under way: whoever waits for room, or in the end for all of them, meets it.
    answer.then(leave, () => (failed = true));
    await begun.catch(() => undefined);
  }
  return Promise.all(answers);
}

/**
 * Works on items at most `width` at a time; answers in the items' order. The first rejection rejects the whole, and no
 * further item is begun. Work that is late goes on unobserved: it has to hold its own leases and log its own faults.
 */
export async function mapInParallel<Item, Answer>(
  items: readonly Item[],
  { width, work, withinMs, late, stopping }: BatchWork<Item, Answer> & { readonly width: number },
): Promise<Answer[]> {
  const answers = new Array<Answer>(items.length);
  const queue = items.entries();
  // Not AbortSignal.any: a signal that lives as long as the process keeps something of each one made from it.
  // https://github.com/nodejs/node/issues/55351
  const time = new AbortController();
  const timeIsUp = time.signal;
  const end = (): void => time.abort();
  if (stopping?.aborted === true) end();
  stopping?.addEventListener("abort", end);
  const timer = setTimeout(end, withinMs);
  let failed = false;
  const worker = async (): Promise<void> => {
    for (const [index, item] of queue) {
      if (failed) return;
      answers[index] = timeIsUp.aborted ? await late(item) : await inTime(work(item), timeIsUp, () => late(item));
    }
  };
  const workers = Array.from({ length: Math.min(width, items.length) }, () =>
    worker().catch((error: unknown) => {
      failed = true;
      throw error;
    }),
  );
  try {
    await Promise.all(workers);
    return answers;
  } finally {
    clearTimeout(timer);
    stopping?.removeEventListener("abort", end);
  }
}

/** The work's answer, or the late one when the signal comes first. */
function inTime<Answer>(work: Promise<Answer>, timeIsUp: AbortSignal, late: () => Promise<Answer>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const answerLate = (): void => void late().then(resolve, reject);
    timeIsUp.addEventListener("abort", answerLate, { once: true });
    void work.then(resolve, reject).finally(() => timeIsUp.removeEventListener("abort", answerLate));
  });
}
