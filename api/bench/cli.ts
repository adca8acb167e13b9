import { parseArgs } from "node:util";
import { endAllServers } from "../test/proofs/proof-servers.js";
import type { Bench, Line } from "./bench.js";
import { bench as list } from "./p1-list.js";
import { bench as sign } from "./p2-sign.js";
import { bench as pageCost } from "./p6-page-cost.js";
import { bench as start } from "./p7-start.js";
import { bench as sizes } from "./p8-sizes.js";

const BENCHES: readonly Bench[] = [list, sign, pageCost, start, sizes];

const USAGE = `npm run bench                   every bench, one after the other, and one table
npm run bench -- --only P1,P2   those
  --small                       some seconds each; shows that they work, its figures promise nothing
  --json                        one object a line: id, what, ours, peer, ratio, must, goal, holds

${BENCHES.map(({ id, title }) => `${id}  ${title}`).join("\n")}`;

type Row = Line & { readonly id: string };

/** @returns the exit code: 0 every line holds, 1 one does not, 2 wrong usage */
async function main(words: readonly string[]): Promise<number> {
  const { values } = parseArgs({
    args: [...words],
    options: {
      only: { type: "string", default: "" },
      small: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
    },
  });
  const wanted = values.only.toUpperCase().split(",").filter(Boolean);
  const unknown = wanted.filter((id) => !BENCHES.some((bench) => bench.id === id));
  if (unknown.length > 0) {
    console.error(`There is no ${unknown.join(", ")}.\n\n${USAGE}`);
    return 2;
  }
  const rows: Row[] = [];
  const methods: string[] = [];
  for (const { id, title, method, run } of BENCHES.filter(
    (bench) => wanted.length === 0 || wanted.includes(bench.id),
  )) {
    const begun = performance.now();
    const say = (line: string): void =>
      console.error(`${id} ${String(Math.round((performance.now() - begun) / 1000)).padStart(4)} s  ${line}`);
    say(title);
    methods.push(`${id}: ${method}.`);
    rows.push(...(await linesOf(id, () => run({ small: values.small, say }))));
  }
  if (values.json) for (const row of rows) console.log(JSON.stringify(row));
  else console.log(`${tableOf(rows)}\n\n${methods.join("\n")}`);
  return rows.every(({ holds }) => holds !== "no") ? 0 : 1;
}

/** A bench that throws does not hold; the others still run. */
async function linesOf(id: string, run: () => Promise<readonly Line[]>): Promise<Row[]> {
  try {
    return (await run()).map((line) => ({ id, ...line }));
  } catch (error) {
    console.error(error);
    return [{ id, what: "ran to its end", ours: "no", peer: "", ratio: null, must: "yes", goal: "", holds: "no" }];
  } finally {
    await endAllServers();
  }
}

/** PURE. A Markdown table. */
function tableOf(rows: readonly Row[]): string {
  const cells = rows.map(({ id, what, ours, peer, ratio, must, goal, holds }) => [
    ...[id, what, ours, peer, ratio === null ? "" : timesOf(ratio), must, goal],
    holds === "no" ? "NO" : holds,
  ]);
  const head = ["id", "what", "ours", "peer", "times", "must", "goal", "holds"];
  const widths = head.map((title, column) => Math.max(title.length, ...cells.map((row) => row[column]!.length)));
  const line = (row: readonly string[]): string => `| ${row.map((cell, at) => cell.padEnd(widths[at]!)).join(" | ")} |`;
  return [line(head), `| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`, ...cells.map(line)].join("\n");
}

/** A ratio below one as its inverse: people read "1/1.2×" sooner than "0.83×". */
const timesOf = (ratio: number): string => (ratio >= 1 ? `${ratio.toFixed(1)}×` : `1/${(1 / ratio).toFixed(2)}×`);

for (const signal of ["SIGINT", "SIGTERM"] as const)
  process.once(signal, () => void endAllServers().finally(() => process.exit(130)));
process.exitCode = await main(process.argv.slice(2));
