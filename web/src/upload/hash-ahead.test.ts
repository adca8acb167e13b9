import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { bytesSource, createNodePut, nodeHash } from "./node.js";
import type { NodeBody } from "./node.js";
import type { UploadSource } from "./source.js";
import { startTestStore } from "./test-store.fixture.js";
import type { TestFile, TestStore } from "./test-store.fixture.js";
import { uploadFile } from "./upload-file.js";
import type { UploadOptions } from "./upload-file.js";

const PART = 10_000;
const PARTS = 40;

let store: TestStore;
let done: string[];
beforeEach(async () => {
  store = await startTestStore({ partSize: PART });
  done = [];
});
afterEach(() => store.close());

const unnoticed = (bytes: Uint8Array): UploadSource<NodeBody> => ({ ...bytesSource(bytes, "x"), hashAhead: true });

/** Notes each digest when it is known and each PUT when it begins. */
function options(more: Partial<UploadOptions<NodeBody, TestFile>> = {}): UploadOptions<NodeBody, TestFile> {
  const put = createNodePut();
  return {
    api: store.api,
    parallel: 1,
    hashWholeBytes: PART,
    put: (request) => {
      done.push("put");
      return put(request);
    },
    hash: async (body, signal) => {
      const sha256 = await nodeHash(body, signal);
      done.push("hash");
      return sha256;
    },
    ...more,
  };
}

test("where changes are not noticed, no byte leaves before every part is hashed, each once", async () => {
  await uploadFile(unnoticed(randomBytes(PARTS * PART)), options());
  expect(done).toEqual([...Array<string>(PARTS).fill("hash"), ...Array<string>(PARTS).fill("put")]);
});

test("elsewhere, and for files that are larger, hashing and sending go side by side", async () => {
  const bytes = randomBytes(PARTS * PART);
  await uploadFile(bytesSource(bytes, "x"), options());
  expect(done.lastIndexOf("hash")).toBeGreaterThan(done.indexOf("put"));
  done = [];
  await uploadFile(unnoticed(bytes), options({ hashAheadBytes: bytes.byteLength - 1 }));
  expect(done.lastIndexOf("hash")).toBeGreaterThan(done.indexOf("put"));
});

test("a file of one part is hashed once", async () => {
  await uploadFile(unnoticed(randomBytes(PART)), options());
  expect(done).toEqual(["hash", "put"]);
});

test("a change between two parts is refused by the store and found out", async () => {
  const bytes = randomBytes(3 * PART);
  const put = createNodePut();
  const upload = uploadFile(
    unnoticed(bytes),
    options({
      put: async (request) => {
        const answer = await put(request);
        bytes.fill(0);
        return answer;
      },
    }),
  );
  await expect(upload).rejects.toMatchObject({ code: "FILE_CHANGED" });
  expect([...store.only.parts.keys()]).toEqual([1]);
});

test("a change while it was paused is found out before another byte is sent", async () => {
  const bytes = randomBytes(3 * PART);
  store.fate = (number) => (number === 1 ? "OK" : { status: 500, code: "InternalError" });
  const retry = { retries: 0, firstDelayMs: 1, maxDelayMs: 1 };
  await expect(uploadFile(unnoticed(bytes), options({ retry }))).rejects.toMatchObject({ code: "STORAGE" });
  store.fate = () => "OK";
  store.puts.length = 0;
  bytes.fill(0);
  const again = uploadFile(unnoticed(bytes), options({ resumeFileId: store.only.id, verifyStored: false }));
  await expect(again).rejects.toMatchObject({ code: "DIFFERENT_FILE" });
  expect(store.puts).toEqual([]);
});

test("nothing is hashed ahead for a store that takes no digests", async () => {
  const { hash: _, ...plain } = options();
  await uploadFile(unnoticed(randomBytes(3 * PART)), plain);
  expect(done).toEqual(["put", "put", "put"]);
});
