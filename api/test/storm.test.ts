import { randomBytes } from "node:crypto";
import { expect, test } from "@jest/globals";
import { SMALL_STORM } from "./storm/presets.js";
import { runStorm } from "./storm/storm.js";

/** The small storm: another plan at each run, so that all runs together explore more than one would. */

const SEED = randomBytes(4).toString("hex");

test(`1,000 uploads, 40 kills, seed ${SEED}: nothing is lost, torn, orphaned or stuck`, async () => {
  const lines: string[] = [];
  const say = (line: string): void => void lines.push(line);
  const { faults, evidence, kills, uploads, remains } = await runStorm({
    ...SMALL_STORM,
    seed: SEED,
    keep: false,
    say,
  });
  if (faults.length > 0) {
    const again = `Again: npm run storm -- --small --keep --seed ${SEED}`;
    throw new Error([`${faults.length} unexplained. ${again}`, ...faults, "", ...evidence, "", ...lines].join("\n"));
  }
  expect({ kills, uploads }).toEqual({ kills: 40, uploads: 1000 });
  expect(remains!.breaches).toBe(0);
  expect(remains!.readBack).toBeGreaterThan(700);
}, 600_000);
