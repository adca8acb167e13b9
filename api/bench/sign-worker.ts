import { hash } from "node:crypto";
import { GetObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { createUrlSigner } from "../src/storage/url-signer.js";

/** A process of P2: signs so many URLs one way, and prints the processor time of each in microseconds. */

const identity = {
  ...{ region: "eu-central-1", endpoint: "https://s3.example.com", forcePathStyle: true },
  credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY" },
};
const KEYS = Array.from(
  { length: 1_000 },
  (_, index) =>
    `f/${index.toString(16).padStart(2, "0").slice(-2)}/01900000-0000-7000-8000-${String(index).padStart(12, "0")}`,
);
const SIGNED_AT = new Date("2026-01-02T03:04:05Z");
const OVERRIDES = {
  contentType: "image/png",
  contentDisposition: `inline; filename="photo.png"; filename*=UTF-8''photo.png`,
  cacheControl: "private, max-age=1800, immutable",
};

type Way = (key: string) => unknown;

const WAYS: Readonly<Record<string, () => Way>> = {
  ours() {
    const signer = createUrlSigner({ bucket: "uploads", ...identity });
    return (key) => signer.signDownload({ key, ...OVERRIDES, signedAt: SIGNED_AT, ttlSeconds: 3600 });
  },
  sdk() {
    const client = new S3Client(identity);
    return (Key) =>
      getSignedUrl(
        client,
        new GetObjectCommand({
          ...{ Bucket: "uploads", Key, ResponseContentType: OVERRIDES.contentType },
          ...{ ResponseContentDisposition: OVERRIDES.contentDisposition, ResponseCacheControl: OVERRIDES.cacheControl },
        }),
        { expiresIn: 3600, signingDate: SIGNED_AT },
      );
  },
  /** Of a canonical request, and of a string to sign twice: what SigV4 is at the least. */
  hashes() {
    const canonical = Buffer.alloc(560, "x");
    const text = Buffer.alloc(64 + 133, "y");
    const outer = Buffer.alloc(96);
    return (key) => {
      canonical.write(key);
      hash("sha256", canonical);
      outer.set(hash("sha256", text, "buffer"), 64);
      return hash("sha256", outer);
    };
  },
};

const [name = "", count = "1000"] = process.argv.slice(2);
const way = WAYS[name]!();
// As long as it takes to be compiled.
for (let index = 0; index < Number(count) / 4; index += 1) await way(KEYS[index % KEYS.length]!);
const before = process.cpuUsage();
for (let index = 0; index < Number(count); index += 1) {
  const signed = way(KEYS[index % KEYS.length]!);
  if (signed instanceof Promise) await signed;
}
const { user, system } = process.cpuUsage(before);
console.log((user + system) / Number(count));
