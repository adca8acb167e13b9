import { rm } from "node:fs/promises";
import { makeScratchDir } from "../embedded/scratch-dir.fixture.js";
import { startProduct } from "../test/product-process.js";
import { withEnd } from "../test/proofs/proof-servers.js";
import { reached } from "./bench.js";
import type { Bench } from "./bench.js";
import { median } from "./measure.js";

/** The built product, from its command to the page's first answer. */
export const bench: Bench = {
  id: "P7",
  title: "npm start on a built tree, until the page answers",
  method: "time from spawning the process, with an embedded Postgres and store, to the page's 200; medians",
  async run({ small }) {
    const [first, later]: [number[], number[]] = [[], []];
    for (let round = 0; round < (small ? 1 : 5); round += 1) {
      const dir = await makeScratchDir("bench-start");
      await withEnd(
        () => rm(dir, { recursive: true, force: true }),
        async () => {
          for (const times of [first, later]) times.push(await startOnce(dir));
        },
      );
    }
    const line = (what: string, times: readonly number[], mustMs: number, goalMs: number) => {
      const taken = median(times);
      const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
      return {
        what,
        ...{ ours: seconds(taken), peer: "", ratio: null, must: seconds(mustMs), goal: seconds(goalMs) },
        holds: reached(taken <= mustMs, taken <= goalMs),
      };
    };
    return [line("the first time", first, 10_000, 5_000), line("every other time", later, 4_000, 2_000)];
  },
};

async function startOnce(dir: string): Promise<number> {
  const begun = performance.now();
  const product = await startProduct(dir);
  try {
    const page = await fetch(`${product.url}/`);
    await page.text();
    if (page.status !== 200) throw new Error(`the page was answered ${page.status}`);
    return performance.now() - begun;
  } finally {
    product.signal("SIGTERM");
    await product.exit;
  }
}
