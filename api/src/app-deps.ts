import { createHash, randomBytes } from "node:crypto";
import { setTimeout as after } from "node:timers/promises";
import type { DataSource } from "typeorm";
import type { Config } from "./config.js";
import { withFailpoint } from "./faults/failpoints.js";
import { FILE_UUID_RANDOM_BYTES, newFileUuid } from "./files/file-id.js";
import { createFileStore } from "./files/file.store.js";
import { BATCH_SIZE, MAX_PART_SIZE_BYTES, MAX_VERIFIED_SIZE_BYTES, PAGE_SIZE } from "./files/limits.js";
import type { Logger } from "./telemetry/logger.js";
import type { UploadDeps } from "./uploads/upload-deps.js";
import { createPolicies } from "./uploads/upload-policy.js";
import type { readUsage } from "./usage/read-usage.js";
import { createUsageStore } from "./usage/usage.store.js";

/** Every effect that any use case may have. */
export type AppDeps = UploadDeps & Parameters<typeof readUsage>[0];

/** What they are made of. */
interface DepsParts extends Pick<AppDeps, "storage" | "signer" | "typeDetector" | "stopping"> {
  readonly dataSource: DataSource;
}

/** Of the application: what decides how they work. */
interface DepsOptions {
  readonly config: Pick<Config, "limits" | "timing" | "failpoint">;
  readonly log: Logger;
  readonly leaseMs?: number;
  readonly onFailpoint?: (line: string) => void;
}

/** Puts the effects of all use cases together, with the configured failpoint in them. */
export function createDeps({ config, log, ...options }: DepsOptions, { dataSource, ...parts }: DepsParts): AppDeps {
  const limits = {
    ...config.limits,
    batchSize: BATCH_SIZE,
    pageSize: PAGE_SIZE,
    maxPartSizeBytes: MAX_PART_SIZE_BYTES,
    maxVerifiedSizeBytes: MAX_VERIFIED_SIZE_BYTES,
  };
  const deps: AppDeps = {
    ...parts,
    files: createFileStore(dataSource),
    usage: createUsageStore(dataSource),
    quotaBytes: limits.ownerQuotaBytes,
    limits,
    policies: createPolicies(limits),
    leaseMs: options.leaseMs ?? config.timing.leaseSeconds * 1000,
    leasedWork: new Set(),
    now: () => new Date(),
    newId: () => newFileUuid(Date.now(), randomBytes(FILE_UUID_RANDOM_BYTES)),
    sha256Hex: (text) => createHash("sha256").update(text).digest("hex"),
    sleep: (ms, signal) => after(ms, undefined, { signal }).catch(() => undefined),
    log: (message, facts) => log.warn(facts, message),
  };
  return withFailpoint(config.failpoint, deps, {
    tell: (line) => options.onFailpoint?.(line),
    die: () => process.kill(process.pid, "SIGKILL"),
    sleep: after,
  });
}
