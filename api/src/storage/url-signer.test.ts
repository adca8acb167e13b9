import { describe, expect, test } from "@jest/globals";
import { GetObjectCommand, S3Client, UploadPartCommand } from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import fc from "fast-check";
import type { S3Credentials } from "./s3-client.js";
import type { UrlSignerOptions } from "./url-signer.js";
import { createUrlSigner } from "./url-signer.js";

const now = new Date("2026-11-22T10:11:12.345Z");
const credentials: S3Credentials = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
};
const local: UrlSignerOptions = {
  bucket: "uploads",
  region: "eu-central-1",
  endpoint: "http://127.0.0.1:4001",
  forcePathStyle: true,
  credentials,
  now: () => now,
};
const KEY = "f/ab/019b0c3e-7d4a-7c31-9a2f-0123456789ab";
const SHA256_HEX = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const SHA256_BASE64 = "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=";

const part = {
  key: KEY,
  uploadId: "2~aB/c+d=e.f",
  partNumber: 7,
  sizeBytes: 8_388_608,
  contentType: "image/png",
  sha256: null as string | null,
  ttlSeconds: 600,
};
const download = {
  key: KEY,
  contentType: "text/plain; charset=utf-8",
  contentDisposition: `inline; filename="a b.txt"; filename*=UTF-8''a%20b.txt`,
  cacheControl: "private, max-age=1800, immutable",
  signedAt: new Date("2026-11-22T10:00:00Z"),
  ttlSeconds: 3600,
};

/** All that a store reads in a URL. */
function takeApart(url: string) {
  const { protocol, host, pathname, searchParams, hash, username } = new URL(url);
  expect([hash, username]).toEqual(["", ""]);
  const query = Object.fromEntries(searchParams);
  expect([...searchParams.keys()]).toEqual(Object.keys(query)); // none twice
  const { "X-Amz-Signature": signature, ...rest } = query;
  expect(signature).toMatch(/^[0-9a-f]{64}$/);
  return { protocol, host, pathname, query: rest };
}

const SIGNED_BY_SERVER = {
  "X-Amz-Algorithm": "AWS4-HMAC-SHA256",
  "X-Amz-Content-Sha256": "UNSIGNED-PAYLOAD",
  "X-Amz-Credential": "AKIDEXAMPLE/20261122/eu-central-1/s3/aws4_request",
};

describe("the URL of a part", () => {
  test("without a digest binds length, type and host, and nothing else", async () => {
    const { url, headers, expiresAt } = await createUrlSigner(local).signPart(part);
    expect(takeApart(url)).toEqual({
      protocol: "http:",
      host: "127.0.0.1:4001",
      pathname: `/uploads/${KEY}`,
      query: {
        ...SIGNED_BY_SERVER,
        "X-Amz-Date": "20261122T101112Z",
        "X-Amz-Expires": "600",
        "X-Amz-SignedHeaders": "content-length;content-type;host",
        partNumber: "7",
        uploadId: "2~aB/c+d=e.f",
      },
    });
    expect(headers).toEqual([{ name: "Content-Type", value: "image/png" }]);
    expect(expiresAt).toEqual(new Date("2026-11-22T10:21:12.000Z"));
  });

  test("with a digest binds it as a header", async () => {
    const { url, headers } = await createUrlSigner(local).signPart({ ...part, sha256: SHA256_HEX });
    expect(takeApart(url).query).toEqual({
      ...SIGNED_BY_SERVER,
      "X-Amz-Date": "20261122T101112Z",
      "X-Amz-Expires": "600",
      "X-Amz-SignedHeaders": "content-length;content-type;host;x-amz-checksum-sha256",
      partNumber: "7",
      uploadId: "2~aB/c+d=e.f",
    });
    expect(headers).toEqual([
      { name: "Content-Type", value: "image/png" },
      { name: "x-amz-checksum-sha256", value: SHA256_BASE64 },
    ]);
  });

  test("has another signature for every other fact", async () => {
    const signer = createUrlSigner(local);
    const variants = [
      part,
      { ...part, sizeBytes: part.sizeBytes + 1 },
      { ...part, contentType: "image/gif" },
      { ...part, sha256: SHA256_HEX },
      { ...part, sha256: SHA256_HEX.replace("9", "8") },
      { ...part, partNumber: 8 },
      { ...part, uploadId: "other" },
      { ...part, key: KEY.replace("ab/", "ac/") },
      { ...part, ttlSeconds: 601 },
    ];
    const urls = await Promise.all(variants.map((variant) => signer.signPart(variant)));
    const signatures = urls.map(({ url }) => new URL(url).searchParams.get("X-Amz-Signature"));
    expect(new Set(signatures).size).toBe(variants.length);
  });

  test.each([
    { sizeBytes: 0 },
    { sizeBytes: 5 * 1024 ** 3 + 1 },
    { sizeBytes: 1.5 },
    { partNumber: 0 },
    { partNumber: 10_001 },
    { ttlSeconds: 0 },
    { ttlSeconds: 604_801 },
    { sha256: "abc" },
  ])("is never made for %j", async (change) => {
    await expect(createUrlSigner(local).signPart({ ...part, ...change })).rejects.toThrow(RangeError);
  });
});

describe("the URL of a download", () => {
  test("binds all three overrides and the time that it was given", async () => {
    const { url, headers, expiresAt } = await createUrlSigner(local).signDownload(download);
    expect(takeApart(url)).toEqual({
      protocol: "http:",
      host: "127.0.0.1:4001",
      pathname: `/uploads/${KEY}`,
      query: {
        ...SIGNED_BY_SERVER,
        "X-Amz-Date": "20261122T100000Z",
        "X-Amz-Expires": "3600",
        "X-Amz-SignedHeaders": "host",
        "response-cache-control": "private, max-age=1800, immutable",
        "response-content-disposition": `inline; filename="a b.txt"; filename*=UTF-8''a%20b.txt`,
        "response-content-type": "text/plain; charset=utf-8",
      },
    });
    expect(headers).toEqual([]);
    expect(expiresAt).toEqual(new Date("2026-11-22T11:00:00.000Z"));
  });

  test("is the same text whenever it is asked for", async () => {
    let time = now;
    const signer = createUrlSigner({ ...local, now: () => time });
    const first = await signer.signDownload(download);
    time = new Date(now.getTime() + 600_000);
    expect(await signer.signDownload(download)).toEqual(first);
  });
});

describe("the host", () => {
  test.each<[string, Partial<UrlSignerOptions>, string, string]>([
    [
      "of AWS",
      { endpoint: undefined, forcePathStyle: false },
      "https://uploads.s3.eu-central-1.amazonaws.com",
      `/${KEY}`,
    ],
    ["of AWS, path style", { endpoint: undefined }, "https://s3.eu-central-1.amazonaws.com", `/uploads/${KEY}`],
    [
      "of AWS in China",
      { endpoint: undefined, forcePathStyle: false, region: "cn-north-1" },
      "https://uploads.s3.cn-north-1.amazonaws.com.cn",
      `/${KEY}`,
    ],
    [
      "under its own name",
      { endpoint: "https://s3.example.org", forcePathStyle: false },
      "https://uploads.s3.example.org",
      `/${KEY}`,
    ],
    ["with a port", { endpoint: "https://s3.example.org:9000" }, "https://s3.example.org:9000", `/uploads/${KEY}`],
    ["with a path", { endpoint: "https://example.org/store/" }, "https://example.org", `/store/uploads/${KEY}`],
    ["of IPv6", { endpoint: "http://[::1]:9000" }, "http://[::1]:9000", `/uploads/${KEY}`],
    [
      "that clients see",
      { publicEndpoint: "https://files.example.org" },
      "https://files.example.org",
      `/uploads/${KEY}`,
    ],
  ])("%s", async (_, change, origin, path) => {
    const signer = createUrlSigner({ ...local, ...change });
    for (const { url } of [await signer.signPart(part), await signer.signDownload(download)]) {
      expect(url.startsWith(`${origin}${path}?`)).toBe(true);
    }
    expect(signer.origins()).toEqual([origin]);
  });
});

describe("the principal", () => {
  const temporary = (endsAt: string): S3Credentials => ({
    ...credentials,
    sessionToken: "to/ken+==",
    expiration: new Date(endsAt),
  });

  test("that may only write signs parts, and no download", async () => {
    const uploadCredentials = { accessKeyId: "WRITEONLY", secretAccessKey: "s" };
    const signer = createUrlSigner({ ...local, uploadCredentials });
    const keyOf = (url: string) => new URL(url).searchParams.get("X-Amz-Credential")!.split("/")[0];
    expect(keyOf((await signer.signPart(part)).url)).toBe("WRITEONLY");
    expect(keyOf((await signer.signDownload(download)).url)).toBe("AKIDEXAMPLE");
  });

  test("with a session puts its token into the query", async () => {
    const signer = createUrlSigner({ ...local, credentials: temporary("2026-11-22T20:00:00Z") });
    const { query } = takeApart((await signer.signPart(part)).url);
    expect(query["X-Amz-Security-Token"]).toBe("to/ken+==");
    expect(query["X-Amz-Expires"]).toBe("600");
  });

  test.each([
    // signed at 10:11:12
    ["2026-11-22T10:16:12Z", 300],
    ["2026-11-22T10:16:11Z", 240],
    ["2026-11-22T10:12:12Z", 60],
    ["2026-11-22T10:12:11Z", 59],
    ["2026-11-22T10:11:13.500Z", 1],
  ])("that ends at %s ends its URLs, in steps of a minute", async (endsAt, seconds) => {
    const signer = createUrlSigner({ ...local, credentials: temporary(endsAt) });
    const { url, expiresAt } = await signer.signPart(part);
    expect(takeApart(url).query["X-Amz-Expires"]).toBe(String(seconds));
    expect(expiresAt).toEqual(new Date(Date.parse("2026-11-22T10:11:12Z") + seconds * 1000));
  });

  test("that has ended signs nothing", async () => {
    const signer = createUrlSigner({ ...local, credentials: () => Promise.resolve(temporary("2026-11-22T10:11:12Z")) });
    await expect(signer.signPart(part)).rejects.toMatchObject({ name: "StorageError", kind: "UNAVAILABLE" });
  });

  test("is renewed before a URL would be cut short", async () => {
    const asked: unknown[] = [];
    let time = now;
    const signer = createUrlSigner({
      ...local,
      now: () => time,
      credentials: (options) => {
        asked.push(options);
        return Promise.resolve(temporary(new Date(time.getTime() + 900_000).toISOString()));
      },
    });
    await signer.signPart(part);
    time = new Date(now.getTime() + 400_000);
    const { url } = await signer.signPart(part);
    expect(asked).toHaveLength(2);
    expect(takeApart(url).query["X-Amz-Expires"]).toBe("600");
  });
});

/** Each answer is made once. */
function memo<Words extends readonly unknown[], Answer>(
  make: (...words: Words) => Answer,
): (...words: Words) => Answer {
  const made = new Map<string, Answer>();
  return (...words) => {
    const name = JSON.stringify(words);
    if (!made.has(name)) made.set(name, make(...words));
    return made.get(name)!;
  };
}

/** Keys and names that break careless encoders. */
const hostileText = fc.string({
  unit: fc.oneof(
    fc.constantFrom(..."/?#&=+%;:@'()*!~ \"\\<>[]{}|^`.,$é猫👍\u0000\n"),
    fc.string({ unit: "binary", minLength: 1, maxLength: 1 }),
  ),
  minLength: 1,
  maxLength: 60,
});

describe("the SDK, asked for the same", () => {
  const open = () =>
    new S3Client({
      region: local.region,
      endpoint: "http://127.0.0.1:4001",
      forcePathStyle: true,
      credentials,
      requestChecksumCalculation: "WHEN_REQUIRED",
      responseChecksumValidation: "WHEN_REQUIRED",
    });
  // A mark of the SDK for its own logs, which the store does not read.
  const unmarked = (marking: S3Client): S3Client => {
    marking.middlewareStack.add(
      (next) => (args) => {
        delete (args.request as { query: Record<string, string> }).query["x-id"];
        return next(args);
      },
      { step: "build", name: "withoutMark" },
    );
    return marking;
  };
  const client = unmarked(open());

  test("gives the same download URL, to the letter, for any key and any name", async () => {
    const signer = createUrlSigner(local);
    await fc.assert(
      fc.asyncProperty(
        hostileText,
        hostileText,
        hostileText,
        fc.integer({ min: 1, max: 604_800 }),
        async (key, name, type, ttlSeconds) => {
          const command = new GetObjectCommand({
            Bucket: "uploads",
            Key: key,
            ResponseCacheControl: "private",
            ResponseContentDisposition: name,
            ResponseContentType: type,
          });
          const expected = await getSignedUrl(client, command, {
            expiresIn: ttlSeconds,
            signingDate: download.signedAt,
          });
          const signed = await signer.signDownload({
            ...download,
            ...{ key, contentDisposition: name, contentType: type, cacheControl: "private", ttlSeconds },
          });
          expect(signed.url).toBe(expected);
        },
      ),
      { numRuns: 300 },
    );
  });

  const regions = ["us-east-1", "eu-central-1", "cn-north-1", "us-gov-west-1", "auto"];
  const clientOf = memo((region: string, style: string, sessionToken: string | null) => {
    const connection = {
      ...{ region, forcePathStyle: style !== "virtual" },
      ...(style === "own" ? { endpoint: "https://s3.example.org:9000" } : {}),
      credentials: { ...credentials, ...(sessionToken === null ? {} : { sessionToken }) },
    };
    const other = unmarked(
      new S3Client({
        ...connection,
        ...{ requestChecksumCalculation: "WHEN_REQUIRED", responseChecksumValidation: "WHEN_REQUIRED" },
      }),
    );
    return { other, signer: createUrlSigner({ bucket: "uploads", ...connection }) };
  });

  test("gives the same download URL in every region, style, second and session", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...regions),
        fc.constantFrom("own", "path", "virtual"),
        fc.constantFrom(null, "to/ken+==", "t!'()*~"),
        fc.date({ min: new Date("2020-01-01"), max: new Date("2099-12-31"), noInvalidDate: true }),
        hostileText,
        async (region, style, sessionToken, signedAt, name) => {
          const { other, signer } = clientOf(region, style, sessionToken);
          const command = new GetObjectCommand({
            ...{ Bucket: "uploads", Key: KEY, ResponseCacheControl: download.cacheControl },
            ...{ ResponseContentDisposition: name, ResponseContentType: "image/png" },
          });
          const input = { ...download, contentDisposition: name, contentType: "image/png", signedAt, ttlSeconds: 600 };
          // The first has to fetch its credentials, and is the SDK's own.
          await signer.signDownload(input);
          const signed = signer.signDownload(input);
          expect(signed).not.toBeInstanceOf(Promise);
          const signingDate = new Date(Math.floor(signedAt.getTime() / 1000) * 1000);
          expect((await signed).url).toBe(await getSignedUrl(other, command, { expiresIn: 600, signingDate }));
        },
      ),
      { numRuns: 500 },
    );
  });

  test("signs what SigV4 alone does not: S3 Express", async () => {
    const signer = createUrlSigner({ ...local, bucket: "uploads--euc1-az1--x-s3" });
    await signer.signDownload(download);
    expect(signer.signDownload(download)).toBeInstanceOf(Promise);
  });

  test("gives the same part URL, to the letter, once it is told the type", async () => {
    const signer = createUrlSigner(local);
    const typed = open();
    await fc.assert(
      fc.asyncProperty(
        hostileText,
        hostileText,
        fc.integer({ min: 1, max: 10_000 }),
        fc.boolean(),
        async (key, uploadId, partNumber, digest) => {
          const command = new UploadPartCommand({
            ...{ Bucket: "uploads", Key: key, UploadId: uploadId, PartNumber: partNumber, ContentLength: 11 },
            ...(digest ? { ChecksumSHA256: SHA256_BASE64 } : {}),
          });
          command.middlewareStack.add(
            (next) => (args) => {
              const request = args.request as { query: Record<string, string>; headers: Record<string, string> };
              delete request.query["x-id"];
              request.headers["content-type"] = "text/plain";
              return next(args);
            },
            { step: "build", name: "typed" },
          );
          const expected = await getSignedUrl(typed, command, {
            expiresIn: 600,
            signingDate: now,
            signableHeaders: new Set(["content-type"]),
            unhoistableHeaders: new Set(["x-amz-checksum-sha256"]),
          });
          const sha256 = digest ? SHA256_HEX : null;
          const signed = await signer.signPart({
            ...part,
            key,
            uploadId,
            partNumber,
            sizeBytes: 11,
            contentType: "text/plain",
            sha256,
          });
          expect(signed.url).toBe(expected);
        },
      ),
      { numRuns: 300 },
    );
  });
});
