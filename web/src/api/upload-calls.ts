import {
  AbortUploadDocument,
  BatchSizeDocument,
  ConfirmUploadDocument,
  CreateUploadDocument,
  SignPartsDocument,
  UploadStandingDocument,
} from "../gql/graphql.js";
import type { TicketFragment } from "../gql/graphql.js";
import type { UploadApi, UploadStanding, UploadTicket } from "../upload/index.js";
import { ApiError } from "./execute.js";
import type { Execute } from "./execute.js";
import type { FileRow } from "./file-calls.js";
import { refused } from "./problem.js";

/** The upload engine's calls as GraphQL operations. */
export function createUploadApi(execute: Execute): UploadApi<FileRow> {
  let batchSize: Promise<number> | undefined;

  return {
    async create({ sizeBytes, ...input }) {
      const { createUploadUrl: result } = await execute(CreateUploadDocument, { input: { ...input, size: sizeBytes } });
      return "code" in result ? refused(result) : { ok: true, value: ticketOf(result) };
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
      // The server itself answers FileBusy after 20 s.
      const { confirmUpload: result } = await execute(ConfirmUploadDocument, { fileId }, { signal, timeoutMs: 60_000 });
      return "code" in result ? refused(result) : { ok: true, value: result.file };
    },

    async abort(fileId) {
      const { abortUpload: result } = await execute(AbortUploadDocument, { fileId });
      return "code" in result ? refused(result) : { ok: true, value: undefined };
    },
  };
}

function ticketOf({ file, ...ticket }: TicketFragment): UploadTicket {
  return { ...ticket, fileId: file.id, sizeBytes: file.size };
}
