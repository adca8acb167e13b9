import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { hostileFiles } from "./hostile-files.js";

/**
 * `node api/dist/test/hostile-files-cli.js DIR CANARY`: writes each hostile file into DIR under its name, and what is said of
 * them as `table.json`: for the browser's tests, which may not import this package.
 */
const [folder, canary] = process.argv.slice(2);
if (folder === undefined || canary === undefined) throw new Error("usage: hostile-files-cli.js DIR CANARY_ORIGIN");
await mkdir(folder, { recursive: true });
const files = hostileFiles(canary);
for (const { name, bytes } of files) await writeFile(join(folder, name), bytes);
const table = files.map(({ name, outcomes, runsAs }) => ({ name, outcomes, runsAs: runsAs ?? null }));
await writeFile(join(folder, "table.json"), JSON.stringify(table));
