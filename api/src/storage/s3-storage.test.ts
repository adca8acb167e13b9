import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { startEmbeddedS3 } from "../../embedded/s3/server.js";
import type { StorageUnderTest } from "./contract-steps.fixture.js";
import { describeObjectStorage } from "./object-storage.contract.js";
import type { S3Connection } from "./s3-client.js";
import { createS3Storage } from "./s3-storage.js";
import { createUrlSigner } from "./url-signer.js";

async function openEmbedded(): Promise<StorageUnderTest> {
  const dataDir = await mkdtemp(join(tmpdir(), "signet-s3-"));
  const keys = { accessKeyId: "test-access", secretAccessKey: "test-secret" };
  const store = await startEmbeddedS3({ dataDir, port: 0, ...keys, durable: false });
  const connection: S3Connection = {
    bucket: "uploads",
    region: store.region,
    endpoint: store.endpoint,
    forcePathStyle: true,
    credentials: keys,
  };
  const admin = new S3Client({ ...connection, credentials: keys, endpoint: store.endpoint });
  await admin.send(new CreateBucketCommand({ Bucket: "uploads" }));
  admin.destroy();
  // What is promised here has no hour: how long a call may take is another test's.
  const storage = createS3Storage({ ...connection, requestTimeoutMs: 20_000, callTimeoutMs: 60_000 });
  return {
    storage,
    signer: createUrlSigner(connection),
    signerAt: (time) => createUrlSigner({ ...connection, now: () => time }),
    async stop() {
      storage.stop();
      await store.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

describeObjectStorage("S3, on the embedded store", openEmbedded);
