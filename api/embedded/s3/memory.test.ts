import { createHash } from "node:crypto";
import { get } from "node:http";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { bytes } from "./conformance/content.js";
import { Multipart } from "./conformance/objects.js";
import { Subject } from "./conformance/subject.js";
import { readMemory, startStoreProcess, type StoreProcess } from "./store-process.js";

const GIB = 2 ** 30;
const BLOCK_BYTES = 2 ** 20;
const LIMIT_BYTES = 120 * 2 ** 20;
const PART_BYTES = 64 * 2 ** 20;
/** Of the multipart upload: all its parts are under way at once. */
const PART_COUNT = 6;

let dataDir: string;
let store: StoreProcess;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "s3-memory-"));
  store = await startStoreProcess({ dataDir, durable: false });
});

afterAll(async () => {
  await store.end("SIGTERM");
  await rm(dataDir, { recursive: true });
});

/** Bytes made on the fly: a megabyte that repeats with a counter in it. `onBlock` sees each as it goes out. */
async function* generate(sizeBytes: number, from = 0, onBlock?: (block: Buffer) => void): AsyncGenerator<Buffer> {
  const block = bytes(BLOCK_BYTES, 5);
  for (let index = from; index < from + sizeBytes / BLOCK_BYTES; index++) {
    const numbered = Buffer.from(block);
    numbered.writeUInt32LE(index);
    onBlock?.(numbered);
    yield numbered;
  }
}

async function digestOfGet(subject: Subject, key: string): Promise<string> {
  const { target } = await subject.presign({ method: "GET", path: subject.path(key) });
  const hash = createHash("md5");
  await new Promise<void>((resolve, reject) => {
    get({ host: subject.endpoint.hostname, port: subject.endpoint.port, path: target }, (incoming) => {
      incoming.on("data", (data: Buffer) => hash.update(data));
      incoming.on("end", resolve);
      incoming.on("error", reject);
    }).on("error", reject);
  });
  return hash.digest("hex");
}

test("1 GiB in and out as one object, and six parts of 64 MiB side by side, take at most 120 MB over idle", async () => {
  const subject = new Subject(store.target);
  const { nowBytes: idleBytes } = await readMemory(store.pid);
  const expected = createHash("md5");
  const put = await subject.presign({
    method: "PUT",
    path: subject.path("whole"),
    headers: { "content-length": String(GIB) },
  });
  const answer = await subject.send({ ...put, body: generate(GIB, 0, (block) => expected.update(block)) });
  const digest = expected.digest("hex");
  expect([answer.status, answer.headers.etag]).toEqual([200, `"${digest}"`]);
  expect(await digestOfGet(subject, "whole")).toBe(digest);

  const upload = await Multipart.begin(subject, {}, "parts");
  const parts = await Promise.all(
    Array.from({ length: PART_COUNT }, async (_, index) => {
      const presigned = await subject.presign({
        method: "PUT",
        path: subject.path("parts"),
        query: { partNumber: String(index + 1), uploadId: upload.uploadId },
        headers: { "content-length": String(PART_BYTES) },
      });
      const body = generate(PART_BYTES, (index * PART_BYTES) / BLOCK_BYTES);
      const { headers } = await subject.send({ ...presigned, body });
      return { PartNumber: index + 1, ETag: headers.etag };
    }),
  );
  await upload.complete(parts, { MpuObjectSize: PART_COUNT * PART_BYTES });

  const { peakBytes } = await readMemory(store.pid);
  expect((peakBytes - idleBytes) / 2 ** 20).toBeLessThanOrEqual(LIMIT_BYTES / 2 ** 20);
}, 120_000);
