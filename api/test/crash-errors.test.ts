import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { startApiProcess, spawnApi } from "./api-process.js";
import type { ApiEnvironment } from "./api-process.js";
import { rowsOf } from "../src/db/query.js";
import { callOf, idByKey, NOTHING, pathOf, persist, prepare, readBack, remainsOf, retry } from "./crash-follow-ups.js";
import type { DoomedCall } from "./crash-follow-ups.js";
import { letUrlsDie, subjectOf } from "./crash-run.js";
import { SCENARIOS } from "./crash-scenarios.js";
import type { CrashScenario } from "./crash-scenarios.js";
import { checkInvariants } from "./invariants.js";
import { rowOf, until } from "./records.js";
import { testServers } from "./servers.js";
import { startTestApp } from "./test-app.js";
import type { TestApp } from "./test-app.js";

/** The same points without a death: the server behind the port goes away in the middle of the call. */

const LEASE_MS = 1000;
let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ leaseMs: LEASE_MS });
});
afterAll(() => app.stop());
afterEach(async () => {
  await until(async () => {
    await app.app.sweep();
    return checkInvariants(app, { settled: true }).then(
      () => true,
      () => false,
    );
  }, 20_000).catch(() => checkInvariants(app, { settled: true }));
});

/** A process sweeps as it starts: not these, and not while they are called for. */
const untilSwept = (): Promise<void> =>
  until(async () => (await rowsOf(app.db, "select 1 from graphile_worker.jobs")).length === 0);

const DATABASE_AWAY = "TemporaryFailure SERVICE_UNAVAILABLE";
const STORE_AWAY = "TemporaryFailure STORAGE_UNAVAILABLE";

/** What the caller is told, by the title of its scenario; all else: that the database is away. */
const TOLD: Readonly<Record<string, string>> = {
  c3: STORE_AWAY,
  // Asked at once, the store says that it has sealed.
  c8: "ConfirmedUpload",
  c9: STORE_AWAY,
  // The file is gone for its owner; the store's side of it is the sweeper's.
  c13: "DeletedFile",
};

describe("a port that fails: the caller may try again, and the same call brings the same end", () => {
  const scenarios = SCENARIOS.filter(({ point }) => point !== "c16");
  test.each(scenarios.map((scenario, turn) => ({ ...scenario, turn })))("$title", async (scenario) => {
    const { point, call, ends, turn } = scenario;
    const subject = subjectOf(scenario, turn, `error-${turn}`);
    await prepare(app, call, subject);
    const failing = await startTestApp({ beside: app, leaseMs: LEASE_MS, env: { FAILPOINT: `${point}:error` } });
    try {
      await untilSwept();
      const answer = await callOf(failing, call, subject);
      const code = "code" in answer ? ` ${answer.code}` : "";
      expect(answer.__typename + code).toBe(TOLD[point] ?? DATABASE_AWAY);
      if ("code" in answer) expect(answer.retryable).toBe(true);
      expect(failing.logLines).toContain(`failpoint ${point}: error (1)`);
    } finally {
      await failing.stop();
    }
    await checkInvariants(app);
    subject.fileId ??= await idByKey(app, subject.input.idempotencyKey);
    expect({ answer: await retry(app, call, subject), path: await pathOf(app, subject) }).toEqual(ends.retry);
    await readBack(app, subject);
  });

  test("c16, a sweep whose rows fail: the others are done, and the next sweep does the rest", async () => {
    const scenario = SCENARIOS.find(({ point }) => point === "c16")!;
    const subjects = [0, 1, 2, 3].map((turn) => subjectOf(scenario, turn, `error-sweep-${turn}`));
    await Promise.all(subjects.map((subject) => prepare(app, "confirm", subject)));
    const failing = await startTestApp({ beside: app, leaseMs: LEASE_MS, env: { FAILPOINT: "c16:error" } });
    try {
      await untilSwept();
      await letUrlsDie(app, subjects);
      expect(await failing.app.sweep()).toMatchObject({ promoted: 2, left: 2, expired: 0, collected: 0 });
    } finally {
      await failing.stop();
    }
    await until(async () => {
      await app.app.sweep();
      const rows = await Promise.all(subjects.map(({ fileId }) => rowOf(app, fileId!)));
      return rows.every((row) => row?.["status"] === "READY");
    });
    await Promise.all(subjects.map((subject) => readBack(app, subject)));
  });
});

describe("FAILPOINT=…:exit ends a process as kill -9 does", () => {
  const environment = (): ApiEnvironment => ({
    databaseUrl: app.databaseUrl,
    bucket: app.bucket,
    store: testServers().s3,
    env: { LEASE_SECONDS: "1", SWEEP_EVERY_SECONDS: "86400" },
  });
  const dying = (point: string): ApiEnvironment => {
    const { env, ...rest } = environment();
    return { ...rest, env: { ...env, FAILPOINT: `${point}:exit` } };
  };

  test.each(["c3", "c8", "c12"] as const)(
    "serving, %s: no answer, what the point leaves, and a replica goes on",
    async (point) => {
      const scenario = SCENARIOS.find((each) => each.point === point)!;
      const { call, leaves, ends } = scenario;
      const subject = subjectOf(scenario, 0, `exit-${point}`);
      await prepare(app, call, subject);
      const victim = await startApiProcess(dying(point));
      try {
        await expect(callOf(victim, call, subject)).rejects.toThrow("fetch failed");
        expect(await victim.exit).toEqual({ code: null, signal: "SIGKILL" });
        expect(victim.log()).toContain(`failpoint ${point}: exit (1)\n`);
      } finally {
        await victim.kill();
      }
      subject.fileId ??= await idByKey(app, subject.input.idempotencyKey);
      expect(await remainsOf(app, subject)).toEqual({ ...NOTHING, ...leaves });
      expect({ answer: await retry(app, call, subject), path: await pathOf(app, subject) }).toEqual(ends.retry);
      await readBack(app, subject);
    },
  );

  test("the sweep command, c16: two rows are done, the others are done by the next one", async () => {
    const scenario: CrashScenario = SCENARIOS.find((each) => each.point === "c16")!;
    const call: DoomedCall = "confirm";
    const subjects = [0, 1, 2, 3].map((turn) => subjectOf(scenario, turn, `exit-sweep-${turn}`));
    await Promise.all(subjects.map((subject) => prepare(app, call, subject)));
    await letUrlsDie(app, subjects);
    const { exit, log } = spawnApi(dying("c16"), ["sweep"]);
    expect(await exit).toEqual({ code: null, signal: "SIGKILL" });
    expect(log()).toContain("failpoint c16: exit (1)\n");
    await checkInvariants(app);
    for (const subject of subjects) {
      expect((await persist(() => callOf(app, call, subject))).__typename).toBe("ConfirmedUpload");
      await readBack(app, subject);
    }
  });
});
