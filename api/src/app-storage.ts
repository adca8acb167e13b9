import type { DataSource } from "typeorm";
import { withPatientDatabase } from "./app-database.js";
import { createCapabilityStore } from "./capabilities/capabilities.store.js";
import { knowStore } from "./capabilities/know-store.js";
import { recordExamination } from "./capabilities/record-examination.js";
import type { CapabilityRecords, Examination, KnownStore, StorePlace } from "./capabilities/known-store.js";
import { AppError } from "./errors.js";
import type { Config, StoreConfig } from "./config.js";
import { createReconcileStore } from "./reconcile/reconcile.store.js";
import { setupBucket } from "./storage/bucket-setup.js";
import { examine, PROBES_VERSION } from "./storage/doctor/doctor.js";
import type { Report } from "./storage/doctor/doctor.js";
import type { PatientOptions } from "./storage/doctor/patient.js";
import type { S3Connection } from "./storage/s3-client.js";
import type { StorageCommandDeps } from "./storage/storage-command.js";
import type { Logger } from "./telemetry/logger.js";

/** Of the application: which store, and what is said about it. */
interface StorageOptions {
  readonly config: Config;
  readonly databaseUrl: string;
  readonly store: StoreConfig;
  /** Null: the SDK's own chain. */
  readonly storeCredentials: { readonly accessKeyId: string; readonly secretAccessKey: string } | null;
  readonly log: Logger;
}

/** How the store is reached, as the SDK takes it. */
export function connectionOf({
  store,
  storeCredentials,
}: Pick<StorageOptions, "store" | "storeCredentials">): S3Connection {
  return {
    bucket: store.bucket,
    region: store.region,
    forcePathStyle: store.forcePathStyle,
    ...(store.endpoint === null ? {} : { endpoint: store.endpoint }),
    ...(storeCredentials === null ? {} : { credentials: storeCredentials }),
  };
}

/** Where findings about this store are kept. */
export const placeOf = ({ store }: Pick<StorageOptions, "store">): StorePlace => ({
  endpoint: store.endpoint ?? `aws:${store.region}`,
  bucket: store.bucket,
});

/** What setup and doctor are told; the database's id is asked by whoever has a database. */
export function patientOptionsOf(
  options: Pick<StorageOptions, "config" | "store" | "storeCredentials">,
): PatientOptions {
  const { config, store } = options;
  const { publicUrl, corsOrigins } = config.http;
  return {
    connection: connectionOf(options),
    publicEndpoint: store.publicEndpoint,
    uploadSigner: store.uploadSigner,
    corsOrigins: [...new Set([...(publicUrl === null ? [] : [new URL(publicUrl).origin]), ...corsOrigins])],
    uploadTtlSeconds: config.limits.uploadTtlSeconds,
    deploymentId: null,
    production: config.production,
  };
}

/** A report as it is kept. */
export function examinationOf({ examined, failedMusts, capabilities }: Report): Examination {
  return {
    capabilities,
    probesVersion: PROBES_VERSION,
    asked: new Set(examined.filter(({ finding }) => finding.verdict !== "NOT_RUN").map(({ probe }) => probe.id)),
    failedMusts: failedMusts.map(({ probe: { id, mend }, finding: { seen } }) => ({ id, seen, mend })),
  };
}

/**
 * What a start has to know of its store. In production the quick probes are asked, at most once an hour; in development what
 * `npm run storage -- doctor` has found counts, if anybody has run it.
 * @throws AppError in production when something that must hold does not
 */
export async function readStore(
  options: StorageOptions & { readonly dataSource: DataSource },
): Promise<KnownStore | null> {
  const { config, dataSource, log } = options;
  const capabilities = createCapabilityStore(dataSource);
  const place = placeOf(options);
  if (!config.production) return capabilities.read(place);
  const patient = patientOptionsOf(options);
  const known = await knowStore({
    ...{ capabilities, place, probesVersion: PROBES_VERSION },
    examine: async () => examinationOf(await examine({ ...patient, quick: true })),
    log: (message, facts) => log.warn(facts, message),
  });
  const failed = known?.failedMusts ?? [];
  if (failed.length === 0) return known;
  const told = failed.map(({ id, seen, mend }) => `  - ${id}: ${seen}. ${mend}`).join("\n");
  throw new AppError(
    "INTERNAL_SERVER_ERROR",
    `Files are not safe in ${place.bucket} at ${place.endpoint}:\n${told}\nWhen it is mended: npm run storage -- doctor`,
  );
}

/** What `npm run storage` works with. The database is asked when there is one, and not needed. */
export function createStorageDesk(options: StorageOptions, signal: AbortSignal): StorageCommandDeps {
  const patient = patientOptionsOf(options);
  const place = placeOf(options);
  return {
    ...place,
    setup: (input) => setupBucket({ ...patient, ...input }),
    async examine(input) {
      const database = await askDatabase();
      const report = await examine({ ...patient, ...input, deploymentId: database?.deploymentId ?? null, signal });
      if (report.interrupted) return { ...report, note: "Interrupted: nothing was kept." };
      if (database === null) return { ...report, note: "The database did not answer: nothing was kept." };
      const kept = await withDatabase(({ capabilities }) =>
        recordExamination({ capabilities, place }, examinationOf(report)),
      );
      const note =
        kept === null ? "It could not be kept." : "Kept: from its next start on, the service signs accordingly.";
      return { ...report, note };
    },
  };

  function askDatabase(): Promise<{ deploymentId: string } | null> {
    return withDatabase(async ({ deploymentId }) => ({ deploymentId: await deploymentId() }));
  }

  /** Null: it is away, or not migrated yet. */
  async function withDatabase<Result>(
    work: (db: { capabilities: CapabilityRecords; deploymentId: () => Promise<string> }) => Promise<Result>,
  ): Promise<Result | null> {
    return withPatientDatabase(options, (db) =>
      work({ capabilities: createCapabilityStore(db), deploymentId: createReconcileStore(db).deploymentId }),
    ).catch((error: unknown) => {
      options.log.debug({ err: error }, "the database was not asked");
      return null;
    });
  }
}
