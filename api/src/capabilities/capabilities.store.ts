import type { DataSource } from "typeorm";
import { firstRow, rowsOf } from "../db/query.js";
import type { StoreCapabilities } from "../storage/object-storage.js";
import type { CapabilityRecords, FailedMust } from "./known-store.js";

interface CapabilitiesSqlRow {
  readonly capabilities: StoreCapabilities;
  readonly failed_musts: FailedMust[];
  readonly probes_version: number;
  readonly age_seconds: number;
}

/** All SQL about `storage_capabilities`. */
export function createCapabilityStore(db: DataSource): CapabilityRecords {
  return {
    async read({ endpoint, bucket }) {
      const row = await firstRow<CapabilitiesSqlRow>(
        db,
        `select capabilities, failed_musts, probes_version,
                extract(epoch from now() - examined_at)::float8 as age_seconds
         from storage_capabilities where endpoint = $1 and bucket = $2`,
        [endpoint, bucket],
      );
      if (row === null) return null;
      const { capabilities, failed_musts: failedMusts, probes_version: probesVersion, age_seconds: ageSeconds } = row;
      return { capabilities, failedMusts, probesVersion, ageSeconds };
    },
    async write({ endpoint, bucket }, { capabilities, failedMusts, probesVersion }) {
      await rowsOf(
        db,
        `insert into storage_capabilities (endpoint, bucket, capabilities, failed_musts, probes_version)
         values ($1, $2, $3, $4, $5)
         on conflict (endpoint, bucket) do update
         set capabilities = excluded.capabilities, failed_musts = excluded.failed_musts,
             probes_version = excluded.probes_version, examined_at = now()`,
        [endpoint, bucket, JSON.stringify(capabilities), JSON.stringify(failedMusts), probesVersion],
      );
    },
  };
}
