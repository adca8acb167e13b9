/**
 * SigV4 in the query of a GET that has no header but Host, at the price of its three hashes. Byte for byte what the SDK's
 * presigner answers (query-signer.test.ts holds them against each other), at a hundredth of its cost: a list signs a URL a row.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */

import { createHmac, hash } from "node:crypto";
import type { S3Credentials } from "./s3-client.js";

/** One GET to sign. */
export interface QueryToSign {
  /** As it goes into the Host header: with the port, where it is not the scheme's own. */
  readonly host: string;
  /** Escaped, with a slash at its start. */
  readonly path: string;
  /** What is signed beside SigV4's own names: escaped, in order, and after `X-Amz-…` in it. */
  readonly query: string;
  readonly credentials: S3Credentials;
  /** Whole seconds since 1970. */
  readonly signedAtSeconds: number;
  readonly expiresIn: number;
}

/** SHA-256 takes 64 bytes at a time: a key is two blocks, one before each of HMAC's two hashes (RFC 2104). */
const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;

/** What stays the same for a day of one principal. */
interface DayKey {
  readonly credentials: S3Credentials;
  /** Since 1970. */
  readonly day: number;
  /** `20260102`. */
  readonly dayText: string;
  /** `day/region/s3/aws4_request`. */
  readonly scope: string;
  /** `X-Amz-Credential=…`, escaped. */
  readonly credential: string;
  /** `&X-Amz-Security-Token=…` of temporary keys. */
  readonly token: string;
  /** The signing key, padded, in front of room for a string to sign: in one region all are of one length. */
  readonly inner: Buffer;
  readonly outer: Buffer;
}

/** Answers the whole query of a signed URL, from behind its question mark. */
export function createQuerySigner(region: string): (input: QueryToSign) => string {
  let current: DayKey | null = null;

  return ({ host, path, query, credentials, signedAtSeconds, expiresIn }) => {
    const day = Math.floor(signedAtSeconds / DAY_SECONDS);
    if (current === null || current.day !== day || current.credentials !== credentials)
      current = dayKeyOf(credentials, day, region);
    const { dayText, scope, credential, token } = current;
    const date = `${dayText}T${timeOf(signedAtSeconds - day * DAY_SECONDS)}Z`;
    const before =
      `X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Content-Sha256=UNSIGNED-PAYLOAD&${credential}` +
      `&X-Amz-Date=${date}&X-Amz-Expires=${expiresIn}${token}`;
    const after = `&X-Amz-SignedHeaders=host&${query}`;
    const canonical = `GET\n${path}\n${before}${after}\nhost:${host}\n\nhost\nUNSIGNED-PAYLOAD`;
    const text = textToSign(date, scope, hash("sha256", canonical));
    return `${before}&X-Amz-Signature=${hmac(current, text)}${after}`;
  };
}

const textToSign = (date: string, scope: string, canonicalSha256: string): string =>
  `AWS4-HMAC-SHA256\n${date}\n${scope}\n${canonicalSha256}`;

/** Two one-shot hashes over prepared blocks: half the price of a `createHmac`. */
function hmac({ inner, outer }: DayKey, text: string): string {
  inner.write(text, BLOCK_BYTES, "latin1");
  outer.write(hash("sha256", inner, "binary"), BLOCK_BYTES, "latin1");
  return hash("sha256", outer);
}

function dayKeyOf(credentials: S3Credentials, day: number, region: string): DayKey {
  const { accessKeyId, secretAccessKey, sessionToken } = credentials;
  const dayText = new Date(day * DAY_SECONDS * 1000).toISOString().slice(0, 10).replaceAll("-", "");
  let key: Buffer | string = `AWS4${secretAccessKey}`;
  for (const text of [dayText, region, "s3", "aws4_request"]) key = createHmac("sha256", key).update(text).digest();
  const padded = (room: number, pad: number): Buffer => {
    const block = Buffer.alloc(BLOCK_BYTES + room);
    block.set(key as Buffer);
    for (let index = 0; index < BLOCK_BYTES; index += 1) block[index]! ^= pad;
    return block;
  };
  const scope = `${dayText}/${region}/s3/aws4_request`;
  return {
    ...{ credentials, day, dayText, scope },
    credential: `X-Amz-Credential=${escapeUri(`${accessKeyId}/${scope}`)}`,
    token: sessionToken === undefined ? "" : `&X-Amz-Security-Token=${escapeUri(sessionToken)}`,
    inner: padded(textToSign("20260102T030405Z", scope, "0".repeat(2 * DIGEST_BYTES)).length, 0x36),
    outer: padded(DIGEST_BYTES, 0x5c),
  };
}

const DAY_SECONDS = 86_400;
const TWO_DIGITS: readonly string[] = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, "0"));

/** `030405` of the seconds of a day: a third of the price of asking a Date, and files of one list have each their own. */
const timeOf = (seconds: number): string =>
  TWO_DIGITS[Math.floor(seconds / 3600)]! + TWO_DIGITS[Math.floor(seconds / 60) % 60]! + TWO_DIGITS[seconds % 60]!;

/** SigV4's encoding: everything but unreserved characters. */
export function escapeUri(text: string): string {
  // Every file name in RFC 8187's form has apostrophes, and a text is replaced sooner than a pattern.
  const escaped = encodeURIComponent(text).replaceAll("'", "%27");
  return /[!()*]/.test(escaped)
    ? escaped.replaceAll(/[!()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
    : escaped;
}

/** Above them all are forgotten: texts may come from strangers. */
const MAX_ESCAPED = 1_000;

/** {@link escapeUri} of the few texts that come again and again. */
export function createEscaper(): (text: string) => string {
  const known = new Map<string, string>();
  return (text) => {
    let escaped = known.get(text);
    if (escaped === undefined) {
      if (known.size >= MAX_ESCAPED) known.clear();
      escaped = escapeUri(text);
      known.set(text, escaped);
    }
    return escaped;
  };
}
