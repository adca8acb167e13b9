import {
  AbortUploadDocument,
  BatchSizeDocument,
  ConfirmUploadDocument,
  ConfirmUploadsDocument,
  CreateUploadDocument,
  CreateUploadsDocument,
  SignPartsDocument,
  UploadStandingDocument,
} from "../gql/graphql.js";
import type {
  ConfirmUploadMutation,
  CreateUploadMutation,
  CreateUploadUrlInput,
  TicketFragment,
} from "../gql/graphql.js";
import type { Answer, BulkUploadApi, CreateUpload, UploadStanding, UploadTicket } from "../upload/index.js";
import { ApiError } from "./execute.js";
import type { Execute } from "./execute.js";
import type { FileRow } from "./file-calls.js";
import { refused } from "./problem.js";

/** The server itself answers FileBusy after 20 s. */
const CONFIRM_TIMEOUT_MS = 60_000;

/** The upload engine's calls as GraphQL operations. */
export function createUploadApi(execute: Execute): BulkUploadApi<FileRow> {
  let batchSize: Promise<number> | undefined;

  return {
    async create(input) {
      const { createUploadUrl } = await execute(CreateUploadDocument, { input: wanted(input) });
      return created(createUploadUrl);
    },

    async createMany(inputs) {
      const { createUploadUrls } = await execute(CreateUploadsDocument, { inputs: inputs.map(wanted) });
      return createUploadUrls.map(created);
    },

    async resume(fileId, { withDigests }, signal): Promise<UploadStanding> {
      const { file } = await execute(UploadStandingDocument, { fileId, withDigests }, { signal });
      if (!file || file.status === "EXPIRED" || file.status === "DELETED") return { state: "GONE" };
      if (file.status !== "PENDING") return { state: "CLOSED" };
      // The two were read one after the other; the next answer agrees with itself.
      if (!file.upload) throw new ApiError("INTERNAL_SERVER_ERROR");
      const { receivedParts, storedParts } = file.upload;
      return { state: "OPEN", ticket: { ...ticketOf(file.upload), receivedParts, storedParts } };
    },

    batchSize() {
      batchSize ??= execute(BatchSizeDocument, {}).then(({ limits }) => limits.batchSize);
      batchSize.catch(() => (batchSize = undefined));
      return batchSize;
    },

    async signParts(fileId, parts, signal) {
      const { signUploadParts: result } = await execute(SignPartsDocument, { fileId, parts }, { signal });
      return "code" in result ? refused(result) : { ok: true, value: result.parts };
    },

    async confirm(fileId, signal) {
      const options = { signal, timeoutMs: CONFIRM_TIMEOUT_MS };
      const { confirmUpload } = await execute(ConfirmUploadDocument, { fileId }, options);
      return confirmed(confirmUpload);
    },

    async confirmMany(fileIds) {
      const options = { timeoutMs: CONFIRM_TIMEOUT_MS };
      const { confirmUploads } = await execute(ConfirmUploadsDocument, { fileIds }, options);
      return confirmUploads.map(confirmed);
    },

    async abort(fileId) {
      const { abortUpload: result } = await execute(AbortUploadDocument, { fileId });
      return "code" in result ? refused(result) : { ok: true, value: undefined };
    },
  };
}

function wanted({ sizeBytes, ...input }: CreateUpload): CreateUploadUrlInput {
  return { ...input, size: sizeBytes };
}

function created(result: CreateUploadMutation["createUploadUrl"]): Answer<UploadTicket> {
  return "code" in result ? refused(result) : { ok: true, value: ticketOf(result) };
}

function confirmed(result: ConfirmUploadMutation["confirmUpload"]): Answer<FileRow> {
  return "code" in result ? refused(result) : { ok: true, value: result.file };
}

function ticketOf({ file, ...ticket }: TicketFragment): UploadTicket {
  return { ...ticket, fileId: file.id, sizeBytes: file.size };
}
