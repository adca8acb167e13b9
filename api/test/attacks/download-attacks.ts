import type { Attack } from "./attack.js";
import { ignored, refused } from "./attack.js";
import { addHeaders, dropQuery, editPath, editQuery, setQuery } from "./wire.js";
import type { Wire } from "./wire.js";

/**
 * What can be made of a download's URL: here NO_EFFECT means the very bytes (or a range of them) under the type,
 * disposition and cache lifetime that were signed.
 */

const OVERRIDES: readonly (readonly [name: string, value: string])[] = [
  ["response-content-type", "image/svg+xml"],
  ["response-content-disposition", "inline"],
  ["response-cache-control", "public, max-age=31536000"],
];
const MORE_OVERRIDES: readonly (readonly [name: string, value: string])[] = [
  ["response-content-encoding", "gzip"],
  ["response-content-language", "xx"],
  ["response-expires", "Thu, 01 Jan 2037 00:00:00 GMT"],
];

const append = (wire: Wire, pair: string): Wire => editQuery(wire, (pairs) => [...pairs, pair]);
const rename = (wire: Wire, name: string, spelt: string): Wire =>
  editQuery(wire, (pairs) =>
    pairs.map((pair) => (pair.startsWith(`${name}=`) ? spelt + pair.slice(name.length) : pair)),
  );

export const DOWNLOAD_ATTACKS: readonly Attack[] = [
  ...OVERRIDES.flatMap(([name, value]): Attack[] => [
    refused(`${name} edited`, (wire) => setQuery(wire, name, value)),
    refused(`${name} removed`, (wire) => dropQuery(wire, name)),
    refused(`${name} emptied`, (wire) => setQuery(wire, name, "")),
    refused(`${name} a second time, behind`, (wire) => append(wire, `${name}=${encodeURIComponent(value)}`)),
    // Which of two counts is nowhere said: the signed one, or none.
    ignored(`${name} a second time, before`, (wire) =>
      editQuery(wire, (pairs) => [`${name}=${encodeURIComponent(value)}`, ...pairs]),
    ),
    refused(`${name} with capitals beside it`, (wire) =>
      append(wire, `${name.toUpperCase()}=${encodeURIComponent(value)}`),
    ),
    refused(`${name} with its own name encoded, edited`, (wire) =>
      append(dropQuery(wire, name), `${name.replaceAll("-", "%2D")}=${encodeURIComponent(value)}`),
    ),
    refused(`${name} behind a semicolon`, (wire) => append(wire, `x=1;${name}=${encodeURIComponent(value)}`)),
  ]),
  ...MORE_OVERRIDES.map(([name, value]) => refused(`${name} added`, (wire) => setQuery(wire, name, value))),
  refused("a line break in an override", (wire) =>
    setQuery(wire, "response-content-type", "text/html\r\nset-cookie: evil=1"),
  ),
  refused("an override under another name", (wire) => rename(wire, "response-content-type", "response-content-typo")),
  refused("a longer life", (wire) => setQuery(wire, "X-Amz-Expires", "604800")),
  refused("another date", (wire) => setQuery(wire, "X-Amz-Date", "20300101T000000Z"), { onAws: [400, 403] }),
  refused(
    "another credential",
    (wire) => setQuery(wire, "X-Amz-Credential", "AKIAFORGED/20260101/us-east-1/s3/aws4_request"),
    { onAws: [400, 403] },
  ),
  refused("other signed headers", (wire) => setQuery(wire, "X-Amz-SignedHeaders", "host;range"), {
    onAws: [400, 403],
  }),
  refused("another algorithm", (wire) => setQuery(wire, "X-Amz-Algorithm", "none"), { onAws: [400, 403] }),
  refused("a session token", (wire) => setQuery(wire, "X-Amz-Security-Token", "forged"), { onAws: [400, 403] }),
  refused("a second signature", (wire) => append(wire, `X-Amz-Signature=${"0".repeat(64)}`), { onAws: [400, 403] }),
  refused("an empty signature", (wire) => setQuery(wire, "X-Amz-Signature", ""), { onAws: [400, 403] }),
  refused("no signature", (wire) => dropQuery(wire, "X-Amz-Signature"), { onAws: [400, 403] }),
  refused("no query at all", (wire) => editQuery(wire, () => []), { weak: "PUBLIC_OBJECT" }),
  ...["HEAD", "PUT", "DELETE", "POST"].map((method) =>
    refused(
      `${method} in place of GET`,
      (wire) => ({ ...addHeaders(wire, ["Content-Length", "4"]), method, body: Buffer.from("evil") }),
      { onAws: [400, 403, 405] },
    ),
  ),
  refused("somebody else's key", (wire, around) => editPath(wire, () => `/${around.bucket}/${around.foreignKey}`)),
  refused("another bucket's key", (wire, around) =>
    editPath(wire, () => `/${around.otherBucket}/${around.otherBucketKey}`),
  ),
  refused("dots to somebody else's key", (wire, around) =>
    editPath(wire, (path) => `${path}/../../../${around.foreignKey}`),
  ),
  refused("encoded dots to somebody else's key", (wire, around) =>
    editPath(wire, (path) => `${path}%2f..%2f..%2f..%2f${around.foreignKey.replaceAll("/", "%2f")}`),
  ),
  refused("two slashes", (wire) => editPath(wire, (path) => path.replace("/f/", "//f/"))),
  refused("the bucket in place of the key", (wire, around) => editPath(wire, () => `/${around.bucket}`)),
  refused("the list of buckets", (wire) => editPath(wire, () => "/")),
  ...[
    "acl",
    "uploads",
    "tagging",
    "versions",
    "attributes",
    "torrent",
    "versionId=null",
    "partNumber=1",
    "uploadId=x",
  ].map((parameter) =>
    refused(`?${parameter} added`, (wire) => append(wire, parameter.includes("=") ? parameter : `${parameter}=`)),
  ),
  ...["acl", "uploads", "versions", "policy", "list-type=2"].map((parameter) =>
    refused(`the bucket's ?${parameter}`, (wire, around) =>
      append(
        editPath(wire, () => `/${around.bucket}`),
        parameter.includes("=") ? parameter : `${parameter}=`,
      ),
    ),
  ),
  ignored("a range", (wire) => addHeaders(wire, ["Range", "bytes=2-101"]), { onAws: [206] }),
  ignored("X-HTTP-Method-Override: DELETE", (wire) => addHeaders(wire, ["X-HTTP-Method-Override", "DELETE"]), {
    onAws: [200],
  }),
  ignored(
    "X-Forwarded-Host of another bucket",
    (wire, around) => addHeaders(wire, ["X-Forwarded-Host", `${around.otherBucket}.s3.example`]),
    { onAws: [200] },
  ),
];
