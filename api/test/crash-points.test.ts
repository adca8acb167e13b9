import { afterAll, describe, expect, test } from "@jest/globals";
import { FOLLOW_UPS, NOTHING } from "./crash-follow-ups.js";
import { runScenario } from "./crash-run.js";
import type { ScenarioRun } from "./crash-run.js";
import { SCENARIOS } from "./crash-scenarios.js";

/** The goal is 5 s; a loaded machine may take longer, a file that waits for nobody never comes back. */
const RECOVERS_WITHIN_MS = 15_000;
const SCENARIO_WITHIN_MS = 240_000;

/** Two at a time: the one that is asked for, and the next one. */
const runs = new Map<number, Promise<ScenarioRun>>();
function runOf(index: number): Promise<ScenarioRun> {
  for (const at of [index, index + 1]) {
    const scenario = SCENARIOS[at];
    if (scenario === undefined || runs.has(at)) continue;
    const run = runScenario(scenario, at);
    run.catch(() => undefined);
    runs.set(at, run);
  }
  return runs.get(index)!;
}

afterAll(async () => {
  const settled = await Promise.allSettled(runs.values());
  const lines = [...runs.keys()].map((index, at) => {
    const run = settled[at]!;
    const cells = FOLLOW_UPS.map((name) =>
      (run.status === "fulfilled" ? `${(run.value[name].recoveryMs / 1000).toFixed(2)} s` : "failed").padStart(15),
    );
    return `${SCENARIOS[index]!.title.padEnd(52)}${cells.join("")}`;
  });
  const head = `${"recovery".padEnd(52)}${FOLLOW_UPS.map((name) => name.padStart(15)).join("")}`;
  process.stdout.write(`\n${[head, ...lines].join("\n")}\n\n`);
}, SCENARIO_WITHIN_MS);

describe.each(SCENARIOS.map((scenario, index) => ({ ...scenario, index })))("$title", (scenario) => {
  test.each(FOLLOW_UPS)(
    "%s",
    async (followUp) => {
      const { left, answer, path, recoveryMs } = (await runOf(scenario.index))[followUp];
      expect(left).toEqual({ ...NOTHING, ...scenario.leaves });
      expect({ answer, path }).toEqual(scenario.ends[followUp]);
      expect(recoveryMs).toBeLessThan(RECOVERS_WITHIN_MS);
    },
    SCENARIO_WITHIN_MS,
  );
});
