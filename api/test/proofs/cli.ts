import { randomBytes } from "node:crypto";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { endAllServers } from "./proof-servers.js";
import type { Figure, Proof } from "./proof.js";
import { proof as confirmRace } from "./r3-confirm-race.js";
import { proof as quota } from "./r4-quota.js";
import { proof as replay } from "./r5-replay.js";
import { proof as malformed } from "./r6-malformed.js";
import { proof as overload } from "./r7-overload.js";
import { proof as postgresKilled } from "./r9-postgres-killed.js";
import { proof as rollingRestart } from "./r8-rolling-restart.js";
import { proof as storeDown } from "./r10-store-down.js";
import { proof as bombs } from "./r14-bombs.js";
import { proof as reconcileMillion } from "./reconcile-million.js";

/** Every proof, in the order in which "all" runs them. */
export const PROOFS: readonly Proof[] = [
  confirmRace,
  quota,
  replay,
  malformed,
  overload,
  rollingRestart,
  postgresKilled,
  storeDown,
  bombs,
  reconcileMillion,
];

const USAGE = `npm run prove                     lists the proofs
npm run prove -- R3 R4 …           runs those, one after the other ("all": every one)
  --small                          some seconds each; shows that they work, proves nothing
  --seed S                         makes the same choices again
  --store URL                      one more store for R5; keys as in AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY
  --json                           one object a figure`;

interface Row extends Figure {
  readonly id: string;
}

/** @returns the exit code: 0 every figure holds, 1 one does not, 2 wrong usage */
async function main(words: readonly string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: [...words],
    allowPositionals: true,
    options: {
      small: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      seed: { type: "string", default: randomBytes(4).toString("hex") },
      store: { type: "string", multiple: true, default: [] },
    },
  });
  if (positionals.length === 0) {
    console.log(USAGE, "\n");
    for (const { id, title } of PROOFS) console.log(`${id.padEnd(4)} ${title}`);
    return 0;
  }
  const wanted = positionals.map((word) => word.toUpperCase());
  const unknown = wanted.filter((id) => id !== "ALL" && !PROOFS.some((proof) => proof.id === id));
  if (unknown.length > 0) {
    console.error(`no proof ${unknown.join(", ")}; there are ${PROOFS.map(({ id }) => id).join(", ")}`);
    return 2;
  }
  const stores = values.store.map((endpoint) => ({
    endpoint,
    region: process.env["AWS_REGION"] ?? "us-east-1",
    bucket: process.env["S3_BUCKET"] ?? "",
    accessKeyId: process.env["AWS_ACCESS_KEY_ID"] ?? "",
    secretAccessKey: process.env["AWS_SECRET_ACCESS_KEY"] ?? "",
  }));

  console.error(`seed ${values.seed}${values.small ? ", small: its figures prove nothing" : ""}`);
  const rows: Row[] = [];
  for (const { id, title, run } of PROOFS.filter((proof) => wanted.includes("ALL") || wanted.includes(proof.id))) {
    const begun = performance.now();
    const say = (line: string): void =>
      console.error(`${id} ${String(Math.round((performance.now() - begun) / 1000)).padStart(4)} s  ${line}`);
    say(title);
    rows.push(...(await figuresOf(id, () => run({ small: values.small, seed: values.seed, say, stores }))));
    say("done");
  }
  if (values.json) for (const row of rows) console.log(JSON.stringify({ ...row, seed: values.seed }));
  else console.log(tableOf(rows));
  return rows.every(({ holds }) => holds !== "no") ? 0 : 1;
}

/** A proof that throws does not hold; the others still run. */
async function figuresOf(id: string, run: () => Promise<readonly Figure[]>): Promise<Row[]> {
  try {
    return (await run()).map((figure) => ({ id, ...figure }));
  } catch (error) {
    console.error(error);
    const figure = String(error instanceof Error ? error.message : error).split("\n")[0]!;
    return [{ id, what: "ran to its end", figure, must: "yes", goal: "", holds: "no" }];
  } finally {
    await endAllServers();
  }
}

/** PURE. A Markdown table, its columns aligned. */
function tableOf(rows: readonly Row[]): string {
  const head = ["id", "what", "figure", "must", "goal", "holds"];
  const body = rows.map(({ id, what, figure, must, goal, holds }) => [
    ...[id, what, figure, must, goal],
    holds === "no" ? "NO" : holds,
  ]);
  const widths = head.map((title, column) => Math.max(title.length, ...body.map((cells) => cells[column]!.length)));
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column]!)).join(" | ")} |`;
  return [line(head), `|${widths.map((width) => "-".repeat(width + 2)).join("|")}|`, ...body.map(line)].join("\n");
}

if (import.meta.url === pathToFileURL(process.argv[1]!).href) {
  for (const signal of ["SIGINT", "SIGTERM"] as const)
    process.once(signal, () => void endAllServers().finally(() => process.exit(130)));
  // Nothing that a proof has started may outlive it, whatever becomes of it.
  for (const event of ["uncaughtException", "unhandledRejection"] as const)
    process.once(event, (error: unknown) => {
      console.error(error);
      void endAllServers().finally(() => process.exit(1));
    });
  process.exitCode = await main(process.argv.slice(2));
}
