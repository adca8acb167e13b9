import { setMaxListeners } from "node:events";
import { setTimeout as after } from "node:timers/promises";
import type { GraphQLSchema } from "graphql";
import { connectDatabase, withPatientDatabase } from "./app-database.js";
import { createReconciler } from "./app-reconcile.js";
import type { Reconciler } from "./app-reconcile.js";
import { createDeps } from "./app-deps.js";
import type { AppDeps } from "./app-deps.js";
import { createSweeps } from "./app-sweeps.js";
import type { AppSweepReport } from "./app-sweeps.js";
import { createDevTokens } from "./auth/dev-tokens.js";
import { createHs256Verifier } from "./auth/verify-token.js";
import type { TokenVerifier } from "./auth/verify-token.js";
import type { Config, StoreConfig } from "./config.js";
import { createTypeDetector } from "./content/type-detector.js";
import { createDatabaseWatch } from "./db/database-watch.js";
import type { DatabaseWatch } from "./db/database-watch.js";
import { listen } from "./db/listen.js";
import type { Listener } from "./db/listen.js";
import { hasPendingMigrations, migrate } from "./db/migrate.js";
import { rowsOf } from "./db/query.js";
import { AppError } from "./errors.js";
import { collectFile } from "./files/collect-file.js";
import { createFileChangeHub, FILE_CHANGES_CHANNEL } from "./files/file-change-hub.js";
import type { FileChangeHub } from "./files/file-change-hub.js";
import { FileChangeResolver } from "./files/file-change.resolver.js";
import { filesChangedSince } from "./files/file-change.store.js";
import { downloadUrl } from "./files/download-url.js";
import { FileHistoryResolver } from "./files/file-history.resolver.js";
import { FileConnectionResolver, FileFieldsResolver, FileResolver } from "./files/file.resolver.js";
import { readFile } from "./files/read-file.js";
import { claimBucketInTime } from "./reconcile/claim-bucket.js";
import { createReconcileStore } from "./reconcile/reconcile.store.js";
import { createSchema } from "./schema.js";
import { createHttpServer } from "./http/server.js";
import { startJobQueue } from "./jobs/job-queue.js";
import type { JobQueue } from "./jobs/job-queue.js";
import { putBucketCors } from "./storage/bucket-cors.js";
import type { S3Connection } from "./storage/s3-client.js";
import { createS3Storage } from "./storage/s3-storage.js";
import type { StoreChange } from "./storage/store-breaker.js";
import { createUrlSigner } from "./storage/url-signer.js";
import { stopApp } from "./stop-app.js";
import type { Logger } from "./telemetry/logger.js";
import { FileUploadResolver, UploadResolver, UploadTicketResolver } from "./uploads/upload.resolver.js";
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
  /** Gets a line for each strike of the configured failpoint, before it is carried out. */
  readonly onFailpoint?: (line: string) => void;
}

export interface App extends Reconciler {
  /**
   * Listens and works jobs. Answers where.
   * @throws AppError when the database has pending migrations, or the bucket is another deployment's
   */
  start(): Promise<{ url: string; port: number; withDevTokens: boolean }>;
  /** Takes nothing new, answers what is under way, lets leases go, closes the pool (stop-app.ts). Idempotent; never rejects. */
  stop(): Promise<void>;
  /** Applies pending migrations; answers their names. */
  migrate(): Promise<string[]>;
  /** One sweep, now. */
  sweep(): Promise<AppSweepReport>;
}

/** For `/readyz`: what has not answered by then does not. */
const PROBE_WITHIN_MS = 2_000;
/** An answer of so long ago still says that the database is there. */
const RECENT_ANSWER_MS = 500;
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
  const watch = createDatabaseWatch(log);
  const dataSource = await connectDatabase(options, watch);
  const storage = createS3Storage({ ...connection, onChange: (change) => noteStoreChange(change) });
  const signer = createUrlSigner({
    ...connection,
    publicEndpoint: store.publicEndpoint ?? undefined,
    uploadCredentials: store.uploadSigner ?? undefined,
  });
  const typeDetector = createTypeDetector({ deadlineMs: DETECT_DEADLINE_MS });
  /** Ends jobs and sweeps. */
  const background = new AbortController();
  /** Ends what callers wait for. */
  const foreground = new AbortController();
  // One listener for each thing under way is no leak.
  setMaxListeners(0, background.signal, foreground.signal);
  const deps = createDeps(options, { dataSource, storage, signer, typeDetector, stopping: foreground.signal });
  const backgroundDeps = { ...deps, stopping: background.signal };
  const sweeps = createSweeps(backgroundDeps, dataSource, log);

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
    maxItems: Math.max(deps.limits.batchSize, deps.limits.pageSize),
    maxStreamsPerOwner: MAX_STREAMS_PER_OWNER,
    load: config.load,
    verifyToken: verifierOf(options),
    devTokens,
    async readiness() {
      const askedAt = performance.now();
      const probes = [rowsOf(dataSource, "select 1"), storage.checkBucket()].map(answersInTime);
      const [probed = false, storageAnswers = false] = await Promise.all(probes);
      // A probe that found no free connection meanwhile: busy is not away, and fewer processes would make it busier.
      return { database: probed || watch.lastAnsweredAt() >= askedAt - RECENT_ANSWER_MS, storage: storageAnswers };
    },
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

  const sweepEveryMs = options.sweepEveryMs ?? config.timing.sweepEverySeconds * 1000;
  const reconciler = createReconciler({
    connection,
    uploads: deps,
    sweepEveryMs,
    withDatabase: (work) => withPatientDatabase(options, work),
  });
  let listener: Listener | null = null;
  let jobs: JobQueue | null = null;
  let listening = false;
  let stopped: Promise<void> | null = null;
  return {
    async start() {
      if (await hasPendingMigrations(dataSource))
        throw new AppError("INTERNAL_SERVER_ERROR", "The database has pending migrations. Run: npm run migrate");
      await claimBucketInTime({ ...deps, records: createReconcileStore(dataSource) });
      listener = await listenForChanges(options.databaseUrl, changes, watch);
      const { url, port } = await http.listen();
      publicUrl = url;
      listening = true;
      if (devTokens !== null) await putBucketCors(connection, bucketOrigins(url, port, config.http.corsOrigins));
      jobs = await startJobQueue({
        databaseUrl: options.databaseUrl,
        sweepEveryMs,
        tasks: {
          sweep: sweeps.sweepAndTell,
          collectFile: async (fileUuid) => void (await collectFile(backgroundDeps, fileUuid)),
        },
        statementTimeoutMs: config.timing.databaseTimeoutSeconds * 1000,
        watch,
        onError: (message, error) => log.error({ err: error }, message),
      });
      return { url, port, withDevTokens: devTokens !== null };
    },
    stop() {
      stopped ??= stopAll();
      return stopped;
    },
    migrate: () => withPatientDatabase(options, (db) => migrate(db, options.databaseUrl)),
    sweep: sweeps.sweep,
    ...reconciler,
  };

  function stopAll(): Promise<void> {
    return stopApp({
      delayMs: listening ? config.timing.stopDelaySeconds * 1000 : 0,
      ...{ http, background, foreground, leasedWork: deps.leasedWork },
      stopBackground: () => Promise.all([jobs?.stop(), sweeps.settled()]),
      async closeParts() {
        storage.stop();
        await Promise.all([listener?.stop(), typeDetector.stop()]);
      },
      closePool: () => dataSource.destroy(),
      onFault: (message, error) => log.warn({ reason: error instanceof Error ? error.message : error }, message),
    });
  }

  /** One line when it goes and one when it is back, however many calls meet it in between. */
  function noteStoreChange(change: StoreChange): void {
    if (!change.answers)
      return log.warn({ reason: change.reason }, "the store does not answer: calls to it are refused");
    log.warn({ awayMs: change.awayMs }, "the store answers again");
    if (jobs !== null) void sweeps.sweepAfterOutage();
  }
}

function schemaOver(deps: AppDeps, changes: FileChangeHub, publicUrl: () => string): GraphQLSchema {
  return createSchema([
    new FileResolver(deps),
    new FileFieldsResolver(deps, publicUrl),
    new FileConnectionResolver(deps),
    new FileHistoryResolver(deps),
    new FileChangeResolver({ ...deps, changes }),
    new UploadResolver(deps),
    new FileUploadResolver(deps),
    new UploadTicketResolver(deps),
    new ViewerResolver(deps),
  ]);
}

function listenForChanges(databaseUrl: string, changes: FileChangeHub, watch: DatabaseWatch): Promise<Listener> {
  return listen({
    databaseUrl,
    channel: FILE_CHANGES_CHANNEL,
    onNotification: changes.receive,
    catchUp: changes.catchUp,
    onError: (message, reason) => watch.fault("AWAY", `${message}: ${String(reason)}`),
  });
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

function answersInTime(work: Promise<unknown>): Promise<boolean> {
  const answered = work.then(
    () => true,
    () => false,
  );
  return Promise.race([answered, after(PROBE_WITHIN_MS, false, { ref: false })]);
}
