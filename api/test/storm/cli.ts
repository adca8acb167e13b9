import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { runStorm } from "./storm.js";
import type { StormReport } from "./storm.js";

/** `npm run storm`: uploads while everything underneath is killed; docs/operations.md, "The storm". */

const USAGE = `npm run storm -- [options]
  --uploads N          default 1000
  --kills M            kill -9s; freezes and cut connections come on top. Default 40
  --seed S             repeats a plan; when things happen is up to the machine. Default: random
  --processes P        API processes. Default 3
  --drop-replies P     per cent of statements and requests that are done and not answered. Default 0
  --every FROM-TO      seconds between strikes. Default 1-5
  --clients C          uploads at one time. Default 24
  --small              hardly any file above 64 KiB
  --keep               keeps data and history of a storm that failed
  --json               the report as JSON on stdout; progress goes to stderr
`;
const EXIT_USAGE = 2;
/** As shells report it: 128 + SIGINT. */
const EXIT_INTERRUPTED = 130;

async function main(): Promise<number> {
  const options = readOptions();
  if (options === null) {
    process.stderr.write(USAGE);
    return EXIT_USAGE;
  }
  const { json, ...storm } = options;
  const interrupted = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => interrupted.abort(new Error(signal)));
  const say = (line: string): void => void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${line}\n`);
  say(`seed ${storm.seed}`);
  const running = runStorm({ ...storm, say, signal: interrupted.signal });
  const report = await running.catch((error: unknown) => {
    if (!interrupted.signal.aborted) throw error;
    return null;
  });
  if (report === null) {
    say("interrupted; everything is stopped");
    return EXIT_INTERRUPTED;
  }
  process.stdout.write(json ? `${JSON.stringify(report)}\n` : textOf(report));
  return report.faults.length === 0 ? 0 : 1;
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        uploads: { type: "string", default: "1000" },
        kills: { type: "string", default: "40" },
        seed: { type: "string", default: randomBytes(4).toString("hex") },
        processes: { type: "string", default: "3" },
        "drop-replies": { type: "string", default: "0" },
        every: { type: "string", default: "1-5" },
        clients: { type: "string", default: "24" },
        small: { type: "boolean", default: false },
        keep: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
      },
    });
    const [fromSeconds, toSeconds] = values.every.split("-").map(Number);
    const numbers = {
      uploads: Number(values.uploads),
      kills: Number(values.kills),
      processes: Number(values.processes),
      clients: Number(values.clients),
      dropRate: Number(values["drop-replies"].replace(/%$/, "")) / 100,
    };
    const whole = [numbers.uploads, numbers.kills, numbers.processes, numbers.clients].every(
      (number) => Number.isSafeInteger(number) && number >= 1,
    );
    if (!whole || !(numbers.dropRate >= 0 && numbers.dropRate < 1) || !(fromSeconds! <= toSeconds!)) return null;
    return {
      ...numbers,
      seed: values.seed,
      sizes: values.small ? ("SMALL" as const) : ("MIXED" as const),
      strikeEveryMs: [fromSeconds! * 1000, toSeconds! * 1000] as const,
      times: { leaseSeconds: 2, sweepEverySeconds: 2, uploadUrlTtlSeconds: 20, uploadTtlSeconds: 60 },
      keep: values.keep,
      json: values.json,
    };
  } catch {
    return null;
  }
}

function textOf(report: StormReport): string {
  const { seed, uploads, kills, droppedReplies, seconds, counts, remains, faults, evidence, dir } = report;
  const lines = Object.entries(counts).map(([name, count]) => `  ${String(count).padStart(10)}  ${name}`);
  return [
    `${uploads} uploads, ${kills} kills, ${droppedReplies} replies dropped, ${seconds} s`,
    ...lines,
    `at the end: ${JSON.stringify(remains)}`,
    ...(faults.length === 0 ? [] : [`${faults.length} unexplained:`, ...faults, "", ...evidence]),
    ...(dir === null || faults.length === 0 ? [] : [`data and history: ${dir}`]),
    faults.length === 0
      ? "Nothing lost, nothing torn, nothing orphaned, nothing stuck."
      : `The storm has FAILED. The same plan again: npm run storm -- --seed ${seed} with the same other options.`,
    `seed ${seed}`,
    "",
  ].join("\n");
}

process.exitCode = await main();
