import { abortable } from "./abortable.js";
import type { Answer, ApiFault, CreateUpload, UploadApi, UploadTicket } from "./upload-api.js";

/**
 * A server that takes several files a call. One answer an item, in the order asked; an item that is refused leaves the
 * others alone. Lists are never longer than `batchSize()`. Throws when the call failed as a whole.
 */
export interface BulkUploadApi<F> extends UploadApi<F> {
  createMany(inputs: readonly CreateUpload[]): Promise<readonly Answer<UploadTicket>[]>;
  confirmMany(fileIds: readonly string[]): Promise<readonly Answer<F>[]>;
}

/** After a call for several, the next one waits so long for company: files are on the move. */
const COMPANY_MS = 100;
/** A verdict can take long; others' verdicts do not wait for it any longer than this. */
const VERDICT_MS = 1_000;
/** Longer than any call takes: creates keep their order. */
const CREATE_MS = 60_000;

/**
 * The same server asked less often: creates, and confirms, that come while such a call is under way go together in the
 * next one. A lone call goes as it is and at once. Creates keep their order. When a call fails as a whole, every caller
 * gets the error and tries again for itself; one that the server cannot even read is taken apart, so that a single bad
 * item does not harm the others.
 */
export function batchCalls<F>(api: BulkUploadApi<F>): UploadApi<F> {
  const never = (): AbortSignal => new AbortController().signal;
  const most = (): Promise<number> => api.batchSize(never());
  const create = gather(
    most,
    CREATE_MS,
    (input: CreateUpload) => api.create(input),
    (inputs) => api.createMany(inputs),
  );
  const confirm = gather(
    most,
    VERDICT_MS,
    (fileId: string, signal) => api.confirm(fileId, signal),
    (fileIds) => api.confirmMany(fileIds),
  );
  // A plain object, so that it can be spread; calls, so that the api may be an instance of a class.
  return {
    create: (input) => create(input, never()),
    resume: (...asked) => api.resume(...asked),
    batchSize: (...asked) => api.batchSize(...asked),
    signParts: (...asked) => api.signParts(...asked),
    confirm,
    abort: (...asked) => api.abort(...asked),
  };
}

interface Call<I, O> {
  readonly input: I;
  readonly signal: AbortSignal;
  readonly resolve: (output: O) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * @param most items that one call can have
 * @param patienceMs how long callers wait for a call that is under way, before another one begins beside it
 */
function gather<I, O>(
  most: () => Promise<number>,
  patienceMs: number,
  askOne: (input: I, signal: AbortSignal) => Promise<O>,
  askMany: (inputs: I[]) => Promise<readonly O[]>,
): (input: I, signal: AbortSignal) => Promise<O> {
  let waiting: Call<I, O>[] = [];
  let underWay = 0;
  let limit = Infinity;
  let company = false;
  let timer: ReturnType<typeof setTimeout> | undefined;

  const plan = (): void => {
    clearTimeout(timer);
    const waitMs = underWay > 0 ? patienceMs : company && waiting.length < limit ? COMPANY_MS : 0;
    if (waiting.length === 0) return;
    if (waitMs > 0) timer = setTimeout(send, waitMs);
    else send();
  };

  const send = (): void => {
    const batch = waiting;
    waiting = [];
    underWay++;
    company = batch.length > 1;
    void ask(batch).finally(() => {
      underWay--;
      plan();
    });
  };

  /** Never rejects: everybody gets an answer or an error of their own. */
  const ask = async (batch: Call<I, O>[]): Promise<void> => {
    const [first] = batch;
    try {
      if (batch.length > 1) {
        limit = Math.max(1, await most());
        waiting.unshift(...batch.splice(limit));
        plan();
        const answers = await askMany(batch.map(({ input }) => input));
        batch.forEach(({ resolve, reject }, index) => {
          const answer = answers[index];
          if (answer === undefined) reject(new Error("no answer"));
          else resolve(answer);
        });
      } else if (first) first.resolve(await askOne(first.input, first.signal));
    } catch (error) {
      const { retryable, code } = error as Partial<ApiFault>;
      const takeApart = batch.length > 1 && retryable === false && code !== "UNAUTHENTICATED";
      for (const call of batch) await (takeApart ? ask([call]) : call.reject(error));
    }
  };

  return (input, signal) =>
    abortable(signal, (resolve, reject) => {
      const call = { input, signal, resolve, reject };
      waiting.push(call);
      // Later ones wait along with the first.
      if (waiting.length === 1 || waiting.length === limit) plan();
      return () => (waiting = waiting.filter((other) => other !== call));
    });
}
