/**
 * The upload engine. Knows nothing of GraphQL, React or the page: the server is an argument ({@link UploadApi}), and so
 * are sending and hashing. Adapters for browsers are in browser.ts, those for Node in node.ts.
 */
export { uploadFile } from "./upload-file.js";
export type { UploadOptions } from "./upload-file.js";
export { batchCalls } from "./batch-calls.js";
export type { BulkUploadApi } from "./batch-calls.js";
export { UploadQueue } from "./upload-queue.js";
export type { AddOptions, UploadQueueOptions } from "./upload-queue.js";
export type { QueueSnapshot, UploadItem, UploadItemState } from "./queue-snapshot.js";
export { UploadError } from "./upload-error.js";
export type { UploadErrorCode, UploadErrorFacts } from "./upload-error.js";
export type {
  Answer,
  ApiFault,
  CreateUpload,
  HttpHeader,
  PartToSign,
  SignedPart,
  StoredPart,
  UploadApi,
  UploadProblem,
  UploadStanding,
  UploadTicket,
} from "./upload-api.js";
export type { UploadProgress } from "./progress.js";
export type { Hash, SourceState, UploadSource } from "./source.js";
export { PutFault } from "./put.js";
export type { Put, PutRequest, PutResponse } from "./put.js";
export type { Connectivity } from "./job.js";
export type { Lock } from "./lock.js";
export type { RetryPolicy } from "./retry.js";
export { createSlots } from "./slots.js";
export type { Slots } from "./slots.js";
