import { createHash } from "node:crypto";
import type { Attack } from "./attack.js";
import { ignored, refused } from "./attack.js";
import { addHeaders, setHeader, withBody } from "./wire.js";
import type { Wire } from "./wire.js";

/** What can be said beside a part: headers that the signature does not cover, or covers with another value. */

const EVERYBODY = 'uri="http://acs.amazonaws.com/groups/global/AllUsers"';
const NOTHING = Buffer.alloc(0);
const FOREVER = "Thu, 01 Jan 2037 00:00:00 GMT";
const FORGED =
  "AWS4-HMAC-SHA256 Credential=AKIAFORGED/20260101/us-east-1/s3/aws4_request,SignedHeaders=host,Signature=00";

const copyOf =
  (source: (around: Parameters<Attack["request"]>[1]) => string, ...more: [string, string][]): Attack["request"] =>
  (wire, around) =>
    addHeaders(wire, ["x-amz-copy-source", source(around)], ...more);
const sameBucket = ({ bucket, foreignKey }: Parameters<Attack["request"]>[1]): string => `/${bucket}/${foreignKey}`;
const otherBucket = ({ otherBucket: bucket, otherBucketKey }: Parameters<Attack["request"]>[1]): string =>
  `/${bucket}/${otherBucketKey}`;
/** The same, with a body of nothing and the length that says so. */
const emptied =
  (request: Attack["request"]): Attack["request"] =>
  (wire, around) =>
    withBody(request(wire, around) as Wire, NOTHING);
const RANGE: [string, string] = ["x-amz-copy-source-range", "bytes=0-99"];

/** Somebody else's bytes, by a header that makes a PUT a copy (CVE-2026-54330). */
export const PART_COPY_ATTACKS: readonly Attack[] = [
  ignored("a copy from the same bucket", copyOf(sameBucket)),
  refused("a copy from the same bucket, without a body", emptied(copyOf(sameBucket))),
  ignored("a copy from another bucket", copyOf(otherBucket)),
  refused("a copy from another bucket, without a body", emptied(copyOf(otherBucket))),
  ignored(
    "a copy of a version",
    copyOf((around) => `${sameBucket(around)}?versionId=null`),
  ),
  ignored("a copy of a range", copyOf(sameBucket, RANGE)),
  refused("a copy of a range, without a body", emptied(copyOf(sameBucket, RANGE))),
  refused("a copy without any length", (wire, around) => ({
    ...setHeader(copyOf(sameBucket)(wire, around) as Wire, "Content-Length"),
    body: NOTHING,
  })),
  ignored("a copy, its header in capitals", (wire, around) =>
    addHeaders(wire, ["X-AMZ-COPY-SOURCE", sameBucket(around)]),
  ),
  ignored("a copy with its slashes encoded", (wire, around) =>
    addHeaders(wire, ["x-amz-copy-source", encodeURIComponent(sameBucket(around))]),
  ),
];

/** Each name and value stands for itself. */
const ADDED: readonly (readonly [name: string, value: string])[] = [
  ["x-amz-acl", "public-read"],
  ["x-amz-acl", "public-read-write"],
  ["X-Amz-ACL", "public-read"],
  ["x-amz-grant-read", EVERYBODY],
  ["x-amz-grant-full-control", EVERYBODY],
  ["x-amz-grant-write-acp", EVERYBODY],
  ["x-amz-meta-evil", "1"],
  ["x-amz-tagging", "evil=1"],
  ["x-amz-storage-class", "GLACIER"],
  ["x-amz-website-redirect-location", "https://evil.example/"],
  ["x-amz-server-side-encryption", "AES256"],
  ["x-amz-server-side-encryption", "aws:kms"],
  ["x-amz-server-side-encryption-customer-algorithm", "AES256"],
  ["x-amz-object-lock-mode", "COMPLIANCE"],
  ["x-amz-object-lock-retain-until-date", "2037-01-01T00:00:00Z"],
  ["x-amz-checksum-crc32", "AAAAAA=="],
  ["x-amz-decoded-content-length", "1"],
  ["x-amz-mp-object-size", "1"],
];

/** AWS signs none of these unless asked, and takes them with a part; on a whole object they would stay. */
const UNSIGNED: readonly (readonly [name: string, value: string])[] = [
  ["Cache-Control", "public, max-age=31536000"],
  ["Content-Disposition", "inline"],
  ["Content-Encoding", "gzip"],
  ["Content-Language", "xx"],
  ["Expires", FOREVER],
];

const adds = ([name, value]: readonly [string, string], rest: Parameters<typeof ignored>[2] = {}): Attack =>
  ignored(`${name}: ${value}`, (wire) => addHeaders(wire, [name, value]), rest);

export const PART_HEADER_ATTACKS: readonly Attack[] = [
  ...PART_COPY_ATTACKS,
  ...ADDED.map((header) => adds(header)),
  // An object takes them from a PUT that does not sign them; Content-Language only where the store keeps it.
  ...UNSIGNED.map((header) =>
    adds(header, { onAws: [200], ...(header[0] === "Content-Language" ? {} : { weak: "BARE_PUT" }) }),
  ),
  refused("another Content-Type", (wire) => setHeader(wire, "Content-Type", "text/html"), { weak: "BARE_PUT" }),
  refused("no Content-Type", (wire) => setHeader(wire, "Content-Type"), { weak: "BARE_PUT" }),
  refused("a second Content-Type", (wire) => addHeaders(wire, ["Content-Type", "text/html"]), { onAws: [400, 403] }),
  ignored("another date", (wire) => addHeaders(wire, ["x-amz-date", "20300101T000000Z"])),
  adds(["x-amz-security-token", "forged"], { onAws: [400, 403] }),
  refused("another digest of the payload", (wire) =>
    addHeaders(wire, ["x-amz-content-sha256", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"]),
  ),
  ignored("a digest of a part that has none", (wire) =>
    addHeaders(wire, ["x-amz-checksum-sha256", "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="]),
  ),
  refused("a second way to sign", (wire) => addHeaders(wire, ["Authorization", FORGED]), { onAws: [400, 403] }),
  ...["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"].map((name) =>
    ignored(`${name}: DELETE`, (wire) => addHeaders(wire, [name, "DELETE"]), { onAws: [200] }),
  ),
  ignored(
    "X-Forwarded-Host of another bucket",
    (wire, around) => addHeaders(wire, ["X-Forwarded-Host", `${around.otherBucket}.s3.example`]),
    { onAws: [200] },
  ),
  ignored("X-Original-URL of another key", (wire, around) => addHeaders(wire, ["X-Original-URL", sameBucket(around)]), {
    onAws: [200],
  }),
  refused("the Host of another bucket", (wire, around) => setHeader(wire, "Host", `${around.otherBucket}.s3.example`), {
    onAws: [400, 403, 404],
  }),
  refused("another port in Host", (wire) => setHeader(wire, "Host", "127.0.0.1:1")),
  refused("two hosts", (wire, around) => addHeaders(wire, ["Host", `${around.otherBucket}.s3.example`]), {
    onAws: [400, 403],
  }),
  ignored(
    "a target with another host",
    (wire, around) => ({ ...wire, target: `http://${around.otherBucket}.s3.example${wire.target}` }),
    { onAws: [400, 403, 404] },
  ),
];

/** Of a URL that was signed with the digest of its part: the attacker's bytes are others. */
export const PART_DIGEST_ATTACKS: readonly Attack[] = [
  refused("other bytes", (wire) => wire, { onAws: [400] }),
  refused("other bytes and their digest", (wire) =>
    setHeader(wire, "x-amz-checksum-sha256", createHash("sha256").update(wire.body).digest("base64")),
  ),
  refused("other bytes and no digest", (wire) => setHeader(wire, "x-amz-checksum-sha256")),
];
