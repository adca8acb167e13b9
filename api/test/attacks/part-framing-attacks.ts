import type { Around, Attack } from "./attack.js";
import { ignored, refused } from "./attack.js";
import { addHeaders, bytesOf, setHeader, withBody } from "./wire.js";
import type { Wire } from "./wire.js";

/** Where a body ends, told in more than one way: https://www.rfc-editor.org/rfc/rfc9112#section-6.3 */

const CRLF = "\r\n";

/** Chunked transfer coding of the whole body as one chunk. */
const asChunks = (body: Buffer): Buffer =>
  Buffer.concat([Buffer.from(body.length.toString(16) + CRLF), body, Buffer.from(`${CRLF}0${CRLF}${CRLF}`)]);

/** The body as `aws-chunked` without signatures, with a trailer. */
const asAwsChunks = (body: Buffer): Buffer =>
  Buffer.concat([
    Buffer.from(body.length.toString(16) + CRLF),
    body,
    Buffer.from(`${CRLF}0${CRLF}x-amz-checksum-crc32:AAAAAA==${CRLF}${CRLF}`),
  ]);

const lengths =
  (...values: string[]) =>
  (wire: Wire): Wire =>
    setHeader(wire, "Content-Length", ...values);

/** A second request, unsigned, that would replace somebody else's file. */
const SMUGGLED_BODY = Buffer.from("smuggled");
const smuggled = ({ bucket, foreignKey }: Around, wire: Wire): Buffer =>
  bytesOf({
    method: "PUT",
    target: `/${bucket}/${foreignKey}`,
    headers: [
      wire.headers.find(([name]) => name === "Host")!,
      ["Content-Length", String(SMUGGLED_BODY.length)],
      ["Connection", "close"],
    ],
    body: SMUGGLED_BODY,
  });
const kept = (wire: Wire): Wire => setHeader(wire, "Connection", "keep-alive");

const codings =
  (...values: string[]) =>
  (wire: Wire): Wire => ({
    ...addHeaders(
      setHeader(wire, "Content-Length"),
      ...values.map((coding): [string, string] => ["Transfer-Encoding", coding]),
    ),
    body: asChunks(wire.body),
  });

/** Raw lines in the head, as no HTTP library would write them. */
const rawLines =
  (...lines: string[]): Attack["request"] =>
  (wire) => {
    const text = bytesOf({ ...wire, body: Buffer.alloc(0) }).toString("latin1");
    return Buffer.concat([
      Buffer.from(`${text.slice(0, -CRLF.length)}${lines.map((line) => line + CRLF).join("")}${CRLF}`, "latin1"),
      wire.body,
    ]);
  };

const streamed =
  (contentSha256: string, decodedLength: (sizeBytes: number) => number) =>
  (wire: Wire): Wire =>
    addHeaders(
      wire,
      ["x-amz-content-sha256", contentSha256],
      ["Content-Encoding", "aws-chunked"],
      ["x-amz-decoded-content-length", String(decodedLength(wire.body.length))],
    );

export const PART_FRAMING_ATTACKS: readonly Attack[] = [
  refused("one byte less", (wire) => withBody(wire, wire.body.subarray(1)), { weak: "BARE_PUT" }),
  refused("one byte more", (wire) => withBody(wire, Buffer.concat([wire.body, Buffer.from("x")])), {
    weak: "BARE_PUT",
  }),
  refused("nothing", (wire) => withBody(wire, Buffer.alloc(0)), { weak: "BARE_PUT" }),
  refused("two lengths, the signed one last", (wire) => lengths("1", String(wire.body.length))(wire), {
    onAws: [400, 403],
  }),
  refused("two lengths, the signed one first", (wire) => lengths(String(wire.body.length), "1")(wire), {
    onAws: [400, 403],
  }),
  refused("a list of lengths", (wire) => lengths(`${wire.body.length}, ${wire.body.length}`)(wire), {
    onAws: [400, 403],
  }),
  refused("a length with a sign", (wire) => lengths(`+${wire.body.length}`)(wire), { onAws: [400, 403] }),
  refused("a length with zeros before it", (wire) => lengths(`0${wire.body.length}`)(wire), {
    onAws: [400, 403],
  }),
  refused("a length in hex", (wire) => lengths(`0x${wire.body.length.toString(16)}`)(wire), {
    onAws: [400, 403],
  }),
  refused("a negative length", lengths("-1"), { onAws: [400, 403] }),
  refused("chunked, without a length", codings("chunked"), { onAws: [400, 403, 411, 501] }),
  refused("chunked, identity", codings("chunked, identity"), { onAws: [400, 403, 411, 501] }),
  refused("chunked in two lines", codings("identity", "chunked"), { onAws: [400, 403, 411, 501] }),
  refused("xchunked", codings("xchunked"), { onAws: [400, 403, 411, 501] }),
  refused(
    "a length, then chunked",
    (wire) => ({ ...addHeaders(wire, ["Transfer-Encoding", "chunked"]), body: asChunks(wire.body) }),
    { onAws: [400, 403, 501] },
  ),
  refused(
    "chunked, then a length",
    (wire) => {
      const length = String(wire.body.length);
      const chunked = addHeaders(setHeader(wire, "Content-Length"), ["Transfer-Encoding", "chunked"]);
      return { ...addHeaders(chunked, ["Content-Length", length]), body: asChunks(wire.body) };
    },
    { onAws: [400, 403, 501] },
  ),
  refused(
    "chunked, its end before a second request",
    (wire, around) => {
      const hidden = Buffer.concat([Buffer.from(`0${CRLF}${CRLF}`), smuggled(around, wire)]);
      // As long as was signed: whoever goes by the length takes all of it for the body.
      const body = Buffer.concat([hidden, Buffer.alloc(wire.body.length - hidden.length, " ")]);
      return { ...addHeaders(kept(wire), ["Transfer-Encoding", "chunked"]), body };
    },
    { onAws: [400, 403, 501] },
  ),
  ignored(
    "a second request behind the body",
    (wire, around) => Buffer.concat([bytesOf(kept(wire)), smuggled(around, wire)]),
    { onAws: [200] },
  ),
  ignored(
    "a second request behind the body, with the first one's signature",
    (wire, around) => {
      const query = wire.target.slice(wire.target.indexOf("?"));
      const target = `/${around.bucket}/${around.siblingKey}${query}`;
      return Buffer.concat([bytesOf(kept(wire)), bytesOf({ ...wire, target })]);
    },
    { onAws: [200] },
  ),
  refused("a second request as the rest of a body that is said to be shorter", (wire, around) => ({
    ...setHeader(kept(wire), "Content-Length", "0"),
    body: smuggled(around, wire),
  })),
  refused(
    "aws-chunked of unknown signatures",
    streamed("STREAMING-AWS4-HMAC-SHA256-PAYLOAD", (size) => size),
  ),
  refused("aws-chunked without signatures", (wire) => ({
    ...streamed("STREAMING-UNSIGNED-PAYLOAD-TRAILER", (size) => size)(wire),
    body: asAwsChunks(wire.body).subarray(0, wire.body.length),
  })),
  refused(
    "aws-chunked that says to decode to more",
    streamed("STREAMING-UNSIGNED-PAYLOAD-TRAILER", (size) => 10 * size),
  ),
  refused(
    "aws-chunked that says to decode to nothing",
    streamed("STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER", () => 0),
  ),
  refused("a body that breaks off", (wire) => bytesOf(wire).subarray(0, -10), { onAws: null, hangUp: true }),
  refused(
    "a body that never comes, after Expect",
    (wire) => bytesOf({ ...addHeaders(wire, ["Expect", "100-continue"]), body: Buffer.alloc(0) }),
    { onAws: null, hangUp: true },
  ),
  refused(
    "Expect and another length",
    (wire) => withBody(addHeaders(wire, ["Expect", "100-continue"]), Buffer.from("x")),
    {
      weak: "BARE_PUT",
    },
  ),
  // Allowed to be read as one line (RFC 9112, 5.2), never as two.
  ignored("a header folded over two lines", rawLines("x-amz-meta-a: 1", " x-amz-acl: public-read"), {
    onAws: [400, 403],
  }),
  refused("a length folded over two lines", rawLines("Content-Length:", " 1"), { onAws: [400, 403] }),
  refused("a space before the colon", rawLines("x-amz-acl : public-read"), { onAws: [400, 403] }),
  refused("a header that ends a line by itself", rawLines("x-a: 1\rx-amz-acl: public-read"), { onAws: [400, 403] }),
];
