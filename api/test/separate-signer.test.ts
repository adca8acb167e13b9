import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { FOREIGN_MARK } from "./attacks/attack.js";
import { attackBarePut } from "./attacks/bare-put.js";
import { PART_COPY_ATTACKS } from "./attacks/part-header-attacks.js";
import { openScene } from "./attacks/scene.js";
import type { Scene } from "./attacks/scene.js";
import { addHeaders, bytesOf, exchange, wireOf } from "./attacks/wire.js";
import { testServers } from "./servers.js";
import type { StoreKeys } from "./servers.js";
import { doesAsAws } from "./store-strength.js";
import { startTestApp } from "./test-app.js";

/**
 * What a copy by header (CVE-2026-54330) gets out of a store, by who signed the part's URL: the principal that does
 * everything, or the one that may only write. The URL is the same otherwise.
 */

const { s3: store } = testServers();
const clientOf = (credentials: StoreKeys): S3Client =>
  new S3Client({ ...store, credentials, forcePathStyle: true, requestChecksumCalculation: "WHEN_REQUIRED" });
/** May everything. */
const owner = clientOf(store);
/** May only write, where the store has such a principal. */
const writer = clientOf(store.uploadSigner ?? store);
const scenes: [name: string, scene: Scene][] = [];
let scene: Scene;
beforeAll(async () => {
  scene = await openScene(await startTestApp({ uploadSigner: null }), { endpoint: store.endpoint });
  scenes.push(["by the principal that may everything", scene]);
  if (store.uploadSigner !== null)
    scenes.push([
      "by the one that may only write",
      await openScene(await startTestApp(), { endpoint: store.endpoint }),
    ]);
});
afterAll(async () => {
  for (const client of [owner, writer]) client.destroy();
  await Promise.all(scenes.map(([, { app }]) => app.stop()));
});

test("a URL of the service, whoever has signed it, copies nothing: its length above 0 is signed", async () => {
  for (const [name, each] of scenes) {
    for (const attack of PART_COPY_ATTACKS)
      expect([name, attack.name, (await each.attackPart(attack)).harm]).toEqual([name, attack.name, []]);
    expect([name, await each.finish()]).toEqual([name, []]);
  }
});

/** A given store with a signer of its own for uploads has it for this reason: radosgw before 19.2.6. */
const isFaulty = !doesAsAws() && store.uploadSigner !== null;

describe("a plain presigned PUT", () => {
  /** The copies that got something into the bucket. */
  async function copying(signer: S3Client): Promise<string[]> {
    const names: string[] = [];
    for (const attack of PART_COPY_ATTACKS)
      if ((await attackBarePut(scene, store.endpoint, attack, signer)).harm.length > 0) names.push(attack.name);
    return names;
  }

  test("copies what is not the caller's where the store has the fault", async () => {
    const found = await copying(owner);
    expect(found.includes("a copy from another bucket")).toBe(isFaulty);
  });

  test("copies nothing for the principal that may only write", async () => {
    expect((await copying(writer)).includes("a copy from another bucket")).toBe(false);
  });
});

describe("the URL of a part that signs no length", () => {
  /** What a copy into a part of the attacker's upload then holds; null: nothing was taken. */
  async function copiedBy(signer: S3Client): Promise<string | null> {
    const { s3, bucket } = scene.app;
    const object = { Bucket: bucket, Key: "unsigned-length" };
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand(object));
    const url = await getSignedUrl(signer, new UploadPartCommand({ ...object, UploadId, PartNumber: 1 }));
    const source = `/${scene.around.otherBucket}/${scene.around.otherBucketKey}`;
    const wire = addHeaders(wireOf(url), ["x-amz-copy-source", source]);
    const [answer] = await exchange(store.endpoint, bytesOf(wire));
    if (answer?.status !== 200) return null;
    const ETag = /<ETag>(?:&quot;|")?(\w+)/.exec(answer.body.toString())?.[1];
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
    await s3.send(new CompleteMultipartUploadCommand({ ...object, UploadId, MultipartUpload }));
    const { Body } = await s3.send(new GetObjectCommand(object));
    return Body!.transformToString();
  }

  test("signed by the one that may only write, it copies nothing", async () => {
    // The embedded store has one principal, and copies for nobody.
    expect(await copiedBy(writer)).toBeNull();
  });

  test("signed by the one that may everything, it copies where the store has the fault, and so the probe can see", async () => {
    expect((await copiedBy(owner))?.slice(0, FOREIGN_MARK.length) ?? null).toBe(isFaulty ? FOREIGN_MARK : null);
  });
});
