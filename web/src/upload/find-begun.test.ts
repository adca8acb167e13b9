import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { bytesSource, createNodePut, nodeHash } from "./node.js";
import type { NodeBody } from "./node.js";
import type { UploadSource } from "./source.js";
import { startTestStore } from "./test-store.fixture.js";
import type { TestFile, TestStore } from "./test-store.fixture.js";
import { uploadFile } from "./upload-file.js";
import { UploadQueue } from "./upload-queue.js";
import type { QueueSnapshot } from "./queue-snapshot.js";

const PART = 100_000;

let store: TestStore;
beforeEach(async () => {
  store = await startTestStore({ partSize: PART });
});
afterEach(() => store.close());

const shared = () => ({
  api: store.api,
  put: createNodePut(),
  hash: nodeHash,
  retry: { retries: 1, firstDelayMs: 4, maxDelayMs: 10 },
});

/** An upload that an earlier session has left with `partsThere` parts at the store. */
async function left(bytes: Buffer, partsThere: number): Promise<string> {
  store.fate = (number) => (number <= partsThere ? "OK" : { status: 500, code: "InternalError" });
  await expect(uploadFile(bytesSource(bytes, "r"), shared())).rejects.toThrow("STORAGE");
  await store.quiet();
  store.fate = () => "OK";
  store.puts.length = 0;
  return store.only.id;
}

describe("a source that an earlier session has begun", () => {
  test("is found and gone on with; no stored part is sent again", async () => {
    const bytes = randomBytes(10 * PART);
    const earlier = await left(bytes, 6);
    const there = [...store.only.parts.keys()];
    const begun: string[] = [];
    const asked: UploadSource<NodeBody>[] = [];
    const source = bytesSource(bytes, "r");
    const file = await uploadFile(source, {
      ...shared(),
      onFileId: (fileId) => begun.push(fileId),
      findBegun: (of) => {
        asked.push(of);
        return Promise.resolve(earlier);
      },
    });
    expect(file).toMatchObject({ id: earlier });
    expect(file.bytes.equals(bytes)).toBe(true);
    expect(store.puts.filter(({ number }) => there.includes(number))).toEqual([]);
    expect([begun, asked]).toEqual([[earlier], [source]]);
  });

  test("is sent whole when the store cannot say what its parts hold: no file is made of two", async () => {
    await expect(
      uploadFile(bytesSource(randomBytes(4 * PART), "r"), {
        api: store.api,
        put: (request) =>
          request.url.includes("/3?") ? Promise.resolve({ status: 500, text: "" }) : createNodePut()(request),
        parallel: 1,
        retry: { retries: 0, firstDelayMs: 1, maxDelayMs: 1 },
      }),
    ).rejects.toThrow("STORAGE");
    expect([...store.only.parts.keys()]).toEqual([1, 2]);
    const other = randomBytes(4 * PART);
    const withoutDigests: TestStore["api"] = {
      ...store.api,
      async resume(...asked) {
        const standing = await store.api.resume(...asked);
        if (standing.state !== "OPEN") return standing;
        const storedParts = standing.ticket.storedParts?.map(({ number }) => ({ number, sha256: null })) ?? null;
        return { ...standing, ticket: { ...standing.ticket, storedParts } };
      },
    };
    const file = await uploadFile(bytesSource(other, "r"), {
      ...shared(),
      api: withoutDigests,
      resumeFileId: store.only.id,
    });
    expect(file.bytes.equals(other)).toBe(true);
  });

  test("is begun anew when that one is gone, or of other content after all", async () => {
    const bytes = randomBytes(4 * PART);
    const earlier = await left(bytes, 2);
    const other = Buffer.from(bytes);
    other[0] = (other[0] ?? 0) ^ 1;
    const begun: string[] = [];
    const upload = (content: Buffer): Promise<TestFile> =>
      uploadFile(bytesSource(content, "r"), {
        ...shared(),
        onFileId: (fileId) => begun.push(fileId),
        findBegun: () => Promise.resolve(earlier),
      });
    expect((await upload(other)).bytes.equals(other)).toBe(true);
    await store.api.abort(earlier);
    expect((await upload(bytes)).bytes.equals(bytes)).toBe(true);
    expect(begun.filter((id) => id === earlier)).toHaveLength(2);
    expect(new Set(begun).size).toBe(3);
  });

  test("is compared again when it was paused in the comparison", async () => {
    const bytes = randomBytes(8 * PART);
    const earlier = await left(bytes, 4);
    const other = Buffer.from(bytes);
    other[2 * PART] = (other[2 * PART] ?? 0) ^ 1;
    let pauseOnce = true;
    const queue: UploadQueue<NodeBody, TestFile> = new UploadQueue({
      ...shared(),
      hash: async (body, signal) => {
        if (pauseOnce) queue.pauseAll();
        pauseOnce = false;
        signal.throwIfAborted();
        return nodeHash(body, signal);
      },
      findBegun: () => Promise.resolve(earlier),
    });
    queue.add([bytesSource(other, "r")]);
    await reached(queue, (snapshot) => snapshot.pausedCount === 1);
    expect(queue.getSnapshot().items[0]?.fileId).toBe(earlier);
    queue.resumeAll();
    const [item] = (await reached(queue, (snapshot) => snapshot.activeCount === 0)).items;
    expect(item).toMatchObject({ phase: "failed", error: { code: "DIFFERENT_FILE" } });
    expect(store.puts).toEqual([]);

    // Starting again leaves the other upload as it is.
    queue.retry(item?.id ?? "");
    const [done] = (await reached(queue, (snapshot) => snapshot.doneCount === 1)).items;
    expect(done?.fileId).not.toBe(earlier);
    expect(store.uploads.get(earlier)?.state).toBe("OPEN");
  });

  test("taking a file that proves different out of the queue gives nothing up", async () => {
    const bytes = randomBytes(4 * PART);
    const earlier = await left(bytes, 2);
    const queue = new UploadQueue<NodeBody, TestFile>(shared());
    const [id = ""] = queue.add([bytesSource(randomBytes(4 * PART), "r")], { resumeFileId: earlier });
    await reached(queue, (snapshot) => snapshot.failedCount === 1);
    queue.cancel(id);
    await uploadFile(bytesSource(randomBytes(10), "later"), shared());
    expect(store.uploads.get(earlier)?.state).toBe("OPEN");
  });
});

/** Resolves with the first snapshot that satisfies `until`. */
function reached(
  queue: UploadQueue<NodeBody, TestFile>,
  until: (snapshot: QueueSnapshot<TestFile>) => boolean,
): Promise<QueueSnapshot<TestFile>> {
  return new Promise((resolve) => {
    const unsubscribe = queue.subscribe(() => look());
    const look = (): void => {
      if (!until(queue.getSnapshot())) return;
      unsubscribe();
      resolve(queue.getSnapshot());
    };
    look();
  });
}
