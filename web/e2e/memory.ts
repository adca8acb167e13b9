import { randomBytes } from "node:crypto";
import { open, readdir, readFile } from "node:fs/promises";
import { openAccount } from "./account.js";
import type { TestBrowser } from "./browser.js";
import { arrive, chooseFiles } from "./person.js";
import type { Product } from "./product.js";

/** What a browser needed while its page uploaded one large file. */
export interface LargeUploadFigures {
  readonly seconds: number;
  /** Σ Pss of all processes of the browser while the page was idle, and its highest value since. */
  readonly idleBytes: number;
  readonly highestBytes: number;
  readonly samples: number;
  /** Tasks of more than 50 ms on the page's main thread, by the clock on the wall. */
  readonly longTasksMs: readonly number[];
}

const SAMPLE_EVERY_MS = 250;
const IDLE_SAMPLES = 12;
/** Of one upload. */
const LONGEST_MS = 30 * 60_000;
const MIB = 2 ** 20;

/**
 * Writes `sizeBytes` of which no two parts are alike, but which take hardly any room on the disk: random bytes at the
 * start of every MiB, holes between them. To read and to hash they are like any other bytes.
 */
export async function writeLargeFile(path: string, sizeBytes: number): Promise<void> {
  const file = await open(path, "w");
  try {
    await file.truncate(sizeBytes);
    for (let position = 0; position < sizeBytes; position += MIB)
      await file.write(randomBytes(4_096), 0, 4_096, position);
  } finally {
    await file.close();
  }
}

/**
 * Uploads a file with the page as a person does, and watches the browser meanwhile.
 * @throws Error when the server does not have the file, whole and verified, at the end
 */
export async function measureLargeUpload(
  product: Product,
  { browser }: TestBrowser,
  path: string,
  sizeBytes: number,
): Promise<LargeUploadFigures> {
  const account = await openAccount(product, "large");
  const person = await arrive(browser, product.page, { token: account.token });
  const { page } = person;
  const devtools = await browser.newBrowserCDPSession();
  const { processInfo } = await devtools.send("SystemInfo.getProcessInfo");
  const root = processInfo.find(({ type }) => type === "browser")?.id ?? 0;
  const samples: number[] = [];
  const sample = async (): Promise<void> => {
    const next = performance.now() + SAMPLE_EVERY_MS;
    samples.push(await pssOfTree(root));
    await page.waitForTimeout(Math.max(1, next - performance.now()));
  };
  try {
    await page.getByText("Nothing uploaded yet.").waitFor();
    while (samples.length < IDLE_SAMPLES) await sample();
    const idleBytes = Math.max(...samples.splice(0));

    await page.evaluate(() => {
      const longTasks: number[] = [];
      Object.assign(globalThis, { longTasks });
      const note = (list: PerformanceObserverEntryList): void =>
        void longTasks.push(...list.getEntries().map(({ duration }) => Math.round(duration)));
      new PerformanceObserver(note).observe({ type: "longtask" });
    });
    const startedAt = performance.now();
    await chooseFiles(person, [path]);
    const ready = page.locator(".file-row").getByText("Ready").waitFor({ timeout: LONGEST_MS });
    let over = false;
    const ended = ready.finally(() => (over = true));
    // Heard below; a rejection must not end the process before.
    ended.catch(() => undefined);
    while (!over) await sample();
    await ended;
    const seconds = (performance.now() - startedAt) / 1000;

    const { nodes } = await account.files.files({ search: "", after: undefined });
    const found = nodes.map((row) => `${row.status} ${row.size}`).join();
    if (found !== `READY ${sizeBytes}`) throw new Error(`the server has ${found}`);
    const longTasksMs = await page.evaluate(() => (globalThis as unknown as { longTasks: number[] }).longTasks);
    return { seconds, idleBytes, highestBytes: Math.max(...samples), samples: samples.length, longTasksMs };
  } finally {
    await person.leave();
  }
}

/**
 * Σ Pss of a process and all that descend from it: shared pages count once.
 * https://www.kernel.org/doc/html/latest/filesystems/proc.html (smaps_rollup); Linux only
 */
async function pssOfTree(root: number): Promise<number> {
  const parents = new Map<number, number>();
  for (const name of await readdir("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, "utf8").catch(() => "");
    const parent = /^\d+ \(.*\) \S (\d+)/s.exec(stat)?.[1];
    if (parent !== undefined) parents.set(Number(name), Number(parent));
  }
  const belongs = (pid: number | undefined): boolean =>
    pid !== undefined && pid > 1 && (pid === root || belongs(parents.get(pid)));
  let bytes = 0;
  for (const pid of [...parents.keys()].filter(belongs)) {
    // A process may have ended meanwhile.
    const rollup = await readFile(`/proc/${pid}/smaps_rollup`, "utf8").catch(() => "");
    bytes += Number(/^Pss:\s+(\d+) kB$/m.exec(rollup)?.[1] ?? 0) * 1024;
  }
  return bytes;
}
