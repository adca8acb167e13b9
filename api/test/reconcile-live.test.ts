import { afterAll, beforeAll, expect, test } from "@jest/globals";
import type { Breach, ReconcileReport } from "../src/reconcile/breach.js";
import { reconcileAmongTraffic } from "./reconcile-traffic.js";
import { checkInvariants, findBreaches } from "./invariants.js";
import { until } from "./records.js";
import { startTestApp } from "./test-app.js";
import type { TestApp } from "./test-app.js";

/** Reconciling beside everything that the service does; with ten times as much by `npm run prove -- RECONCILE`. */

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp({ sweepEveryMs: 1000 });
});
afterAll(() => app.stop());

async function run(options: { fix: boolean; deleteUnknown: number | null; readBack: boolean }) {
  const breaches: Breach[] = [];
  const report: ReconcileReport = await app.app.reconcile({
    ...{ unknownAfterHours: 0, settled: false, ...options },
    onBreach: (breach) => breaches.push(breach),
  });
  return { breaches, report };
}

test("orphans among live uploads, and traffic all the while: all found, no false alarm; gone, and nothing else", async () => {
  const sizes = { live: { ready: 150, open: 50 }, orphans: { objects: 90, uploads: 10 } };
  expect(await reconcileAmongTraffic(app, sizes, run)).toBeGreaterThan(10);
  // Every READY file is read back and hashed here.
  await until(async () => {
    await app.app.sweep();
    return (await findBreaches(app, { settled: true })).length === 0;
  }, 60_000);
  await checkInvariants(app, { settled: true });
}, 300_000);
