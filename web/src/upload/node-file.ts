import { createHash } from "node:crypto";
import { open, stat } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { basename } from "node:path";
import { Readable } from "node:stream";
import type { Hash, SourceState, UploadSource } from "./source.js";

/** Bytes in Node: in memory, or a range of an open file, end excluded. */
export type NodeBody = Uint8Array | { readonly handle: FileHandle; readonly start: number; readonly end: number };

/** A file on disk; `close` it after the upload. */
export interface NodeFileSource extends UploadSource<NodeBody> {
  close(): Promise<void>;
}

/** @param type media type, empty when unknown */
export async function openFileSource(path: string, type = "", name = basename(path)): Promise<NodeFileSource> {
  const handle = await open(path, "r");
  const before = await handle.stat();
  return {
    name,
    type,
    sizeBytes: before.size,
    slice: (start, end) => ({ handle, start, end }),
    async state(): Promise<SourceState> {
      try {
        const now = await stat(path);
        const same = now.size === before.size && now.mtimeMs === before.mtimeMs && now.ino === before.ino;
        return same ? "SAME" : "FILE_CHANGED";
      } catch {
        return "FILE_UNREADABLE";
      }
    },
    close: () => handle.close(),
  };
}

/** Bytes in memory as a file. */
export function bytesSource(bytes: Uint8Array, name: string, type = ""): UploadSource<NodeBody> {
  return {
    name,
    type,
    sizeBytes: bytes.byteLength,
    slice: (start, end) => bytes.subarray(start, end),
    state: () => Promise.resolve("SAME"),
  };
}

/** The body as a stream; nothing is read before it is consumed. */
export function bodyStream(body: NodeBody): Readable {
  return Readable.from(body instanceof Uint8Array ? chunks(body) : fileChunks(body), { objectMode: false });
}

/** SHA-256 by Node's own crypto, 64 KiB at a time. */
export const nodeHash: Hash<NodeBody> = async (body, signal) => {
  const hash = createHash("sha256");
  for await (const chunk of bodyStream(body)) {
    signal.throwIfAborted();
    hash.update(chunk as Uint8Array);
  }
  return hash.digest("hex");
};

const CHUNK_BYTES = 65_536;

function* chunks(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.byteLength; at += CHUNK_BYTES) yield bytes.subarray(at, at + CHUNK_BYTES);
}

/** Reads by position: several ranges of one handle can be under way. A file that has become shorter ends early. */
async function* fileChunks({ handle, start, end }: Exclude<NodeBody, Uint8Array>): AsyncGenerator<Uint8Array> {
  for (let at = start; at < end;) {
    const { bytesRead, buffer } = await handle.read(
      Buffer.allocUnsafe(CHUNK_BYTES),
      0,
      Math.min(CHUNK_BYTES, end - at),
      at,
    );
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    at += bytesRead;
  }
}
