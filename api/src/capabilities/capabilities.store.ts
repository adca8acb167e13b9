import type { DataSource } from "typeorm";
import { firstRow } from "../db/query.js";
import type { StoreCapabilities } from "../storage/object-storage.js";
import type { CapabilityRecords, FailedMust } from "./known-store.js";

interface CapabilitiesSqlRow {
  readonly capabilities: StoreCapabilities;
  readonly failed_musts: FailedMust[];
  readonly probes_version: number;
  readonly age_seconds: number;
  readonly version: string;
}

/** All SQL about `storage_capabilities`. */
export function createCapabilityStore(db: DataSource): CapabilityRecords {
  return {
    async read({ endpoint, bucket }) {
      const row = await firstRow<CapabilitiesSqlRow>(
        db,
        `select capabilities, failed_musts, probes_version,
                extract(epoch from now() - examined_at)::float8 as age_seconds, examined_at::text as version
         from storage_capabilities where endpoint = $1 and bucket = $2`,
        [endpoint, bucket],
      );
      if (row === null) return null;
      const { capabilities, failed_musts: failedMusts, probes_version: probesVersion, version } = row;
      return { capabilities, failedMusts, probesVersion, version, ageSeconds: row.age_seconds };
    },
    async replace({ endpoint, bucket }, before, { capabilities, failedMusts, probesVersion }) {
      const written = await firstRow(
        db,
        `insert into storage_capabilities (endpoint, bucket, capabilities, failed_musts, probes_version)
         values ($1, $2, $3, $4, $5)
         on conflict (endpoint, bucket) do update
         set capabilities = excluded.capabilities, failed_musts = excluded.failed_musts,
             probes_version = excluded.probes_version, examined_at = clock_timestamp()
         where storage_capabilities.examined_at::text = $6
         returning bucket`,
        [endpoint, bucket, JSON.stringify(capabilities), JSON.stringify(failedMusts), probesVersion, before?.version],
      );
      return written !== null;
    },
  };
}
