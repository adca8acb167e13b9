import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createDevTokens } from "../src/auth/dev-tokens.js";
import type { Api } from "./operations.js";
import type { Exit } from "./product-process.js";

const MAIN = fileURLToPath(new URL("../bundle/main.js", import.meta.url));
const READY_WITHIN_MS = 60_000;
/** Every API process of the tests trusts the same issuer, as replicas of one service do. */
const SECRET = "several-processes-of-one-service-0123456789-abcdef";
const ISSUER = "signet-dev";
const AUDIENCE = "signet";
const tokens = createDevTokens({ secret: Buffer.from(SECRET), issuer: ISSUER, audience: AUDIENCE, ttlSeconds: 86_400 });

/** Tests are one caller who is in a great hurry. */
export const UNLIMITED = { RATE_LIMIT_OWNER_PER_MINUTE: "0", RATE_LIMIT_ADDRESS_PER_MINUTE: "0" } as const;

/** Where a process finds what it stands on. */
export interface ApiEnvironment {
  readonly databaseUrl: string;
  readonly bucket: string;
  readonly store: {
    readonly endpoint: string;
    readonly region: string;
    readonly accessKeyId: string;
    readonly secretAccessKey: string;
  };
  /** The host that goes into signed URLs, when the service reaches the store another way (a proxy). */
  readonly publicStoreEndpoint?: string;
  /** More settings: LEASE_SECONDS, SWEEP_EVERY_SECONDS, FAILPOINT, … */
  readonly env?: Readonly<Record<string, string>>;
}

/** One process of the service, without anything embedded: to be killed, frozen and started again. */
export interface ApiProcess extends Api {
  readonly url: string;
  readonly pid: number;
  readonly exit: Promise<Exit>;
  /** Everything it wrote to stderr so far. */
  log(): string;
  /** SIGKILL, SIGTERM, SIGSTOP, SIGCONT, …; nothing when it has ended. */
  signal(signal: NodeJS.Signals): void;
  /** Ends it at once, also when it is frozen, and waits until it is gone. */
  kill(): Promise<void>;
}

/** A bearer token that every {@link startApiProcess} accepts. */
export const mintToken = (user: string): Promise<string> => tokens.mint(user);

/** Runs one command of the built `main.js`: serve (default), migrate, sweep, …; settings as in {@link startApiProcess}. */
export function spawnApi(options: ApiEnvironment, words: readonly string[] = []) {
  const { databaseUrl, bucket, store, publicStoreEndpoint, env } = options;
  const child = spawn(process.execPath, [MAIN, ...words, "--json"], {
    stdio: ["ignore", "pipe", "pipe"],
    env: {
      PORT: "0",
      LOG_LEVEL: "warn",
      DATABASE_URL: databaseUrl,
      S3_BUCKET: bucket,
      S3_ENDPOINT: store.endpoint,
      S3_REGION: store.region,
      S3_FORCE_PATH_STYLE: "true",
      ...(publicStoreEndpoint === undefined ? {} : { S3_PUBLIC_ENDPOINT: publicStoreEndpoint }),
      AWS_ACCESS_KEY_ID: store.accessKeyId,
      AWS_SECRET_ACCESS_KEY: store.secretAccessKey,
      AUTH: "jwt-hs256",
      AUTH_HS256_SECRET: SECRET,
      AUTH_ISSUER: ISSUER,
      AUTH_AUDIENCE: AUDIENCE,
      ...UNLIMITED,
      ...env,
    },
  });
  let log = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (log += text));
  const exit = (once(child, "exit") as Promise<[number | null, NodeJS.Signals | null]>).then(
    ([code, signal]): Exit => ({ code, signal }),
  );
  return { child, exit, log: () => log };
}

/** Starts a process on a migrated database and waits until it is ready. @throws Error with its log when it ends before */
export async function startApiProcess(options: ApiEnvironment): Promise<ApiProcess> {
  const { child, exit, log } = spawnApi(options);
  const signal = (name: NodeJS.Signals): void => {
    if (child.exitCode === null && child.signalCode === null) child.kill(name);
  };
  const timer = setTimeout(() => signal("SIGKILL"), READY_WITHIN_MS);
  const line = await Promise.race([
    once(createInterface(child.stdout), "line").then(([text]) => String(text)),
    exit.then(({ code }) => {
      throw new Error(`the process ended with ${code} before it was ready: ${log()}`);
    }),
  ]).finally(() => clearTimeout(timer));
  const { url } = JSON.parse(line) as { url: string };
  return {
    url,
    pid: child.pid!,
    exit,
    log,
    signal,
    async kill() {
      signal("SIGKILL");
      await exit;
    },
    async call(user, query, variables = {}) {
      const response = await fetch(`${url}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${await mintToken(user)}` },
        body: JSON.stringify({ query, variables }),
      });
      return { status: response.status, ...((await response.json()) as { data: never }) };
    },
  };
}
