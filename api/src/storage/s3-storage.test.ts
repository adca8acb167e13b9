import { randomBytes } from "node:crypto";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { testServers } from "../../test/servers.js";
import { doesAsAws, enforcesPartSha256 } from "../../test/store-strength.js";
import type { StorageUnderTest } from "./contract-steps.fixture.js";
import { describeObjectStorage } from "./object-storage.contract.js";
import type { S3Connection } from "./s3-client.js";
import { createS3Storage } from "./s3-storage.js";
import { createUrlSigner } from "./url-signer.js";

const { s3: store } = testServers();
const bucket = `t-${randomBytes(6).toString("hex")}`;
const admin = new S3Client({ ...store, credentials: store, forcePathStyle: true });
await admin.send(new CreateBucketCommand({ Bucket: bucket }));
admin.destroy();

async function openOnStore(): Promise<StorageUnderTest> {
  const { endpoint, region } = store;
  const connection: S3Connection = { bucket, region, endpoint, forcePathStyle: true, credentials: store };
  // What is promised here has no hour: how long a call may take is another test's.
  const storage = createS3Storage({ ...connection, requestTimeoutMs: 20_000, callTimeoutMs: 60_000 });
  const uploadCredentials = store.uploadSigner ?? undefined;
  return {
    storage,
    signer: createUrlSigner({ ...connection, uploadCredentials }),
    signerAt: (time) => createUrlSigner({ ...connection, uploadCredentials, now: () => time }),
    async stop() {
      storage.stop();
    },
  };
}

describeObjectStorage("S3, on the run's store", openOnStore, {
  ...{ digests: await enforcesPartSha256(bucket), saysEncoding: doesAsAws() },
});
