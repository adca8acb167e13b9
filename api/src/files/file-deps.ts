import type { ObjectStorage, UrlSigner } from "../storage/object-storage.js";
import type { FileRecords } from "./file-records.js";
import type { Limits } from "./limits.js";

/** Every effect that the use cases of this folder may have. */
export interface FileDeps {
  readonly files: FileRecords;
  readonly storage: ObjectStorage;
  readonly signer: UrlSigner;
  readonly limits: Limits;
  /** Names of the policies whose READY files everybody who is signed in may read by id. */
  readonly sharedPolicies: readonly string[];
  /** How long a lease or a claim holds without renewal: its holder died when it runs out. */
  readonly leaseMs: number;
  /** The process clock: signing times and expiries; state times are the database's. */
  readonly now: () => Date;
  readonly log: WarningLog;
}

/** Where a use case tells operators what no caller can be told. Facts hold ids and codes, never URLs or tokens. */
export type WarningLog = (message: string, facts: Record<string, unknown>) => void;
