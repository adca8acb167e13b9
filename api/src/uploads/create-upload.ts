import { AppError } from "../errors.js";
import type { Viewer } from "../auth/viewer.js";
import type { NewFile } from "../files/file-records.js";
import { filenameInvalid } from "../files/file-problems.js";
import type { FileRow, PartChecksum } from "../files/file.js";
import { checkFilename, MAX_FILENAME_BYTES } from "../files/filename.js";
import { objectKeyOf } from "../files/object-key.js";
import { StorageError } from "../storage/object-storage.js";
import type { SignedRequest } from "../storage/object-storage.js";
import { tidyUpAfterOutage } from "./after-outage.js";
import { abortTwins } from "./abort-twins.js";
import type { UploadDeps } from "./upload-deps.js";
import { normaliseMediaType, typeAllowed } from "./upload-policy.js";
import { planUpload } from "./upload-plan.js";
import {
  fileTooLarge,
  idempotencyConflict,
  quotaExceeded,
  tooManyPending,
  typeNotAllowed,
  unknownPolicy,
} from "./upload-problems.js";
import { carriedBySinglePut, nothingToSend, signPart, ticketOf } from "./upload-ticket.js";
import type { UploadTicket } from "./upload-ticket.js";
import type { UsageDeps } from "../usage/read-usage.js";
import { readUsage } from "../usage/read-usage.js";

export interface CreateUploadInput {
  readonly filename: string;
  readonly contentType: string;
  readonly sizeBytes: number;
  /** Hex, lower case, of the whole file. */
  readonly sha256: string | null;
  /** Null: SHA256 when `sha256` is given, else NONE. */
  readonly partChecksum: PartChecksum | null;
  readonly transfer: "AUTO" | "SINGLE";
  readonly policy: string;
  /** As {@link checkIdempotencyKey} answers it. */
  readonly idempotencyKey: string | null;
}

/**
 * The key as it was given. PURE. A batch checks all of its keys before its first item: thrown later, the error would
 * hide the answers of items whose quota is already reserved.
 * @throws AppError BAD_USER_INPUT unless it is 1 to 255 printable ASCII characters
 */
export function checkIdempotencyKey(key: string | null): string | null {
  if (key !== null && !/^[\x20-\x7e]{1,255}$/.test(key))
    throw new AppError("BAD_USER_INPUT", "idempotencyKey must be 1 to 255 printable ASCII characters.");
  return key;
}

type CreateDeps = UploadDeps & UsageDeps;
type Repeated = UploadTicket | ReturnType<typeof idempotencyConflict>;

/** A repeat that meets the first call at work waits this long for it. */
const CREATION_WAIT_MS = 2_000;

/**
 * Opens an upload: reserves quota and inserts the row in one statement, opens the multipart upload under a lease, and
 * answers the ticket. With an idempotency key a repeat answers the same file with fresh URLs.
 * @throws StorageError when the store does not answer; nothing is kept that a repeat would double
 */
export async function createUpload(deps: CreateDeps, viewer: Viewer, input: CreateUploadInput) {
  return (await reserveUpload(deps, viewer, input))();
}

/**
 * The part of {@link createUpload} that has an order, where several are created: quota. Answers the rest of it, which asks
 * the store.
 */
export async function reserveUpload(deps: CreateDeps, viewer: Viewer, input: CreateUploadInput) {
  const checked = checkInput(deps, input);
  const reservation = "code" in checked ? checked : await reserve(deps, viewer, checked);
  return async () => ("code" in reservation ? reservation : openReservation(deps, viewer, reservation));
}

/** A row's facts as the input and its plan give them. */
type PlannedFile = Omit<NewFile, "id" | "ownerId">;

async function reserve(deps: CreateDeps, viewer: Viewer, planned: PlannedFile) {
  const file: NewFile = { ...planned, id: deps.newId(), ownerId: viewer.ownerId };
  const { ownerQuotaBytes: quotaBytes, maxPendingUploads, uploadTtlSeconds } = deps.limits;
  const bounds = { quotaBytes, maxPendingUploads, uploadTtlSeconds };
  try {
    return { wanted: file, ...(await deps.files.reserve(file, bounds, deps.leaseMs)) };
  } catch (error) {
    // Reserved perhaps, and the answer was lost: nothing was opened yet.
    void tidyUpAfterOutage(deps, error, () => deps.files.undoCreation({ id: file.id, attempt: 1 }));
    throw error;
  }
}

async function openReservation(
  deps: CreateDeps,
  viewer: Viewer,
  reservation: Awaited<ReturnType<typeof reserve>>,
): Promise<Repeated | ReturnType<typeof tooManyPending> | ReturnType<typeof quotaExceeded>> {
  const { wanted } = reservation;
  switch (reservation.outcome) {
    case "RESERVED":
      return openUnderLease(deps, reservation.file);
    case "KEY_TAKEN":
      return reservation.file.inputDigest === wanted.inputDigest
        ? repeat(deps, reservation.file)
        : idempotencyConflict(reservation.file, "another input");
    case "TOO_MANY_PENDING":
      return tooManyPending(deps.limits.maxPendingUploads);
    case "OVER_QUOTA":
      return quotaExceeded(wanted.sizeBytes, await readUsage(deps, viewer));
  }
}

/** PURE. The row to insert, or the first problem with the input. */
function checkInput({ limits, policies, sha256Hex, storeCapabilities }: CreateDeps, input: CreateUploadInput) {
  const policy = policies.find(({ name }) => name === input.policy);
  if (policy === undefined) return unknownPolicy(policies.map(({ name }) => name));
  const name = checkFilename(input.filename);
  if (!name.ok) return filenameInvalid(name.fault, MAX_FILENAME_BYTES);
  const declaredType = normaliseMediaType(input.contentType);
  if (declaredType === null || !typeAllowed(policy, declaredType))
    return typeNotAllowed(input.contentType, policy.allowedTypes);
  const maxSizeBytes = Math.min(
    policy.maxSizeBytes,
    limits.maxFileSizeBytes,
    input.transfer === "SINGLE" ? limits.maxPartSizeBytes : Infinity,
  );
  if (input.sizeBytes > maxSizeBytes) return fileTooLarge(maxSizeBytes, input.sizeBytes);

  const plan = planUpload({
    sizeBytes: input.sizeBytes,
    singleWish: input.transfer === "SINGLE",
    maxPartSizeBytes: limits.maxPartSizeBytes,
  });
  // A one-part upload whose digest is declared always binds it: its URL then fits no other bytes (rule 7).
  const bound = plan.partCount <= 1 && input.sha256 !== null;
  const wished = bound ? "SHA256" : (input.partChecksum ?? (input.sha256 === null ? "NONE" : "SHA256"));
  // SHA256 says that the store refuses other bytes. Where it does not, a declared digest is proven by reading back.
  const partChecksum = storeCapabilities().enforcesPartSha256 ? wished : "NONE";
  return withDigest({
    filename: name.filename,
    declaredType,
    sizeBytes: input.sizeBytes,
    declaredSha256: input.sha256,
    // Of the input alone: a store that was examined between two calls does not make another input of it.
    partChecksum: wished,
    policy: policy.name,
    ...plan,
  } as const);

  function withDigest<Facts extends object>(facts: Facts) {
    const inputDigest = sha256Hex(JSON.stringify([facts, input.transfer, input.partChecksum]));
    return { ...facts, partChecksum, idempotencyKey: input.idempotencyKey, inputDigest } as const;
  }
}

/** {@link openReserved}, after which nobody waits for the lease of a creation that the database has failed. */
async function openUnderLease(deps: CreateDeps, file: FileRow): Promise<UploadTicket> {
  try {
    return await openReserved(deps, file);
  } catch (error) {
    void tidyUpAfterOutage(deps, error, async () => {
      const ended = await deps.files.failCreation(file);
      // It is open by then: a repeat with its key answers its ticket. Without a key nobody can ever ask for that.
      if (ended === null && file.idempotencyKey === null) await deps.files.abort(file.ownerId, file.id);
    });
    throw error;
  }
}

/** Creates the multipart upload under the row's lease and ends the creation. */
async function openReserved(deps: CreateDeps, file: FileRow): Promise<UploadTicket> {
  const { files, storage } = deps;
  const key = objectKeyOf(file.id);
  let uploadId: string;
  let mayHaveTwin: boolean;
  let upload: SignedRequest | null = null;
  try {
    ({ uploadId, mayHaveTwin = false } = await storage.createMultipartUpload({ key, checksum: file.partChecksum }));
    if (carriedBySinglePut(file))
      upload = await signPart(deps, file, { uploadId, partNumber: 1, sha256: file.declaredSha256 });
  } catch (error) {
    // A store that is away must not leave a row for each call that meets it.
    const undone = error instanceof StorageError && error.unsent && (await files.undoCreation(file));
    // Ended at once, its key freed: a repeat starts anew instead of meeting a dead row. Collecting looks for an
    // upload that the store may have opened all the same.
    if (!undone) await files.failCreation(file);
    throw error;
  }
  const opened = await files.openUpload(file, uploadId, upload?.expiresAt ?? null, mayHaveTwin);
  if (opened === null) {
    await storage.abortMultipartUpload({ key, uploadId });
    throw new AppError("STORAGE_UNAVAILABLE", "The upload took too long to open. Try again.");
  }
  if (mayHaveTwin) await abortTwins(deps, opened);
  if (opened.partCount === 0) return nothingToSend(opened);
  return { typeName: "UploadTicket", file: opened, transfer: upload === null ? "PARTS" : "SINGLE", upload };
}

/** The same call again: the same file, with fresh URLs. */
async function repeat(deps: CreateDeps, file: FileRow): Promise<Repeated> {
  switch (file.status) {
    case "READY":
    case "VERIFYING":
      return nothingToSend(file);
    case "REJECTED":
    case "EXPIRED":
    case "DELETED":
      return idempotencyConflict(file, "an upload that has ended");
    case "PENDING":
      return (await ticketOf(deps, file)) ?? resumeCreation(deps, file);
  }
}

/** The first call has not opened its upload: wait for it, or, when it died, open it in its place. */
async function resumeCreation(deps: CreateDeps, file: FileRow): Promise<Repeated> {
  const deadline = deps.now().getTime() + CREATION_WAIT_MS;
  for (;;) {
    const leased = await deps.files.takeCreationLease(file.id, deps.leaseMs);
    if (leased !== null) return reopenCreation(deps, leased);
    const current = await deps.files.find(file.ownerId, file.id);
    if (current !== null && current.uploadId !== null) return repeat(deps, current);
    if (current === null || current.status !== "PENDING" || deps.now().getTime() >= deadline)
      throw new AppError("STORAGE_UNAVAILABLE", "The first call with this key is still opening the upload. Try again.");
    await deps.sleep(100);
  }
}

/** Whoever died may have opened an upload that nobody knows of: every other one of this very key goes. */
async function reopenCreation(deps: CreateDeps, leased: FileRow): Promise<UploadTicket> {
  const ticket = await openUnderLease(deps, leased);
  // Only now that the row holds its upload id: a process that froze meanwhile would abort what another one has opened.
  await abortTwins(deps, ticket.file);
  return ticket;
}
