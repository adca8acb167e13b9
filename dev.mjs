// npm run dev: the API restarts when its sources change, the page is on Vite with hot reload and proxies the API.
import { spawn, spawnSync } from "node:child_process";

const node = process.execPath;
const built = spawnSync(node, ["build.mjs", "--if-stale", "--api"], { stdio: "inherit" });
if (built.status !== 0) process.exit(built.status ?? 1);

/** Each child leads a process group: tsc is a wrapper, and killing it alone leaves the compiler behind. */
const children = [
  ["npx", ["tsc", "-p", "api", "--watch", "--preserveWatchOutput"]],
  [node, ["--watch-path=api/dist/src", "--watch-preserve-output", "api/dist/src/main.js"]],
  ["npx", ["vite", "web"]],
].map(([command, args]) => spawn(command, args, { stdio: ["ignore", "inherit", "inherit"], detached: true }));

let stopping = false;
function stop(signal) {
  if (stopping) return;
  stopping = true;
  for (const child of children) {
    try {
      process.kill(-child.pid, signal);
    } catch {
      // It has ended by itself.
    }
  }
}
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => stop(signal));
for (const child of children) child.on("exit", () => stop("SIGTERM"));
