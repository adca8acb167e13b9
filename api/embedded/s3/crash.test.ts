import { request } from "node:http";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ListMultipartUploadsCommand, ListPartsCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import { afterEach, beforeEach, expect, test } from "@jest/globals";
import { bytes, md5Hex, MIN_PART_BYTES } from "./conformance/content.js";
import { exists, expectBytes, Multipart, readAll } from "./conformance/objects.js";
import { Subject } from "./conformance/subject.js";
import { startStoreProcess, type StoreProcess } from "./store-process.js";

let dataDir: string;
let store: StoreProcess;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "s3-crash-"));
  store = await startStoreProcess({ dataDir, durable: true });
});

afterEach(async () => {
  await store.end("SIGKILL");
  await rm(dataDir, { recursive: true });
});

async function killAndRestart(): Promise<Subject> {
  await store.end("SIGKILL");
  store = await startStoreProcess({ dataDir, durable: true });
  return new Subject(store.target);
}

/** Sends the first part of a PUT and waits until the store has taken it; the rest never comes. */
async function beginPut(subject: Subject, key: string, sentBytes: number, declaredBytes: number): Promise<void> {
  const { target, headers } = await subject.presign({
    method: "PUT",
    path: subject.path(key),
    headers: { "content-length": String(declaredBytes) },
  });
  const outgoing = request({
    host: subject.endpoint.hostname,
    port: subject.endpoint.port,
    method: "PUT",
    path: target,
    headers,
  });
  outgoing.on("error", () => undefined);
  await new Promise<void>((resolve) => outgoing.write(bytes(sentBytes, 99), () => resolve()));
  for (let attempt = 0; attempt < 100; attempt++) {
    const files = await readdir(join(dataDir, "data"));
    if (files.length > 0 && attempt > 3) return;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("the store has not begun to write");
}

/** Names in `data/` that no record mentions. */
async function orphans(): Promise<string[]> {
  const records: string[] = [];
  for (const name of ["objects", "uploads"]) {
    const folder = join(dataDir, "buckets", store.target.bucket, name);
    for (const file of await readdir(folder)) records.push(await readFile(join(folder, file), "utf8"));
  }
  const mentioned = records.join("\n");
  return (await readdir(join(dataDir, "data"))).filter((file) => !mentioned.includes(file));
}

test("killed in the middle of a PUT of a new key: nothing is there, and nothing is left over", async () => {
  const subject = new Subject(store.target);
  await beginPut(subject, "new", 3_000_000, 5_000_000);
  const restarted = await killAndRestart();
  expect(await exists(restarted, "new")).toBe(false);
  expect(await readdir(join(dataDir, "data"))).toEqual([]);
});

test("killed in the middle of an overwrite: the old object is there, whole", async () => {
  const subject = new Subject(store.target);
  const old = bytes(1_000_000, 1);
  await subject.s3.send(new PutObjectCommand({ Bucket: subject.bucket, Key: "key", Body: old, ContentType: "a/b" }));
  await beginPut(subject, "key", 3_000_000, 5_000_000);
  const restarted = await killAndRestart();
  await expectBytes(restarted, "key", old);
  expect(await orphans()).toEqual([]);
});

test("what was answered with 200 is there after a kill: objects, uploads and parts; the upload goes on and completes", async () => {
  const subject = new Subject(store.target);
  const content = bytes(8 * 2 ** 20, 2);
  await subject.s3.send(new PutObjectCommand({ Bucket: subject.bucket, Key: "acked", Body: content }));
  const upload = await Multipart.begin(subject, { ContentType: "image/png", ChecksumAlgorithm: "SHA256" }, "upload");
  const first = bytes(MIN_PART_BYTES, 3);
  const parts = [await upload.digested(1, first)];
  const sealed = await Multipart.begin(subject, {}, "sealed");
  await sealed.complete([await sealed.part(1, content)]);

  const restarted = await killAndRestart();
  await expectBytes(restarted, "acked", content);
  await expectBytes(restarted, "sealed", content);
  const { Uploads } = await restarted.s3.send(new ListMultipartUploadsCommand({ Bucket: restarted.bucket }));
  expect(Uploads?.map(({ UploadId }) => UploadId)).toEqual([upload.uploadId]);
  const resumed = Object.assign(Object.create(Multipart.prototype) as Multipart, { ...upload, subject: restarted });
  const { Parts } = await restarted.s3.send(new ListPartsCommand(resumed.name));
  expect(Parts?.map(({ ETag }) => ETag)).toEqual([`"${md5Hex(first)}"`]);
  const second = Buffer.from("the rest");
  await resumed.complete([...parts, await resumed.digested(2, second)]);
  await expectBytes(restarted, "upload", Buffer.concat([first, second]));
});

test("SIGTERM ends it with 0, lets a running request end, and everything is there at the next start", async () => {
  const subject = new Subject(store.target);
  const content = bytes(20 * 2 ** 20, 4);
  const running = subject.s3.send(new PutObjectCommand({ Bucket: subject.bucket, Key: "running", Body: content }));
  await new Promise((resolve) => setTimeout(resolve, 30));
  const [ended] = await Promise.all([store.end("SIGTERM"), running]);
  expect(ended.code).toBe(0);
  store = await startStoreProcess({ dataDir, durable: true });
  await expectBytes(new Subject(store.target), "running", content);
});

test("a storm: eight writers, killed at random moments; every object is whole and no older than its last acknowledged version", async () => {
  const WRITERS = 8;
  const ROUNDS = 6;
  const acked: number[] = Array.from({ length: WRITERS }, () => 0);
  const version = (writer: number, number: number): Buffer =>
    Buffer.concat([
      Buffer.from(`${number}.`),
      bytes(1000 + ((number * 7919 + writer * 104_729) % 200_000), number * 100 + writer + 1),
    ]);
  let next = 1;
  for (let round = 0; round < ROUNDS; round++) {
    const subject = new Subject(store.target);
    let stopped = false;
    const writers = acked.map(async (_, writer) => {
      while (!stopped) {
        const number = next++;
        try {
          const body = version(writer, number);
          if (number % 3 === 0) {
            const upload = await Multipart.begin(subject, {}, `key-${writer}`);
            await upload.complete([await upload.part(1, body)]);
          } else
            await subject.s3.send(new PutObjectCommand({ Bucket: subject.bucket, Key: `key-${writer}`, Body: body }));
          acked[writer] = number;
        } catch {
          return;
        }
      }
    });
    do await new Promise((resolve) => setTimeout(resolve, 60 + ((round * 137) % 240)));
    while (
      // On a busy machine some writer may not have been answered in any round: the last one waits for it.
      round === ROUNDS - 1 &&
      acked.includes(0)
    );
    await store.end("SIGKILL");
    stopped = true;
    await Promise.all(writers);
    store = await startStoreProcess({ dataDir, durable: true });
    const restarted = new Subject(store.target);
    for (const [writer, last] of acked.entries()) {
      if (last === 0 && !(await exists(restarted, `key-${writer}`))) continue;
      const found = await readAll(restarted, `key-${writer}`);
      const number = Number.parseInt(found.toString("latin1", 0, 12), 10);
      expect(number).toBeGreaterThanOrEqual(last);
      expect(found.equals(version(writer, number))).toBe(true);
    }
    expect(await orphans()).toEqual([]);
  }
  expect(acked).not.toContain(0);
});
