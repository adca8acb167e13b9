import { randomUUID } from "node:crypto";
import {
  AbortMultipartUploadCommand,
  CreateMultipartUploadCommand,
  S3Client,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { givenStore } from "./servers.js";
import type { TestStore } from "./servers.js";

/**
 * What the run's store does beyond what every store must. The embedded one is held to all of it; of a given one
 * (SIGNET_TEST_STORE) it is found out here, by trying, and the tests say what holds there then: they leave nothing out.
 */

/** True: statuses are asserted as AWS documents them, not only what came of a request. */
export const doesAsAws = (): boolean => givenStore() === null;

/** Whether a part is refused whose SHA-256 is not the one that its header says. @param bucket one that may be written to */
export async function enforcesPartSha256(bucket: string): Promise<boolean> {
  const given = givenStore();
  return given === null || tryPartSha256(given, bucket);
}

async function tryPartSha256(store: TestStore, bucket: string): Promise<boolean> {
  const s3 = new S3Client({ ...store, credentials: store, forcePathStyle: true });
  const object = { Bucket: bucket, Key: `strength/${randomUUID()}` };
  try {
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ ...object, ChecksumAlgorithm: "SHA256" }));
    const ofNothing = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    const part = { ...object, UploadId, PartNumber: 1, Body: "something", ChecksumSHA256: ofNothing };
    const refused = await s3.send(new UploadPartCommand(part)).then(
      () => false,
      () => true,
    );
    await s3.send(new AbortMultipartUploadCommand({ ...object, UploadId }));
    return refused;
  } finally {
    s3.destroy();
  }
}
