import { randomUUID } from "node:crypto";
import { DeleteObjectCommand, GetObjectCommand, PutObjectCommand } from "@aws-sdk/client-s3";
import type { S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { noise } from "../content.js";
import type { Around, Attack } from "./attack.js";
import type { Outcome, Scene } from "./scene.js";
import { SIZE_BYTES } from "./scene.js";
import { bytesOf, exchange, wireOf } from "./wire.js";

const TYPE = "application/octet-stream";

/**
 * What most services hand out: a presigned PUT of the object as the SDK makes it, which signs nothing but the host.
 * @param signer who signs; default: the principal that may everything
 */
export async function attackBarePut(
  { app: { s3, bucket }, around }: Pick<Scene, "app" | "around">,
  endpoint: string,
  attack: Attack | null,
  signer: S3Client = s3,
): Promise<Outcome> {
  const object = { Bucket: bucket, Key: `bare/${randomUUID()}` };
  const body = Buffer.concat([...noise(SIZE_BYTES, object.Key).chunks()]);
  const url = await getSignedUrl(signer, new PutObjectCommand(object));
  const honest = wireOf(url, { headers: [["Content-Type", TYPE]], body });
  const asked = attack?.request(honest, around satisfies Around) ?? honest;
  const answers = await exchange(endpoint, Buffer.isBuffer(asked) ? asked : bytesOf(asked));
  try {
    const found = await s3.send(new GetObjectCommand(object)).catch(() => null);
    const stored = await found?.Body?.transformToByteArray();
    const harm = [
      ...(attack?.may === "REFUSED" && stored !== undefined ? ["what was to be refused was taken"] : []),
      ...(stored !== undefined && !body.equals(stored) ? ["other bytes are stored than were meant"] : []),
      ...(found !== null && found.ContentType !== TYPE ? [`the object says content-type: ${found.ContentType}`] : []),
      ...(["CacheControl", "ContentDisposition", "ContentEncoding", "ContentLanguage", "ExpiresString"] as const)
        .filter((name) => found?.[name] !== undefined)
        .map((name) => `the object says ${name}: ${String(found![name])}`),
    ];
    return { statuses: answers.map(({ status }) => status), harm };
  } finally {
    await s3.send(new DeleteObjectCommand(object));
  }
}
