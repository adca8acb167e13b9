import { createHash, randomBytes } from "node:crypto";
import { setTimeout as after } from "node:timers/promises";
import type { GraphQLSchema } from "graphql";
import type { DataSource } from "typeorm";
import { createDevTokens } from "./auth/dev-tokens.js";
import { createHs256Verifier } from "./auth/verify-token.js";
import type { TokenVerifier } from "./auth/verify-token.js";
import type { Config, StoreConfig } from "./config.js";
import { createTypeDetector } from "./content/type-detector.js";
import { createDataSource } from "./db/data-source.js";
import { listen } from "./db/listen.js";
import type { Listener } from "./db/listen.js";
import { hasPendingMigrations, migrate } from "./db/migrate.js";
import { MIGRATIONS } from "./db/migrations.js";
import { rowsOf } from "./db/query.js";
import { AppError } from "./errors.js";
import { collectFile } from "./files/collect-file.js";
import { createFileChangeHub, FILE_CHANGES_CHANNEL } from "./files/file-change-hub.js";
import type { FileChangeHub } from "./files/file-change-hub.js";
import { FileChangeResolver } from "./files/file-change.resolver.js";
import { filesChangedSince } from "./files/file-change.store.js";
import { downloadUrl } from "./files/download-url.js";
import { FileEventEntity } from "./files/file-event.entity.js";
import { FileEntity } from "./files/file.entity.js";
import { FILE_UUID_RANDOM_BYTES, newFileUuid } from "./files/file-id.js";
import { FileConnectionResolver, FileFieldsResolver, FileResolver } from "./files/file.resolver.js";
import { createFileStore } from "./files/file.store.js";
import { BATCH_SIZE, MAX_PART_SIZE_BYTES, MAX_VERIFIED_SIZE_BYTES, PAGE_SIZE } from "./files/limits.js";
import { readFile } from "./files/read-file.js";
import { createSchema } from "./schema.js";
import { createHttpServer } from "./http/server.js";
import { startJobQueue } from "./jobs/job-queue.js";
import type { JobQueue } from "./jobs/job-queue.js";
import { putBucketCors } from "./storage/bucket-cors.js";
import type { S3Connection } from "./storage/s3-client.js";
import { createS3Storage } from "./storage/s3-storage.js";
import { createUrlSigner } from "./storage/url-signer.js";
import type { Logger } from "./telemetry/logger.js";
import { sweepUploads } from "./uploads/sweep-uploads.js";
import type { SweepReport } from "./uploads/sweep-uploads.js";
import type { UploadDeps } from "./uploads/upload-deps.js";
import { createPolicies } from "./uploads/upload-policy.js";
import { FileUploadResolver, UploadResolver, UploadTicketResolver } from "./uploads/upload.resolver.js";
import { OwnerUsageEntity } from "./usage/owner-usage.entity.js";
import type { readUsage } from "./usage/read-usage.js";
import { createUsageStore } from "./usage/usage.store.js";
import { ViewerResolver } from "./usage/viewer.resolver.js";

export interface AppOptions {
  readonly config: Config;
  readonly databaseUrl: string;
  readonly store: StoreConfig;
  /** Null: the SDK's own chain. */
  readonly storeCredentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | null;
  /** Signs development's tokens; null outside development. */
  readonly devSecret: string | null;
  /** The built page; null when there is none. */
  readonly pageDir: string | null;
  readonly log: Logger;
  /** In place of the configured seconds, for tests that cannot wait for one. */
  readonly sweepEveryMs?: number;
  readonly leaseMs?: number;
}

export interface App {
  /** Listens and works jobs. Answers where. @throws AppError when the database has pending migrations */
  start(): Promise<{ url: string; port: number; withDevTokens: boolean }>;
  /** Accepts nothing new, finishes what is under way, lets leases go, closes the pool. Idempotent. */
  stop(): Promise<void>;
  /** Applies pending migrations; answers their names. */
  migrate(): Promise<string[]>;
  /** One sweep, now. */
  sweep(): Promise<SweepReport>;
}

const POOL_SIZE = 20;
const CONNECT_TIMEOUT_MS = 5_000;
/** A tab has one; more than a person's devices need is somebody's loop. */
const MAX_STREAMS_PER_OWNER = 20;
const DETECT_DEADLINE_MS = 2_000;
/** What development's tokens say; its owner ids start with this issuer. */
const DEV_AUTH = { issuer: "signet-dev", audience: "signet", ttlSeconds: 7 * 86_400 } as const;
/** Where Vite serves the page during `npm run dev`. */
const VITE_ORIGINS = ["http://localhost:5173", "http://127.0.0.1:5173"] as const;

/**
 * The composition root: the only place that makes adapters and knows every part. Nothing listens before `start`.
 * @throws when the database cannot be reached
 */
export async function createApp(options: AppOptions): Promise<App> {
  const { config, store, log, devSecret } = options;
  const connection: S3Connection = {
    bucket: store.bucket,
    region: store.region,
    forcePathStyle: store.forcePathStyle,
    ...(store.endpoint === null ? {} : { endpoint: store.endpoint }),
    ...(options.storeCredentials === null ? {} : { credentials: options.storeCredentials }),
  };
  const dataSource = await connect(options);
  const storage = createS3Storage(connection);
  const signer = createUrlSigner({
    ...connection,
    publicEndpoint: store.publicEndpoint ?? undefined,
    uploadCredentials: store.uploadSigner ?? undefined,
  });
  const typeDetector = createTypeDetector({ deadlineMs: DETECT_DEADLINE_MS });
  const stopping = new AbortController();
  const limits = {
    ...config.limits,
    batchSize: BATCH_SIZE,
    pageSize: PAGE_SIZE,
    maxPartSizeBytes: MAX_PART_SIZE_BYTES,
    maxVerifiedSizeBytes: MAX_VERIFIED_SIZE_BYTES,
  };
  const deps: AppDeps = {
    files: createFileStore(dataSource),
    usage: createUsageStore(dataSource),
    quotaBytes: limits.ownerQuotaBytes,
    storage,
    signer,
    limits,
    policies: createPolicies(limits),
    typeDetector,
    leaseMs: options.leaseMs ?? config.timing.leaseSeconds * 1000,
    stopping: stopping.signal,
    now: () => new Date(),
    newId: () => newFileUuid(Date.now(), randomBytes(FILE_UUID_RANDOM_BYTES)),
    sha256Hex: (text) => createHash("sha256").update(text).digest("hex"),
    sleep: (ms, signal) => after(ms, undefined, { signal }).catch(() => undefined),
    log: (message, facts) => log.warn(facts, message),
  };

  const changes = createFileChangeHub({
    ownerKeyOf: deps.sha256Hex,
    changedSince: (ownerIds, since) => filesChangedSince(dataSource, ownerIds, since),
  });

  // The address is known once the port is bound; nobody can ask for it earlier.
  let publicUrl = config.http.publicUrl ?? "";
  const devTokens = devSecret === null ? null : createDevTokens({ secret: Buffer.from(devSecret), ...DEV_AUTH });
  const http = await createHttpServer({
    ...config.http,
    schema: schemaOver(deps, changes, () => publicUrl),
    maxItems: Math.max(limits.batchSize, limits.pageSize),
    maxStreamsPerOwner: MAX_STREAMS_PER_OWNER,
    verifyToken: verifierOf(options),
    devTokens,
    readiness: async () => ({
      database: await succeeds(rowsOf(dataSource, "select 1")),
      storage: await succeeds(storage.checkBucket()),
    }),
    permalink: async (viewer, id) => {
      const file = await readFile(deps, viewer, id);
      return file === null ? null : ((await downloadUrl(deps, file, "INLINE"))?.url ?? null);
    },
    storageOrigins: signer.origins(),
    corsOrigins: [...config.http.corsOrigins, ...(devTokens === null ? [] : VITE_ORIGINS)],
    pageDir: options.pageDir,
    introspection: !config.production,
    sandbox: !config.production,
    log,
    trustProxy: config.http.trustProxy ?? false,
  });

  let listener: Listener | null = null;
  let jobs: JobQueue | null = null;
  let stopped: Promise<void> | null = null;
  return {
    async start() {
      if (await hasPendingMigrations(dataSource))
        throw new AppError("INTERNAL_SERVER_ERROR", "The database has pending migrations. Run: npm run migrate");
      listener = await listenForChanges(options, changes);
      const { url, port } = await http.listen();
      publicUrl = url;
      if (devTokens !== null) await putBucketCors(connection, bucketOrigins(url, port, config.http.corsOrigins));
      jobs = await startJobQueue({
        databaseUrl: options.databaseUrl,
        sweepEveryMs: options.sweepEveryMs ?? config.timing.sweepEverySeconds * 1000,
        tasks: {
          sweep: async () => reportSweep(log, await sweepUploads(deps)),
          collectFile: async (fileUuid) => void (await collectFile(deps, fileUuid)),
        },
        onError: (message, error) => log.error({ err: error }, message),
      });
      return { url, port, withDevTokens: devTokens !== null };
    },
    stop() {
      stopped ??= stopAll();
      return stopped;
    },
    migrate: () => migrate(dataSource, options.databaseUrl),
    sweep: () => sweepUploads(deps),
  };

  /** The reverse of the start: nothing new comes in, what is under way ends, then what it stood on. All, whatever fails. */
  async function stopAll(): Promise<void> {
    const failures: unknown[] = [];
    for (const stop of [
      () => http.stop(),
      async () => stopping.abort(),
      async () => jobs?.stop(),
      async () => listener?.stop(),
      () => typeDetector.stop(),
      async () => storage.stop(),
      () => dataSource.destroy(),
    ]) {
      try {
        await stop();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}

type AppDeps = UploadDeps & Parameters<typeof readUsage>[0];

function schemaOver(deps: AppDeps, changes: FileChangeHub, publicUrl: () => string): GraphQLSchema {
  return createSchema([
    new FileResolver(deps),
    new FileFieldsResolver(deps, publicUrl),
    new FileConnectionResolver(deps),
    new FileChangeResolver({ ...deps, changes }),
    new UploadResolver(deps),
    new FileUploadResolver(deps),
    new UploadTicketResolver(deps),
    new ViewerResolver(deps),
  ]);
}

function listenForChanges({ databaseUrl, log }: AppOptions, changes: FileChangeHub): Promise<Listener> {
  return listen({
    databaseUrl,
    channel: FILE_CHANGES_CHANNEL,
    onNotification: changes.receive,
    catchUp: changes.catchUp,
    onError: (message, reason) => log.warn({ reason }, message),
  });
}

async function connect({ databaseUrl, log }: AppOptions): Promise<DataSource> {
  const dataSource = createDataSource({
    url: databaseUrl,
    poolSize: POOL_SIZE,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    entities: [FileEntity, FileEventEntity, OwnerUsageEntity],
    migrations: MIGRATIONS,
    // Not the error itself: the driver hangs the whole client on it.
    onPoolError: ({ message }) => log.warn({ reason: message }, "an idle database connection broke; it is replaced"),
  });
  return dataSource.initialize();
}

function verifierOf({ config, devSecret }: AppOptions): TokenVerifier {
  const { auth } = config;
  if (auth.kind === "hs256") return createHs256Verifier({ ...auth, secret: Buffer.from(auth.secret) });
  if (devSecret === null) throw new AppError("INTERNAL_SERVER_ERROR", "AUTH is missing: nobody could be let in.");
  return createHs256Verifier({ ...DEV_AUTH, secret: Buffer.from(devSecret) });
}

/** Whose pages may talk to the development store: this server's, both loopback spellings, Vite's, and those configured. */
function bucketOrigins(url: string, port: number, configured: readonly string[]): string[] {
  const own = [new URL(url).origin, `http://localhost:${port}`, `http://127.0.0.1:${port}`];
  return [...new Set([...own, ...VITE_ORIGINS, ...configured])];
}

async function succeeds(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => true,
    () => false,
  );
}

function reportSweep(log: Logger, report: SweepReport): void {
  if (Object.values(report).some((count) => count > 0)) log.info(report, "swept");
}
