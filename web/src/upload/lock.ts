import { reading } from "./job.js";
import type { UploadSource } from "./source.js";
import { UploadError } from "./upload-error.js";

/**
 * Takes a name for itself, without waiting: undefined when somebody else has it. The result gives it back.
 * In browsers: Web Locks with `ifAvailable` (https://w3c.github.io/web-locks/).
 */
export type Lock = (name: string, signal: AbortSignal) => Promise<(() => void) | undefined>;

/**
 * Takes the lock of a source that has a fingerprint. The result gives it back.
 * @throws UploadError ELSEWHERE when somebody else holds it, FILE_CHANGED, FILE_UNREADABLE
 */
export async function takeLock(
  source: UploadSource<unknown>,
  lock: Lock | undefined,
  signal: AbortSignal,
): Promise<() => void> {
  if (!lock || !source.fingerprint) return () => undefined;
  const fingerprint = await reading(source, signal, async () => source.fingerprint?.());
  const release = await lock(`upload:${fingerprint}`, signal);
  if (!release) throw new UploadError("ELSEWHERE");
  return release;
}
