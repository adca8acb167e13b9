/**
 * schema.graphql is what the code prints, and web/src/gql and web/snippets/gql are what codegen makes of it and of the
 * operations.
 * Compares in memory and writes nothing but the API's build, which it brings up to date first.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { createContext, generate } from "@graphql-codegen/cli";
import { sourceFiles } from "./source-files.mjs";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
process.chdir(ROOT);
const CLIENTS = ["web/src/gql", "web/snippets/gql"];
const faults = [];

const schema = printSchema();
compare("schema.graphql", schema, "npm run schema");

if (faults.length === 0) await compareClients(); // of a wrong schema, the client would only say the same again

console.log(faults.length > 0 ? faults.join("\n") : `schema.graphql, ${CLIENTS.join(", ")}`);
process.exit(faults.length > 0 ? 1 : 0); // codegen leaves a watcher's handles open

async function compareClients() {
  const context = await createContext({ config: "codegen.ts" });
  context.updateConfig({ silent: true });
  const made = new Map();
  for (const { filename, content } of await generate(context, false))
    made.set(relative(ROOT, join(ROOT, filename)), content);
  if (made.size === 0) faults.push("codegen made nothing.");
  for (const [file, content] of made) compare(file, content, "npm run codegen");
  for (const file of sourceFiles(ROOT)) {
    if (CLIENTS.some((client) => file.startsWith(`${client}/`)) && !made.has(file)) {
      faults.push(`${file} is left over: codegen does not make it. Remove it.`);
    }
  }
}

function printSchema() {
  try {
    execFileSync(process.execPath, ["build.mjs", "--if-stale", "--api"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
    return execFileSync(process.execPath, ["api/dist/src/print-schema.js"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    });
  } catch (error) {
    console.log(`The schema cannot be printed:\n${`${error.stdout}${error.stderr}`.trim()}`);
    process.exit(1);
  }
}

function compare(file, expected, mend) {
  const committed = readIfThere(file);
  if (committed === expected) return;
  faults.push(`${file} is not what the code makes. To mend: ${mend}\n${difference(file, committed, expected)}`);
}

/** A unified diff where the machine has diff, else the first line that differs. */
function difference(file, committed, expected) {
  const scratch = mkdtempSync(join(tmpdir(), "signet-generated-"));
  try {
    writeFileSync(join(scratch, "committed"), committed);
    writeFileSync(join(scratch, "made"), expected);
    const labels = ["-L", `${file} (committed)`, "-L", `${file} (made)`];
    execFileSync("diff", ["-u", ...labels, "committed", "made"], { cwd: scratch, encoding: "utf8" });
    return "";
  } catch (error) {
    if (error.status === 1) return error.stdout.split("\n").slice(0, 60).join("\n");
    const [old, now] = [committed.split("\n"), expected.split("\n")];
    const at = now.findIndex((line, index) => line !== old[index]);
    return `line ${at + 1}: committed "${old[at] ?? ""}", made "${now[at] ?? ""}"`;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function readIfThere(file) {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return "";
  }
}
