import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { signingKey } from "./canonical-request.js";
import { decodeChunkedBody, type ChunkedBodyOptions } from "./chunked-body.js";
import { encodeChunks, joinChunks, signTrailer, type ChunkSeed } from "./conformance/aws-chunked.js";
import { S3Error } from "./errors.js";

const SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

async function* inPieces(wire: Buffer, pieceBytes: number): AsyncGenerator<Buffer> {
  for (let start = 0; start < wire.length; start += pieceBytes) yield wire.subarray(start, start + pieceBytes);
}

async function decode(wire: Buffer, options: ChunkedBodyOptions, pieceBytes = 65_536) {
  const decoder = decodeChunkedBody(inPieces(wire, pieceBytes), options);
  const data: Buffer[] = [];
  for (;;) {
    const next = await decoder.next();
    if (next.done === true) return { data: Buffer.concat(data), trailers: next.value };
    data.push(next.value);
  }
}

async function codeOf(run: Promise<unknown>): Promise<string> {
  try {
    await run;
  } catch (error) {
    return error instanceof S3Error ? error.code : String(error);
  }
  return "accepted";
}

function seedOf(signature: string): NonNullable<ChunkedBodyOptions["seed"]> {
  return {
    signature,
    key: signingKey(SECRET_KEY, { date: "20130524", region: "us-east-1", service: "s3" }),
    timestamp: "20130524T000000Z",
    scope: "20130524/us-east-1/s3/aws4_request",
  };
}

// The worked examples of https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html and …/sigv4-streaming-trailers.html:
// 66,560 times the letter a, in chunks of 64 KiB.
describe("the examples AWS publishes", () => {
  const letters = (count: number): string => "a".repeat(count);
  const example = (signatures: [string, string, string]): string =>
    `10000;chunk-signature=${signatures[0]}\r\n${letters(65_536)}\r\n400;chunk-signature=${signatures[1]}\r\n${letters(1024)}\r\n0;chunk-signature=${signatures[2]}\r\n`;
  const plain = example([
    "ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648",
    "0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497",
    "b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9",
  ]);
  const plainSeed = seedOf("4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9");

  test("signed chunks", async () => {
    const { data, trailers } = await decode(Buffer.from(`${plain}\r\n`), { seed: plainSeed, trailer: false });
    expect(data.equals(Buffer.from(letters(66_560)))).toBe(true);
    expect(trailers.size).toBe(0);
  });

  test("signed chunks with a signed trailer", async () => {
    const wire =
      example([
        "b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2",
        "1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7",
        "2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992",
      ]) +
      "x-amz-checksum-crc32c:sOO8/Q==\n\r\nx-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n";
    const seed = seedOf("106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e");
    const { trailers } = await decode(Buffer.from(wire), { seed, trailer: true });
    expect([...trailers]).toEqual([["x-amz-checksum-crc32c", "sOO8/Q=="]]);
    const spoilt = wire.replace("sOO8/Q==", "sOO8/A==");
    expect(await codeOf(decode(Buffer.from(spoilt), { seed, trailer: true }))).toBe("SignatureDoesNotMatch");
  });

  test.each([
    ["a changed byte", plain.replace("a\r\n400", "b\r\n400")],
    ["a changed length", plain.replace("400;", "3ff;")],
    ["a changed last signature", plain.replace("b6c6", "b6c7")],
  ])("%s is refused", async (_what, wire) => {
    expect(await codeOf(decode(Buffer.from(`${wire}\r\n`), { seed: plainSeed, trailer: false }))).not.toBe("accepted");
  });
});

describe("any encoding", () => {
  const seed: ChunkSeed = {
    signature: "0".repeat(64),
    secretAccessKey: SECRET_KEY,
    timestamp: "20130524T000000Z",
    region: "us-east-1",
  };
  const contents = fc
    .tuple(
      fc.array(fc.uint8Array({ minLength: 8192, maxLength: 9000 }), { maxLength: 3 }),
      fc.uint8Array({ minLength: 1, maxLength: 50 }),
    )
    .map(([full, last]) => [...full, last].map((one) => Buffer.from(one)));

  test("is decoded whole however the network cuts it", async () => {
    await fc.assert(
      fc.asyncProperty(
        contents,
        fc.integer({ min: 1, max: 5000 }),
        fc.boolean(),
        async (pieces, pieceBytes, signed) => {
          const { chunks, lastSignature } = encodeChunks(pieces, signed ? seed : undefined);
          const trailer = { "x-amz-checksum-crc32": "AAAAAA==" };
          const signature = signed ? `x-amz-trailer-signature:${signTrailer(trailer, lastSignature, seed)}\r\n` : "";
          const wire = joinChunks(chunks, `x-amz-checksum-crc32:AAAAAA==\r\n${signature}`);
          const options = { seed: signed ? seedOf(seed.signature) : undefined, trailer: true };
          const decoded = await decode(wire, options, pieceBytes);
          expect(decoded.data.equals(Buffer.concat(pieces))).toBe(true);
          expect(decoded.trailers.get("x-amz-checksum-crc32")).toBe("AAAAAA==");
        },
      ),
      { numRuns: 60 },
    );
  });

  test("cut off anywhere is refused", async () => {
    const wire = joinChunks(encodeChunks([Buffer.alloc(8192, 1), Buffer.from("end")], seed).chunks);
    // The last line may lack its CRLF: everything that counts has come by then.
    for (let length = 0; length < wire.length - 2; length += length > 80 && length < 8250 ? 997 : 1)
      expect(await codeOf(decode(wire.subarray(0, length), { seed: seedOf(seed.signature), trailer: false }))).toBe(
        "IncompleteBody",
      );
  });

  test.each([
    ["no hexadecimal length", "zz\r\n"],
    ["a line without end", "1".repeat(5000)],
    ["a length beyond all measure", "ffffffffffffffff\r\n"],
    ["data after the last chunk", "0\r\nsurprise\r\n\r\n"],
    ["no line break behind the data", "2\r\nabc\r\n0\r\n\r\n"],
  ])("%s is IncompleteBody", async (_what, wire) => {
    expect(await codeOf(decode(Buffer.from(wire), { seed: undefined, trailer: false }))).toBe("IncompleteBody");
  });

  test.each([
    ["a line without a colon", "0\r\nnonsense\r\n\r\n"],
    ["a name twice", "0\r\na:1\r\na:2\r\n\r\n"],
    ["more than 8 KiB", `0\r\na:${"1".repeat(9000)}\r\n\r\n`],
  ])("a trailer of %s is MalformedTrailerError", async (_what, wire) => {
    expect(await codeOf(decode(Buffer.from(wire), { seed: undefined, trailer: true }))).toBe("MalformedTrailerError");
  });
});
