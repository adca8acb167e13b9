/**
 * `npm run embedded`: only the embedded servers, for any number of API processes, until Ctrl-C or SIGTERM. Prints the
 * environment that reaches them as KEY=value lines, or as one line of JSON with `--json`; everything else goes to stderr.
 * Reads DATA_DIR, EMBEDDED_POSTGRES_PORT and EMBEDDED_S3_PORT.
 */
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { EmbeddedError, messageOf } from "./embedded-error.js";
import { devSecret, startEmbedded } from "./embedded.js";

const REPOSITORY = resolve(dirname(fileURLToPath(import.meta.url)), "../../..");

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

function readPort(name: string, fallback: number): number {
  const text = process.env[name] ?? "";
  if (text === "") return fallback;
  const port = Number(text);
  if (/^\d+$/.test(text) && port <= 65_535) return port;
  throw new TypeError(`${name} is "${text}": it must be a port, 0 to 65535 (0 = any free one).`);
}

// The SDK's word on Node 20 at every start is for those who choose its version, not for those who run this.
process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] ??= "true";

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { json: { type: "boolean", default: false } } });
  // Listening from the start: a Ctrl-C while the servers come up must not leave one of them behind.
  const stopWanted = new Promise<void>((wanted) => {
    for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => wanted());
  });
  const dataDir = resolve(REPOSITORY, process.env["DATA_DIR"] || ".data");
  const embedded = await startEmbedded({
    dataDir,
    postgres: { port: readPort("EMBEDDED_POSTGRES_PORT", 4002) },
    s3: { port: readPort("EMBEDDED_S3_PORT", 4001) },
    log: say,
  });
  // An API process without an embedded part of its own mints no secret: all of them share this folder's.
  const env = {
    ...embedded.env,
    AUTH: "jwt-hs256",
    AUTH_HS256_SECRET: await devSecret(dataDir),
    AUTH_ISSUER: "signet-dev",
    AUTH_AUDIENCE: "signet",
  };
  const lines = Object.entries(env).map(([name, value]) => `${name}=${value}`);
  process.stdout.write(`${values.json ? JSON.stringify(env) : lines.join("\n")}\n`);
  const stayAlive = setInterval(() => undefined, 2 ** 30); // the servers alone do not keep a process
  await stopWanted;
  clearInterval(stayAlive);
  await embedded.stop();
}

try {
  await main();
  process.exit(0); // signal handlers and a client's idle sockets must not hold us
} catch (error) {
  say(error instanceof EmbeddedError || error instanceof TypeError ? messageOf(error) : String((error as Error).stack));
  process.exit(1);
}
