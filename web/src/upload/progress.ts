import type { UploadErrorCode } from "./upload-error.js";

/**
 * Where an upload stands. `sentBytes` never runs back: what a failed part loses is held until it has caught up.
 *
 * - `preparing` reading digests, asking the server
 * - `sending` bytes are moving
 * - `waiting` a retry is due; `reason` says what failed, `retryAtMs` when it begins (Unix time in milliseconds). OFFLINE
 *   waits for the connection
 * - `confirming` all bytes are there, the server seals and checks them
 */
export type UploadProgress = { readonly sentBytes: number; readonly totalBytes: number } & (
  | { readonly phase: "preparing" | "sending" | "confirming" }
  | { readonly phase: "waiting"; readonly reason: UploadErrorCode; readonly retryAtMs?: number | undefined }
);

/** Adds up the parts of one upload. */
export interface ProgressMeter {
  /** The part has been at the store since an earlier try. */
  found(number: number, sizeBytes: number): void;
  /** The part has reached the store. */
  stored(number: number, sizeBytes: number): void;
  /** `sentBytes` of the part are on their way; 0 after a failure. */
  moving(number: number, sentBytes: number): void;
  preparing(): void;
  /** A retry is due; call the result when it begins. Shown only while nothing else moves. */
  waiting(reason: UploadErrorCode, retryAtMs?: number): () => void;
  confirming(): void;
}

/** A meter that reports to `emit` on every change. */
export function createMeter(totalBytes: number, emit: (progress: UploadProgress) => void): ProgressMeter {
  const parts = new Map<number, number>();
  const onTheirWay = new Set<number>();
  const waits = new Set<{ readonly reason: UploadErrorCode; readonly retryAtMs: number | undefined }>();
  let sum = 0;
  let shown = 0;

  const set = (number: number, bytes: number): void => {
    sum += bytes - (parts.get(number) ?? 0);
    parts.set(number, bytes);
    shown = Math.max(shown, Math.min(sum, totalBytes));
  };
  const report = (phase: "preparing" | "sending" | "confirming"): void => {
    const [wait] = onTheirWay.size === 0 ? waits : [];
    emit({ sentBytes: shown, totalBytes, ...(wait ? { phase: "waiting", ...wait } : { phase }) });
  };

  return {
    found: set,
    stored(number, sizeBytes) {
      onTheirWay.delete(number);
      set(number, sizeBytes);
      report("sending");
    },
    moving(number, sentBytes) {
      set(number, sentBytes);
      if (sentBytes === 0) onTheirWay.delete(number);
      else {
        onTheirWay.add(number);
        report("sending");
      }
    },
    preparing: () => report("preparing"),
    confirming: () => report("confirming"),
    waiting(reason, retryAtMs) {
      const wait = { reason, retryAtMs };
      waits.add(wait);
      report("sending");
      return () => waits.delete(wait);
    },
  };
}
