/**
 * Who may import whom: runs the rules of .dependency-cruiser.cjs, and fails too when a source file was not read or its
 * imports were not seen. A cruise without a working parser finds nothing, and nothing breaks no rule.
 */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { sourceFiles } from "./source-files.mjs";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
process.chdir(ROOT);

// dependency-cruiser 17.4 does not tell swc that a .tsx file holds JSX. Before its first import, so that it gets this one.
const swc = createRequire(import.meta.url)("@swc/core");
const parseFileSync = swc.parseFileSync;
swc.parseFileSync = (file, options) => parseFileSync(file, { ...options, tsx: file.endsWith("x") });

const { cruise } = await import("dependency-cruiser");
const { default: extractOptions } = await import("dependency-cruiser/config-utl/extract-depcruise-options");

const expected = sourceFiles(ROOT).filter((file) => /^(?:api|web)\/.*\.tsx?$/.test(file) && !file.endsWith(".d.ts"));
const options = await extractOptions(join(ROOT, ".dependency-cruiser.cjs"));
const { output } = await cruise(["api", "web"], options);
const faults = output.summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`);
const comments = new Map(options.ruleSet.forbidden.map(({ name, comment }) => [name, comment]));
for (const name of new Set(output.summary.violations.map(({ rule }) => rule.name))) {
  faults.push(`  (${name}: ${comments.get(name)})`);
}

const cruised = new Map(output.modules.map((module) => [module.source, module.dependencies]));
const unread = expected.filter((file) => !cruised.has(file));
if (unread.length > 0)
  faults.push(`${unread.length} of ${expected.length} source files were not read: ${unread.slice(0, 5).join(", ")} …`);
if (expected.length === 0) faults.push("There are no source files.");

let written = 0;
let seen = 0;
for (const file of expected) {
  const specifiers = readFileSync(file, "utf8").matchAll(/^(?:import|export)\b[^;"']*?from "([^"]+)";$/gm);
  const found = new Set((cruised.get(file) ?? []).map(({ module }) => module));
  const names = new Set([...specifiers].map(([, specifier]) => specifier.replace(/^node:/, "")));
  written += names.size;
  seen += [...names].filter((name) => found.has(name) || found.has(`node:${name}`)).length;
}
if (seen < written) faults.push(`Of ${written} imports only ${seen} were seen.`);

console.log(faults.length > 0 ? faults.join("\n") : `${expected.length} files, ${written} imports`);
process.exitCode = faults.length > 0 ? 1 : 0;
