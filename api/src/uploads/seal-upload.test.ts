import { describe, expect, test } from "@jest/globals";
import type { FileRecords } from "../files/file-records.js";
import { fileRow } from "../http/server.fixture.js";
import { StorageError } from "../storage/object-storage.js";
import type { ObjectHead, ObjectStorage } from "../storage/object-storage.js";
import { sealUpload } from "./seal-upload.js";
import type { UploadDeps } from "./upload-deps.js";

/** What is noted about a Complete decides whether its upload may ever be aborted (docs/upload-protocol.md). */

const FILE = fileRow({ status: "VERIFYING", attempt: 3, sizeBytes: 5, partSizeBytes: 5, partCount: 1 });
const PART = { number: 1, sizeBytes: 5, etag: '"e"', sha256: null };
const unavailable = (unsent: boolean): StorageError => new StorageError("UNAVAILABLE", "x", null, { unsent });
const refused = new StorageError("REFUSED", "x", "AccessDenied");

/** Seals against a store of which each call answers or fails as told; says what was noted in the row, in order. */
async function sealed(
  store: { complete: StorageError | null; head: ObjectHead | StorageError | null },
  { first = true }: { first?: boolean } = {},
): Promise<{ noted: string[]; failure: unknown }> {
  const noted: string[] = [];
  const note = (what: string): void => void noted.push(what);
  const files: Pick<FileRecords, "markCompleteSent" | "clearCompleteSent" | "backOff" | "markReady"> = {
    markCompleteSent: async () => (note("sent"), { first }),
    clearCompleteSent: async () => (note("cleared"), true),
    backOff: async (_, ms) => (note(`again in ${ms} ms`), FILE),
    markReady: async () => (note("READY"), { ...FILE, status: "READY" }),
  };
  const storage: Pick<ObjectStorage, "listParts" | "completeMultipartUpload" | "headObject" | "readStart"> = {
    listParts: async () => [PART],
    async completeMultipartUpload() {
      if (store.complete !== null) throw store.complete;
    },
    async headObject() {
      if (store.head instanceof StorageError) throw store.head;
      return store.head;
    },
    readStart: async () => Buffer.from("hello"),
  };
  const deps = {
    files,
    storage,
    typeDetector: { detectable: new Set<string>(), detect: async () => null },
    limits: { maxVerifiedSizeBytes: 0 },
    sleep: async () => undefined,
    log: () => undefined,
  } as unknown as UploadDeps;
  const failure: unknown = await sealUpload(deps, FILE, new AbortController().signal).then(
    () => null,
    (error: unknown) => error,
  );
  return { noted, failure };
}

const HEAD: ObjectHead = { sizeBytes: 5, etag: '"sealed-1"', checksumSha256: null };

describe("a Complete", () => {
  test("that never left this process was none, and whoever asks next may go on at once", async () => {
    const { noted, failure } = await sealed({ complete: unavailable(true), head: HEAD });
    expect(noted).toEqual(["sent", "cleared", "again in 0 ms"]);
    expect(failure).toMatchObject({ kind: "UNAVAILABLE", unsent: true });
  });

  test("that never left this process says nothing about an earlier one: the object is looked for", async () => {
    expect((await sealed({ complete: unavailable(true), head: HEAD }, { first: false })).noted).toEqual([
      "sent",
      "READY",
    ]);
  });

  test("that was not answered may have sealed", async () => {
    expect((await sealed({ complete: unavailable(false), head: HEAD })).noted).toEqual(["sent", "READY"]);
    expect((await sealed({ complete: unavailable(false), head: null })).noted).toEqual(["sent", "again in 1000 ms"]);
  });

  test("that was refused did not seal", async () => {
    const { noted } = await sealed({ complete: refused, head: null });
    expect(noted).toEqual(["sent", "cleared", "again in 3000 ms"]);
  });

  test.each([
    ["refused", refused, 3000],
    ["not answered", unavailable(false), 1000],
    ["never sent", unavailable(true), 0],
  ])("that has sealed stays noted when the look at the object is %s", async (_, head, ms) => {
    const { noted } = await sealed({ complete: null, head });
    expect(noted).toEqual(["sent", `again in ${ms} ms`]);
  });
});
