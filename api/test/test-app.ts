import { randomBytes } from "node:crypto";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import type { DataSource } from "typeorm";
import { createApp } from "../src/app.js";
import type { App, AppOptions } from "../src/app.js";
import { createDevTokens } from "../src/auth/dev-tokens.js";
import { parseConfig } from "../src/config.js";
import { createDataSource } from "../src/db/data-source.js";
import { createLogger } from "../src/telemetry/logger.js";
import type { PolicyDeclaration } from "../src/uploads/upload-policy.js";
import { createTestDatabase } from "./database.js";
import { UNLIMITED } from "./api-process.js";
import { testServers } from "./servers.js";
import type { StoreKeys, TestStore } from "./servers.js";

export interface TestAppOptions {
  /** As the environment would say it: MAX_PENDING_UPLOADS, UPLOAD_TTL_SECONDS, … */
  readonly env?: Readonly<Record<string, string>>;
  readonly sweepEveryMs?: number;
  readonly leaseMs?: number;
  /** In place of those of uploads/policies.ts. */
  readonly policies?: readonly PolicyDeclaration[];
  /** Default debug. */
  readonly logLevel?: "trace" | "debug";
  /** In place of the run's own store altogether. */
  readonly store?: TestStore;
  /** What the service takes for its store, for instance a proxy in front of it; clients go past it. */
  readonly storeEndpoint?: string;
  /** In place of the database's own address, a proxy in front of it; {@link TestApp.db} needs none. */
  readonly databaseProxyUrl?: string;
  /** Who signs the URLs of parts; default: the store's own upload signer, if it has one. Null: who signs everything. */
  readonly uploadSigner?: StoreKeys | null;
  /** Shares database and bucket of another app: a second process of the same service. */
  readonly beside?: Pick<TestApp, "databaseUrl" | "bucket">;
}

/** The whole service in this process, on a database and a bucket of its own; acted on over HTTP. */
export interface TestApp {
  readonly app: App;
  readonly url: string;
  readonly databaseUrl: string;
  readonly bucket: string;
  /** For asserting; the service has its own pool. */
  readonly db: DataSource;
  readonly s3: S3Client;
  /** Everything that was logged, line by line. */
  readonly logLines: string[];
  /** A bearer token of development's issuer. @param ttlSeconds until it expires; default an hour, negative: it has */
  tokenOf(user: string, ttlSeconds?: number): Promise<string>;
  /** POSTs an operation as a user. Answers the body as it is, errors and all. */
  call<Data = Record<string, never>>(
    user: string,
    query: string,
    variables?: Record<string, unknown>,
  ): Promise<GraphqlAnswer<Data>>;
  stop(): Promise<void>;
}

export interface GraphqlAnswer<Data> {
  readonly status: number;
  readonly data: Data;
  readonly errors?: readonly {
    message: string;
    path?: readonly (string | number)[];
    extensions: Record<string, unknown>;
  }[];
}

const DEV_SECRET = randomBytes(32).toString("base64url");

export async function startTestApp(options: TestAppOptions = {}): Promise<TestApp> {
  const store = options.store ?? testServers().s3;
  const credentials = { accessKeyId: store.accessKeyId, secretAccessKey: store.secretAccessKey };
  // A check of hundreds of objects at once may wait for a socket: that is no news.
  const requestHandler = { socketAcquisitionWarningTimeout: 60_000 };
  const s3 = new S3Client({ ...store, credentials, forcePathStyle: true, requestHandler });
  const database = options.beside === undefined ? await createTestDatabase() : null;
  const databaseUrl = options.beside?.databaseUrl ?? database!.url;
  const bucket = options.beside?.bucket ?? `t-${randomBytes(6).toString("hex")}`;
  if (options.beside === undefined) await s3.send(new CreateBucketCommand({ Bucket: bucket }));

  const logLines: string[] = [];
  const appOptions: AppOptions = {
    // Tests send a hundred calls at once to see them race, and machines that run tests are slow: nobody is refused.
    config: parseConfig({ PORT: "0", MAX_CONCURRENT_OPERATIONS: "1000", ...UNLIMITED, ...options.env }, "/"),
    databaseUrl: options.databaseProxyUrl ?? databaseUrl,
    store: {
      bucket,
      region: store.region,
      endpoint: options.storeEndpoint ?? store.endpoint,
      publicEndpoint: store.endpoint,
      forcePathStyle: true,
      uploadSigner: options.uploadSigner === undefined ? store.uploadSigner : options.uploadSigner,
    },
    storeCredentials: credentials,
    devSecret: DEV_SECRET,
    pageDir: null,
    log: createLogger({ level: options.logLevel ?? "debug", write: (line) => logLines.push(line) }),
    onFailpoint: (line) => logLines.push(line),
    // A test that wants sweeps runs them: app.sweep().
    sweepEveryMs: options.sweepEveryMs ?? 3_600_000,
    ...(options.leaseMs === undefined ? {} : { leaseMs: options.leaseMs }),
    ...(options.policies === undefined ? {} : { policies: options.policies }),
  };
  const app = await createApp(appOptions);
  const { url } = await app.start();
  const db = createDataSource({
    url: databaseUrl,
    poolSize: 3,
    connectTimeoutMs: 10_000,
    entities: [],
    migrations: [],
    onPoolError: () => undefined,
  });
  await db.initialize();
  const signed = { secret: Buffer.from(DEV_SECRET), issuer: "signet-dev", audience: "signet" };
  const tokens = createDevTokens({ ...signed, ttlSeconds: 3600 });

  return {
    app,
    url,
    databaseUrl,
    bucket,
    db,
    s3,
    logLines,
    tokenOf: (user, ttlSeconds) =>
      (ttlSeconds === undefined ? tokens : createDevTokens({ ...signed, ttlSeconds })).mint(user),
    async call<Data>(user: string, query: string, variables: Record<string, unknown> = {}) {
      const response = await fetch(`${url}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${await tokens.mint(user)}` },
        body: JSON.stringify({ query, variables }),
      });
      return { status: response.status, ...((await response.json()) as { data: Data }) };
    },
    async stop() {
      await app.stop();
      await db.destroy();
      s3.destroy();
      await database?.drop();
    },
  };
}
