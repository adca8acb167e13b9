import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { reached } from "./bench.js";
import type { Bench, Line } from "./bench.js";

const ASSETS = fileURLToPath(new URL("../../../web/dist/assets/", import.meta.url));
const KB = 1000;

/** What a browser loads. The engine alone is held to its size by web/e2e/budget.test.ts, which builds it for that. */
export const bench: Bench = {
  id: "P8",
  title: "what a browser loads",
  method: "gzip -9 of the files in web/dist/assets; kB of 1,000 bytes",
  async run() {
    const names = await readdir(ASSETS);
    const total = async (counts: (name: string) => boolean): Promise<number> => {
      const contents = await Promise.all(names.filter(counts).map((name) => readFile(join(ASSETS, name))));
      return contents.reduce((sum, content) => sum + gzipSync(content, { level: 9 }).byteLength, 0) / KB;
    };
    const line = (what: string, size: number, must: number, goal: number): Line => ({
      what,
      ...{ ours: `${size.toFixed(1)} kB`, peer: "", ratio: null, must: `${must} kB`, goal: `${goal} kB` },
      holds: reached(size <= must, size <= goal),
    });
    return [
      line("JavaScript, all of it", await total((name) => name.endsWith(".js")), 95, 85),
      line("CSS", await total((name) => name.endsWith(".css")), 6, 5),
    ];
  },
};
