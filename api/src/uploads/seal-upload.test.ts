import { describe, expect, test } from "@jest/globals";
import type { FileRecords } from "../files/file-records.js";
import { fileRow } from "../http/server.fixture.js";
import { StorageError } from "../storage/object-storage.js";
import type { ObjectHead, ObjectStorage } from "../storage/object-storage.js";
import { isScanHopeless, scanAgainAfterMs, ScanUndecided } from "./malware-scan.js";
import type { Scanner } from "./malware-scan.js";
import { sealUpload } from "./seal-upload.js";
import type { SealOutcome } from "./seal-upload.js";
import type { UploadDeps } from "./upload-deps.js";

/** What is noted about a Complete decides whether its upload may ever be aborted (docs/upload-protocol.md). */

const FILE = fileRow({ status: "VERIFYING", attempt: 3, sizeBytes: 5, partSizeBytes: 5, partCount: 1 });
const PART = { number: 1, sizeBytes: 5, etag: '"e"', sha256: null };
const unavailable = (unsent: boolean): StorageError => new StorageError("UNAVAILABLE", "x", null, { unsent });
const refused = new StorageError("REFUSED", "x", "AccessDenied");

/** Seals against a store of which each call answers or fails as told; says what was noted in the row, in order. */
async function sealed(
  store: { complete: StorageError | null; head: ObjectHead | StorageError | null },
  {
    first = true,
    expireIncomplete = false,
    ...given
  }: { first?: boolean; expireIncomplete?: boolean; scan?: Scanner["scan"]; maxScanBytes?: number } = {},
): Promise<{ noted: string[]; logged: string[]; failure: unknown; outcome: SealOutcome["outcome"] | null }> {
  const noted: string[] = [];
  const note = (what: string): void => void noted.push(what);
  const logged: string[] = [];
  const files: Pick<
    FileRecords,
    "markCompleteSent" | "clearCompleteSent" | "backOff" | "markReady" | "markRejected" | "markExpired"
  > = {
    markExpired: async (_, reason) => (note(reason), { ...FILE, status: "EXPIRED" }),
    markCompleteSent: async () => (note("sent"), { first }),
    clearCompleteSent: async () => (note("cleared"), true),
    backOff: async (_, ms) => (note(`again in ${ms} ms`), FILE),
    markReady: async () => (note("READY"), { ...FILE, status: "READY" }),
    markRejected: async (_, rejection) => (note(JSON.stringify(rejection)), { ...FILE, status: "REJECTED" }),
  };
  const storage: Pick<
    ObjectStorage,
    "listParts" | "completeMultipartUpload" | "headObject" | "readStart" | "readObject"
  > = {
    listParts: async () => [PART],
    async completeMultipartUpload() {
      if (store.complete !== null) throw store.complete;
    },
    async headObject() {
      if (store.head instanceof StorageError) throw store.head;
      return store.head;
    },
    readStart: async () => Buffer.from("hello"),
    async *readObject() {
      yield Buffer.from("hello");
    },
  };
  const deps = {
    files,
    storage,
    typeDetector: { detectable: new Set<string>(), detect: async () => null },
    limits: { maxVerifiedSizeBytes: 0 },
    policies: [{ name: "default", description: "", maxSizeBytes: 5, allowedTypes: ["*/*"], visibility: "OWNER" }],
    scanning:
      given.scan === undefined ? null : { scanner: { scan: given.scan }, maxSizeBytes: given.maxScanBytes ?? Infinity },
    sleep: async () => undefined,
    log: (message: string) => void logged.push(message),
  } as unknown as UploadDeps;
  let outcome: SealOutcome["outcome"] | null = null;
  let failure: unknown = null;
  try {
    ({ outcome } = await sealUpload(deps, FILE, new AbortController().signal, { expireIncomplete }));
  } catch (error) {
    failure = error;
  }
  return { noted, logged, failure, outcome };
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

describe("a scan of what was sealed", () => {
  const undecided =
    (asked: boolean): Scanner["scan"] =>
    () =>
      Promise.resolve({ verdict: "UNDECIDED", asked, reason: "it is silent" });

  test("reads all of it, and decides", async () => {
    const read: string[] = [];
    const scan: Scanner["scan"] = async ({ read: open }, signal) => {
      for await (const chunk of open(signal)) read.push(Buffer.from(chunk).toString());
      return { verdict: "CLEAN" };
    };
    expect(await sealed({ complete: null, head: HEAD }, { scan })).toMatchObject({
      ...{ noted: ["sent", "READY"], outcome: "READY" },
    });
    expect(read).toEqual(["hello"]);
    const infected: Scanner["scan"] = async () => ({ verdict: "INFECTED", signature: "A" });
    expect((await sealed({ complete: null, head: HEAD }, { scan: infected })).noted).toEqual([
      "sent",
      '{"code":"MALWARE_FOUND","signature":"A"}',
    ]);
  });

  test("without a verdict leaves it as it is, for later, and says so", async () => {
    const { noted, logged, outcome } = await sealed({ complete: null, head: HEAD }, { scan: undecided(true) });
    // The third attempt.
    expect([noted, outcome]).toEqual([["sent", "again in 8000 ms"], "UNSCANNED"]);
    expect(logged).toHaveLength(1);
  });

  test("by a scanner that is known to be away may be tried again at once, and is no news", async () => {
    const { noted, logged, outcome } = await sealed({ complete: null, head: HEAD }, { scan: undecided(false) });
    expect([noted, logged, outcome]).toEqual([["sent", "again in 0 ms"], [], "UNSCANNED"]);
  });

  test("of more than the scanner takes waits for whoever runs it", async () => {
    const scan: Scanner["scan"] = () => Promise.resolve({ verdict: "TOO_LARGE" });
    const { noted, outcome } = await sealed({ complete: null, head: HEAD }, { scan });
    expect([noted, outcome]).toEqual([["sent", "again in 300000 ms"], "UNSCANNED"]);
  });

  test("that never comes to a verdict ends with the upload's own time", async () => {
    const tooLarge: Scanner["scan"] = () => Promise.resolve({ verdict: "TOO_LARGE" });
    const ends = async (scan: Scanner["scan"]) =>
      (await sealed({ complete: null, head: HEAD }, { scan, expireIncomplete: true })).outcome;
    expect(await ends(tooLarge)).toBe("EXPIRED");
    // The third attempt is not yet hopeless; and who is away has said nothing.
    expect(await ends(undecided(true))).toBe("UNSCANNED");
    expect(await ends(undecided(false))).toBe("UNSCANNED");
    const asked = new ScanUndecided("x", {});
    expect([7, 8].map((attempt) => isScanHopeless(asked, attempt))).toEqual([false, true]);
    expect(isScanHopeless(new ScanUndecided("x", { asked: false }), 100)).toBe(false);
  });

  test("is left out for what is larger than what is to be scanned", async () => {
    const never = (): never => {
      throw new Error("scanned");
    };
    const { noted } = await sealed({ complete: null, head: HEAD }, { scan: never, maxScanBytes: 4 });
    expect(noted).toEqual(["sent", "READY"]);
  });

  test("is made ever later, within bounds, however often it fails", () => {
    const waits = [1, 2, 3, 8, 9, 2 ** 31].map((attempt) => scanAgainAfterMs(new ScanUndecided("x", {}), attempt));
    expect(waits).toEqual([2_000, 4_000, 8_000, 256_000, 300_000, 300_000]);
    expect(scanAgainAfterMs(new ScanUndecided("x", { asked: false }), 9)).toBe(0);
  });
});
