import { setTimeout as sleep } from "node:timers/promises";
import { ApiError } from "../../src/api/execute.js";
import { CommandError, EXIT_CODE } from "./exit-code.js";

/** Bytes that never change, behind URLs that do. */
export interface Download {
  readonly sizeBytes: number;
  /** Bytes that are there already. */
  readonly startBytes: number;
  /** The ETag that those bytes came with; undefined when `startBytes` is 0. */
  readonly etag: string | undefined;
  /** A URL that works now; asked for before every try, because the last one may have expired. */
  freshUrl(): Promise<string>;
  /** Told before the first byte, and again when a store has another version and everything begins anew at 0. */
  begin(at: { startBytes: number; etag: string | undefined }): Promise<void>;
  write(chunk: Uint8Array): Promise<void>;
  readonly signal: AbortSignal;
  /** Upper end of the first wait before another try; doubles each time. Default 500. */
  readonly firstDelayMs?: number;
}

/** Tries in a row that brought no byte. */
const TRIES = 6;
/** Without a byte for so long a connection is given up. */
const STALL_MS = 30_000;

/**
 * Fetches a file, going on after every interruption from the last byte that arrived. `Range` with `If-Match`, which S3
 * documents for GET (If-Range it does not): another version answers 412, and then everything begins anew.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 * @throws CommandError STORAGE, NETWORK; the signal's reason
 */
export async function download(options: Download): Promise<void> {
  const { sizeBytes, signal, firstDelayMs = 500 } = options;
  let { startBytes: doneBytes, etag } = options;
  let begun = doneBytes > 0;
  const beginAnew = async (tag: string | undefined): Promise<void> => {
    etag = tag;
    doneBytes = 0;
    begun = true;
    await options.begin({ startBytes: 0, etag });
  };
  if (sizeBytes === 0) return beginAnew(undefined);

  for (let failures = 0; doneBytes < sizeBytes;) {
    const before = doneBytes;
    try {
      const stall = new Stall(signal);
      try {
        const response = await fetch(await options.freshUrl(), {
          headers: {
            "accept-encoding": "identity",
            ...(doneBytes > 0 ? { range: `bytes=${doneBytes}-` } : {}),
            ...(doneBytes > 0 && etag !== undefined ? { "if-match": etag } : {}),
          },
          signal: stall.signal,
        });
        const tag = response.headers.get("etag") ?? undefined;
        if (response.status === 412 || (response.status === 200 && doneBytes > 0)) await beginAnew(tag);
        if (response.status === 412) continue;
        assertReadable(response, doneBytes, sizeBytes);
        if (!begun) await beginAnew(tag);
        for await (const chunk of response.body as unknown as AsyncIterable<Uint8Array>) {
          stall.moved();
          await options.write(chunk);
          doneBytes += chunk.byteLength;
        }
      } finally {
        stall.end();
      }
      if (doneBytes > sizeBytes) throw damaged(`${doneBytes} bytes came, ${sizeBytes} were announced`);
      if (doneBytes < sizeBytes) throw new Error("the connection ended early");
    } catch (error) {
      signal.throwIfAborted();
      if (isOfTheDisk(error) || isFinal(error)) throw error;
      failures = doneBytes > before ? 0 : failures + 1;
      if (failures >= TRIES)
        throw error instanceof CommandError || error instanceof ApiError ? error : unreachable(error);
      const waitMs = firstDelayMs * 2 ** failures * (0.5 + Math.random() / 2);
      await sleep(waitMs, undefined, { signal }).catch(() => signal.throwIfAborted());
    }
  }
}

/** A signal that fires with another one, and when nothing has moved for {@link STALL_MS}. */
class Stall {
  readonly #controller = new AbortController();
  readonly signal: AbortSignal;
  #timer: NodeJS.Timeout | undefined;

  constructor(signal: AbortSignal) {
    this.signal = AbortSignal.any([signal, this.#controller.signal]);
    this.moved();
  }

  moved(): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#controller.abort(new Error("nothing moved")), STALL_MS);
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

function assertReadable(response: Response, doneBytes: number, sizeBytes: number): void {
  const { status, headers } = response;
  if (status !== 200 && status !== 206) {
    const message = `The store answered ${status}. What has arrived is kept: run the same command again to go on.`;
    throw new CommandError(EXIT_CODE.unreachable, "STORAGE", message);
  }
  if (status !== 206) return;
  const range = /^bytes (\d+)-\d+\/(\d+|\*)$/.exec(headers.get("content-range") ?? "");
  const total = range?.[2] === "*" ? sizeBytes : Number(range?.[2]);
  if (Number(range?.[1]) !== doneBytes || total !== sizeBytes) throw damaged("the store answered another range");
}

/** No other try helps. */
export function damaged(detail: string): CommandError {
  return new CommandError(
    EXIT_CODE.failed,
    "DAMAGED",
    `What arrived is not the file (${detail}). It was thrown away; run the same command again.`,
  );
}

function unreachable(cause: unknown): CommandError {
  const message = "The store does not answer. What has arrived is kept: run the same command again to go on.";
  return new CommandError(EXIT_CODE.unreachable, "NETWORK", message, { cause });
}

/** Another try gives the same: damaged bytes, a file that has been deleted, a token that has expired. */
function isFinal(error: unknown): boolean {
  if (error instanceof ApiError) return !error.retryable;
  return error instanceof CommandError && error.exitCode !== EXIT_CODE.unreachable;
}

/** Writing failed, not reading: errors of the file system name the call that failed. */
function isOfTheDisk(error: unknown): boolean {
  const { syscall } = error as NodeJS.ErrnoException;
  return syscall === "write" || syscall === "open" || syscall === "ftruncate";
}
