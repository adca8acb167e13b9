import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { rowsOf } from "../../src/db/query.js";
import { checkInvariants } from "../invariants.js";
import type { Problem } from "../operations.js";
import { readinessOf } from "../readiness.js";
import { until } from "../records.js";
import { startTestApp } from "../test-app.js";
import type { TestApp } from "../test-app.js";
import { MUTATIONS, newScene } from "./mutations.js";
import type { MutationCase, Scene } from "./mutations.js";
import { startTcpProxy } from "./tcp-proxy.js";
import type { TcpProxy } from "./tcp-proxy.js";
import type { Fate } from "./wire.js";

/**
 * A network that fails between the service and its database: each mutation is refused in time with an answer that says
 * "again", the same call then comes to the right end, and nothing is done twice or left behind.
 */

const TIMEOUT_SECONDS = 1;
const LEASE_MS = 1_000;
/** For an answer; a stalled statement takes 1.2 of {@link TIMEOUT_SECONDS}. */
const ANSWER_WITHIN_MS = 6_000;
/** A lease that was taken unheard has to run out first. */
const END_WITHIN_MS = 15_000;
const MOST_STATEMENTS = 20;

let proxy: TcpProxy;
/** Another process of the same service, whose way to the database is good. */
let healthy: TestApp;
let app: TestApp;
beforeAll(async () => {
  healthy = await startTestApp({ leaseMs: LEASE_MS });
  proxy = await startTcpProxy(healthy.databaseUrl);
  app = await startTestApp({
    beside: healthy,
    databaseProxyUrl: proxy.url,
    leaseMs: LEASE_MS,
    env: { DATABASE_TIMEOUT_SECONDS: String(TIMEOUT_SECONDS) },
  });
});
afterEach(() => {
  proxy.setToxic(null);
  proxy.decide(() => "PASS");
  proxy.cutAll();
});
afterAll(async () => {
  await app.stop();
  await proxy.stop();
  await healthy.stop();
});

/** Neither of the job queue nor of whoever listens. */
const isOfRequest = (sql: string): boolean => /\b(files|owner_usage)\b/.test(sql) && !/^\s*(listen|notify)/i.test(sql);

/** What the caller of a mutation gets: a member of its union, or the error of a field of that. */
async function call(scene: Scene, { query }: MutationCase, variables: Record<string, unknown>): Promise<Problem> {
  const began = performance.now();
  const { data, errors } = await app.call<Record<string, Problem>>(scene.user, query, variables);
  expect(performance.now() - began).toBeLessThan(ANSWER_WITHIN_MS);
  if (errors !== undefined) throw new Error(`a call as a whole: ${JSON.stringify(errors)}`);
  return Object.values(data)[0]!;
}

/** Refused for now, typed, with nothing of the database in it. */
const NOT_NOW = {
  __typename: "TemporaryFailure",
  code: "SERVICE_UNAVAILABLE",
  message: expect.stringMatching(/^The database d(oes|id) not answer.* Try again\.$/),
  retryable: true,
  retryAfterSeconds: 2,
  requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
};

/** The same call until it is answered for good. */
async function repeat(scene: Scene, mutation: MutationCase, variables: Record<string, unknown>): Promise<void> {
  let answer: Problem | undefined;
  await until(async () => {
    answer = await call(scene, mutation, variables);
    return answer.retryable !== true;
  }, END_WITHIN_MS);
  scene.answer = answer;
  expect(mutation.done).toContain(answer!.__typename);
}

/**
 * Lets the n-th statement of a call meet its fate.
 * @returns false when the call has fewer statements: nothing struck
 */
async function strike(mutation: MutationCase, fate: Fate, statement: number): Promise<boolean> {
  for (let attempt = 0; attempt < 10; attempt += 1) {
    const scene = newScene(healthy, `user-${randomUUID()}`);
    const variables = await mutation.prepare(scene);
    let seen = 0;
    let struck = false;
    proxy.decide((sql) => {
      if (struck || !isOfRequest(sql) || ++seen < statement) return "PASS";
      struck = true;
      return fate;
    });
    const first = await call(scene, mutation, variables);
    proxy.decide(() => "PASS");
    scene.answer = first;
    const done = mutation.done.includes(first.__typename);
    if (!done) expect(first).toEqual(NOT_NOW);
    // Else a job's statement, of the collecting that an earlier call has queued, was struck in this call's place.
    if (done === struck) continue;
    if (struck) await repeat(scene, mutation, variables);
    await untilHolds(scene, mutation);
    return struck;
  }
  throw new Error("jobs were always faster");
}

/** Without waiting for the jobs that would do it some seconds later. */
async function untilHolds(scene: Scene, mutation: MutationCase): Promise<void> {
  await until(async () => {
    if (await mutation.holds(scene)) return true;
    await healthy.app.sweep();
    return false;
  }, END_WITHIN_MS);
}

describe.each(MUTATIONS)("$name", (mutation) => {
  test.each<Fate>(["RESET_BEFORE", "DROP_REPLY"])("each of its statements meets %s", async (fate) => {
    let statement = 1;
    while (await strike(mutation, fate, statement)) expect((statement += 1)).toBeLessThan(MOST_STATEMENTS);
    expect(statement).toBeGreaterThan(1);
  });

  test("the answer to its first statement is cut in the middle", async () => {
    expect(await strike(mutation, "CUT_REPLY", 1)).toBe(true);
  });
});

test.each<Fate>(["STALL_BEFORE", "STALL_REPLY"])(
  "all of them at once, %s: in time, and done when repeated",
  async (fate) => {
    const calls = await Promise.all(
      MUTATIONS.map(async (mutation) => {
        const scene = newScene(healthy, `user-${randomUUID()}`);
        return { mutation, scene, variables: await mutation.prepare(scene) };
      }),
    );
    proxy.decide((sql) => (isOfRequest(sql) ? fate : "PASS"));
    const answers = await Promise.all(calls.map(({ mutation, scene, variables }) => call(scene, mutation, variables)));
    for (const answer of answers) expect(answer).toEqual(NOT_NOW);
    proxy.decide(() => "PASS");
    await Promise.all(
      calls.map(async ({ mutation, scene, variables }) => {
        await repeat(scene, mutation, variables);
        await untilHolds(scene, mutation);
      }),
    );
  },
);

test("a database that is not there: queries are 503 with Retry-After, and one line of the log says it", async () => {
  const service = await startTestApp({ beside: healthy, databaseProxyUrl: proxy.url });
  const told = service.logLines.length;
  proxy.setToxic({ kind: "reset" });
  await until(async () => (await readinessOf(service)).database === false);
  for (let asked = 0; asked < 20; asked += 1) {
    const response = await fetch(`${service.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${await service.tokenOf("local")}` },
      body: JSON.stringify({ query: "{ files { edges { node { id } } } }" }),
    });
    expect([response.status, response.headers.get("retry-after")]).toEqual([503, "2"]);
    const { errors } = (await response.json()) as { errors: { extensions: unknown; message: string }[] };
    expect(errors[0]!.extensions).toMatchObject({ code: "SERVICE_UNAVAILABLE" });
    expect(JSON.stringify(errors)).not.toMatch(/ECONN|127\.0\.0\.1|select/);
  }
  proxy.setToxic(null);
  await until(async () => (await readinessOf(service)).database === true);
  await service.stop();
  const lines = service.logLines.slice(told).map((line) => JSON.parse(line) as { level: string; msg: string });
  const words = lines.filter(({ level }) => level !== "debug").map(({ level, msg }) => `${level} ${msg}`);
  expect(words).toEqual(["warn the database does not answer", "info the database answers again"]);
});

test("afterwards the books are right, and nothing is left that nobody knows of", async () => {
  await healthy.app.sweep();
  // Jobs that were struck wait for their next try; here it comes now, and comes to an end.
  await until(async () => {
    const failed = "from graphile_worker._private_jobs where last_error is not null";
    // One that was struck while it was being done again is its worker's for four hours, and that worker's process has ended.
    await rowsOf(
      healthy.db,
      `select graphile_worker.force_unlock_workers(array(
         select distinct locked_by ${failed} and locked_at < now() - interval '3 seconds'))`,
    );
    await rowsOf(healthy.db, `select graphile_worker.reschedule_jobs(array(select id ${failed}), now())`);
    return (await rowsOf(healthy.db, `select 1 ${failed}`)).length === 0;
  }, END_WITHIN_MS);
  await checkInvariants(healthy);
});
