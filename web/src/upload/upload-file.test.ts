import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { appendFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { bytesSource, createNodePut, nodeHash, openFileSource } from "./node.js";
import type { NodeBody } from "./node.js";
import { startTestStore } from "./test-store.fixture.js";
import type { TestFile, TestStore } from "./test-store.fixture.js";
import type { UploadProblem } from "./upload-api.js";
import { UploadError } from "./upload-error.js";
import { uploadFile } from "./upload-file.js";
import type { UploadOptions } from "./upload-file.js";
import type { UploadProgress } from "./progress.js";

const PART = 100_000;
const retry = { retries: 4, firstDelayMs: 4, maxDelayMs: 20 };

let store: TestStore;
beforeEach(async () => {
  store = await startTestStore({ partSize: PART });
});
afterEach(() => store.close());

function options(more: Partial<UploadOptions<NodeBody, TestFile>> = {}): UploadOptions<NodeBody, TestFile> {
  return { api: store.api, put: createNodePut(), hash: nodeHash, retry, ...more };
}

async function failure(upload: Promise<unknown>): Promise<UploadError> {
  const error: unknown = await upload.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof UploadError)) throw new Error(`expected an UploadError, not ${String(error)}`);
  return error;
}

const problem = (code: string, facts: Partial<UploadProblem> = {}): UploadProblem => ({
  code,
  message: code,
  retryable: false,
  ...facts,
});

/** How often each part number was sent. */
function sent(): Record<number, number> {
  const counts: Record<number, number> = {};
  for (const { number } of store.puts) counts[number] = (counts[number] ?? 0) + 1;
  return counts;
}

describe("the way there", () => {
  test.each([0, 1, PART - 1, PART, PART + 1, 7 * PART + 13])(
    "%d bytes arrive as they are, with and without digests",
    async (size) => {
      const bytes = randomBytes(size);
      for (const hash of [nodeHash, undefined]) {
        const file = await uploadFile(bytesSource(bytes, "a.bin"), options({ hash }));
        expect(file.bytes.equals(bytes)).toBe(true);
      }
      const [first] = store.uploads.values();
      expect(first?.input).toMatchObject({
        filename: "a.bin",
        contentType: "application/octet-stream",
        sizeBytes: size,
      });
      expect(store.puts.every((put) => put.status === 200)).toBe(true);
    },
  );

  test("a small file declares its digest, a large one the digests of its parts", async () => {
    await uploadFile(bytesSource(randomBytes(10), "small"), options());
    await uploadFile(bytesSource(randomBytes(3 * PART), "large"), options({ hashWholeBytes: PART }));
    const [small, large] = [...store.uploads.values()].map((upload) => upload.input);
    expect(small?.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(large?.sha256).toBeUndefined();
    expect(large?.partChecksum).toBe("SHA256");
  });

  test("parts travel side by side, never more than asked for", async () => {
    store.delayMs = 20;
    await uploadFile(bytesSource(randomBytes(20 * PART), "wide"), options({ parallel: 4 }));
    expect(store.peak).toBe(4);
  });

  test("the next parts are signed while one is sent, not when it has arrived", async () => {
    const put = createNodePut();
    let signed = 0;
    let arrived = 0;
    const unsent: number[] = [];
    const api: typeof store.api = {
      ...store.api,
      signParts: async (...args) => {
        unsent.push(signed - arrived);
        signed += args[1].length;
        return store.api.signParts(...args);
      },
    };
    const counted: typeof put = async (request) => {
      const answer = await put(request);
      arrived++;
      return answer;
    };
    const source = bytesSource(randomBytes(12 * PART), "ahead");
    await uploadFile(source, options({ api, put: counted, parallel: 1, hash: undefined }));
    expect(unsent.length).toBeGreaterThan(1);
    expect(unsent.slice(1).every((count) => count > 0)).toBe(true);
    expect(signed).toBe(12);
  });

  test("a refusal that CORS hides is met with another URL, never with the same one", async () => {
    store.fate = (_, nth) => (nth % 2 === 1 ? "CUT" : "OK");
    await uploadFile(bytesSource(randomBytes(4 * PART), "hidden"), options());
    await uploadFile(bytesSource(randomBytes(10), "hidden too"), options());
    expect(store.puts.filter((put) => put.status === 403)).toEqual([]);
    expect(store.puts.some((put) => put.status === "CUT")).toBe(true);
  });

  test("signing is batched within the server's limit and ahead of need", async () => {
    await store.close();
    store = await startTestStore({ partSize: PART, batchSize: 5 });
    await uploadFile(bytesSource(randomBytes(20 * PART), "many"), options({ hash: undefined }));
    expect(store.signedBatches.every((batch) => batch.length <= 5)).toBe(true);
    expect(store.signedBatches.flat().sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect(store.signedBatches.length).toBeLessThanOrEqual(6);
  });

  test("progress counts bytes, never runs back and ends complete", async () => {
    const seen: UploadProgress[] = [];
    store.fate = (_, nth) => (nth === 3 ? "CUT" : "OK");
    await uploadFile(
      bytesSource(randomBytes(6 * PART), "p"),
      options({ onProgress: (progress) => seen.push(progress) }),
    );
    const counts = seen.map((progress) => progress.sentBytes);
    expect(counts).toEqual([...counts].sort((a, b) => a - b));
    expect(counts.at(-1)).toBe(6 * PART);
    expect(counts.length).toBeGreaterThan(12);
    expect(seen[0]?.phase).toBe("preparing");
    expect(seen.at(-1)?.phase).toBe("confirming");
  });

  test("while one part waits for its retry and nothing else moves, that is what is told", async () => {
    let last: UploadProgress | undefined;
    store.fate = (number, nth) => (number === 1 && nth <= 3 ? { status: 503, code: "SlowDown" } : "OK");
    const upload = uploadFile(
      bytesSource(randomBytes(3 * PART), "p"),
      options({ retry: { ...retry, firstDelayMs: 800, maxDelayMs: 800 }, onProgress: (progress) => (last = progress) }),
    );
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(Object.keys(sent())).toEqual(["1", "2", "3"]);
    expect(last).toMatchObject({ phase: "waiting", reason: "STORAGE" });
    await upload;
    expect(last).toMatchObject({ phase: "confirming", sentBytes: 3 * PART });
  });

  test("a real file on disk", async () => {
    const folder = await mkdtemp(join(tmpdir(), "engine-"));
    try {
      const bytes = randomBytes(5 * PART + 1);
      await writeFile(join(folder, "disk.bin"), bytes);
      const source = await openFileSource(join(folder, "disk.bin"), "image/PNG; x=y");
      const file = await uploadFile(source, options());
      await source.close();
      expect(file.bytes.equals(bytes)).toBe(true);
      expect(store.only.input.contentType).toBe("image/png");
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe("trouble at the store", () => {
  test.each(["PARTS", "SINGLE"])("%s: refusals, cuts and lost answers are mended", async (kind) => {
    const bytes = randomBytes(kind === "SINGLE" ? PART : 3 * PART);
    store.fate = (_, nth) =>
      nth === 1
        ? { status: 503, code: "SlowDown" }
        : nth === 2
          ? "CUT"
          : nth === 4
            ? { status: 403, code: "AccessDenied" }
            : "OK";
    const file = await uploadFile(bytesSource(bytes, "t"), options());
    expect(file.bytes.equals(bytes)).toBe(true);
  });

  test.each([PART, 3 * PART])("a part whose answer was lost is not sent again (%d bytes)", async (size) => {
    store.fate = (_, nth) => (nth === 1 ? "SWALLOW" : "OK");
    await uploadFile(bytesSource(randomBytes(size), "lost"), options());
    expect(Object.values(sent()).every((count) => count === 1)).toBe(true);
  });

  test("a connection without movement is dropped and the part sent again", async () => {
    store.fate = (_, nth) => (nth === 2 ? "STALL" : "OK");
    const started = Date.now();
    await uploadFile(bytesSource(randomBytes(4 * PART), "stall"), options({ stallMs: 150 }));
    expect(Date.now() - started).toBeLessThan(5_000);
  });

  test("expired URLs are signed again", async () => {
    store.ttlMs = -1;
    store.beforeCall = (name, nth) => {
      if ((name === "signParts" && nth === 3) || (name === "resume" && nth === 2)) store.ttlMs = 60_000;
      return undefined;
    };
    await uploadFile(bytesSource(randomBytes(3 * PART), "late"), options({ parallel: 1 }));
    await uploadFile(bytesSource(randomBytes(10), "late too"), options());
    expect(store.puts.some((put) => put.status === 403)).toBe(true);
  });

  test("retries used up: STORAGE with the status, retryable", async () => {
    store.fate = () => ({ status: 500, code: "InternalError" });
    const error = await failure(uploadFile(bytesSource(randomBytes(3 * PART), "x"), options()));
    expect(error).toMatchObject({ code: "STORAGE", status: 500, retryable: true });
    expect(store.puts.filter((put) => put.number === 1).length).toBeLessThanOrEqual(retry.retries + 1);
  });

  test("no readable answer at all: BLOCKED; after some answers: NETWORK", async () => {
    store.fate = () => "CUT";
    expect((await failure(uploadFile(bytesSource(randomBytes(3 * PART), "x"), options()))).code).toBe("BLOCKED");
    store.fate = (number) => (number === 1 ? "OK" : "CUT");
    const later = uploadFile(bytesSource(randomBytes(3 * PART), "x"), options({ parallel: 1 }));
    expect((await failure(later)).code).toBe("NETWORK");
  });

  test("damaged on the way: sent again; damaged always: CHECKSUM", async () => {
    store.fate = (_, nth) => (nth === 2 ? "FLIP" : "OK");
    const bytes = randomBytes(3 * PART);
    expect((await uploadFile(bytesSource(bytes, "x"), options())).bytes.equals(bytes)).toBe(true);
    store.fate = () => "FLIP";
    for (const size of [10, 3 * PART]) {
      const error = await failure(uploadFile(bytesSource(randomBytes(size), "x"), options()));
      expect(error).toMatchObject({ code: "CHECKSUM", status: 400, retryable: true });
    }
  });

  test("the upload is over: GONE, at once", async () => {
    store.fate = (_, nth) => {
      if (nth === 2) store.only.state = "GONE";
      return "OK";
    };
    const error = await failure(uploadFile(bytesSource(randomBytes(6 * PART), "x"), options()));
    expect(error).toMatchObject({ code: "GONE", retryable: false });
  });

  test("sealed by somebody else meanwhile: the verdict counts", async () => {
    store.fate = (number) => {
      if (number === 3) store.only.state = "READY";
      return "OK";
    };
    store.beforeCall = (name) => {
      if (name === "confirm") store.only.parts.set(3, Buffer.alloc(1));
      return undefined;
    };
    const file = await uploadFile(bytesSource(randomBytes(3 * PART), "x"), options({ parallel: 1 }));
    expect(file.id).toBe(store.only.id);
  });

  test("looked at by the server's sweeper meanwhile: what it finds missing is sent", async () => {
    const looking = problem("UPLOAD_NOT_OPEN");
    store.ttlMs = 0;
    store.beforeCall = (name, nth) => {
      if (name === "confirm") store.ttlMs = 60_000;
      return name === "signParts" && nth === 1 ? looking : undefined;
    };
    const bytes = randomBytes(PART);
    const file = await uploadFile(bytesSource(bytes, "x"), options());
    expect(file.bytes.equals(bytes)).toBe(true);
    expect(store.calls.filter((call) => call === "confirm")).toHaveLength(2);
  });

  test("ended meanwhile, when a part is to be signed: GONE", async () => {
    store.ttlMs = 0;
    store.beforeCall = (name) => {
      if (name === "signParts") store.only.state = "GONE";
      return undefined;
    };
    const error = await failure(uploadFile(bytesSource(randomBytes(PART), "x"), options()));
    expect(error).toMatchObject({ code: "GONE", problem: { code: "UPLOAD_EXPIRED" } });
  });
});

describe("trouble at the server", () => {
  test("lost calls and temporary refusals are repeated; create keeps its key", async () => {
    store.beforeCall = (name, nth) => {
      if (nth === 1) throw new TypeError(`${name}: connection reset`);
      return nth === 2 ? problem("STORAGE_UNAVAILABLE", { retryable: true, retryAfterSeconds: 0 }) : undefined;
    };
    const bytes = randomBytes(3 * PART);
    const file = await uploadFile(bytesSource(bytes, "x"), options());
    expect(file.bytes.equals(bytes)).toBe(true);
    expect(store.uploads.size).toBe(1);
    expect(store.calls.filter((call) => call === "create")).toHaveLength(3);
  });

  test("a busy server is left alone for as long as it has asked for", async () => {
    let refusedAt = 0;
    let askedAgainAt = 0;
    store.beforeCall = (name, nth) => {
      if (name !== "confirm") return undefined;
      if (nth > 1) askedAgainAt = performance.now();
      else {
        refusedAt = performance.now();
        const facts = { code: "SERVICE_UNAVAILABLE", retryable: true, status: 503, retryAfterSeconds: 1 };
        throw Object.assign(new Error("busy"), facts);
      }
      return undefined;
    };
    await uploadFile(bytesSource(randomBytes(PART), "x"), options());
    // Timers may be a millisecond early.
    expect(askedAgainAt - refusedAt).toBeGreaterThan(990);
  });

  test("retries used up: API with the problem and its request id", async () => {
    const busy = problem("RATE_LIMITED", { retryable: true, retryAfterSeconds: 0, requestId: "r-7" });
    store.beforeCall = (name) => (name === "signParts" ? busy : undefined);
    const error = await failure(uploadFile(bytesSource(randomBytes(3 * PART), "x"), options()));
    expect(error).toMatchObject({ code: "API", retryable: true, requestId: "r-7", problem: { code: "RATE_LIMITED" } });
  });

  test("a refusal is final and carries its facts", async () => {
    store.beforeCall = () => problem("FILE_TOO_LARGE", { maxSize: 5, actualSize: 10 });
    const error = await failure(uploadFile(bytesSource(randomBytes(10), "x"), options()));
    expect(error).toMatchObject({ code: "REFUSED", retryable: false, problem: { code: "FILE_TOO_LARGE", maxSize: 5 } });
    expect(store.calls).toEqual(["create"]);
  });

  test("signed out: at once, and the parts are kept", async () => {
    store.beforeCall = (name) => {
      if (name === "confirm")
        throw Object.assign(new Error("no"), { code: "UNAUTHENTICATED", retryable: false, status: 401 });
      return undefined;
    };
    const error = await failure(uploadFile(bytesSource(randomBytes(2 * PART), "x"), options()));
    expect(error).toMatchObject({ code: "SIGNED_OUT", status: 401, retryable: true });
    expect(store.only.parts.size).toBe(2);
  });

  test("confirm: busy is waited for, missing parts are sent, then the verdict", async () => {
    store.beforeCall = (name, nth) => {
      if (name !== "confirm") return undefined;
      if (nth <= 2) return problem("FILE_BUSY", { retryable: true, retryAfterSeconds: 0 });
      if (nth === 3) store.lose(store.only.id, 2);
      return undefined;
    };
    const bytes = randomBytes(3 * PART);
    expect((await uploadFile(bytesSource(bytes, "x"), options())).bytes.equals(bytes)).toBe(true);
    expect(sent()).toEqual({ 1: 1, 2: 2, 3: 1 });
  });

  test("what the store has lost is sent to another URL, also when the file is one part", async () => {
    store.beforeCall = (name, nth) => {
      if (name === "confirm" && nth <= 2) store.lose(store.only.id, 1);
      return undefined;
    };
    await uploadFile(bytesSource(randomBytes(10), "x"), options());
    expect(store.puts.map((put) => put.status)).toEqual([200, 200, 200]);
  });

  test("a store that keeps losing parts is not believed for ever", async () => {
    store.beforeCall = (name) => {
      if (name === "confirm") store.lose(store.only.id, 1);
      return undefined;
    };
    expect((await failure(uploadFile(bytesSource(randomBytes(10), "x"), options()))).code).toBe("STORAGE");
  });

  test.each([
    ["CONTENT_MISMATCH", { detectedType: "text/html" }],
    ["MALWARE_FOUND", { signature: "Win.Test.EICAR_HDB-1" }],
  ])("rejected content: the verdict %s with what was found", async (code, facts) => {
    store.beforeCall = (name) => (name === "confirm" ? problem(code, facts) : undefined);
    const error = await failure(uploadFile(bytesSource(randomBytes(10), "x"), options()));
    expect(error).toMatchObject({ code: "REJECTED", retryable: false, problem: { code, ...facts } });
  });

  test("a kind of transfer from the future: PROTOCOL", async () => {
    const api = {
      ...store.api,
      create: async (input: Parameters<typeof store.api.create>[0]) => {
        const answer = await store.api.create(input);
        return answer.ok ? { ...answer, value: { ...answer.value, transfer: "TELEPORT" } } : answer;
      },
    };
    expect((await failure(uploadFile(bytesSource(randomBytes(10), "x"), options({ api })))).code).toBe("PROTOCOL");
  });
});

describe("going on", () => {
  async function interrupted(bytes: Buffer, partsThere: number): Promise<string> {
    store.fate = (number) => (number <= partsThere ? "OK" : { status: 500, code: "InternalError" });
    await failure(uploadFile(bytesSource(bytes, "r"), options()));
    await store.quiet();
    store.fate = () => "OK";
    store.puts.length = 0;
    return store.only.id;
  }

  test("stored parts are never sent again", async () => {
    const bytes = randomBytes(10 * PART);
    const resumeFileId = await interrupted(bytes, 6);
    const there = [...store.only.parts.keys()];
    const seen: number[] = [];
    const file = await uploadFile(
      bytesSource(bytes, "r"),
      options({ resumeFileId, onProgress: ({ sentBytes }) => seen.push(sentBytes) }),
    );
    expect(file.bytes.equals(bytes)).toBe(true);
    expect(store.puts.map((put) => put.number).filter((number) => there.includes(number))).toEqual([]);
    expect(store.puts).toHaveLength(10 - there.length);
    expect(seen.find((bytesSent) => bytesSent > 0)).toBeGreaterThanOrEqual(there.length * PART);
  });

  test("another file of the same size is found out before a byte is sent", async () => {
    const bytes = randomBytes(10 * PART);
    const resumeFileId = await interrupted(bytes, 6);
    const other = Buffer.from(bytes);
    other[5 * PART] = (other[5 * PART] ?? 0) ^ 1;
    const error = await failure(uploadFile(bytesSource(other, "r"), options({ resumeFileId })));
    expect(error).toMatchObject({ code: "DIFFERENT_FILE", retryable: false });
    const shorter = uploadFile(bytesSource(bytes.subarray(1), "r"), options({ resumeFileId }));
    expect((await failure(shorter)).code).toBe("DIFFERENT_FILE");
    expect(store.puts).toEqual([]);
  });

  test("a finished upload only asks for the verdict, an ended one is GONE", async () => {
    const bytes = randomBytes(3 * PART);
    const { id } = await uploadFile(bytesSource(bytes, "r"), options());
    store.puts.length = 0;
    const again = await uploadFile(bytesSource(bytes, "r"), options({ resumeFileId: id }));
    expect(again.id).toBe(id);
    expect(store.puts).toEqual([]);
    const strange = uploadFile(bytesSource(bytes, "r"), options({ resumeFileId: "file_none" }));
    expect((await failure(strange)).code).toBe("GONE");
  });

  test("a store that lists nothing is asked again rather than sent everything", async () => {
    const bytes = randomBytes(4 * PART);
    const resumeFileId = await interrupted(bytes, 2);
    const there = store.only.parts.size;
    let silent = 2;
    const api = {
      ...store.api,
      resume: async (...args: Parameters<typeof store.api.resume>) => {
        const standing = await store.api.resume(...args);
        const hide = standing.state === "OPEN" && silent-- > 0;
        return hide ? { ...standing, ticket: { ...standing.ticket, receivedParts: null } } : standing;
      },
    };
    await uploadFile(bytesSource(bytes, "r"), options({ api, resumeFileId }));
    expect(store.puts).toHaveLength(4 - there);
  });
});

describe("the person and the disk", () => {
  test("cancel stops at once, and what was begun is named even when the answer comes late", async () => {
    const controller = new AbortController();
    const ids: string[] = [];
    let letGo: () => void = () => undefined;
    const held = new Promise<void>((resolve) => (letGo = resolve));
    const api = {
      ...store.api,
      create: async (input: Parameters<typeof store.api.create>[0]) => {
        await held;
        return store.api.create(input);
      },
    };
    const upload = uploadFile(
      bytesSource(randomBytes(10), "x"),
      options({ api, signal: controller.signal, onFileId: (id) => ids.push(id) }),
    );
    setTimeout(() => controller.abort(), 20);
    expect((await failure(upload)).code).toBe("CANCELLED");
    expect(ids).toEqual([]);
    letGo();
    await new Promise((resolve) => setTimeout(resolve, 10));
    expect(ids).toEqual([store.only.id]);
  });

  test("cancel in the middle of the bytes", async () => {
    const controller = new AbortController();
    store.fate = () => "STALL";
    const upload = uploadFile(bytesSource(randomBytes(3 * PART), "x"), options({ signal: controller.signal }));
    setTimeout(() => controller.abort(), 50);
    const started = Date.now();
    expect((await failure(upload)).code).toBe("CANCELLED");
    expect(Date.now() - started).toBeLessThan(1_000);
  });

  test.each(["append", "replace", "remove"])(
    "a file that changes on disk (%s) is caught before the next part",
    async (how) => {
      const folder = await mkdtemp(join(tmpdir(), "engine-"));
      const path = join(folder, "moving.bin");
      try {
        await writeFile(path, randomBytes(5 * PART));
        const source = await openFileSource(path);
        let changed: Promise<void> | undefined;
        const put = createNodePut();
        const upload = uploadFile(
          source,
          options({
            parallel: 1,
            put: async (request) => {
              const answer = await put(request);
              changed ??=
                how === "append"
                  ? appendFile(path, "x")
                  : how === "remove"
                    ? rm(path)
                    : writeFile(path, randomBytes(5 * PART));
              await changed;
              return answer;
            },
          }),
        );
        const error = await failure(upload);
        await source.close();
        expect(error).toMatchObject({ code: how === "remove" ? "FILE_UNREADABLE" : "FILE_CHANGED", retryable: false });
        expect(store.puts).toHaveLength(1);
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  );

  test("while offline nothing is tried and no retry is used up", async () => {
    let online = true;
    const reasons: string[] = [];
    store.fate = (_, nth) => {
      online = nth > 2;
      return online ? "OK" : "CUT";
    };
    const connectivity = {
      online: () => online,
      whenOnline: async () => {
        await new Promise((resolve) => setTimeout(resolve, 10));
        online = true;
      },
    };
    const file = await uploadFile(
      bytesSource(Buffer.from("hello"), "x"),
      options({
        connectivity,
        retry: { ...retry, retries: 0 },
        onProgress: (progress) => {
          if (progress.phase === "waiting") reasons.push(progress.reason);
        },
      }),
    );
    expect(file.bytes.toString()).toBe("hello");
    expect(reasons).toEqual(["OFFLINE", "OFFLINE"]);
  });
});
