import { AppError } from "../errors.js";
import type { ObjectStorage } from "../storage/object-storage.js";
import { planUpload } from "../uploads/upload-plan.js";

/** `quarantine/<UTC date>/<key that it had>` */
const PREFIX = "quarantine/";
const QUARANTINED = /^quarantine\/(\d{4}-\d{2}-\d{2})\/(.+)$/s;
const GIB = 1024 ** 3;
const MIB = 1024 ** 2;
/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html */
const MAX_PUT_BYTES = 5 * GIB;
const MIN_PART_BYTES = 5 * MIB;
const DAY_MS = 86_400_000;

export interface QuarantineDeps {
  readonly storage: Pick<ObjectStorage, "headObject" | "copyObject" | "hashObject" | "deleteObject" | "listObjects">;
  readonly now: () => Date;
}

/** An object as it was just seen. */
interface StoredObject {
  readonly key: string;
  readonly sizeBytes: number;
  readonly etag: string;
}

/** Where an object goes today. */
export const quarantineKeyOf = (key: string, now: Date): string => `${PREFIX}${now.toISOString().slice(0, 10)}/${key}`;

/**
 * Moves an object into the quarantine: copied, the copy read back and compared by size and SHA-256, and only then removed
 * from where it was. Idempotent: what an interrupted run has copied is compared and not copied again.
 * @param stillUnknown asked last, just before the original goes
 * @throws AppError when copy and original differ: the original stays
 */
export async function moveToQuarantine(
  deps: QuarantineDeps,
  original: StoredObject,
  stillUnknown: () => Promise<boolean>,
  signal?: AbortSignal,
): Promise<void> {
  const { storage, now } = deps;
  const { key } = original;
  await copyVerified(deps, original, quarantineKeyOf(key, now()), signal);
  const unchanged = (await storage.headObject({ key }))?.etag === original.etag;
  if (unchanged && (await stillUnknown())) await storage.deleteObject({ key });
}

/**
 * The way back: copies a quarantined object to the key that it had, part by part as it was, so that it has its ETag
 * again, verifies the copy and takes it out of the quarantine. Idempotent until then. @returns the key
 * @throws AppError when the name is none of the quarantine's, or something else is at its place
 */
export async function bringBack(deps: QuarantineDeps, quarantineKey: string, signal?: AbortSignal): Promise<string> {
  const { storage } = deps;
  const key = QUARANTINED.exec(quarantineKey)?.[2];
  const held = key === undefined ? null : await storage.headObject({ key: quarantineKey });
  if (key === undefined || held === null)
    throw new AppError("BAD_USER_INPUT", `There is no ${quarantineKey}. Names are quarantine/<date>/<key>.`);
  // One of the same length may be the copy of a run that was interrupted: it is compared, and not copied again.
  const there = await storage.headObject({ key });
  if (there !== null && there.sizeBytes !== held.sizeBytes)
    throw new AppError("BAD_USER_INPUT", `There is an object at ${key}; it was not replaced.`);
  await copyVerified(deps, { key: quarantineKey, ...held }, key, signal);
  await storage.deleteObject({ key: quarantineKey });
  return key;
}

export interface QuarantineContents {
  readonly objects: number;
  readonly bytes: number;
  readonly purged: number;
}

/** Counts the quarantine. @param purgeOlderThanDays removes what was put there longer ago, by its date; null: nothing */
export async function takeStock(
  { storage, now }: QuarantineDeps,
  purgeOlderThanDays: number | null,
  signal?: AbortSignal,
): Promise<QuarantineContents> {
  const contents = { objects: 0, bytes: 0, purged: 0 };
  const before = now().getTime() - (purgeOlderThanDays ?? 0) * DAY_MS;
  for await (const page of storage.listObjects({ prefix: PREFIX })) {
    for (const { key, sizeBytes } of page) {
      if (signal?.aborted === true) return contents;
      const date = QUARANTINED.exec(key)?.[1];
      // A day is over when the last of it is that old.
      if (purgeOlderThanDays !== null && date !== undefined && Date.parse(date) + DAY_MS <= before) {
        await storage.deleteObject({ key });
        contents.purged += 1;
      } else {
        contents.objects += 1;
        contents.bytes += sizeBytes;
      }
    }
  }
  return contents;
}

async function copyVerified(
  { storage }: QuarantineDeps,
  from: StoredObject,
  toKey: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { key: fromKey, sizeBytes, etag } = from;
  const watched = signal === undefined ? {} : { signal };
  const earlier = await storage.headObject({ key: toKey });
  const sha256 =
    earlier === null
      ? (await storage.copyObject({ fromKey, etag, toKey, partSizeBytes: partSizeOf(etag, sizeBytes), ...watched }))
          .sha256
      : await storage.hashObject({ key: fromKey, etag, ...watched });
  const copy = earlier ?? (await storage.headObject({ key: toKey }));
  const copied = copy === null ? null : await storage.hashObject({ key: toKey, etag: copy.etag, ...watched });
  if (copy?.sizeBytes !== sizeBytes || copied !== sha256)
    throw new AppError("INTERNAL_SERVER_ERROR", `${toKey} does not hold what ${fromKey} holds; the original stays.`);
}

/**
 * How an object was cut, from its ETag (`-N` ends that of N parts) and its size: the same parts give the same ETag. PURE.
 * @returns null for one PUT
 */
export function partSizeOf(etag: string, sizeBytes: number): number | null {
  const count = Number(/-(\d+)"?$/.exec(etag)?.[1] ?? 0);
  if (count === 0 && sizeBytes <= MAX_PUT_BYTES) return null;
  if (count === 1 && sizeBytes <= MAX_PUT_BYTES) return Math.max(sizeBytes, 1);
  const plan = planUpload({ sizeBytes: Math.max(sizeBytes, 1), singleWish: false, maxPartSizeBytes: MAX_PUT_BYTES });
  if (plan.partCount === count) return plan.partSizeBytes;
  const wholeMib = Math.ceil(sizeBytes / count / MIB) * MIB;
  const fits = count > 0 && wholeMib >= MIN_PART_BYTES && wholeMib <= MAX_PUT_BYTES;
  return fits && Math.ceil(sizeBytes / wholeMib) === count ? wholeMib : plan.partSizeBytes;
}
