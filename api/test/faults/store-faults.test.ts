import { randomUUID } from "node:crypto";
import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { checkInvariants } from "../invariants.js";
import type { Problem } from "../operations.js";
import { untilStoreAnswers } from "../readiness.js";
import { until } from "../records.js";
import { testServers } from "../servers.js";
import { startTestApp } from "../test-app.js";
import type { TestApp } from "../test-app.js";
import type { Toxic } from "./flow.js";
import { MUTATIONS, newScene } from "./mutations.js";
import type { MutationCase, Scene } from "./mutations.js";
import { startTcpProxy } from "./tcp-proxy.js";
import type { TcpProxy } from "./tcp-proxy.js";
import type { Fate } from "./wire.js";

/**
 * A network that fails between the service and its store, below HTTP: whoever asks the store is answered in time, and the
 * same call comes to the right end when the network is good again. Refusals and lost answers of single calls are tried in
 * store-outage.test.ts.
 */

const LEASE_MS = 1_000;
const ANSWER_WITHIN_MS = 25_000;
const END_WITHIN_MS = 25_000;
/** Those whose call is about bytes. */
const ASKING = MUTATIONS.filter(({ name }) => /^(create|confirm|abort|deleteFile.*(open|permanently))/.test(name));

let proxy: TcpProxy;
let healthy: TestApp;
let app: TestApp;
beforeAll(async () => {
  proxy = await startTcpProxy(testServers().s3.endpoint);
  healthy = await startTestApp({ leaseMs: LEASE_MS });
  app = await startTestApp({ beside: healthy, storeEndpoint: proxy.url, leaseMs: LEASE_MS });
});
afterEach(() => {
  heal();
  proxy.cutAll();
});
afterAll(async () => {
  await app.stop();
  await proxy.stop();
  await healthy.stop();
});

function heal(): void {
  proxy.setToxic(null);
  proxy.decide(() => "PASS");
}

async function call(scene: Scene, { query }: MutationCase, variables: Record<string, unknown>): Promise<Problem> {
  const began = performance.now();
  const { data, errors } = await app.call<Record<string, Problem>>(scene.user, query, variables);
  expect(performance.now() - began).toBeLessThan(ANSWER_WITHIN_MS);
  if (errors !== undefined) throw new Error(`a call as a whole: ${JSON.stringify(errors)}`);
  return Object.values(data)[0]!;
}

/** Each of the calls at once while `harm` is done, then again when all is well. */
async function comesToTheRightEnd(harm: () => void): Promise<Problem[]> {
  const calls = await Promise.all(
    ASKING.map(async (mutation) => {
      const scene = newScene(healthy, `user-${randomUUID()}`);
      return { mutation, scene, variables: await mutation.prepare(scene) };
    }),
  );
  harm();
  const answers = await Promise.all(calls.map(({ mutation, scene, variables }) => call(scene, mutation, variables)));
  for (const answer of answers) if (answer.code !== undefined) expect(answer).toMatchObject({ retryable: true });
  heal();
  proxy.cutAll();
  await untilStoreAnswers(app);
  await Promise.all(
    calls.map(async ({ mutation, scene, variables }, index) => {
      scene.answer = answers[index];
      if (answers[index]!.retryable === true)
        await until(async () => {
          const answer = await call(scene, mutation, variables);
          scene.answer = answer;
          return answer.retryable !== true;
        }, END_WITHIN_MS);
      expect(mutation.done).toContain((scene.answer as Problem).__typename);
      await until(async () => {
        if (await mutation.holds(scene)) return true;
        await healthy.app.sweep();
        return false;
      }, END_WITHIN_MS);
    }),
  );
  return answers;
}

const isRefused = ({ code }: Problem): boolean => code === "STORAGE_UNAVAILABLE" || code === "FILE_BUSY";

test.each<[string, Toxic]>([
  ["nothing arrives any more", { kind: "stall" }],
  ["answers do not arrive", { kind: "stall", direction: "down" }],
  ["answers end after some bytes", { kind: "cut-after", bytes: 40, direction: "down" }],
  ["the store has hung up", { kind: "half-close", direction: "down" }],
  ["requests end before they are whole", { kind: "half-close", direction: "up" }],
])("%s", async (_, toxic) => {
  const answers = await comesToTheRightEnd(() => proxy.setToxic(toxic));
  expect(answers.filter(isRefused).length).toBeGreaterThan(0);
});

test("a line of 20 kB/s: slow, and right at once", async () => {
  const answers = await comesToTheRightEnd(() => proxy.setToxic({ kind: "rate", bytesPerSecond: 20_000 }));
  expect(answers.filter(isRefused)).toEqual([]);
});

test.each<Fate>(["DROP_REPLY", "CUT_REPLY"])("one answer in three is lost: %s", async (fate) => {
  let asked = 0;
  await comesToTheRightEnd(() => proxy.decide(() => ((asked += 1) % 3 === 0 ? fate : "PASS")));
  expect(asked).toBeGreaterThan(3);
});

test("afterwards nothing is left in the store that nobody knows of", async () => {
  await healthy.app.sweep();
  await checkInvariants(healthy);
});
