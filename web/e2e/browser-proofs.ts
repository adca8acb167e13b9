/**
 * `npm run prove:browser`: what takes too long, or measures too much, for a test. A file of 2 GiB in Chromium without
 * the browser growing or the page stuttering, and 500 small files against the same files one by one. Prints all figures;
 * ends with 1 when one is outside its bounds. Needs 5 GB of disk, Linux, and a machine that does nothing else: load of
 * others makes every figure worse. With words behind it, only those: `large`, `small`.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launchBrowser } from "./browser.js";
import type { TestBrowser } from "./browser.js";
import { measureLargeUpload, writeLargeFile } from "./memory.js";
import { startProduct } from "./product.js";
import type { Product } from "./product.js";
import { SMALL_FILES, uploadOneByOne, uploadTogether, writeSmallFiles } from "./small-files.js";

const LARGE_BYTES = 2 * 2 ** 30;
const MOST_GROWTH_BYTES = 250e6;
const LONGEST_TASK_MS = 100;
const LEAST_SPEEDUP = 5;
/** The way to a server in the same country and back. */
const LATENCY_MS = 60;

interface Stage {
  readonly product: Product;
  readonly chromium: TestBrowser;
  readonly folder: string;
}

const PROOFS: Readonly<Record<string, (stage: Stage) => Promise<boolean>>> = { large, small };

async function large({ product, chromium, folder }: Stage): Promise<boolean> {
  const path = join(folder, "large.bin");
  await writeLargeFile(path, LARGE_BYTES);
  const figures = await measureLargeUpload(product, chromium, path, LARGE_BYTES);
  const { seconds, idleBytes, highestBytes, samples, longTasksMs } = figures;
  const growth = highestBytes - idleBytes;
  const longest = Math.max(0, ...longTasksMs);
  say(`2 GiB in ${seconds.toFixed(1)} s, ${megabytes(LARGE_BYTES / seconds)}/s; READY, every part verified`);
  say(
    `  memory of the browser: ${megabytes(idleBytes)} idle, ${megabytes(highestBytes)} at most (${samples} samples):` +
      ` +${megabytes(growth)}, allowed +${megabytes(MOST_GROWTH_BYTES)}`,
  );
  say(`  long tasks: ${longTasksMs.length}, the longest ${longest} ms, allowed below ${LONGEST_TASK_MS} ms`);
  return growth <= MOST_GROWTH_BYTES && longest < LONGEST_TASK_MS;
}

async function small({ product, chromium, folder }: Stage): Promise<boolean> {
  const paths = await writeSmallFiles(join(folder, "small"));
  let enough = true;
  for (const latencyMs of [0, LATENCY_MS]) {
    const together = await uploadTogether(product, chromium, paths, latencyMs);
    const oneByOne = await uploadOneByOne(product, chromium, paths, latencyMs);
    const speedup = oneByOne.seconds / together.seconds;
    say(`${SMALL_FILES} files of 20 kB with ${latencyMs} ms added to every request`);
    say(`  together ${together.seconds.toFixed(1)} s, ${told(together.calls)}`);
    say(`  one by one ${oneByOne.seconds.toFixed(1)} s, ${told(oneByOne.calls)}`);
    say(`  ${speedup.toFixed(1)} times as fast${latencyMs === 0 ? "" : `, asked for ${LEAST_SPEEDUP}`}`);
    enough &&= latencyMs === 0 || speedup >= LEAST_SPEEDUP;
  }
  return enough;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** "14 calls: CreateUploads 12, …". */
function told(calls: Readonly<Record<string, number>>): string {
  const entries = Object.entries(calls);
  const total = entries.reduce((sum, [, count]) => sum + count, 0);
  return `${total} calls: ${entries.map((entry) => entry.join(" ")).join(", ")}`;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}

async function main(words: readonly string[]): Promise<number> {
  const wanted = words.length === 0 ? Object.keys(PROOFS) : words;
  const folder = await mkdtemp(join(tmpdir(), "signet-proofs-"));
  let code = 0;
  try {
    for (const name of wanted) {
      // Each with a browser and a store of its own: what one leaves in memory is not the other's.
      const [product, chromium] = await Promise.all([startProduct(), launchBrowser()]);
      try {
        if (!(await PROOFS[name]?.({ product, chromium, folder }))) code = 1;
      } finally {
        await chromium.close();
        await product.stop();
      }
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  say(code === 0 ? "All within bounds." : "Not all within bounds.");
  return code;
}

process.exitCode = await main(process.argv.slice(2));
