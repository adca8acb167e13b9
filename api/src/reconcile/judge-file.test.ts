import { expect, test } from "@jest/globals";
import { judgeFile } from "./judge-file.js";
import type { Stored } from "./judge-file.js";
import type { ReconcileRow } from "./reconcile-records.js";

const row: ReconcileRow = {
  id: "01a20468-1e4c-76c9-81d3-b7a4bce9cdef",
  ownerId: "ann",
  status: "READY",
  sizeBytes: 5,
  etag: '"abc-1"',
  sha256: null,
  uploadId: "own",
  attempt: 1,
  completeSent: true,
  completeUnderway: false,
  collecting: false,
  collected: false,
  restorable: false,
  overdue: null,
  chain: null,
};
const sealed = { sizeBytes: 5, etag: '"abc-1"' };
const upload = (uploadId: string, initiatedAt = new Date(0)) => ({ uploadId, initiatedAt });
const young = (initiatedAt: Date): boolean => initiatedAt.getTime() > 1000;

test.each<[name: string, row: Partial<ReconcileRow> | null, stored: Partial<Stored>, kinds: string[]]>([
  ["nothing at all", null, {}, []],
  ["an object without a row", null, { object: sealed }, ["UNKNOWN_OBJECT"]],
  [
    "uploads without a row, however young: rows come first",
    null,
    { uploads: [upload("a", new Date(9999)), upload("b")] },
    ["UNKNOWN_UPLOAD", "UNKNOWN_UPLOAD"],
  ],
  ["READY and there", {}, { object: sealed }, []],
  ["READY, in a store that quotes no ETag", {}, { object: { ...sealed, etag: "abc-1" } }, []],
  ["READY and gone", {}, {}, ["LOST"]],
  ["READY and shorter", {}, { object: { ...sealed, sizeBytes: 4 } }, ["CHANGED"]],
  ["READY and other bytes", {}, { object: { ...sealed, etag: '"abd-1"' } }, ["CHANGED"]],
  ["READY with a stray upload", {}, { object: sealed, uploads: [upload("other")] }, ["STRAY_UPLOAD"]],
  ["READY with a young stray upload", {}, { object: sealed, uploads: [upload("other", new Date(9999))] }, []],
  ["READY with its own upload", {}, { object: sealed, uploads: [upload("own")] }, ["OPEN_THOUGH_SEALED"]],
  ["in the trash and there", { status: "DELETED", restorable: true }, { object: sealed }, []],
  ["in the trash and gone", { status: "DELETED", restorable: true }, {}, ["LOST"]],
  ["past its purge and gone", { status: "DELETED" }, {}, []],
  ["past its purge, with anything", { status: "DELETED" }, { object: sealed, uploads: [upload("x")] }, []],
  ["being collected", { status: "DELETED", collecting: true }, { object: sealed }, []],
  ["collected, with bytes", { status: "EXPIRED", collected: true }, { object: sealed }, ["LATE_BYTES"]],
  ["collected, with an upload", { status: "EXPIRED", collected: true }, { uploads: [upload("own")] }, ["LATE_BYTES"]],
  [
    "collected, with an upload that some call just closes",
    { status: "EXPIRED", collected: true },
    { uploads: [upload("x", new Date(9999))] },
    [],
  ],
  ["VERIFYING, sealed or not", { status: "VERIFYING" }, { object: sealed }, []],
  ["VERIFYING, its upload open", { status: "VERIFYING" }, { uploads: [upload("own")] }, []],
  ["PENDING and open", { status: "PENDING", completeSent: false }, { uploads: [upload("own")] }, []],
  ["PENDING and lost", { status: "PENDING", completeSent: false }, {}, ["UPLOAD_GONE"]],
  ["PENDING, lost and past its time", { status: "PENDING", completeSent: false, overdue: "UPLOAD" }, {}, ["OVERDUE"]],
  [
    "PENDING with an object that nobody sealed",
    { status: "PENDING", completeSent: false },
    { object: sealed, uploads: [upload("own")] },
    ["EARLY_OBJECT"],
  ],
  ["PENDING, sealed by a Complete whose answer was lost", { status: "PENDING" }, { object: sealed }, []],
  ["a creation under way", { status: "PENDING", completeSent: false, uploadId: null }, { uploads: [upload("x")] }, []],
  [
    "a creation that nobody ends",
    { status: "PENDING", completeSent: false, uploadId: null, overdue: "CREATION" },
    { uploads: [upload("x")] },
    ["OVERDUE"],
  ],
  ["ended and not collected for long", { status: "EXPIRED", overdue: "COLLECTING" }, { object: sealed }, ["OVERDUE"]],
  [
    "the same, but its Complete may be on its way",
    { status: "EXPIRED", overdue: "COLLECTING", completeUnderway: true },
    { uploads: [upload("own")] },
    [],
  ],
  [
    "the same, its upload gone: nothing to wait for",
    { status: "EXPIRED", overdue: "COLLECTING", completeUnderway: true },
    {},
    ["OVERDUE"],
  ],
])("%s", (_, changes, stored, kinds) => {
  const findings = judgeFile(
    changes === null ? null : { ...row, ...changes },
    { object: null, uploads: [], ...stored },
    young,
  );
  expect(findings.map(({ kind }) => kind)).toEqual(kinds);
});

test("what is about a READY file's object, or an upload whose Complete may be on its way, is never mended", () => {
  const kinds = [
    judgeFile(row, { object: null, uploads: [] }, young),
    judgeFile(row, { object: { ...sealed, sizeBytes: 1 }, uploads: [upload("own")] }, young),
  ].flat();
  expect(kinds.map(({ kind }) => kind)).toEqual(["LOST", "CHANGED", "OPEN_THOUGH_SEALED"]);
  for (const { mend } of kinds) expect(mend).toMatch(/^report only: /);
});
