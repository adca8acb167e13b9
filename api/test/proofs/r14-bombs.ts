import { BOMBS } from "../bombs/bombs.js";
import { openRange } from "../bombs/measure-bombs.js";
import type { Blast } from "../bombs/measure-bombs.js";
import type { Figure, Proof } from "./proof.js";
import { reached } from "./proof.js";

const ROUNDS = { small: 3, full: 25 };
const MUST_MS = 10;

/** Alias, fragment, directive, list and variable bombs: what the processor spends on each before it is refused. */
export const proof: Proof = {
  id: "R14",
  title: "bombs of aliases, fragments, directives, lists and variables, refused before a resolver runs",
  async run({ small, say }) {
    const range = await openRange();
    const blasts: (Blast & { name: string })[] = [];
    try {
      // Twice: the first time everything is compiled.
      for (const rounds of [1, small ? ROUNDS.small : ROUNDS.full]) {
        blasts.length = 0;
        for (const { name, query, variables = {} } of BOMBS)
          for (const blast of await range.send(JSON.stringify({ query, variables }), rounds))
            blasts.push({ ...blast, name });
      }
    } finally {
      await range.stop();
    }
    for (const { name, path, cpuMs } of blasts) say(`${cpuMs.toFixed(2).padStart(6)} ms  ${path}: ${name}`);
    const worst = blasts.reduce((left, right) => (right.cpuMs > left.cpuMs ? right : left));
    const resolved = blasts.reduce((sum, blast) => sum + blast.resolved, 0);
    const passed = blasts.filter(
      ({ body }) => !/"code":"(BAD_USER_INPUT|BAD_REQUEST|GRAPHQL_VALIDATION_FAILED)"/.test(body),
    ).length;
    return [
      figure(`${BOMBS.length} bombs on both paths, not refused`, String(passed), "0", passed === 0),
      figure("resolvers that ran", String(resolved), "0", resolved === 0),
      figure(
        `processor of the slowest (${worst.name})`,
        `${worst.cpuMs.toFixed(1)} ms`,
        `< ${MUST_MS} ms`,
        worst.cpuMs < MUST_MS,
      ),
    ];
  },
};

const figure = (what: string, value: string, must: string, holds: boolean): Figure => ({
  ...{ what, figure: value, must, goal: "", holds: reached(holds, false) },
});
