/**
 * Every optional dependency that package-lock.json names has an entry of its own.
 *
 * When a registry lacks the package of one platform, `npm install` silently drops it from the lock, and `npm ci` then
 * fails, or installs something that cannot run, on that platform only. An entry is looked for as Node would resolve it:
 * in the node_modules of the package that asks, then of each folder above.
 */
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const { packages } = JSON.parse(readFileSync(join(ROOT, "package-lock.json"), "utf8"));

function isResolvable(from, name) {
  for (let dir = from; ; dir = dir.slice(0, Math.max(0, dir.lastIndexOf("/")))) {
    if (`${dir === "" ? "" : `${dir}/`}node_modules/${name}` in packages) return true;
    if (dir === "") return false;
  }
}

const missing = [];
let count = 0;
for (const [path, { optionalDependencies = {} }] of Object.entries(packages)) {
  for (const name of Object.keys(optionalDependencies)) {
    count += 1;
    if (!isResolvable(path, name)) missing.push(`${name}, which ${path || "the root"} names`);
  }
}
if (count === 0) missing.push("any: the lock names no optional dependency at all");
if (missing.length > 0) {
  console.log(`package-lock.json has no entry for:\n  ${missing.join("\n  ")}`);
  console.log("Pin the package that names it to a version whose platforms are all published, then run npm install.");
  process.exitCode = 1;
} else {
  console.log(`${count} optional dependencies, each with its entry`);
}
