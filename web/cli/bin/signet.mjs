#!/usr/bin/env node
/** Committed, so that npm has something to link before anything is built; the command itself is dist/signet.js. */
import { existsSync } from "node:fs";

const command = new URL("../dist/signet.js", import.meta.url);
if (existsSync(command)) await import(command.href);
else {
  process.stderr.write("signet is not built yet. In the folder of its repository run: npm run build\n");
  process.exitCode = 2;
}
