import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { reached } from "./bench.js";
import type { Bench } from "./bench.js";
import { interleaved } from "./measure.js";
import type { Contender } from "./measure.js";

const WORKER = fileURLToPath(new URL("sign-worker.js", import.meta.url));

/** Signing one download URL, against the SDK's way and against the hashes that it cannot do without. */
export const bench: Bench = {
  id: "P2",
  title: "signing a download URL",
  method: "processor time for each URL, in a fresh process for each round and way, interleaved; other keys every time",
  async run({ small }) {
    const way = (name: string, count: number): Contender => ({
      name,
      round: async () => Number((await promisify(execFile)(process.execPath, [WORKER, name, String(count)])).stdout),
    });
    const [many, few] = small ? [20_000, 200] : [200_000, 3_000];
    const { costs, ratio } = await interleaved(
      [way("ours", many), way("sdk", few), way("hashes", many)],
      small ? 1 : 7,
    );
    const us = (cost: number): string => `${cost.toFixed(1)} µs`;
    const bySdk = ratio("sdk", "ours");
    const overFloor = ratio("ours", "hashes");
    return [
      {
        what: "against getSignedUrl, one client for all",
        ...{ ours: us(costs["ours"]!), peer: us(costs["sdk"]!), ratio: bySdk, must: "150×", goal: "" },
        holds: reached(bySdk >= 150, true),
      },
      {
        what: "against three one-shot hashes of the same lengths",
        ...{ ours: us(costs["ours"]!), peer: us(costs["hashes"]!), ratio: 1 / overFloor, must: "", goal: "1/1.5×" },
        holds: reached(true, overFloor <= 1.5),
      },
    ];
  },
};
