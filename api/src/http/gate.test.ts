import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { BURST_WAIT_MS, createGate, GateShut, GIVE_UP_MS, STANDING_AFTER_MS, STANDING_WAIT_MS } from "./gate.js";
import type { Gate } from "./gate.js";

let nowMs = 0;
beforeEach(() => {
  nowMs = 0;
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

/** Time goes by, for the clock and for timers. */
async function pass(ms: number): Promise<void> {
  nowMs += ms;
  await jest.advanceTimersByTimeAsync(ms);
}

const gateOf = (places: number | (() => number)): Gate =>
  createGate({ places: typeof places === "number" ? () => places : places, now: () => nowMs });

type Fate = "inside" | "waiting" | "refused";

/** Callers by their order, and what became of them. */
function crowd(gate: Gate) {
  const fates: Fate[] = [];
  const leave: (() => void)[] = [];
  return {
    fates,
    count: (fate: Fate) => fates.filter((each) => each === fate).length,
    come: async (callers: number): Promise<void> => {
      for (let n = 0; n < callers; n += 1) {
        const place = fates.push("waiting") - 1;
        gate.enter().then(
          (left) => {
            fates[place] = "inside";
            leave.push(left);
          },
          (error: unknown) => {
            expect(error).toBeInstanceOf(GateShut);
            fates[place] = "refused";
          },
        );
      }
      await pass(0);
    },
    /** The one who came in first and is still inside goes. */
    leaveOne: async (): Promise<void> => {
      leave.shift()!();
      await pass(0);
    },
  };
}

describe("a gate", () => {
  test("lets in as many as it has places, then whoever came first", async () => {
    const people = crowd(gateOf(2));
    await people.come(4);
    expect(people.fates).toEqual(["inside", "inside", "waiting", "waiting"]);
    await people.leaveOne();
    expect(people.fates).toEqual(["inside", "inside", "inside", "waiting"]);
    await people.come(1);
    await people.leaveOne();
    expect(people.fates.slice(3)).toEqual(["inside", "waiting"]);
  });

  test("counts who leaves once, however often they say so", async () => {
    const gate = gateOf(1);
    const leave = await gate.enter();
    const people = crowd(gate);
    await people.come(2);
    leave();
    leave();
    await pass(0);
    expect(people.fates).toEqual(["inside", "waiting"]);
  });

  test("takes a burst that it can serve in time, and none of what it cannot", async () => {
    const quick = crowd(gateOf(10));
    await quick.come(51);
    expect(quick.fates.slice(9)).toEqual(["inside", ...Array.from({ length: 40 }, () => "waiting"), "refused"]);
    // 20 ms each: all of them within a second.
    while (quick.count("inside") < 50) {
      await pass(20);
      await quick.leaveOne();
    }
    expect(quick.count("refused")).toBe(1);

    const gate = gateOf(2);
    const slow = crowd(gate);
    await slow.come(4);
    await pass(BURST_WAIT_MS * 0.75);
    await slow.leaveOne();
    expect(slow.fates).toEqual(["inside", "inside", "inside", "waiting"]);
    expect(gate.isShut()).toBe(true);
    await slow.come(1);
    expect(slow.fates.at(-1)).toBe("refused");
  });

  test("takes the same burst when the next one comes: what was slow once is forgotten with the line", async () => {
    const people = crowd(gateOf(1));
    await people.come(2);
    await pass(BURST_WAIT_MS * 0.9);
    await people.leaveOne();
    await people.leaveOne();
    await pass(60_000);
    await people.come(2);
    expect(people.fates.slice(-2)).toEqual(["inside", "waiting"]);
  });

  test("shortens a line that stands, tells its tail at once, and keeps waits short from then on", async () => {
    const gate = gateOf(10);
    const people = crowd(gate);
    const waitedMs: number[] = [];
    const cameAt: number[] = [];
    const STEP_MS = 10;
    // 100 a second are served, 200 come.
    for (let step = 0; step < 800; step += 1) {
      for (let n = 0; n < 2; n += 1) {
        cameAt.push(nowMs);
        const place = cameAt.length - 1;
        gate.enter().then(
          (leave) => {
            people.fates[place] = "inside";
            if (cameAt[place]! > STANDING_AFTER_MS + 500) waitedMs.push(nowMs - cameAt[place]!);
            setTimeout(leave, 100);
          },
          () => {
            people.fates[place] = "refused";
            // At once, but for the tail that is cut when the line begins to stand.
            if (cameAt[place]! > STANDING_AFTER_MS + 500) expect(nowMs - cameAt[place]!).toBeLessThanOrEqual(STEP_MS);
          },
        );
      }
      await pass(STEP_MS);
    }
    expect(waitedMs.length).toBeGreaterThan(400);
    expect(Math.max(...waitedMs)).toBeLessThanOrEqual(STANDING_WAIT_MS * 1.5);
    // Nobody stands idle meanwhile: 100 a second for 8 seconds.
    expect(people.count("inside")).toBeGreaterThan(780);
    expect(people.count("refused")).toBeGreaterThan(600);
  });

  test("does not keep anybody waiting for a line that has stopped", async () => {
    const gate = gateOf(4);
    const people = crowd(gate);
    await people.come(6);
    await pass(BURST_WAIT_MS / 4);
    // Who comes now could still be served in time, for all that is known.
    expect(gate.isShut()).toBe(false);
    await pass(GIVE_UP_MS - BURST_WAIT_MS / 4);
    expect(people.fates).toEqual(["inside", "inside", "inside", "inside", "refused", "refused"]);
    await people.leaveOne();
    expect(gate.isShut()).toBe(false);
    await people.come(1);
    expect(people.fates.at(-1)).toBe("inside");
  });

  test("follows when its places change", async () => {
    let places = 4;
    const people = crowd(gateOf(() => places));
    await people.come(4);
    places = 1;
    await people.come(1);
    for (let n = 0; n < 3; n += 1) await people.leaveOne();
    expect(people.fates.at(-1)).toBe("waiting");
    await people.leaveOne();
    expect(people.fates.at(-1)).toBe("inside");
    // Nobody leaves for a while: places that have come back are taken all the same.
    await people.come(1);
    places = 4;
    await people.come(1);
    expect(people.fates.slice(-3)).toEqual(["inside", "inside", "inside"]);
  });
});
