/** The engine's adapters for browsers. Kept out of index.ts, which touches nothing of a browser. */
export { fileSource } from "./blob-source.js";
export type { BrowserSource, FileSourceOptions } from "./blob-source.js";
export { xhrPut } from "./xhr-put.js";
export { createWorkerHash } from "./worker-hash.js";
export type { HashReply, HashRequest } from "./worker-hash.js";
export { windowConnectivity } from "./window-connectivity.js";
export { createWebLock, heldNames, whenFree } from "./web-lock.js";
export type { Locks } from "./web-lock.js";
export { keepAwake } from "./wake-lock.js";
export type { Visibility } from "./wake-lock.js";
export { createIndexedDbRecords } from "./indexed-db-records.js";
export type { UploadRecord, UploadRecords } from "./records.js";
