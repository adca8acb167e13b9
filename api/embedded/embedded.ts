import { BucketAlreadyOwnedByYou, CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { randomBytes } from "node:crypto";
import { realpath, unlink } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { claimDataDir, makeDataDir, readDataDirOwner } from "./data-dir-owner.js";
import type { DataDirOwner } from "./data-dir-owner.js";
import { EmbeddedError, messageOf, systemCode } from "./embedded-error.js";
import { keepFile, readIfThere, replaceFile } from "./kept-file.js";
import { startEmbeddedPostgres } from "./postgres.js";
import { startEmbeddedS3 } from "./s3/server.js";

/** Which parts to embed, and where. A part that is left out is not started. */
export interface EmbeddedOptions {
  /** Holds everything: database, files, keys. Made when missing. */
  dataDir: string;
  /** 0 for any free port, here and below. */
  postgres?: { port: number } | undefined;
  s3?: { port: number } | undefined;
  /** False for tests only: a power cut loses data. Default true. */
  durable?: boolean | undefined;
  /** What a person should know, such as data that had to be put elsewhere. */
  log(line: string): void;
}

/** Embedded servers that answer. */
export interface Embedded {
  /** The settings that make the API, or any S3 and Postgres client, use these servers; of the embedded parts only. */
  env: Record<string, string>;
  /** True when another process runs the servers and `stop` leaves them alone. */
  attached: boolean;
  /** Stops what this call started; the data stays. Idempotent. */
  stop(): Promise<void>;
}

const BUCKET = "signet";
const REGION = "us-east-1";
const HOST = "127.0.0.1";
const STATE_FILE = "embedded.json";
/** How long a command waits for an owner that is still starting; its Postgres may have a log to replay. */
const ATTACH_PATIENCE_MS = 180_000;

/**
 * Starts the embedded servers on a data folder and becomes its one owner. The bucket `signet` exists when this returns.
 * @throws EmbeddedError `DATA_DIR_IN_USE` when another process owns the folder (nothing is touched then), `PORT_TAKEN`,
 *   and what {@link startEmbeddedPostgres} throws; nothing is left running
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  await makeDataDir(options.dataDir);
  const dataDir = await realpath(options.dataDir);
  const claim = await claimDataDir(dataDir);
  const stops: (() => Promise<void>)[] = [];
  const stopAll = async (): Promise<void> => {
    await unlink(join(dataDir, STATE_FILE)).catch(ignoreMissing);
    const stopped = await Promise.allSettled(stops.map((stop) => stop()));
    await claim.release();
    for (const outcome of stopped) if (outcome.status === "rejected") throw outcome.reason;
  };
  const started = await Promise.allSettled([
    options.postgres === undefined ? undefined : startDatabase(dataDir, options.postgres.port, options, stops),
    options.s3 === undefined ? undefined : startStore(dataDir, options.s3.port, options, stops),
  ]);
  try {
    const [postgres, s3] = started.map((outcome) => {
      if (outcome.status === "rejected") throw outcome.reason;
      return outcome.value;
    });
    const state: PublishedState = { owner: claim.owner.token, parts: { postgres, s3 } };
    await replaceFile(join(dataDir, STATE_FILE), JSON.stringify(state));
    let stopped: Promise<void> | undefined;
    return { env: { ...postgres, ...s3 }, attached: false, stop: () => (stopped ??= stopAll()) };
  } catch (error) {
    await stopAll();
    throw error;
  }
}

/**
 * For commands that need the servers: uses those of the living owner of the data folder, waiting while it starts, or
 * starts them for this command alone.
 * @throws EmbeddedError `DATA_DIR_IN_USE` when the owner runs without a part that is wanted here, and as {@link startEmbedded}
 */
export async function attachOrStartEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  const deadline = Date.now() + ATTACH_PATIENCE_MS;
  for (;;) {
    const owner = await readDataDirOwner(options.dataDir);
    if (owner === undefined) {
      try {
        return await startEmbedded(options);
      } catch (error) {
        const lostTheRace = error instanceof EmbeddedError && error.code === "DATA_DIR_IN_USE";
        if (!lostTheRace || Date.now() > deadline) throw error;
      }
    } else {
      const state = await readState(options.dataDir, owner);
      if (state !== undefined) return attach(state, options, owner);
      if (Date.now() > deadline) throw notReady(options.dataDir, owner);
    }
    await sleep(100);
  }
}

/**
 * The HS256 secret that signs development's tokens: 32 random bytes as base64url, minted once and kept in `auth-secret`,
 * mode 600, so that tokens outlive a restart.
 * @throws EmbeddedError `DATA_DIR_UNUSABLE` when the folder cannot be made
 */
export async function devSecret(dataDir: string): Promise<string> {
  await makeDataDir(dataDir);
  return keepFile(join(dataDir, "auth-secret"), () => randomBytes(32).toString("base64url"));
}

async function startDatabase(
  dataDir: string,
  port: number,
  { durable, log }: EmbeddedOptions,
  stops: (() => Promise<void>)[],
): Promise<Record<string, string>> {
  const server = await startEmbeddedPostgres({
    dataDir: join(dataDir, "postgres"),
    port,
    durable: durable ?? true,
    onNotice: log,
  });
  stops.push(() => server.stop());
  return { DATABASE_URL: server.url };
}

async function startStore(
  dataDir: string,
  port: number,
  { durable }: EmbeddedOptions,
  stops: (() => Promise<void>)[],
): Promise<Record<string, string>> {
  const keys = parseKeys(await keepFile(join(dataDir, "s3-credentials.json"), mintKeys));
  const server = await startEmbeddedS3({
    dataDir: join(dataDir, "s3"),
    port,
    host: HOST,
    region: REGION,
    durable: durable ?? true,
    ...keys,
  }).catch((error: unknown) => {
    throw systemCode(error) === "EADDRINUSE" || systemCode(error) === "EACCES" ? portTaken(port, error) : error;
  });
  stops.push(() => server.stop());
  const client = new S3Client({ endpoint: server.endpoint, region: REGION, forcePathStyle: true, credentials: keys });
  try {
    await client.send(new CreateBucketCommand({ Bucket: BUCKET }));
  } catch (error) {
    if (!(error instanceof BucketAlreadyOwnedByYou)) throw error;
  } finally {
    client.destroy();
  }
  return {
    S3_BUCKET: BUCKET,
    S3_REGION: REGION,
    S3_ENDPOINT: server.endpoint,
    S3_FORCE_PATH_STYLE: "true",
    AWS_ACCESS_KEY_ID: keys.accessKeyId,
    AWS_SECRET_ACCESS_KEY: keys.secretAccessKey,
  };
}

/** What the owner tells others, in `embedded.json`, mode 600: valid as long as the claim with that token stands. */
interface PublishedState {
  owner: string;
  parts: Record<"postgres" | "s3", Record<string, string> | undefined>;
}

async function readState(dataDir: string, owner: DataDirOwner): Promise<PublishedState | undefined> {
  const text = await readIfThere(join(dataDir, STATE_FILE)).catch((cause: unknown) => {
    throw new EmbeddedError(
      "DATA_DIR_UNUSABLE",
      {
        what: `The servers on ${dataDir} belong to process ${owner.pid}, and how to reach them cannot be read.`,
        why: `The system says: ${messageOf(cause)}.`,
        mend: "Run this as the same user as that process.",
      },
      { cause },
    );
  });
  if (text === undefined) return undefined;
  const state = JSON.parse(text) as PublishedState;
  return state.owner === owner.token ? state : undefined; // else a killed owner left it
}

function attach({ parts }: PublishedState, options: EmbeddedOptions, owner: DataDirOwner): Embedded {
  const env: Record<string, string> = {};
  for (const part of ["postgres", "s3"] as const) {
    if (options[part] === undefined) continue;
    if (parts[part] === undefined) throw notEmbeddedThere(part, options.dataDir, owner);
    Object.assign(env, parts[part]);
  }
  return { env, attached: true, stop: () => Promise.resolve() };
}

interface StoreKeys {
  accessKeyId: string;
  secretAccessKey: string;
}

function mintKeys(): string {
  const keys: StoreKeys = {
    accessKeyId: `SIGNET${randomBytes(7).toString("hex").toUpperCase()}`, // 20 characters, like the keys of AWS
    secretAccessKey: randomBytes(30).toString("base64url"),
  };
  return JSON.stringify(keys);
}

function parseKeys(text: string): StoreKeys {
  const { accessKeyId, secretAccessKey } = JSON.parse(text) as Record<keyof StoreKeys, unknown>;
  if (typeof accessKeyId === "string" && typeof secretAccessKey === "string") return { accessKeyId, secretAccessKey };
  throw new EmbeddedError("DATA_DIR_UNUSABLE", {
    what: "The keys of the embedded store cannot be read.",
    why: "s3-credentials.json in the data folder does not hold two keys.",
    mend: "Remove that file: new keys are made, and the files in the store stay.",
  });
}

function portTaken(port: number, cause: unknown): EmbeddedError {
  const denied = systemCode(cause) === "EACCES";
  return new EmbeddedError(
    "PORT_TAKEN",
    {
      what: `The embedded S3 store cannot listen on ${HOST}:${port}.`,
      why: denied ? "This user may not use that port." : "Another program listens there.",
      mend: "Stop that program, or set EMBEDDED_S3_PORT to another port (0 = any free one).",
    },
    { cause },
  );
}

function notEmbeddedThere(part: "postgres" | "s3", dataDir: string, owner: DataDirOwner): EmbeddedError {
  const variable = { postgres: "DATABASE_URL", s3: "S3_BUCKET" }[part];
  return new EmbeddedError("DATA_DIR_IN_USE", {
    what: `The data folder ${dataDir} is held by process ${owner.pid}, which does not run the embedded ${part} that is needed here.`,
    why: `That process was started with ${variable} set, and this one without.`,
    mend: `Set ${variable} here too, or stop that process.`,
  });
}

function notReady(dataDir: string, owner: DataDirOwner): EmbeddedError {
  return new EmbeddedError("DATA_DIR_IN_USE", {
    what: `The servers on ${dataDir} are not ready.`,
    why: `Process ${owner.pid} has been starting or stopping them for ${ATTACH_PATIENCE_MS / 1000} s.`,
    mend: "Look at what it says; stop it and try again.",
  });
}

function ignoreMissing(error: unknown): void {
  if (systemCode(error) !== "ENOENT") throw error;
}
