import "reflect-metadata";
import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from "type-graphql";
import type { Viewer } from "../auth/viewer.js";
import { AppError } from "../errors.js";
import { fileBusy, fileNotFound } from "../files/file-problems.js";
import { FileType } from "../files/file.graphql.js";
import type { FileRow, PartChecksum as PartChecksumName } from "../files/file.js";
import type { Limits } from "../files/limits.js";
import { readFile } from "../files/read-file.js";
import { answerItem } from "../graphql/answer-item.js";
import type { TemporaryFailure } from "../graphql/answer-item.js";
import { checkBatchSize, mapBegunInOrder, mapInParallel } from "../graphql/batch.js";
import type { Context } from "../graphql/context.js";
import { requireViewer } from "../graphql/require-viewer.js";
import { NeedsScope } from "../graphql/scope-gate.js";
import { ByteCount, DateTime, Url } from "../graphql/scalars.js";
import { abortUpload } from "./abort-upload.js";
import { confirmUpload } from "./confirm-upload.js";
import { checkIdempotencyKey, createUpload, reserveUpload } from "./create-upload.js";
import type { CreateUploadInput } from "./create-upload.js";
import { signParts } from "./sign-parts.js";
import { storedParts } from "./stored-parts.js";
import type { UploadPolicy } from "./upload-policy.js";
import { curlOf, ticketOf } from "./upload-ticket.js";
import type { UploadTicket } from "./upload-ticket.js";
import {
  AbortUploadResult,
  ConfirmUploadResult,
  CreateUploadUrlInput,
  CreateUploadUrlResult,
  HttpHeaderType,
  LimitsType,
  PartChecksum,
  SignUploadPartsResult,
  StoredPartType,
  UploadPartInput,
  UploadPolicyType,
  UploadTicketType,
} from "./upload.graphql.js";

/** Confirms of one batch that run at the same time: each holds a lease and talks to the store. */
const PARALLEL_CONFIRMS = 8;
/** Uploads of one batch that are being opened at the store at a time. */
const PARALLEL_CREATES = 8;

/** A batch answers within this; single confirms too. */
const BATCH_WITHIN_MS = 20_000;

/** Whatever the use cases of this resolver need; the composition root has it. */
export type UploadResolverDeps = Parameters<typeof createUpload>[0] & Parameters<typeof confirmUpload>[0];

type ConfirmAnswer = Awaited<ReturnType<typeof confirmUpload | typeof answerBusy>> | TemporaryFailure;

/** For a confirm that its batch has no time left for: what has been begun goes on, and asking again tells. */
async function answerBusy(deps: UploadResolverDeps, viewer: Viewer, fileId: string) {
  const file = await readFile(deps, viewer, fileId);
  return file === null ? fileNotFound(fileId) : fileBusy(file);
}

/** @throws AppError BAD_USER_INPUT for a malformed idempotency key */
function toCreateInput(input: CreateUploadUrlInput): CreateUploadInput {
  return {
    filename: input.filename,
    contentType: input.contentType,
    sizeBytes: input.size,
    sha256: input.sha256 ?? null,
    partChecksum: input.partChecksum ?? null,
    transfer: input.transfer,
    policy: input.policy,
    idempotencyKey: checkIdempotencyKey(input.idempotencyKey ?? null),
  };
}

/** The roots about files that are on their way, and what an uploader has to know beforehand. */
@Resolver()
export class UploadResolver {
  constructor(private readonly deps: UploadResolverDeps) {}

  @NeedsScope(null)
  @Query(() => [UploadPolicyType], { description: "The rules that createUploadUrl can be asked to apply, by name." })
  uploadPolicies(): readonly UploadPolicy[] {
    return this.deps.policies;
  }

  @NeedsScope(null)
  @Query(() => LimitsType, { description: "The numbers that bound this service." })
  limits(): Limits {
    return this.deps.limits;
  }

  @NeedsScope(null)
  @Query(() => DateTime, { description: "For clients whose clock is wrong. The clock that signs URLs." })
  serverTime(): Date {
    return this.deps.now();
  }

  @NeedsScope(null)
  @Query(() => [Url], { description: "For CSP connect-src and img-src. Origins of every URL that is handed out." })
  storageOrigins(): readonly string[] {
    return this.deps.signer.origins();
  }

  @NeedsScope("files:write")
  @Mutation(() => CreateUploadUrlResult, {
    description: "Step 1 of 3. Then PUT the bytes, then confirmUpload. Reserves quota; repeatable with idempotencyKey.",
  })
  async createUploadUrl(
    @Ctx() context: Context,
    @Arg("input", () => CreateUploadUrlInput, { description: "What is going to be uploaded." })
    input: CreateUploadUrlInput,
  ) {
    const viewer = requireViewer(context);
    const wanted = toCreateInput(input);
    return answerItem(context, () => createUpload(this.deps, viewer, wanted));
  }

  @NeedsScope("files:write")
  @Mutation(() => [CreateUploadUrlResult], {
    description: "One result an input, same order, at most limits.batchSize; not atomic, quota reserved in order.",
  })
  async createUploadUrls(
    @Ctx() context: Context,
    @Arg("inputs", () => [CreateUploadUrlInput], {
      description: "What is going to be uploaded; limits.batchSize at most.",
    })
    inputs: CreateUploadUrlInput[],
  ) {
    const viewer = requireViewer(context);
    checkBatchSize(inputs, this.deps.limits.batchSize, "inputs");
    const wanted = inputs.map(toCreateInput);
    return mapBegunInOrder(wanted, {
      begin: (input) => reserveUpload(this.deps, viewer, input),
      settle: (work) => answerItem(context, work),
      width: PARALLEL_CREATES,
      withinMs: BATCH_WITHIN_MS,
      stopping: this.deps.stopping,
      late: () => answerItem(context, () => Promise.reject(new AppError("STORAGE_UNAVAILABLE", "out of time"))),
    });
  }

  @NeedsScope("files:write")
  @Mutation(() => SignUploadPartsResult, {
    description: "Fresh part URLs, also after expiry; same order, at most limits.batchSize, all or none.",
  })
  async signUploadParts(
    @Ctx() context: Context,
    @Arg("fileId", () => ID, { description: "File.id of the open upload." }) fileId: string,
    @Arg("parts", () => [UploadPartInput], { description: "Whose URLs are wanted; limits.batchSize at most." })
    parts: UploadPartInput[],
  ) {
    const viewer = requireViewer(context);
    checkBatchSize(parts, this.deps.limits.batchSize, "parts");
    const wanted = parts.map(({ number, sha256 }) => ({ number, sha256: sha256 ?? null }));
    return answerItem(context, () => signParts(this.deps, viewer, fileId, wanted));
  }

  @NeedsScope("files:write")
  @Mutation(() => ConfirmUploadResult, {
    description: "Step 3 of 3. Repeatable: answers the committed verdict.",
  })
  confirmUpload(
    @Ctx() context: Context,
    @Arg("fileId", () => ID, { description: "File.id of the upload." }) fileId: string,
  ) {
    const viewer = requireViewer(context);
    return answerItem(context, () => confirmUpload(this.deps, viewer, fileId));
  }

  @NeedsScope("files:write")
  @Mutation(() => [ConfirmUploadResult], {
    description: "Same order, at most limits.batchSize; what is not done in 20 s answers FileBusy. Repeatable.",
  })
  async confirmUploads(
    @Ctx() context: Context,
    @Arg("fileIds", () => [ID], { description: "File.ids of the uploads; limits.batchSize at most." })
    fileIds: string[],
  ) {
    const viewer = requireViewer(context);
    checkBatchSize(fileIds, this.deps.limits.batchSize, "fileIds");
    return mapInParallel<string, ConfirmAnswer>(fileIds, {
      width: PARALLEL_CONFIRMS,
      work: (fileId) => answerItem(context, () => confirmUpload(this.deps, viewer, fileId)),
      withinMs: BATCH_WITHIN_MS,
      stopping: this.deps.stopping,
      late: (fileId) => answerItem(context, () => answerBusy(this.deps, viewer, fileId)),
    });
  }

  @NeedsScope("files:write")
  @Mutation(() => AbortUploadResult, {
    description: "Ends an open upload: its URLs die and what was reserved is free. Repeatable.",
  })
  abortUpload(
    @Ctx() context: Context,
    @Arg("fileId", () => ID, { description: "File.id of the upload." }) fileId: string,
  ) {
    const viewer = requireViewer(context);
    return answerItem(context, () => abortUpload(this.deps, viewer, fileId));
  }
}

/** `File.upload` stands here and not in files/: the way from uploads to files is one-way. */
@Resolver(() => FileType)
export class FileUploadResolver {
  constructor(private readonly deps: UploadResolverDeps) {}

  // Whoever holds its URL can send the bytes: no business of a reader.
  @NeedsScope("files:write")
  @FieldResolver(() => UploadTicketType, {
    nullable: true,
    description: "Set while PENDING: resume from any device. A fresh ticket each time it is selected.",
  })
  upload(@Root() file: FileRow): Promise<UploadTicket | null> {
    return ticketOf(this.deps, file);
  }
}

/** The computed fields of UploadTicket. */
@Resolver(() => UploadTicketType)
export class UploadTicketResolver {
  /** One listing a ticket: a ticket lives for one request, and so does what is remembered of it. */
  private readonly listings = new WeakMap<UploadTicket, ReturnType<typeof storedParts>>();

  constructor(private readonly deps: UploadResolverDeps) {}

  @FieldResolver(() => String, { description: "The HTTP method: PUT." })
  method(): string {
    return "PUT";
  }

  @FieldResolver(() => Url, {
    nullable: true,
    description: "Set only when transfer is SINGLE. Whoever holds it can send the bytes, until confirm.",
  })
  uploadUrl(@Root() { upload }: UploadTicket): string | null {
    return upload?.url ?? null;
  }

  @FieldResolver(() => [HttpHeaderType], {
    description: "Send exactly these; Host and Content-Length are implied. Empty unless transfer is SINGLE.",
  })
  headers(@Root() { upload }: UploadTicket): readonly HttpHeaderType[] {
    return upload?.headers ?? [];
  }

  @FieldResolver(() => DateTime, {
    nullable: true,
    description: "From then on uploadUrl answers 403; File.upload gives a fresh one. Null unless transfer is SINGLE.",
  })
  urlExpiresAt(@Root() { upload }: UploadTicket): Date | null {
    return upload?.expiresAt ?? null;
  }

  @FieldResolver(() => ByteCount, { description: "Every part but the last. In bytes; 0 for an empty file." })
  partSize(@Root() { file }: UploadTicket): number {
    return file.partSizeBytes;
  }

  @FieldResolver(() => Int, { description: "0 for an empty file. At most 10,000." })
  partCount(@Root() { file }: UploadTicket): number {
    return file.partCount;
  }

  @FieldResolver(() => PartChecksum, { description: "Whether every part carries its digest, or none." })
  partChecksum(@Root() { file }: UploadTicket): PartChecksumName {
    return file.partChecksum;
  }

  @FieldResolver(() => [Int], {
    nullable: true,
    description: "Numbers the store holds. One storage call (cost 50); null when the store does not answer. Ascending.",
  })
  async receivedParts(@Root() ticket: UploadTicket): Promise<number[] | null> {
    const parts = await this.listingOf(ticket);
    return parts === null ? null : parts.map((part) => part.number);
  }

  @FieldResolver(() => [StoredPartType], {
    nullable: true,
    description: "The same with digests, to check the local file before resuming; shares that call.",
  })
  storedParts(@Root() ticket: UploadTicket): ReturnType<typeof storedParts> {
    return this.listingOf(ticket);
  }

  @FieldResolver(() => DateTime, { description: "A complete upload is sealed by then even if nobody confirms." })
  confirmBy(@Root() { file }: UploadTicket): Date {
    return file.expiresAt;
  }

  @FieldResolver(() => String, {
    nullable: true,
    description:
      "The PUT as one POSIX shell line: single quotes only (survives JSON), no token. Null unless SINGLE. Put your file's name where it says FILE.",
  })
  curl(@Root() ticket: UploadTicket): string | null {
    return curlOf(ticket);
  }

  private listingOf(ticket: UploadTicket): ReturnType<typeof storedParts> {
    let listing = this.listings.get(ticket);
    if (listing === undefined) {
      listing = storedParts(this.deps, ticket.file);
      this.listings.set(ticket, listing);
    }
    return listing;
  }
}
