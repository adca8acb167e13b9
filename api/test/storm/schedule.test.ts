import { expect, test } from "@jest/globals";
import { planStrikes, planUpload } from "./schedule.js";
import type { StormPlan } from "./schedule.js";

const PLAN: StormPlan = {
  seed: "a",
  uploads: 1000,
  kills: 40,
  processes: 3,
  sizes: "MIXED",
  strikeEveryMs: [1000, 5000],
  leaseMs: 1000,
};

const uploadsOf = (plan: StormPlan) => Array.from({ length: plan.uploads }, (_, index) => planUpload(plan, index));

test("the same seed is the same storm, another seed another one", () => {
  expect(uploadsOf(PLAN)).toEqual(uploadsOf(PLAN));
  expect(planStrikes(PLAN)).toEqual(planStrikes(PLAN));
  expect(planUpload({ ...PLAN, uploads: 5 }, 4)).toEqual(planUpload(PLAN, 4));
  const other = { ...PLAN, seed: "b" };
  expect(uploadsOf(other)).not.toEqual(uploadsOf(PLAN));
  expect(planStrikes(other)).not.toEqual(planStrikes(PLAN));
});

test("there are as many kills as were asked for, of everything that runs", () => {
  const strikes = planStrikes({ ...PLAN, kills: 200 });
  expect(strikes.filter(({ what }) => what === "KILL")).toHaveLength(200);
  expect(new Set(strikes.map(({ what, target }) => `${what} ${target}`))).toEqual(
    new Set([
      ...["KILL API", "KILL SWEEPER", "KILL POSTGRES", "KILL STORE"],
      ...["FREEZE API", "FREEZE POSTGRES", "FREEZE STORE"],
      ...["CUT POSTGRES", "CUT STORE"],
    ]),
  );
  for (const { what, target, slot, afterMs, forMs } of strikes) {
    expect(afterMs).toBeGreaterThanOrEqual(1000);
    expect(afterMs).toBeLessThan(5000);
    expect(slot).toBeLessThan(3);
    if (what === "FREEZE" && target === "API") expect(forMs).toBeGreaterThan(PLAN.leaseMs);
  }
});

test("uploads are of every kind, and no more bytes than a machine can bear", () => {
  const uploads = uploadsOf(PLAN);
  const bytes = uploads.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  expect(bytes).toBeLessThan(1.5 * 1024 ** 3);
  expect(new Set(uploads.map(({ fate }) => fate)).size).toBe(10);
  for (const seen of [
    uploads.some(({ sizeBytes }) => sizeBytes === 0),
    uploads.some(({ sizeBytes }) => sizeBytes > 16 * 1024 ** 2),
    uploads.some(({ by }) => by === "ENGINE"),
    uploads.some(({ wrongType }) => wrongType),
    uploads.some(({ withKey }) => !withKey),
    uploads.some(({ confirmers }) => confirmers === 2),
    uploads.some(({ newName }) => newName !== null),
  ])
    expect(seen).toBe(true);
  const small = uploadsOf({ ...PLAN, sizes: "SMALL" }).reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
  expect(small).toBeLessThan(0.5 * 1024 ** 3);
});
