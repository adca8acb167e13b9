/** The engine's adapters for Node: files, hashing and HTTP. Kept out of index.ts, which browsers load. */
export { bytesSource, nodeHash, openFileSource } from "./node-file.js";
export type { NodeBody, NodeFileSource } from "./node-file.js";
export { createNodePut } from "./node-put.js";
