import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { BucketFiles, type Bucket } from "./bucket-files.js";
import { lockDirectory } from "./directory-lock.js";
import { S3Error } from "./errors.js";
import type { ObjectRecord } from "./object-files.js";

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "s3-recovery-"));
});

afterEach(() => rm(directory, { recursive: true }));

async function open(): Promise<{ store: BucketFiles; bucket: Bucket }> {
  const store = await BucketFiles.open(directory, true);
  await store.create({ name: "bucket", createdAtMs: 0 });
  return { store, bucket: store.find("bucket") };
}

async function writeData(store: BucketFiles, content: string): Promise<string> {
  const writer = await store.data.create();
  await writer.write(Buffer.from(content));
  await writer.finish();
  return writer.file;
}

async function put(
  store: BucketFiles,
  bucket: Bucket,
  key: string,
  content: string,
  extra: Partial<ObjectRecord> = {},
) {
  const file = await writeData(store, content);
  const sizeBytes = content.length;
  const etag = createHash("md5").update(content).digest("hex");
  await bucket.objects.put({
    key,
    sizeBytes,
    etag,
    lastModifiedMs: 0,
    headers: {},
    segments: [{ file, sizeBytes }],
    ...extra,
  });
  return file;
}

async function read(store: BucketFiles, bucket: Bucket, key: string): Promise<string | undefined> {
  const object = bucket.objects.get(key);
  if (!object) return undefined;
  const pieces: Buffer[] = [];
  for await (const piece of store.data.read(object.segments, 0, object.sizeBytes - 1)) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}

const dataFiles = (): Promise<string[]> => readdir(join(directory, "data"));
const folder = (name: string): string => join(directory, "buckets", "bucket", name);

describe("what a killed process leaves", () => {
  test("data without a record is removed, objects stay", async () => {
    const { store, bucket } = await open();
    const kept = await put(store, bucket, "a", "kept");
    await writeData(store, "never committed");
    await writeFile(join(directory, "data", "half-written"), "half");
    const again = await open();
    expect(await dataFiles()).toEqual([kept]);
    expect(await read(again.store, again.bucket, "a")).toBe("kept");
  });

  test("a record that was not renamed yet is removed, the old one counts", async () => {
    const { store, bucket } = await open();
    await put(store, bucket, "a", "old");
    const [record = ""] = await readdir(folder("objects"));
    await writeFile(join(folder("objects"), `${record}.0000.tmp`), '{"key":"a","sizeBytes":');
    await writeFile(join(folder("uploads"), "x.json.0000.tmp"), "");
    const again = await open();
    expect(await readdir(folder("objects"))).toEqual([record]);
    expect(await readdir(folder("uploads"))).toEqual([]);
    expect(await read(again.store, again.bucket, "a")).toBe("old");
  });

  test("data of an object whose replacement is committed is removed", async () => {
    const { store, bucket } = await open();
    await put(store, bucket, "a", "old");
    const [old = ""] = await dataFiles();
    const replacement = await put(store, bucket, "a", "new");
    // As if the process had died between the rename and the removal.
    await writeFile(join(directory, "data", old), "old");
    const again = await open();
    expect(await dataFiles()).toEqual([replacement]);
    expect(await read(again.store, again.bucket, "a")).toBe("new");
  });

  test("an upload whose object is committed is over", async () => {
    const { store, bucket } = await open();
    const { uploadId } = await bucket.uploads.create({ key: "a", initiatedMs: 1, headers: {} });
    const file = await writeData(store, "part");
    const part = { uploadId, partNumber: 1, etag: "e", sizeBytes: 4, lastModifiedMs: 0, file };
    await bucket.uploads.putPart("a", part);
    const spare = await writeData(store, "left out");
    await bucket.uploads.putPart("a", { ...part, partNumber: 2, file: spare, sizeBytes: 8 });
    // As if the process had died right after the commit of the object.
    const sealed = { uploadId, parts: [{ partNumber: 1, etag: "e" }] };
    const segments = [{ file, sizeBytes: 4 }];
    await bucket.objects.put({ key: "a", sizeBytes: 4, etag: "e-1", lastModifiedMs: 0, headers: {}, segments, sealed });
    const again = await open();
    expect(again.bucket.uploads.list()).toEqual([]);
    expect(await read(again.store, again.bucket, "a")).toBe("part");
    expect(await dataFiles()).toEqual([file]);
    expect(await readdir(folder("uploads"))).toEqual([]);
  });

  test("parts of an upload whose abort had begun are removed", async () => {
    const { store, bucket } = await open();
    const { uploadId } = await bucket.uploads.create({ key: "a", initiatedMs: 1, headers: {} });
    const file = await writeData(store, "part");
    await bucket.uploads.putPart("a", { uploadId, partNumber: 1, etag: "e", sizeBytes: 4, lastModifiedMs: 0, file });
    await rm(join(folder("uploads"), `${uploadId}.json`));
    const again = await open();
    expect(again.bucket.uploads.list()).toEqual([]);
    expect(await dataFiles()).toEqual([]);
    expect(await readdir(folder("uploads"))).toEqual([]);
  });

  test("an open upload and its parts go on", async () => {
    const { store, bucket } = await open();
    const { uploadId } = await bucket.uploads.create({ key: "a", initiatedMs: 1, headers: { "content-type": "x/y" } });
    const file = await writeData(store, "part");
    await bucket.uploads.putPart("a", { uploadId, partNumber: 7, etag: "e", sizeBytes: 4, lastModifiedMs: 0, file });
    const again = await open();
    const upload = again.bucket.uploads.find("a", uploadId);
    expect(upload.record.headers).toEqual({ "content-type": "x/y" });
    expect([...upload.parts.keys()]).toEqual([7]);
    expect(await dataFiles()).toEqual([file]);
  });

  test("a bucket whose creation had begun is removed", async () => {
    await open();
    await mkdir(join(directory, "buckets", "half", "objects"), { recursive: true });
    await open();
    expect(await readdir(join(directory, "buckets"))).toEqual(["bucket"]);
  });

  test("an unreadable record is left alone, and then no data file is removed", async () => {
    const { store, bucket } = await open();
    await put(store, bucket, "a", "kept");
    await writeFile(join(folder("objects"), "damaged.json"), '{"key":');
    await writeFile(join(directory, "data", "perhaps-its-data"), "x");
    const again = await open();
    expect(await dataFiles()).toContain("perhaps-its-data");
    expect(await readFile(join(folder("objects"), "damaged.json"), "utf8")).toBe('{"key":');
    expect(await read(again.store, again.bucket, "a")).toBe("kept");
  });
});

describe("commits", () => {
  test("a refused precondition changes nothing and leaves no temporary file", async () => {
    const { store, bucket } = await open();
    await put(store, bucket, "a", "old");
    const before = await readdir(folder("objects"));
    const file = await writeData(store, "new");
    const record = {
      key: "a",
      sizeBytes: 3,
      etag: "n",
      lastModifiedMs: 0,
      headers: {},
      segments: [{ file, sizeBytes: 3 }],
    };
    const refused = bucket.objects.put(record, () => {
      throw new S3Error("PreconditionFailed");
    });
    await expect(refused).rejects.toThrow(S3Error);
    expect(await readdir(folder("objects"))).toEqual(before);
    expect(await read(store, bucket, "a")).toBe("old");
  });

  test("a reader keeps the version it began, and its bytes go when it ends", async () => {
    const { store, bucket } = await open();
    const old = await put(store, bucket, "a", "old version");
    const object = bucket.objects.get("a");
    const reading = store.data.read(object?.segments ?? [], 0, 10);
    await put(store, bucket, "a", "new version");
    await bucket.objects.delete("a");
    expect(await dataFiles()).toEqual([old]);
    const pieces: Buffer[] = [];
    for await (const piece of reading) pieces.push(piece);
    expect(Buffer.concat(pieces).toString()).toBe("old version");
    expect(await dataFiles()).toEqual([]);
  });

  test("preconditions of simultaneous writers are decided one after another", async () => {
    const { store, bucket } = await open();
    const writers = await Promise.allSettled(
      Array.from({ length: 20 }, async (_, index) => {
        const file = await writeData(store, `writer ${index}`);
        const segments = [{ file, sizeBytes: 8 }];
        const record = { key: "once", sizeBytes: 8, etag: "", lastModifiedMs: 0, headers: {}, segments };
        await bucket.objects.put(record, (current) => {
          if (current) throw new S3Error("PreconditionFailed");
        });
      }),
    );
    expect(writers.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  });

  test("writes into a bucket that is going are refused", async () => {
    const { store, bucket } = await open();
    await store.delete("bucket");
    await expect(put(store, bucket, "a", "late")).rejects.toMatchObject({ code: "NoSuchBucket" });
    expect(await readdir(join(directory, "buckets"))).toEqual([]);
  });
});

describe("the lock of a data directory", () => {
  test("keeps a second store out until it is released", async () => {
    const release = await lockDirectory(directory);
    await expect(lockDirectory(directory)).rejects.toThrow(/in use/);
    await release();
    await (
      await lockDirectory(directory)
    )();
  });

  test("is taken over from a process that is gone, and from another one that got its number", async () => {
    for (const holder of ["999999999 1", `${process.pid} 1`, "", "nonsense"]) {
      await writeFile(join(directory, "lock"), holder);
      const release = await lockDirectory(directory);
      expect(await readFile(join(directory, "lock"), "utf8")).toMatch(new RegExp(`^${process.pid} `));
      await release();
    }
  });
});
