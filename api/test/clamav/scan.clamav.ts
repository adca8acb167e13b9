import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import { createClamd } from "../../src/content/clamd.js";
import type { Clamd } from "../../src/content/clamd.js";
import { rowsOf } from "../../src/db/query.js";
import { noise, sha256Of } from "../content.js";
import type { Content } from "../content.js";
import { checkInvariants, historyOf } from "../invariants.js";
import {
  ask,
  confirmUpload,
  createUploadUrl,
  expectMember,
  openUpload,
  readFile,
  sendBytes,
  upload,
} from "../operations.js";
import type { ApiFile } from "../operations.js";
import { expectedProblem } from "../problem.js";
import { accountOf, headOf, rowOf, until, uuidOf } from "../records.js";
import { testServers } from "../servers.js";
import { download } from "../store-client.js";
import { startStoreProxy } from "../store-proxy.js";
import { startTestApp } from "../test-app.js";
import type { TestApp, TestAppOptions } from "../test-app.js";
import { EICAR, EICAR_SIGNATURE, MARKER, MARKER_SIGNATURE, startClamd } from "./clamd-process.js";
import type { ClamdProcess } from "./clamd-process.js";

/** What becomes of files while a real clamd looks at them, and while it does not. */

const MIB = 1024 ** 2;
const never = new AbortController().signal;

let clamd: ClamdProcess;
let app: TestApp;
/** A new one for each test. */
let user: string;
const beside: TestApp[] = [];

beforeAll(async () => {
  clamd = await startClamd();
  app = await startScanningApp();
}, 120_000);
beforeEach(() => {
  user = `user-${randomUUID()}`;
});
afterEach(async () => {
  await Promise.all(beside.splice(0).map((one) => one.stop()));
  await checkInvariants(app);
});
afterAll(async () => {
  await app?.stop();
  await clamd?.stop();
}, 60_000);

const startScanningApp = (env: Record<string, string> = {}, options: TestAppOptions = {}): Promise<TestApp> =>
  startTestApp({
    ...options,
    env: { CLAMAV_HOST: clamd.address, CLAMAV_MAX_SIZE_BYTES: String(32 * MIB), ...env },
  });

/** A second process of the same service, for as long as the test. */
async function startBeside(env: Record<string, string> = {}, options: TestAppOptions = {}): Promise<TestApp> {
  const one = await startScanningApp(env, { ...options, beside: app });
  beside.push(one);
  return one;
}

const found = (signature: string) => expectedProblem("MalwareFound", "MALWARE_FOUND", false, { signature });
const busy = (id: string, retryAfterSeconds: unknown) =>
  expectedProblem("FileBusy", "FILE_BUSY", true, { file: { id, status: "VERIFYING" }, retryAfterSeconds });
const logged = (where: TestApp, text: string): number => where.logLines.filter((line) => line.includes(text)).length;
const AWAY = "clamd does not answer";
const BACK = "clamd answers again";

/** Sent, and not confirmed yet. */
async function sent(where: TestApp, bytes: Content | Uint8Array | string, declareSha256 = false): Promise<ApiFile> {
  const ticket = await openUpload(where, user, bytes, { declareSha256 });
  await sendBytes(where, user, ticket, bytes);
  return ticket.file;
}

/** The content with a text in it from a byte on. */
function withText(content: Content, text: string, atByte: number): Content {
  const patch = Buffer.from(text);
  return {
    sizeBytes: content.sizeBytes,
    *chunks(fromByte = 0, toByte = content.sizeBytes) {
      let at = fromByte;
      for (const chunk of content.chunks(fromByte, toByte)) {
        const copy = Buffer.from(chunk);
        for (let index = 0; index < patch.length; index += 1) {
          const offset = atByte + index - at;
          if (offset >= 0 && offset < copy.length) copy[offset] = patch[index]!;
        }
        at += copy.length;
        yield copy;
      }
    },
  };
}

describe("an infected file", () => {
  test("is rejected under its signature's name, for good, and no byte of it is left", async () => {
    const file = await sent(app, EICAR);
    for (const _ of [1, 2]) expect(await confirmUpload(app, user, file.id)).toEqual(found(EICAR_SIGNATURE));
    expect(await readFile(app, user, file.id)).toMatchObject({
      ...{ status: "REJECTED", url: null, integrity: null, sha256: null },
      rejection: found(EICAR_SIGNATURE),
    });
    expect(await historyOf(app, uuidOf(file.id))).toBe("PENDING>VERIFYING>REJECTED");
    await until(async () => (await rowOf(app, file.id))!["collected_at"] !== null);
    expect(await headOf(app, file.id)).toBeNull();
    expect(await accountOf(app, user)).toEqual({ used: 0, reserved: 0, uncollected: 0, open: 0 });
    expect(await confirmUpload(app, user, file.id)).toEqual(found(EICAR_SIGNATURE));
  });

  test.each([65_536 - 10, 3 * 65_536 - 1, 16 * MIB - 8, 17 * MIB - MARKER.length])(
    "is found wherever it is infected: at byte %d of 17 MiB in parts",
    async (atByte) => {
      const file = await sent(app, withText(noise(17 * MIB, "large"), MARKER, atByte));
      expect(await confirmUpload(app, user, file.id)).toEqual(found(MARKER_SIGNATURE));
    },
  );

  test("is told as such, also when its digest would have to be computed on the way", async () => {
    const file = await sent(app, withText(noise(17 * MIB, "large"), MARKER, 17 * MIB - 100), true);
    expect(await confirmUpload(app, user, file.id)).toEqual(found(MARKER_SIGNATURE));
  });

  test("is rejected without its owner too", async () => {
    // Signing has whole seconds: of one of them next to nothing may be left.
    const swept = await startBeside({ UPLOAD_URL_TTL_SECONDS: "3" });
    const file = await sent(swept, EICAR);
    await until(async () => {
      await swept.app.sweep();
      return (await rowOf(app, file.id))!["status"] === "REJECTED";
    });
    expect((await readFile(app, user, file.id))!.rejection).toEqual(found(EICAR_SIGNATURE));
  });
});

describe("a clean file", () => {
  test("is READY, an empty one too", async () => {
    expect(await upload(app, user, "nothing to see here")).toMatchObject({ status: "READY" });
    expect(await upload(app, user, "")).toMatchObject({ status: "READY" });
  });

  test("of many parts with a digest is read once for both", async () => {
    const proxy = await startStoreProxy(testServers().s3.endpoint);
    try {
      const one = await startBeside({}, { storeEndpoint: proxy.endpoint });
      const content = noise(17 * MIB, "clean");
      const file = await sent(one, content, true);
      const readBefore = proxy.countOf("GetObject");
      expectMember("ConfirmedUpload", await confirmUpload(one, user, file.id));
      const ready = (await readFile(one, user, file.id))!;
      expect(ready).toMatchObject({ integrity: "SHA256", sha256: sha256Of(content) });
      // The first 64 KiB for its type, and the whole.
      expect(proxy.countOf("GetObject") - readBefore).toBe(2);
      expect((await download(ready.url!)).sha256).toBe(sha256Of(content));
      await one.stop();
      beside.splice(beside.indexOf(one), 1);
    } finally {
      await proxy.stop();
    }
  });

  test("stands beside 49 others, half of them infected, and each gets its own verdict", async () => {
    const contents = Array.from({ length: 50 }, (_, n) => (n % 2 === 0 ? `clean ${n}` : `${n} ${MARKER}`));
    const files = await Promise.all(contents.map((content) => sent(app, content)));
    const answers = await Promise.all(files.map(({ id }) => confirmUpload(app, user, id)));
    expect(answers.map(({ __typename }) => __typename)).toEqual(
      contents.map((_, n) => (n % 2 === 0 ? "ConfirmedUpload" : "MalwareFound")),
    );
  });
});

test("the client's pieces are nobody's business: EICAR in sevens", async () => {
  const client: Clamd = createClamd({ address: clamd, connectTimeoutMs: 10_000, silenceMs: 30_000 });
  async function* sevens(): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < EICAR.length; at += 7) yield Buffer.from(EICAR.slice(at, at + 7));
  }
  expect(await client.scan(sevens(), never)).toEqual({ reply: "INFECTED", signature: EICAR_SIGNATURE });
  await client.ping(10_000);
});

describe("while clamd", () => {
  afterEach(async () => {
    clamd.thaw();
    await clamd.start();
  });

  test("is killed in the middle of a scan, nothing is READY; when it is back, all is without a call", async () => {
    const one = await startBeside({}, { sweepEveryMs: 1_000 });
    clamd.freeze();
    const clean = await sent(one, noise(17 * MIB, "killed"));
    const infected = await sent(one, EICAR);
    const answers = [clean, infected].map(({ id }) => confirmUpload(one, user, id));
    await until(async () => (await rowOf(app, infected.id))!["status"] === "VERIFYING");
    clamd.kill();
    expect(await Promise.all(answers)).toEqual([busy(clean.id, 5), busy(infected.id, 5)]);
    for (const { id } of [clean, infected])
      expect(await readFile(one, user, id)).toMatchObject({ status: "VERIFYING", url: null });
    expect(await accountOf(app, user)).toMatchObject({ used: 0, open: 2 });
    expect((await fetch(`${one.url}/readyz`)).status).toBe(200);
    await until(() => logged(one, AWAY) === 1);

    await clamd.start();
    await until(async () => (await readFile(one, user, clean.id))!.status === "READY", 30_000);
    await until(async () => (await readFile(one, user, infected.id))!.status === "REJECTED", 30_000);
    expect([logged(one, AWAY), logged(one, BACK)]).toEqual([1, 1]);
  });

  test("hangs, a scan is given up, and made when it goes on", async () => {
    const one = await startBeside({ CLAMAV_TIMEOUT_SECONDS: "1" }, { sweepEveryMs: 1_000 });
    clamd.freeze();
    const file = await sent(one, "hello");
    expect(await confirmUpload(one, user, file.id)).toEqual(busy(file.id, 5));
    await until(() => logged(one, AWAY) === 1);
    clamd.thaw();
    await until(async () => (await readFile(one, user, file.id))!.status === "READY", 30_000);
    expect(logged(one, BACK)).toBe(1);
  });

  test("is away from the beginning, the service starts, says so once, and files wait", async () => {
    clamd.kill();
    const one = await startBeside({}, { sweepEveryMs: 1_000 });
    await until(() => logged(one, AWAY) === 1);
    const files = await Promise.all(["a", "b", "c"].map((text) => sent(one, text)));
    for (const { id } of files) expect(await confirmUpload(one, user, id)).toEqual(busy(id, 5));
    expect(logged(one, AWAY)).toBe(1);
    await clamd.start();
    await until(async () => {
      const now = await Promise.all(files.map(({ id }) => readFile(one, user, id)));
      return now.every((file) => file!.status === "READY");
    }, 30_000);
  });

  test("hangs, a process that stops leaves its scan to another one at once", async () => {
    const one = await startBeside();
    clamd.freeze();
    const file = await sent(one, "hello");
    const answer = confirmUpload(one, user, file.id).catch(() => null);
    await until(async () => (await rowOf(app, file.id))!["status"] === "VERIFYING");
    await one.app.stop();
    await answer;
    clamd.thaw();
    // Of a lease of 60 s nothing is left to wait for.
    const began = Date.now();
    await until(async () => (await confirmUpload(app, user, file.id)).__typename === "ConfirmedUpload");
    expect(Date.now() - began).toBeLessThan(30_000);
  });
});

describe("a file that is larger than what is scanned", () => {
  const LARGE = noise(3 * MIB, "large");

  test("is refused before it is sent", async () => {
    const one = await startBeside({ CLAMAV_MAX_SIZE_BYTES: String(2 * MIB) });
    expect(await createUploadUrl(one, user, { size: 2 * MIB + 1 })).toEqual(
      expectedProblem("FileTooLarge", "FILE_TOO_LARGE", false, { maxSize: 2 * MIB, actualSize: 2 * MIB + 1 }),
    );
    const policies = await ask<{ name: string; maxSize: number }[]>(one, user, "{ uploadPolicies { name maxSize } }");
    expect(policies.map(({ maxSize }) => maxSize)).toEqual(policies.map(() => 2 * MIB));
  });

  test("is READY unscanned where that was wanted", async () => {
    const one = await startBeside({ CLAMAV_MAX_SIZE_BYTES: String(2 * MIB), CLAMAV_LARGER_FILES: "serve" });
    const file = await upload(one, user, withText(LARGE, MARKER, MIB));
    expect(file.status).toBe("READY");
    expect(await confirmUpload(one, user, (await sent(one, MARKER)).id)).toEqual(found(MARKER_SIGNATURE));
  });

  test("waits, and is said to, when clamd takes less than the service was told", async () => {
    const strict = await startClamd({ streamMax: "1M" });
    try {
      const one = await startBeside({ CLAMAV_HOST: strict.address });
      const file = await sent(one, LARGE);
      await until(async () => {
        // clamd answers and closes at once: now and then the end of the connection is met before its answer is read.
        await rowsOf(app.db, "update files set lease_until = now() where id = $1 and status = 'VERIFYING'", [
          uuidOf(file.id),
        ]);
        const answer = await confirmUpload(one, user, file.id);
        expect(answer).toEqual(busy(file.id, expect.any(Number)));
        expect(await readFile(one, user, file.id)).toMatchObject({ status: "VERIFYING", url: null });
        return "retryAfterSeconds" in answer && answer.retryAfterSeconds === 300;
      });
      expect(logged(one, "StreamMaxLength")).toBe(1);
      expect(logged(one, AWAY)).toBe(0);
      // What it does take is scanned meanwhile.
      expect(await confirmUpload(one, user, (await sent(one, EICAR)).id)).toEqual(found(EICAR_SIGNATURE));
    } finally {
      await strict.stop();
    }
  });
});
