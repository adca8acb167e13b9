import { randomUUID } from "node:crypto";
import { ownerOf } from "../test/records.js";
import { withServers } from "../test/proofs/proof-servers.js";
import type { ApiProcess } from "../test/api-process.js";
import { reached } from "./bench.js";
import type { Bench, Line } from "./bench.js";
import { interleaved, median } from "./measure.js";
import { plantFiles } from "./plant-files.js";

const FEW = 1_000;
const MANY = 1_000_000;
const PAGES = 5;
const PAGE = `query ($after: String, $orderBy: FileOrder) {
  files(first: 100, after: $after, orderBy: $orderBy) { nodes { id filename size } pageInfo { endCursor } }
}`;
const ORDERS = [
  { name: "newest first", orderBy: null },
  { name: "by name", orderBy: { field: "FILENAME", direction: "ASC" } },
  { name: "by size", orderBy: { field: "SIZE", direction: "DESC" } },
] as const;

/** Five pages of an owner with a thousand files, and of one with a million. */
export const bench: Bench = {
  id: "P6",
  title: "a page of the list, however many files there are",
  method:
    "time from request to answer of the first five pages (keyset), of either owner in the same database, interleaved, median",
  async run({ small, say }) {
    const many = small ? 20_000 : MANY;
    return withServers(async (servers) => {
      const [little, much] = [`few-${randomUUID()}`, `many-${randomUUID()}`];
      await plantFiles(servers.db, ownerOf(little), FEW);
      say(`planting ${many} rows`);
      await plantFiles(servers.db, ownerOf(much), many);
      const api = await servers.startApi();
      const lines: Line[] = [];
      for (const { name, orderBy } of ORDERS) {
        const round = (user: string) => () => pages(api, user, orderBy);
        const { costs, ratio } = await interleaved(
          [
            { name: "few", round: round(little) },
            { name: "many", round: round(much) },
          ],
          small ? 3 : 25,
        );
        const times = ratio("many", "few");
        const ms = (cost: number): string => `${cost.toFixed(1)} ms`;
        lines.push({
          what: `${name}: ${many} rows against ${FEW}`,
          ...{ ours: ms(costs["many"]!), peer: ms(costs["few"]!), ratio: 1 / times, must: "1/1.3×", goal: "1/1.1×" },
          holds: reached(times <= 1.3, times <= 1.1),
        });
      }
      return lines;
    });
  },
};

/** The median time of a page, in milliseconds. */
async function pages(api: ApiProcess, user: string, orderBy: object | null): Promise<number> {
  const taken: number[] = [];
  let after: string | null = null;
  for (let page = 0; page < PAGES; page += 1) {
    const begun = performance.now();
    const answer: { data: { files: { nodes: unknown[]; pageInfo: { endCursor: string } } } } = await api.call(
      user,
      PAGE,
      {
        after,
        ...(orderBy === null ? {} : { orderBy }),
      },
    );
    taken.push(performance.now() - begun);
    if (answer.data.files.nodes.length !== 100) throw new Error(`a page of ${answer.data.files.nodes.length}`);
    after = answer.data.files.pageInfo.endCursor;
  }
  return median(taken);
}
