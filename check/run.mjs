/**
 * `npm run check [-- GATE…]`: runs the gates, all of them or those named, one line each (`ok` or `FAIL`, name, seconds),
 * with the output of those that fail; ends with `N passed, N failed`. Status 1 when any failed, 2 for an unknown name.
 */
import { spawn } from "node:child_process";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { GATES } from "./gates.mjs";

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));

/** @returns {Promise<{ ok: boolean; output: string }>} */
function runNode(command) {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, command, { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    child.stdout.on("data", (chunk) => (output += chunk));
    child.stderr.on("data", (chunk) => (output += chunk));
    child.on("error", (error) => resolve({ ok: false, output: `${output}${error.message}` }));
    child.on("close", (code, signal) => {
      const why = signal === null ? "" : `\nended by ${signal}`;
      resolve({ ok: code === 0, output: `${output}${why}` });
    });
  });
}

async function runGate({ name, commands }) {
  const startedAt = Date.now();
  const outputs = [];
  let ok = true;
  for (const command of commands) {
    const result = await runNode(command);
    if (result.ok) continue;
    ok = false;
    outputs.push(result.output.trim() || `${command.join(" ")} failed without a word`);
  }
  console.log(`${ok ? "ok  " : "FAIL"} ${name.padEnd(12)} ${((Date.now() - startedAt) / 1000).toFixed(1)} s`);
  if (!ok) console.log(outputs.join("\n").replace(/^/gm, "     "));
  return ok;
}

const names = process.argv.slice(2);
const unknown = names.filter((name) => !GATES.some((gate) => gate.name === name));
if (unknown.length > 0) {
  console.error(`No such gate: ${unknown.join(", ")}. There are: ${GATES.map(({ name }) => name).join(", ")}.`);
  process.exit(2);
}
const wanted = names.length > 0 ? GATES.filter(({ name }) => names.includes(name)) : GATES;
let failed = 0;
for (const gate of wanted) if (!(await runGate(gate))) failed += 1;
console.log(`${wanted.length - failed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
