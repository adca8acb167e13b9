import type { FileDeps } from "../files/file-deps.js";
import type { StoreCapabilities } from "../storage/object-storage.js";
import type { LeasedWork } from "./hold-lease.js";
import type { Scanning } from "./malware-scan.js";
import type { UploadPolicy } from "./upload-policy.js";

/** What the bytes' type detector answers: a media type, null when it knows none, TIMEOUT when it gave up. */
export type DetectedType = string | null | "TIMEOUT";

/** Every effect that the use cases of this folder may have. */
export interface UploadDeps extends FileDeps {
  readonly policies: readonly UploadPolicy[];
  /** What the store is known to do: tickets promise no more. */
  readonly storeCapabilities: () => StoreCapabilities;
  /** UUIDv7. */
  readonly newId: () => string;
  readonly sha256Hex: (text: string) => string;
  readonly typeDetector: {
    readonly detectable: ReadonlySet<string>;
    detect(bytes: Uint8Array): Promise<DetectedType>;
  };
  /** Null: contents are not looked through for malware. */
  readonly scanning: Scanning | null;
  /** Aborted when the process stops: whoever waits is answered now, work under a lease ends and another process goes on. */
  readonly stopping: AbortSignal;
  /** What this process works on under a lease. */
  readonly leasedWork: Set<LeasedWork>;
  /** Resolves after `ms`, or at once when `signal` is aborted. */
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>;
}
