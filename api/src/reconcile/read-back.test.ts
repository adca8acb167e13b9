import { expect, test } from "@jest/globals";
import { objectKeyOf } from "../files/object-key.js";
import { StorageError } from "../storage/object-storage.js";
import type { SecondLook } from "./look-again.js";
import { readBack } from "./read-back.js";
import type { ReconcileRow } from "./reconcile-records.js";

const ID = "01a20468-1e4c-76c9-81d3-000000000001";
const SEALED = "ab".repeat(32);
const row = {
  id: ID,
  status: "READY",
  etag: '"e"',
  sha256: SEALED,
  collecting: false,
  collected: false,
} as ReconcileRow;
const asItWas: SecondLook = { row, stored: { object: null, uploads: [] }, findings: [] };
const broken = new StorageError("UNAVAILABLE", "GetObject", null);

/** What is told when reading goes so, one after the other, and how often it was read. */
async function readingGoes(
  reads: (string | StorageError)[],
  look: () => Promise<SecondLook | null> = async () => asItWas,
) {
  let count = 0;
  const storage = {
    async hashObject() {
      const read = reads[Math.min(count++, reads.length - 1)]!;
      if (typeof read === "string") return read;
      throw read;
    },
  };
  const told = await readBack({ storage, look, sleep: async () => undefined, signal: undefined }, objectKeyOf(ID), row);
  return { told, count };
}

test("a connection that breaks is no breach: the bytes are read again", async () => {
  expect(await readingGoes([broken, broken, SEALED])).toEqual({ told: null, count: 3 });
});

test("bytes that can never be read to their end are told, while the store answers; the others are looked at too", async () => {
  expect(await readingGoes([broken])).toEqual({
    told: { invariant: "I2", what: expect.stringMatching(/^READY: .*cannot be read: GetObject: UNAVAILABLE/) },
    count: 3,
  });
});

test("other bytes, and a refusal, are told at once", async () => {
  expect(await readingGoes(["cd".repeat(32)])).toMatchObject({
    told: { what: expect.stringMatching(/have SHA-256 cd/) },
    count: 1,
  });
  expect(await readingGoes([new StorageError("REFUSED", "GetObject", "NoSuchKey")])).toMatchObject({
    told: { what: expect.stringMatching(/cannot be read: .*NoSuchKey/) },
    count: 1,
  });
});

test("what was purged meanwhile is nothing; what is lost is told as lost; a store that is away ends the run", async () => {
  expect((await readingGoes([broken], async () => null)).told).toBeNull();
  expect(
    (await readingGoes([broken], async () => ({ ...asItWas, row: { ...row, collecting: true } }))).told,
  ).toBeNull();
  const lost = { kind: "LOST", invariant: "I1", what: "nothing there", mend: "", uploadId: null } as const;
  expect((await readingGoes([broken], async () => ({ ...asItWas, findings: [lost] }))).told).toEqual({
    invariant: "I1",
    what: "nothing there",
  });
  await expect(readingGoes([broken], () => Promise.reject(broken))).rejects.toBe(broken);
});
