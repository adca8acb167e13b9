import type { Attack } from "./attack.js";
import { refused } from "./attack.js";
import { dropQuery, editPath, editQuery, setQuery } from "./wire.js";

/** What can be made of a part's URL besides sending it: every edit breaks the signature, or names nothing. */

const anyEncoding = (text: string): string => text.replaceAll("/", "%2f");

export const PART_URL_ATTACKS: readonly Attack[] = [
  ...["2", "0", "-1", "10001", "01", "1e0", ""].map((number) =>
    refused(`partNumber=${number}`, (wire) => setQuery(wire, "partNumber", number)),
  ),
  refused("a second partNumber", (wire) => editQuery(wire, (pairs) => [...pairs, "partNumber=2"])),
  refused("another upload", (wire, around) => setQuery(wire, "uploadId", around.siblingUploadId)),
  refused("another upload of its own key", (wire, around) =>
    setQuery(
      editPath(wire, () => `/${around.bucket}/${around.siblingKey}`),
      "uploadId",
      around.siblingUploadId,
    ),
  ),
  refused("no upload", (wire) => dropQuery(wire, "uploadId", "partNumber")),
  refused("no part", (wire) => dropQuery(wire, "partNumber")),
  refused("somebody else's key", (wire, around) => editPath(wire, () => `/${around.bucket}/${around.foreignKey}`)),
  refused("another bucket", (wire, around) =>
    editPath(wire, (path) => path.replace(around.bucket, around.otherBucket)),
  ),
  refused("dots to somebody else's key", (wire, around) =>
    editPath(wire, (path) => `${path}/../../../${around.foreignKey}`),
  ),
  refused("encoded dots to somebody else's key", (wire, around) =>
    editPath(wire, (path) => `${path}%2f..%2f..%2f..%2f${anyEncoding(around.foreignKey)}`),
  ),
  refused("two slashes", (wire) => editPath(wire, (path) => path.replace("/f/", "//f/"))),
  refused("a slash at the end", (wire) => editPath(wire, (path) => `${path}/`)),
  refused("a NUL at the end", (wire) => editPath(wire, (path) => `${path}%00`), { onAws: [400, 403] }),
  ...["acl", "tagging", "torrent", "legal-hold", "versionId=null", "x-id=PutObject"].map((parameter) =>
    refused(`?${parameter} added`, (wire) =>
      editQuery(wire, (pairs) => [...pairs, parameter.includes("=") ? parameter : `${parameter}=`]),
    ),
  ),
  refused("an ACL in the query", (wire) => setQuery(wire, "x-amz-acl", "public-read")),
  refused("metadata in the query", (wire) => setQuery(wire, "x-amz-meta-evil", "1")),
  refused("a copy in the query", (wire, around) =>
    setQuery(wire, "x-amz-copy-source", `/${around.bucket}/${around.foreignKey}`),
  ),
  refused("a longer life", (wire) => setQuery(wire, "X-Amz-Expires", "604800")),
  refused("another date", (wire) => setQuery(wire, "X-Amz-Date", "20300101T000000Z"), { onAws: [400, 403] }),
  refused("fewer signed headers", (wire) => setQuery(wire, "X-Amz-SignedHeaders", "host")),
  refused("no signed headers", (wire) => setQuery(wire, "X-Amz-SignedHeaders", ""), { onAws: [400, 403] }),
  refused(
    "another credential",
    (wire) => setQuery(wire, "X-Amz-Credential", "AKIAFORGED/20260101/us-east-1/s3/aws4_request"),
    { onAws: [400, 403] },
  ),
  refused("another algorithm", (wire) => setQuery(wire, "X-Amz-Algorithm", "none"), { onAws: [400, 403] }),
  refused("a session token", (wire) => setQuery(wire, "X-Amz-Security-Token", "forged"), { onAws: [400, 403] }),
  refused("an empty signature", (wire) => setQuery(wire, "X-Amz-Signature", ""), { onAws: [400, 403] }),
  refused("a second signature", (wire) => editQuery(wire, (pairs) => [...pairs, `X-Amz-Signature=${"0".repeat(64)}`]), {
    onAws: [400, 403],
  }),
  refused("no signature", (wire) => dropQuery(wire, "X-Amz-Signature"), { onAws: [400, 403] }),
  refused("nothing of a signature", (wire) =>
    editQuery(wire, (pairs) => pairs.filter((pair) => !pair.startsWith("X-Amz-"))),
  ),
  ...["GET", "HEAD", "DELETE", "POST", "PATCH"].map((method) =>
    refused(`${method} in place of PUT`, (wire) => ({ ...wire, method }), { onAws: [400, 403, 405] }),
  ),
];
