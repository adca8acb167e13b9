import { describe, expect, test } from "@jest/globals";
import { S3RequestPresigner } from "@aws-sdk/s3-request-presigner";
import { S3Client } from "@aws-sdk/client-s3";
import fc from "fast-check";
import { S3Error } from "./errors.js";
import { parseRequestTarget } from "./request-target.js";
import type { UnauthenticatedRequest } from "./signature-claim.js";
import { authenticate, type SignatureRules } from "./sigv4.js";

const ACCESS_KEY = "AKIAIOSFODNN7EXAMPLE";
const SECRET_KEY = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

function rules(nowMs: number): SignatureRules {
  return {
    region: "us-east-1",
    findPrincipal: (accessKeyId) =>
      accessKeyId === ACCESS_KEY ? { accessKeyId, secretAccessKey: SECRET_KEY } : undefined,
    nowMs: () => nowMs,
  };
}

function request(method: string, target: string, headers: Record<string, string>): UnauthenticatedRequest {
  const { path, parameters } = parseRequestTarget(target);
  const lower = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
  return {
    method,
    path,
    parameters,
    headerNames: [...lower.keys()],
    headerValues: (name) => {
      const value = lower.get(name);
      return value === undefined ? [] : [value];
    },
  };
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return error instanceof S3Error ? error.code : String(error);
  }
  return "accepted";
}

// The worked examples of https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html and …/sigv4-query-string-auth.html
describe("the examples AWS publishes", () => {
  const nowMs = Date.parse("2013-05-24T00:00:00Z");
  const EMPTY = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  const common = { host: "examplebucket.s3.amazonaws.com", "x-amz-date": "20130524T000000Z" };
  const authorization = (signedHeaders: string, signature: string): string =>
    `AWS4-HMAC-SHA256 Credential=${ACCESS_KEY}/20130524/us-east-1/s3/aws4_request,SignedHeaders=${signedHeaders},Signature=${signature}`;

  test.each([
    [
      "GET object with a range",
      request("GET", "/test.txt", {
        ...common,
        range: "bytes=0-9",
        "x-amz-content-sha256": EMPTY,
        authorization: authorization(
          "host;range;x-amz-content-sha256;x-amz-date",
          "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
      }),
    ],
    [
      "PUT object",
      request("PUT", "/test$file.text", {
        ...common,
        date: "Fri, 24 May 2013 00:00:00 GMT",
        "x-amz-storage-class": "REDUCED_REDUNDANCY",
        "x-amz-content-sha256": "44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8b803f8b072",
        authorization: authorization(
          "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
          "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        ),
      }),
    ],
    [
      "GET bucket lifecycle",
      request("GET", "/?lifecycle", {
        ...common,
        "x-amz-content-sha256": EMPTY,
        authorization: authorization(
          "host;x-amz-content-sha256;x-amz-date",
          "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        ),
      }),
    ],
    [
      "list objects",
      request("GET", "/?max-keys=2&prefix=J", {
        ...common,
        "x-amz-content-sha256": EMPTY,
        authorization: authorization(
          "host;x-amz-content-sha256;x-amz-date",
          "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
      }),
    ],
    [
      "presigned GET",
      request(
        "GET",
        `/test.txt?X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=${ACCESS_KEY}%2F20130524%2Fus-east-1%2Fs3%2Faws4_request&X-Amz-Date=20130524T000000Z&X-Amz-Expires=86400&X-Amz-SignedHeaders=host&X-Amz-Signature=aeeed9bbccd4d02ee5c0109b86d86835f995330da4c265957d157751f604d404`,
        { host: common.host },
      ),
    ],
  ])("%s", (_name, example) => {
    expect(authenticate(example, rules(nowMs)).principal.accessKeyId).toBe(ACCESS_KEY);
    const shortened = { ...example, path: `${example.path}x` };
    expect(codeOf(() => authenticate(shortened, rules(nowMs)))).toBe("SignatureDoesNotMatch");
  });
});

describe("against the SDK's signer", () => {
  const client = new S3Client({
    region: "us-east-1",
    credentials: { accessKeyId: ACCESS_KEY, secretAccessKey: SECRET_KEY },
  });
  const presigner = new S3RequestPresigner({ ...client.config });
  const encode = (text: string): string =>
    encodeURIComponent(text).replace(/[!'()*]/g, (found) => `%${found.charCodeAt(0).toString(16).toUpperCase()}`);

  const key = fc.string({ unit: "grapheme", minLength: 1, maxLength: 40 });
  const query = fc.dictionary(
    fc.stringMatching(/^[a-z][a-z-]{0,11}$/),
    fc.string({ unit: "grapheme", maxLength: 20 }),
    { maxKeys: 4 },
  );
  const meta = fc.stringMatching(/^[\x21-\x7e]([\x20-\x7e]{0,20}[\x21-\x7e])?$/);

  test("whatever the SDK presigns is accepted, and nothing that differs from it by one character", async () => {
    await fc.assert(
      fc.asyncProperty(key, query, meta, fc.nat(), async (name, parameters, value, where) => {
        const path = `/bucket/${name.split("/").map(encode).join("/")}`;
        const signed = await presigner.presign(
          {
            method: "PUT",
            protocol: "http:",
            hostname: "127.0.0.1",
            port: 9000,
            path,
            query: parameters,
            headers: { host: "127.0.0.1:9000", "content-length": "5", "x-amz-meta-a": value },
          },
          { expiresIn: 60, unhoistableHeaders: new Set(["x-amz-meta-a"]) },
        );
        const target = `${path}?${Object.entries(signed.query ?? {})
          .map(([parameter, one]) => `${encode(parameter)}=${encode(String(one))}`)
          .join("&")}`;
        const { headers } = signed;
        const check = (changed: string): string =>
          codeOf(() => authenticate(request("PUT", changed, headers), rules(Date.now())));
        expect(check(target)).toBe("accepted");
        const index = 1 + (where % (target.length - 1));
        const replaced = target[index] === "7" ? "8" : "7";
        expect(check(target.slice(0, index) + replaced + target.slice(index + 1))).not.toBe("accepted");
      }),
      { numRuns: 300 },
    );
  });

  test("whatever the SDK signs by header is accepted", async () => {
    const signer = await client.config.signer({
      name: "sigv4",
      signingName: "s3",
      signingRegion: "us-east-1",
      properties: {},
    });
    await fc.assert(
      fc.asyncProperty(key, query, meta, async (name, parameters, value) => {
        const path = `/bucket/${name.split("/").map(encode).join("/")}`;
        const signed = await signer.sign({
          method: "POST",
          protocol: "http:",
          hostname: "127.0.0.1",
          path,
          query: parameters,
          headers: { host: "127.0.0.1:9000", "x-amz-meta-a": value },
          body: "body",
        });
        const target = `${path}?${Object.entries(parameters)
          .map(([parameter, one]) => `${encode(parameter)}=${encode(one)}`)
          .join("&")}`;
        expect(codeOf(() => authenticate(request("POST", target, signed.headers), rules(Date.now())))).toBe("accepted");
        const changed = { ...signed.headers, "x-amz-meta-a": `${value}x` };
        expect(codeOf(() => authenticate(request("POST", target, changed), rules(Date.now())))).toBe(
          "SignatureDoesNotMatch",
        );
      }),
      { numRuns: 200 },
    );
  });
});
