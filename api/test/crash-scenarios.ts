import type { FailpointName } from "../src/faults/failpoint-table.js";
import { NOTHING } from "./crash-follow-ups.js";
import type { DoomedCall, FollowUp, Remains } from "./crash-follow-ups.js";

/** What a follow-up is answered, and the states its file has then been through. */
export interface CellEnd {
  readonly answer: string;
  readonly path: string;
}

/** One death: at which point of which call, what it leaves, and what becomes of that. */
export interface CrashScenario {
  readonly title: string;
  readonly point: FailpointName;
  readonly call: DoomedCall;
  /** What each file is to the database and to the store when its process is gone. */
  readonly leaves: Partial<Remains>;
  readonly ends: Readonly<Record<FollowUp, CellEnd>>;
  /** "mismatch": bytes of another type than declared. "sent": no file that is complete without any bytes. Default any. */
  readonly contents?: "mismatch" | "sent";
  /** What has to pass before a sweep has a reason to look at the file. */
  readonly sweepAfter?: "its URLs have died" | "its time is over";
}

const OPEN: Partial<Remains> = { status: "PENDING", open: true, uploads: 1 };
const LEASED: Partial<Remains> = { status: "VERIFYING", open: true, uploads: 1 };
const SEALED: Partial<Remains> = { status: "VERIFYING", open: true, completeSent: true, object: true };
const READY: Partial<Remains> = { ...SEALED, status: "READY" };
const TRASHED: Partial<Remains> = { ...SEALED, status: "DELETED" };

const SEAL = "PENDING>VERIFYING>READY";
const REJECT = "PENDING>VERIFYING>REJECTED";
const PURGE = `${SEAL}>DELETED`;
const GIVE_UP = "PENDING>EXPIRED";

/** A row whose upload was never opened. */
const UNOPENED_ENDS: CrashScenario["ends"] = {
  retry: { answer: "ConfirmedUpload", path: SEAL },
  sweeper: { answer: "swept", path: GIVE_UP },
  // Nobody can finish it but the call that reserved it.
  "second confirm": { answer: "TemporaryFailure, UploadExpired", path: GIVE_UP },
  delete: { answer: "DeletedFile", path: GIVE_UP },
};

/** An upload whose parts are all there, in the hands of a dead process. */
const VERIFYING_ENDS: CrashScenario["ends"] = {
  retry: { answer: "ConfirmedUpload", path: SEAL },
  sweeper: { answer: "swept", path: SEAL },
  "second confirm": { answer: "ConfirmedUpload", path: SEAL },
  // Nothing is deleted that may just be sealed; whoever asks after the verdict gets his wish.
  delete: { answer: "FileBusy, DeletedFile", path: PURGE },
};

/** A file that is being deleted for good, its row still to be seen by its owner. */
const PURGING_ENDS: CrashScenario["ends"] = {
  retry: { answer: "DeletedFile", path: PURGE },
  sweeper: { answer: "swept", path: PURGE },
  "second confirm": { answer: "FileNotFound", path: PURGE },
  delete: { answer: "DeletedFile", path: PURGE },
};

/** In the order of an upload's life. */
export const SCENARIOS: readonly CrashScenario[] = [
  {
    title: "c1, request read, nothing reserved",
    point: "c1",
    call: "create",
    leaves: NOTHING,
    ends: {
      retry: { answer: "ConfirmedUpload", path: SEAL },
      sweeper: { answer: "swept", path: "nothing" },
      "second confirm": { answer: "FileNotFound", path: "nothing" },
      delete: { answer: "FileNotFound", path: "nothing" },
    },
  },
  {
    title: "c2, reserved, nothing asked of the store",
    point: "c2",
    call: "create",
    leaves: { status: "PENDING" },
    ends: UNOPENED_ENDS,
  },
  {
    title: "c3, multipart upload created, its id not stored",
    point: "c3",
    call: "create",
    leaves: { status: "PENDING", uploads: 1 },
    ends: UNOPENED_ENDS,
  },
  {
    title: "c4, upload open, the client not told",
    point: "c4",
    call: "create",
    contents: "sent",
    leaves: OPEN,
    sweepAfter: "its time is over",
    ends: {
      retry: { answer: "ConfirmedUpload", path: SEAL },
      sweeper: { answer: "swept", path: "PENDING>VERIFYING>EXPIRED" },
      // Each of the two looks for itself, and both are told what is missing.
      "second confirm": { answer: "ConfirmedUpload", path: `PENDING>VERIFYING>PENDING>VERIFYING>${SEAL}` },
      delete: { answer: "DeletedFile", path: GIVE_UP },
    },
  },
  {
    title: "c5, all parts sent, confirm not begun",
    point: "c5",
    call: "confirm",
    leaves: OPEN,
    sweepAfter: "its URLs have died",
    ends: { ...VERIFYING_ENDS, delete: { answer: "DeletedFile", path: GIVE_UP } },
  },
  {
    title: "c6, lease taken, nothing asked of the store",
    point: "c6",
    call: "confirm",
    leaves: LEASED,
    ends: VERIFYING_ENDS,
  },
  {
    title: "c7, parts listed, no Complete announced",
    point: "c7",
    call: "confirm",
    leaves: LEASED,
    ends: VERIFYING_ENDS,
  },
  {
    title: "c8a, Complete announced, not sent",
    point: "c8a",
    call: "confirm",
    leaves: { ...LEASED, completeSent: true },
    ends: VERIFYING_ENDS,
  },
  {
    title: "c8, Complete done by the store, its answer lost",
    point: "c8",
    call: "confirm",
    leaves: SEALED,
    ends: VERIFYING_ENDS,
  },
  {
    title: "c9, sealed object seen, no verdict",
    point: "c9",
    call: "confirm",
    leaves: SEALED,
    ends: VERIFYING_ENDS,
  },
  {
    title: "c10, READY, the client not told",
    point: "c10",
    call: "confirm",
    leaves: READY,
    ends: { ...VERIFYING_ENDS, delete: { answer: "DeletedFile", path: PURGE } },
  },
  {
    title: "c11, REJECTED, its object still there",
    point: "c11",
    call: "confirm",
    contents: "mismatch",
    leaves: { ...SEALED, status: "REJECTED" },
    ends: {
      retry: { answer: "ContentMismatch", path: REJECT },
      sweeper: { answer: "swept", path: REJECT },
      "second confirm": { answer: "ContentMismatch", path: REJECT },
      delete: { answer: "DeletedFile", path: REJECT },
    },
  },
  {
    title: "c12a, in the trash, to be purged",
    point: "c12a",
    call: "delete",
    leaves: TRASHED,
    ends: PURGING_ENDS,
  },
  {
    title: "c12b, purge committed, not claimed",
    point: "c12b",
    call: "delete",
    leaves: TRASHED,
    ends: PURGING_ENDS,
  },
  {
    title: "c12b, abort committed, not claimed",
    point: "c12b",
    call: "abort",
    leaves: { ...OPEN, status: "EXPIRED" },
    ends: {
      retry: { answer: "AbortedUpload", path: GIVE_UP },
      sweeper: { answer: "swept", path: GIVE_UP },
      "second confirm": { answer: "UploadExpired", path: GIVE_UP },
      delete: { answer: "DeletedFile", path: GIVE_UP },
    },
  },
  {
    title: "c12, claimed, nothing deleted in the store",
    point: "c12",
    call: "delete",
    leaves: { ...TRASHED, claimed: true },
    ends: PURGING_ENDS,
  },
  {
    title: "c13, deleted in the store, not noted",
    point: "c13",
    call: "delete",
    leaves: { ...TRASHED, claimed: true, object: false },
    ends: PURGING_ENDS,
  },
  {
    title: "c14, collected, the row a tombstone",
    point: "c14",
    call: "delete",
    leaves: { ...TRASHED, claimed: true, collected: true, object: false },
    ends: {
      ...PURGING_ENDS,
      // To its owner a tombstone is nothing.
      retry: { answer: "FileNotFound", path: PURGE },
      delete: { answer: "FileNotFound", path: PURGE },
    },
  },
  {
    title: "c16, sweeper gone in the middle of its batch",
    point: "c16",
    call: "confirm",
    leaves: LEASED,
    ends: VERIFYING_ENDS,
  },
];
