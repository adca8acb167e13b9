import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { startEmbeddedS3, type EmbeddedS3 } from "../server.js";
import { RADOSGW_16 } from "./radosgw-16.known.js";
import { CHECKS } from "./run.js";
import { Subject } from "./subject.js";

let dataDir: string;
let store: EmbeddedS3;
let subject: Subject;

beforeAll(async () => {
  dataDir = await mkdtemp(join(tmpdir(), "s3-conformance-"));
  store = await startEmbeddedS3({ dataDir, port: 0, accessKeyId: "access", secretAccessKey: "secret", durable: false });
  subject = new Subject({ ...store, bucket: "conformance" });
  await subject.open();
});

afterAll(async () => {
  await subject.close();
  await store.stop();
  await rm(dataDir, { recursive: true });
});

describe("the embedded store keeps what AWS documents", () => {
  test.each(CHECKS.map((check) => [check.id, check.title, check] as const))("%s: %s", async (_id, _title, check) => {
    await expect(check.run(subject)).resolves.toBeUndefined();
  });
});

test("checks have names of their own and a source", () => {
  expect(new Set(CHECKS.map(({ id }) => id)).size).toBe(CHECKS.length);
  for (const { source } of CHECKS) expect(source).toMatch(/^https:\/\//);
});

test("every declared difference names a check, once", () => {
  const ids = RADOSGW_16.map(({ id }) => id);
  expect(new Set(ids).size).toBe(ids.length);
  for (const id of ids) expect(CHECKS.map((check) => check.id)).toContain(id);
});
