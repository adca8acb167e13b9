import { describe, expect, test } from "@jest/globals";
import { setTimeout as sleep } from "node:timers/promises";
import { ConfigError, parseConfig } from "../config.js";
import { AppError } from "../errors.js";
import type { FileRecords } from "../files/file-records.js";
import type { FileRow } from "../files/file.js";
import { StorageError } from "../storage/object-storage.js";
import type { ObjectHead, ObjectStorage } from "../storage/object-storage.js";
import { FAILPOINTS } from "./failpoint-table.js";
import type { Failpoint, FailpointName, FailpointSite } from "./failpoint-table.js";
import { parseFailpoint, withFailpoint } from "./failpoints.js";
import type { FailpointPorts, FailpointSetting } from "./failpoints.js";

const NAMES = Object.keys(FAILPOINTS) as FailpointName[];

describe("the setting", () => {
  test.each(["exit", "hold", "error"] as const)("every point takes %s", (kind) => {
    for (const name of NAMES) expect(parseFailpoint(`${name}:${kind}`)).toEqual({ name, action: { kind } });
  });

  test("delay takes milliseconds", () => {
    expect(parseFailpoint("c8a:delay:1500")).toEqual({ name: "c8a", action: { kind: "delay", ms: 1500 } });
  });

  test.each([
    "c8",
    "c8:",
    "c8:explode",
    "c8:exit:",
    "c8:exit:5",
    "c8:delay",
    "c8:delay:",
    "c8:delay:-1",
    "c8:delay:1.5",
    "c8:delay:3600001",
    "c8:delay:5:5",
  ])("%s lists the known actions", (text) => {
    expect(parseFailpoint(text)).toMatch(/is no action\. Known: exit, hold, error, delay:<ms>/);
  });

  test.each(["", ":exit", "c15:exit", "c0:exit", "C8:exit", "toString:exit", "__proto__:exit"])(
    "%j lists the known points",
    (text) => {
      expect(parseFailpoint(text)).toBe(
        `there is no point "${text.split(":")[0]}". Known: c1, c2, c3, c4, c5, c6, c7, c8a, c8, c9, c10, c11, c12a, c12b, c12, c13, c14, c16.`,
      );
    },
  );
});

describe("in the environment", () => {
  const faultsOf = (env: Record<string, string>): readonly string[] => {
    try {
      parseConfig(env, "/");
      return [];
    } catch (error) {
      if (error instanceof ConfigError) return error.faults;
      throw error;
    }
  };
  const production = {
    NODE_ENV: "production",
    PUBLIC_URL: "https://files.example.com",
    DATABASE_URL: "postgres://db.example.com/signet",
    S3_BUCKET: "files",
    S3_REGION: "eu-central-1",
    AUTH: "jwt-hs256",
    AUTH_HS256_SECRET: "a-long-secret-of-many-different-characters-0123456789",
    AUTH_ISSUER: "https://id.example.com",
    AUTH_AUDIENCE: "signet",
  };

  test("it is read once, and is not there by default", () => {
    expect(parseConfig({}, "/").failpoint).toBeNull();
    expect(parseConfig({ FAILPOINT: "" }, "/").failpoint).toBeNull();
    expect(parseConfig({ FAILPOINT: "c3:delay:20" }, "/").failpoint).toEqual({
      name: "c3",
      action: { kind: "delay", ms: 20 },
    });
  });

  test("a wrong one stops the start", () => {
    expect(faultsOf({ FAILPOINT: "c99:exit" })).toEqual([expect.stringMatching(/^FAILPOINT: there is no point "c99"/)]);
    expect(faultsOf({ FAILPOINT: "c9:stop" })).toEqual([expect.stringMatching(/^FAILPOINT: "stop" is no action/)]);
  });

  test("production takes none, not even a good one", () => {
    expect(faultsOf(production)).toEqual([]);
    for (const name of NAMES)
      expect(faultsOf({ ...production, FAILPOINT: `${name}:delay:1` })).toEqual([
        "FAILPOINT is set: it makes this process die on purpose. Production has none.",
      ]);
  });
});

/** Ports that answer at once; what was called, and what the failpoint did, in order. */
function rig(setting: FailpointSetting | null, answers: Record<string, unknown> = {}) {
  const seen: string[] = [];
  const port = <Port>(): Port =>
    new Proxy(
      {},
      {
        ownKeys: () => Object.keys(answers),
        getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true }),
        get: (_, call: string) => async () => {
          seen.push(call);
          return answers[call];
        },
      },
    ) as Port;
  const parts: FailpointPorts = { files: port<FileRecords>(), storage: port<ObjectStorage>() };
  const wrapped = withFailpoint(setting, parts, {
    tell: (line) => seen.push(line),
    die: () => seen.push("dead"),
    sleep: async (ms) => seen.push(`slept ${ms}`),
  });
  return { seen, parts, ...wrapped };
}

const ROW = { id: "row" } as FileRow;
const HEAD: ObjectHead = { sizeBytes: 1, etag: '"e"', checksumSha256: null };

/** Whether it is still under way when everything that is ready to run has run. */
const hangs = async (work: Promise<unknown>): Promise<boolean> =>
  Promise.race([work.then(() => false), sleep(20).then(() => true)]);

describe("the ports", () => {
  test("no setting: they are untouched", () => {
    const { parts, files, storage } = rig(null);
    expect(files).toBe(parts.files);
    expect(storage).toBe(parts.storage);
  });

  test("before: the call is not made", async () => {
    const { seen, files } = rig({ name: "c1", action: { kind: "hold" } }, { reserve: null });
    expect(await hangs(files.reserve({} as never, {} as never, 1))).toBe(true);
    expect(seen).toEqual(["failpoint c1: hold (1)"]);
  });

  test("after: the call has had its effect, and nobody learns of it", async () => {
    const { seen, files } = rig({ name: "c10", action: { kind: "exit" } }, { markReady: ROW });
    expect(await hangs(files.markReady({ id: "row", attempt: 1 }, {} as never))).toBe(true);
    expect(seen).toEqual(["markReady", "failpoint c10: exit (1)", "dead"]);
  });

  test("only for the answers that the point is about", async () => {
    const lost = rig({ name: "c10", action: { kind: "exit" } }, { markReady: null });
    expect(await lost.files.markReady({ id: "row", attempt: 1 }, {} as never)).toBeNull();
    const none = rig({ name: "c9", action: { kind: "exit" } }, { headObject: null });
    expect(await none.storage.headObject({ key: "k" })).toBeNull();
    const taken = rig({ name: "c2", action: { kind: "exit" } }, { reserve: { outcome: "KEY_TAKEN", file: ROW } });
    expect(await taken.files.reserve({} as never, {} as never, 1)).toEqual({ outcome: "KEY_TAKEN", file: ROW });
    expect([...lost.seen, ...none.seen, ...taken.seen]).toEqual(["markReady", "headObject", "reserve"]);
  });

  test("all other calls are made and answered", async () => {
    const { seen, files, storage } = rig(
      { name: "c9", action: { kind: "error" } },
      { headObject: HEAD, listParts: [], find: ROW },
    );
    expect(await storage.listParts({ key: "k", uploadId: "u" })).toEqual([]);
    expect(await files.find("o", "row")).toBe(ROW);
    expect(seen).toEqual(["listParts", "find"]);
  });

  test("error: each port fails in its own words, every time", async () => {
    const { seen, storage } = rig({ name: "c9", action: { kind: "error" } }, { headObject: HEAD });
    for (let round = 0; round < 2; round += 1) {
      const failure = await storage.headObject({ key: "k" }).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(StorageError);
      expect(failure).toMatchObject({ kind: "UNAVAILABLE" });
    }
    expect(seen.filter((line) => line !== "headObject")).toEqual([
      "failpoint c9: error (1)",
      "failpoint c9: error (2)",
    ]);
    const { files } = rig({ name: "c7", action: { kind: "error" } }, { markCompleteSent: { first: true } });
    const failure = await files.markCompleteSent({ id: "row", attempt: 1 }).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(AppError);
    expect(failure).toMatchObject({ code: "SERVICE_UNAVAILABLE" });
  });

  test("delay: then it goes on", async () => {
    const { seen, files } = rig({ name: "c5", action: { kind: "delay", ms: 7 } }, { takeLease: ROW });
    expect(await files.takeLease("o", "row", 1)).toBe(ROW);
    expect(seen).toEqual(["failpoint c5: delay (1)", "slept 7", "takeLease"]);
  });

  test("c16 lets the first two rows of a batch through", async () => {
    const { seen, files } = rig({ name: "c16", action: { kind: "exit" } }, { takeLease: ROW, claimForCollecting: ROW });
    await files.takeLease("o", "row", 1);
    await files.claimForCollecting("row", 1);
    expect(await hangs(files.claimForCollecting("row", 1))).toBe(true);
    expect(seen.slice(2)).toEqual(["claimForCollecting", "failpoint c16: exit (1)", "dead"]);
  });
});

describe("the table", () => {
  test.each(NAMES)("%s says what it leaves and has a site", (name) => {
    const { leaves, sites }: Failpoint = FAILPOINTS[name];
    expect(leaves).toMatch(/^[A-Z].*\.$/);
    expect(sites.length).toBeGreaterThan(0);
  });

  test("its type knows the ports: a call that is none of theirs does not compile", () => {
    const sites: FailpointSite[] = [
      { port: "files", call: "markReady", when: "after", only: (row) => row?.status === "READY" },
      // @ts-expect-error a call of the other port
      { port: "files", call: "headObject", when: "before" },
      // @ts-expect-error no call of any port
      { port: "storage", call: "putObjectTwice", when: "before" },
      // @ts-expect-error nothing is known of an answer before the call
      { port: "storage", call: "headObject", when: "before", only: () => true },
      // @ts-expect-error a condition on what the call does not answer
      { port: "storage", call: "headObject", when: "after", only: (head: string) => head === "" },
    ];
    expect(sites).toHaveLength(5);
  });
});
