import { expect, test } from "@jest/globals";
import type { CapabilityRecords, Examination, KeptStore, KnownStore } from "./known-store.js";
import { knowStore } from "./know-store.js";
import { recordExamination } from "./record-examination.js";
import { StorageError } from "../storage/object-storage.js";

/** What is kept of a store, whoever has found what. */

const PLACE = { endpoint: "https://s3.example", bucket: "b" };
const failed = (id: string) => ({ id, seen: "x", mend: "y" });
const examined = (changes: Partial<Examination> = {}): Examination => ({
  ...{ capabilities: {}, failedMusts: [], probesVersion: 2, asked: new Set<string>() },
  ...changes,
});

function keeping(
  first: KnownStore | null,
  ageSeconds = 0,
): CapabilityRecords & { kept: () => KnownStore | null; others: KnownStore[] } {
  let kept: KeptStore | null = first === null ? null : { ...first, ageSeconds, version: "0" };
  const others: KnownStore[] = [];
  return {
    others,
    kept: () => kept,
    read: async () => kept,
    async replace(_place, before, known) {
      const other = others.shift();
      if (other !== undefined) kept = { ...other, ageSeconds: 0, version: String(Number(kept?.version ?? 0) + 1) };
      if (before?.version !== kept?.version) return false;
      kept = { ...known, ageSeconds: 0, version: String(Number(kept?.version ?? 0) + 1) };
      return true;
    },
  };
}

test("what was not asked stays as it was", async () => {
  const capabilities = keeping({
    capabilities: { enforcesPartSha256: false },
    failedMusts: [failed("marker"), failed("cors")],
    probesVersion: 2,
  });
  await recordExamination({ capabilities, place: PLACE }, examined({ asked: new Set(["cors"]) }));
  expect(capabilities.kept()).toMatchObject({
    capabilities: { enforcesPartSha256: false },
    failedMusts: [failed("marker")],
  });
});

test("what somebody else finds at the same moment is kept too", async () => {
  const capabilities = keeping(null);
  capabilities.others.push({
    capabilities: { enforcesPartSha256: false },
    failedMusts: [failed("marker")],
    probesVersion: 2,
  });
  await recordExamination(
    { capabilities, place: PLACE },
    examined({ failedMusts: [failed("bucket")], asked: new Set(["bucket"]) }),
  );
  expect(capabilities.kept()).toMatchObject({
    capabilities: { enforcesPartSha256: false },
    failedMusts: [failed("bucket"), failed("marker")],
  });
});

test("findings of other probes than today's count no more", async () => {
  const capabilities = keeping({
    capabilities: { enforcesPartSha256: true },
    failedMusts: [failed("old")],
    probesVersion: 1,
  });
  expect((await recordExamination({ capabilities, place: PLACE }, examined())).failedMusts).toEqual([]);
});

test.each([
  ["a sound store is not asked again within an hour", [], 3599, 0],
  ["after that it is", [], 3600, 1],
  ["one that failed may be mended, and is asked", [failed("bucket")], 10, 1],
])("%s", async (_name, failedMusts, ageSeconds, times) => {
  let asked = 0;
  const known = { capabilities: { enforcesPartSha256: true }, failedMusts, probesVersion: 2 };
  const examine = async () => {
    asked += 1;
    return examined({ asked: new Set(["bucket"]) });
  };
  const deps = {
    capabilities: keeping(known, ageSeconds),
    place: PLACE,
    probesVersion: 2,
    examine,
    log: () => undefined,
  };
  expect((await knowStore(deps))!.failedMusts).toEqual([]);
  expect(asked).toBe(times);
});

test("a store that does not answer is nobody's fault; one that refuses is", async () => {
  const known = { capabilities: { enforcesPartSha256: true }, failedMusts: [failed("bucket")], probesVersion: 2 };
  const knows = (kind: StorageError["kind"]) =>
    knowStore({
      ...{ capabilities: keeping(known, 10), place: PLACE, probesVersion: 2, log: () => undefined },
      examine: () => Promise.reject(new StorageError(kind, "HeadBucket", null)),
    });
  expect(await knows("UNAVAILABLE")).toMatchObject(known);
  await expect(knows("REFUSED")).rejects.toThrow(StorageError);
});
