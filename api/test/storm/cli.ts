import { randomBytes } from "node:crypto";
import { parseArgs } from "node:util";
import { LARGE_STORM, SMALL_STORM } from "./presets.js";
import { runStorm } from "./storm.js";
import type { StormReport } from "./storm.js";

/** `npm run storm`: uploads while everything underneath is killed; docs/operations.md, "The storm". */

const USAGE = `npm run storm -- [options]
  --uploads N          default 1000
  --kills M            kill -9s; freezes and cut connections come on top. Default 40
  --seed S             repeats a plan; when things happen is up to the machine. Default: random
  --processes P        API processes. Default 3
  --drop-replies P     per cent of statements and requests that are done and not answered. Default 0, small: 1
  --every FROM-TO      seconds between strikes. Default 1-5, small: 0.3-1.3
  --clients C          uploads at one time. Default 24
  --small              the storm of npm test: hardly any file above 64 KiB, and shorter times
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
        uploads: { type: "string" },
        kills: { type: "string" },
        seed: { type: "string", default: randomBytes(4).toString("hex") },
        processes: { type: "string" },
        "drop-replies": { type: "string" },
        every: { type: "string" },
        clients: { type: "string" },
        small: { type: "boolean", default: false },
        keep: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
      },
    });
    const { seed, keep, json } = values;
    const preset = values.small ? SMALL_STORM : LARGE_STORM;
    const dropped = values["drop-replies"]?.replace(/%$/, "");
    const [fromSeconds, toSeconds] = (values.every ?? "").split("-").map(Number);
    const options = {
      ...preset,
      ...{ seed, keep, json },
      uploads: Number(values.uploads ?? preset.uploads),
      kills: Number(values.kills ?? preset.kills),
      processes: Number(values.processes ?? preset.processes),
      clients: Number(values.clients ?? preset.clients),
      dropRate: dropped === undefined ? preset.dropRate : Number(dropped) / 100,
      strikeEveryMs:
        values.every === undefined ? preset.strikeEveryMs : ([fromSeconds! * 1000, toSeconds! * 1000] as const),
    };
    const { uploads, kills, processes, clients, dropRate, strikeEveryMs } = options;
    const whole = [uploads, kills, processes, clients].every((count) => Number.isSafeInteger(count) && count >= 1);
    const fits =
      whole && dropRate >= 0 && dropRate < 1 && strikeEveryMs[0] >= 0 && strikeEveryMs[0] <= strikeEveryMs[1];
    return fits ? options : null;
  } catch {
    return null;
  }
}

/** This very call, with the seed that it had. */
function againOf(seed: string): string {
  const words = process.argv.slice(2);
  return [
    "npm run storm --",
    ...words,
    ...(words.some((word) => word.startsWith("--seed")) ? [] : ["--seed", seed]),
  ].join(" ");
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
      : `The storm has FAILED. The same plan again: ${againOf(seed)}`,
    `seed ${seed}`,
    "",
  ].join("\n");
}

process.exitCode = await main();
