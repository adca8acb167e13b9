import type { FileRecords } from "../files/file-records.js";
import type { ObjectStorage } from "../storage/object-storage.js";

/** Calls of a port that answer a promise. */
type CallsOf<Port> = {
  [Name in keyof Port]: Port[Name] extends (...input: never[]) => Promise<unknown> ? Name : never;
}[keyof Port] &
  string;

type AnswerOf<Call> = Call extends (...input: never[]) => Promise<infer Answer> ? Answer : never;

/** A moment at a port: just before a call, or just after it had its effect and before anybody learns of it. */
type SiteAt<Name extends string, Port> = {
  [Call in CallsOf<Port>]:
    | { readonly port: Name; readonly call: Call; readonly when: "before" }
    | {
        readonly port: Name;
        readonly call: Call;
        readonly when: "after";
        /** Strikes for these answers alone. */
        readonly only?: (answer: AnswerOf<Port[Call]>) => boolean;
      };
}[CallsOf<Port>];

export type FailpointSite = SiteAt<"files", FileRecords> | SiteAt<"storage", ObjectStorage>;

/** A moment at which a process can die, and what it then leaves for others to find. */
export interface Failpoint {
  readonly leaves: string;
  readonly sites: readonly FailpointSite[];
  /** Strikes from this visit on. Default 1. */
  readonly fromVisit?: number;
}

const changed = (answer: unknown): boolean => answer !== null;

/**
 * The crash points of an upload's life, in its order (docs/operations.md). The sixteenth kind, c15, a failover that
 * loses the last commits, happens to a database and not to a process: it has no site.
 */
export const FAILPOINTS = {
  c1: {
    leaves: "Nothing: the request was read, and nothing was written.",
    sites: [{ port: "files", call: "reserve", when: "before" }],
  },
  c2: {
    leaves: "A PENDING row with its reservation and a dying creation lease; the store knows nothing of it.",
    sites: [{ port: "files", call: "reserve", when: "after", only: ({ outcome }) => outcome === "RESERVED" }],
  },
  c3: {
    leaves: "The same row, and a multipart upload of its key whose id nobody has stored.",
    sites: [{ port: "storage", call: "createMultipartUpload", when: "after" }],
  },
  c4: {
    leaves: "An open upload that works; the client has not been told of it.",
    sites: [{ port: "files", call: "openUpload", when: "after", only: changed }],
  },
  c5: {
    leaves: "An open upload with all its parts, and a confirm that was never begun.",
    sites: [{ port: "files", call: "takeLease", when: "before" }],
  },
  c6: {
    leaves: "A VERIFYING row under a lease that nobody holds any more; nothing was asked of the store.",
    sites: [{ port: "files", call: "takeLease", when: "after", only: changed }],
  },
  c7: {
    leaves: "The same: the parts were listed and judged, and no Complete was announced.",
    sites: [{ port: "files", call: "markCompleteSent", when: "before" }],
  },
  c8a: {
    leaves: "A VERIFYING row that says a Complete was sent; none was.",
    sites: [{ port: "files", call: "markCompleteSent", when: "after", only: changed }],
  },
  c8: {
    leaves: "A VERIFYING row that says a Complete was sent, and the sealed object: its answer was lost.",
    sites: [{ port: "storage", call: "completeMultipartUpload", when: "after" }],
  },
  c9: {
    leaves: "The same: the object was seen, its bytes were not judged.",
    sites: [{ port: "storage", call: "headObject", when: "after", only: changed }],
  },
  c10: {
    leaves: "A READY file; the client has not been told.",
    sites: [{ port: "files", call: "markReady", when: "after", only: changed }],
  },
  c11: {
    leaves: "A REJECTED row, its object, and the queued job that collects it; the client has not been told.",
    sites: [{ port: "files", call: "markRejected", when: "after", only: changed }],
  },
  c12a: {
    leaves: "A file in the trash that was to be deleted for good: its purge was not committed.",
    sites: [{ port: "files", call: "trash", when: "after", only: changed }],
  },
  c12b: {
    leaves: "An ended row past its purge, or aborted; its bytes, and the queued job that collects them.",
    sites: [
      { port: "files", call: "purgeNow", when: "after", only: changed },
      { port: "files", call: "abort", when: "after", only: changed },
    ],
  },
  c12: {
    leaves: "The same, claimed by a collector that is gone.",
    sites: [{ port: "files", call: "claimForCollecting", when: "after", only: changed }],
  },
  c13: {
    leaves: "A claimed row without bytes; its quota is still taken.",
    sites: [{ port: "storage", call: "deleteObject", when: "after" }],
  },
  c14: {
    leaves: "A tombstone: no bytes, no quota; the row stays for a day.",
    sites: [{ port: "files", call: "markCollected", when: "after", only: changed }],
  },
  c16: {
    leaves: "A sweep's batch, part of it done, the rest under leases and claims of a sweeper that is gone.",
    sites: [
      { port: "files", call: "takeLease", when: "after", only: changed },
      { port: "files", call: "claimForCollecting", when: "after", only: changed },
    ],
    fromVisit: 3,
  },
} as const satisfies Readonly<Record<string, Failpoint>>;

export type FailpointName = keyof typeof FAILPOINTS;
