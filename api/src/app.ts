import { setMaxListeners } from "node:events";
import type { GraphQLSchema } from "graphql";
import { connectDatabase, withPatientDatabase } from "./app-database.js";
import { createReconciler } from "./app-reconcile.js";
import type { Reconciler } from "./app-reconcile.js";
import { connectionOf, readStore } from "./app-storage.js";
import { ASSUMED } from "./capabilities/known-store.js";
import type { KnownStore } from "./capabilities/known-store.js";
import { createReadiness } from "./app-readiness.js";
import { createScanning } from "./app-scanning.js";
import { createDeps } from "./app-deps.js";
import type { AppDeps } from "./app-deps.js";
import { createSweeps } from "./app-sweeps.js";
import type { AppSweepReport } from "./app-sweeps.js";
import { ApiKeyResolver } from "./api-keys/api-key.resolver.js";
import { createAuth } from "./app-auth.js";
import type { Config, StoreConfig } from "./config.js";
import type { ScannerChange } from "./content/malware-scanner.js";
import { createTypeDetector } from "./content/type-detector.js";
import { poolUse } from "./db/data-source.js";
import { createDatabaseWatch } from "./db/database-watch.js";
import type { DatabaseWatch } from "./db/database-watch.js";
import { listen } from "./db/listen.js";
import type { Listener } from "./db/listen.js";
import { hasPendingMigrations, migrate } from "./db/migrate.js";
import { AppError } from "./errors.js";
import { collectFile } from "./files/collect-file.js";
import { createFileChangeHub, FILE_CHANGES_CHANNEL } from "./files/file-change-hub.js";
import type { FileChangeHub } from "./files/file-change-hub.js";
import { FileChangeResolver } from "./files/file-change.resolver.js";
import { filesChangedSince } from "./files/file-change.store.js";
import { downloadUrl } from "./files/download-url.js";
import { FileHistoryResolver } from "./files/file-history.resolver.js";
import { FileConnectionResolver, FileFieldsResolver, FileResolver } from "./files/file.resolver.js";
import { viewFile } from "./files/read-file.js";
import { claimBucketInTime } from "./reconcile/claim-bucket.js";
import { createReconcileStore } from "./reconcile/reconcile.store.js";
import { createSchema } from "./schema.js";
import { observeRootFields } from "./graphql/observe-root-fields.js";
import type { Permalink } from "./http/permalink-route.js";
import { createHttpServer } from "./http/server.js";
import { startJobQueue } from "./jobs/job-queue.js";
import type { JobQueue } from "./jobs/job-queue.js";
import { putBucketCors } from "./storage/bucket-cors.js";
import { createS3Storage } from "./storage/s3-storage.js";
import type { StoreChange } from "./storage/store-breaker.js";
import { createUrlSigner } from "./storage/url-signer.js";
import { stopApp } from "./stop-app.js";
import type { Logger } from "./telemetry/logger.js";
import { createMetrics } from "./telemetry/metrics.js";
import type { Metrics } from "./telemetry/metrics.js";
import { POLICIES } from "./uploads/policies.js";
import { createPolicies } from "./uploads/upload-policy.js";
import type { PolicyDeclaration } from "./uploads/upload-policy.js";
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
  /** In place of those of uploads/policies.ts. */
  readonly policies?: readonly PolicyDeclaration[];
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

/** A tab has one; more than a person's devices need is somebody's loop. */
const MAX_STREAMS_PER_OWNER = 20;
const DETECT_DEADLINE_MS = 2_000;
/** clamd has ten threads by default, and others may use it too. */
/** Where Vite serves the page during `npm run dev`. */
const VITE_ORIGINS = ["http://localhost:5173", "http://127.0.0.1:5173"] as const;

/**
 * The composition root: the only place that makes adapters and knows every part. Nothing listens before `start`.
 * @throws when the database cannot be reached, or the upload policies contradict themselves
 */
export async function createApp(options: AppOptions): Promise<App> {
  const { config, store, log, devSecret } = options;
  const { scanner, scanning, maxFileSizeBytes } = createScanning(config, (change) => noteChange("clamd", change));
  const policies = createPolicies(options.policies ?? POLICIES, { maxFileSizeBytes });
  const connection = connectionOf(options);
  const watch = createDatabaseWatch(log);
  const dataSource = await connectDatabase(options, watch);
  const metrics = createMetrics();
  metrics.watchPool(() => poolUse(dataSource));
  const storage = createS3Storage({
    ...connection,
    onChange: (change) => noteChange("the store", change),
    onCall: metrics.storeCall,
  });
  const signer = createUrlSigner({ ...connection, ...signingOf(store) });
  const typeDetector = createTypeDetector({ deadlineMs: DETECT_DEADLINE_MS });
  let knownStore: KnownStore | null = null;
  /** Ends jobs and sweeps. */
  const background = createEnd();
  /** Ends what callers wait for. */
  const foreground = createEnd();
  const deps = createDeps(options, {
    ...{ dataSource, metrics, policies, scanning, storage, signer, typeDetector, stopping: foreground.signal },
    storeCapabilities: () => knownStore?.capabilities ?? ASSUMED,
  });
  const backgroundDeps = { ...deps, stopping: background.signal };
  const sweeps = createSweeps(backgroundDeps, dataSource, log);

  const changes = createFileChangeHub({
    ownerKeyOf: deps.sha256Hex,
    changedSince: (ownerIds, since) => filesChangedSince(dataSource, ownerIds, since),
  });

  // The address is known once the port is bound; nobody can ask for it earlier.
  let publicUrl = config.http.publicUrl ?? "";
  const { devTokens, ...auth } = createAuth({ config: config.auth, devSecret, apiKeys: deps.apiKeys, log });
  const http = await createHttpServer({
    ...config.http,
    schema: observeRootFields(
      schemaOver(deps, changes, () => publicUrl),
      metrics.field,
    ),
    maxItems: Math.max(deps.limits.batchSize, deps.limits.pageSize),
    maxStreamsPerOwner: MAX_STREAMS_PER_OWNER,
    ...{ load: config.load, rates: config.rates, metrics },
    metricsAccess: { token: config.metricsToken, openToThisMachine: !config.production },
    ...auth,
    devTokens,
    readiness: createReadiness({ dataSource, storage, watch }),
    permalink: permalinkOver(deps),
    storageOrigins: signer.origins(),
    corsOrigins: [...config.http.corsOrigins, ...(devTokens === null ? [] : VITE_ORIGINS)],
    pageDir: options.pageDir,
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
      knownStore = await readStore({ ...options, dataSource });
      listener = await listenForChanges(options.databaseUrl, changes, watch);
      const { url, port } = await http.listen();
      publicUrl = url;
      listening = true;
      void scanner?.check();
      if (devTokens !== null || config.store === null)
        await putBucketCors(connection, bucketOrigins(url, port, config.http.corsOrigins));
      jobs = await startJobs();
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

  function startJobs(): Promise<JobQueue> {
    const collect = async (fileUuid: string): Promise<void> => void (await collectFile(backgroundDeps, fileUuid));
    return startJobQueue({
      databaseUrl: options.databaseUrl,
      sweepEveryMs,
      tasks: {
        sweep: () => timed(metrics, "sweep", sweeps.sweepAndTell),
        collectFile: (fileUuid) => timed(metrics, "collect-file", () => collect(fileUuid)),
      },
      statementTimeoutMs: config.timing.databaseTimeoutSeconds * 1000,
      watch,
      onError: (message, error) => log.error({ err: error }, message),
    });
  }

  function stopAll(): Promise<void> {
    return stopApp({
      delayMs: listening ? config.timing.stopDelaySeconds * 1000 : 0,
      ...{ http, background, foreground, leasedWork: deps.leasedWork },
      stopBackground: () => Promise.all([jobs?.stop(), sweeps.settled()]),
      async closeParts() {
        storage.stop();
        scanner?.stop();
        await Promise.all([listener?.stop(), typeDetector.stop()]);
      },
      closePool: () => dataSource.destroy(),
      onFault: (message, error) => log.warn({ reason: error instanceof Error ? error.message : error }, message),
    });
  }

  /** One line when it goes and one when it is back, however many calls meet it in between. */
  function noteChange(what: string, change: StoreChange | ScannerChange): void {
    if (!change.answers) return log.warn({ reason: change.reason }, `${what} does not answer`);
    log.warn({ awayMs: change.awayMs }, `${what} answers again`);
    if (jobs !== null) void sweeps.sweepAfterOutage();
  }
}

function permalinkOver(deps: AppDeps): Permalink {
  return async (viewer, id) => {
    const file = await viewFile(deps, viewer, id);
    return file === null ? null : ((await downloadUrl(deps, file, "INLINE"))?.url ?? null);
  };
}

/** One listener for each thing under way is no leak. */
function createEnd(): AbortController {
  const end = new AbortController();
  setMaxListeners(0, end.signal);
  return end;
}

/** Whose keys sign upload URLs, and the host that goes into all of them. */
const signingOf = ({ publicEndpoint, uploadSigner }: StoreConfig) => ({
  publicEndpoint: publicEndpoint ?? undefined,
  uploadCredentials: uploadSigner ?? undefined,
});

async function timed(metrics: Metrics, task: string, work: () => Promise<void>): Promise<void> {
  const begunAt = performance.now();
  const tell = (outcome: "OK" | "FAILED"): void =>
    metrics.job({ task, outcome, seconds: (performance.now() - begunAt) / 1000 });
  await work().catch((error: unknown) => {
    tell("FAILED");
    throw error;
  });
  tell("OK");
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
    new ApiKeyResolver(deps),
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

/** Whose pages may talk to the development store: this server's, both loopback spellings, Vite's, and those configured. */
function bucketOrigins(url: string, port: number, configured: readonly string[]): string[] {
  const own = [new URL(url).origin, `http://localhost:${port}`, `http://127.0.0.1:${port}`];
  return [...new Set([...own, ...VITE_ORIGINS, ...configured])];
}
