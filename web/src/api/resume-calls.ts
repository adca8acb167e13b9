import { AbortUploadDocument, InterruptedUploadsDocument } from "../gql/graphql.js";
import type { InterruptedUploadsQuery } from "../gql/graphql.js";
import type { Answer } from "../upload/index.js";
import type { Execute } from "./execute.js";
import { refused } from "./problem.js";

/**
 * How an upload stands that some session began.
 * - OPEN: it can be gone on with. `storedBytes` is what the store holds; undefined when the store did not answer.
 * - BUSY: being sealed and checked, or about to be open again
 * - OVER: it became a file, was refused, given up, deleted, has expired, or is somebody else's
 */
export type UploadStatus =
  { readonly state: "OPEN"; readonly storedBytes: number | undefined } | { readonly state: "BUSY" | "OVER" };

/** What the page asks about uploads that were interrupted. Calls reject with ApiError. */
export interface ResumeApi {
  /** In the order of `fileIds`, with the time that the server leaves to an upload. */
  standing(
    fileIds: readonly string[],
    signal?: AbortSignal,
  ): Promise<{ readonly uploads: readonly UploadStatus[]; readonly ttlSeconds: number }>;
  /** Gives the upload up: what it had reserved is free. Repeatable. */
  giveUp(fileId: string): Promise<Answer<undefined>>;
}

/** Each costs one listing of the store, and what one call may cost is bounded. */
const AT_ONCE = 50;

/** These questions as GraphQL operations. */
export function createResumeApi(execute: Execute): ResumeApi {
  return {
    async standing(fileIds, signal) {
      const uploads: UploadStatus[] = [];
      for (let start = 0; ; start += AT_ONCE) {
        const ids = fileIds.slice(start, start + AT_ONCE);
        const { nodes, limits } = await execute(InterruptedUploadsDocument, { ids }, { signal });
        uploads.push(...nodes.map(statusOf));
        if (start + AT_ONCE >= fileIds.length) return { uploads, ttlSeconds: limits.uploadTtlSeconds };
      }
    },

    async giveUp(fileId) {
      const { abortUpload: result } = await execute(AbortUploadDocument, { fileId });
      return "code" in result ? refused(result) : { ok: true, value: undefined };
    },
  };
}

function statusOf(node: InterruptedUploadsQuery["nodes"][number]): UploadStatus {
  if (!node || !("status" in node)) return { state: "OVER" };
  if (node.status === "VERIFYING") return { state: "BUSY" };
  if (node.status !== "PENDING") return { state: "OVER" };
  // Status and plan were read one after the other; the next answer agrees with itself.
  if (!node.upload) return { state: "BUSY" };
  const { partSize, partCount, receivedParts } = node.upload;
  const lastSize = node.size - partSize * (partCount - 1);
  const sizeOf = (number: number): number => (number === partCount ? lastSize : partSize);
  return { state: "OPEN", storedBytes: receivedParts?.reduce((sum, number) => sum + sizeOf(number), 0) };
}
