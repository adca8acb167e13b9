import { createHash, randomBytes } from "node:crypto";
import { setTimeout as after } from "node:timers/promises";
import type { DataSource } from "typeorm";
import type { ApiKeyDeps } from "./api-keys/api-key.js";
import { createApiKeyStore } from "./api-keys/api-key.store.js";
import type { ApiKeySecrets } from "./api-keys/api-key.store.js";
import type { Config } from "./config.js";
import { withFailpoint } from "./faults/failpoints.js";
import { FILE_UUID_RANDOM_BYTES, newFileUuid } from "./files/file-id.js";
import { countVerdicts } from "./files/count-verdicts.js";
import { createFileStore } from "./files/file.store.js";
import { BATCH_SIZE, MAX_PART_SIZE_BYTES, MAX_VERIFIED_SIZE_BYTES, PAGE_SIZE } from "./files/limits.js";
import type { Logger } from "./telemetry/logger.js";
import type { Metrics } from "./telemetry/metrics.js";
import type { UploadDeps } from "./uploads/upload-deps.js";
import { sharedPolicies } from "./uploads/upload-policy.js";
import type { readUsage } from "./usage/read-usage.js";
import { createUsageStore } from "./usage/usage.store.js";

/** Every effect that any use case may have. */
export type AppDeps = UploadDeps &
  Parameters<typeof readUsage>[0] &
  ApiKeyDeps & { readonly apiKeys: ApiKeyDeps["apiKeys"] & ApiKeySecrets };

/** What they are made of. */
interface DepsParts extends Pick<
  AppDeps,
  "policies" | "scanning" | "storage" | "storeCapabilities" | "signer" | "typeDetector" | "stopping"
> {
  readonly metrics: Metrics;
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
export function createDeps(
  { config, log, ...options }: DepsOptions,
  { dataSource, metrics, ...parts }: DepsParts,
): AppDeps {
  const limits = {
    ...config.limits,
    batchSize: BATCH_SIZE,
    pageSize: PAGE_SIZE,
    maxPartSizeBytes: MAX_PART_SIZE_BYTES,
    maxVerifiedSizeBytes: MAX_VERIFIED_SIZE_BYTES,
  };
  const deps: AppDeps = {
    ...parts,
    files: countVerdicts(createFileStore(dataSource), metrics.uploadEnded),
    usage: createUsageStore(dataSource),
    apiKeys: createApiKeyStore(dataSource),
    quotaBytes: limits.ownerQuotaBytes,
    limits,
    sharedPolicies: sharedPolicies(parts.policies),
    leaseMs: options.leaseMs ?? config.timing.leaseSeconds * 1000,
    leasedWork: new Set(),
    now: () => new Date(),
    newId: () => newFileUuid(Date.now(), randomBytes(FILE_UUID_RANDOM_BYTES)),
    randomHex: (byteCount) => randomBytes(byteCount).toString("hex"),
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
