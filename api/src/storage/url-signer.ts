/**
 * Presigned URLs, equal to those of the SDK's `getSignedUrl` (url-signer.test.ts compares them). Requests are built here.
 * Parts are signed by the SDK's presigner, without the middleware that costs thirty times as much; downloads, of which a
 * list has one a row, by query-signer.ts.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */

import { S3Client } from "@aws-sdk/client-s3";
import { S3RequestPresigner } from "@aws-sdk/s3-request-presigner";
import type { SignedRequest, UrlSigner } from "./object-storage.js";
import { createEscaper, createQuerySigner, escapeUri } from "./query-signer.js";
import type { S3Connection, S3Credentials, S3CredentialsProvider } from "./s3-client.js";
import { s3Identity } from "./s3-client.js";
import { sha256ToBase64 } from "./sha256-text.js";
import { createSigningCredentials, endOf } from "./signing-credentials.js";
import type { SigningCredentials } from "./signing-credentials.js";

/** The longest life that SigV4 allows: 7 days. */
export const MAX_URL_TTL_SECONDS = 604_800;

const MAX_PART_NUMBER = 10_000;
const MAX_PART_SIZE_BYTES = 5 * 1024 ** 3;

/** The end of a URL that its credentials cut short moves in steps: inside one of them the URL stays the same text. */
const CAPPED_TTL_STEP_SECONDS = 60;

export interface UrlSignerOptions extends S3Connection {
  /** The store as clients reach it, when by another name than the server does. */
  readonly publicEndpoint?: string | undefined;
  /** A principal that may only write: signs the URLs of parts in place of `credentials`. */
  readonly uploadCredentials?: S3Credentials | undefined;
  /** The process clock; of tests only. */
  readonly now?: () => Date;
}

type HttpRequest = Parameters<S3RequestPresigner["presign"]>[0];
type PresignOptions = NonNullable<Parameters<S3RequestPresigner["presign"]>[1]>;

const NO_HEADERS: SignedRequest["headers"] = [];

/** Makes the signer. No I/O: credentials are fetched with the first URL. */
export function createUrlSigner(options: UrlSignerOptions): UrlSigner {
  const { region } = options;
  const nowMs = () => (options.now?.() ?? new Date()).getTime();
  const connection = { ...options, endpoint: options.publicEndpoint ?? options.endpoint };
  const { config } = new S3Client(s3Identity(connection));
  const address = addressOf(config.endpointProvider, connection);
  const presignerOf = (credentials: SigningCredentials) =>
    createPresigner({ credentials, region, sha256: config.sha256 });
  const ofServer = createSigningCredentials(providerOf(options, config), nowMs);
  const { uploadCredentials } = options;
  const ofUploads =
    uploadCredentials === undefined
      ? ofServer
      : createSigningCredentials(() => Promise.resolve(uploadCredentials), nowMs);
  const presignPart = presignerOf(ofUploads);
  const presignDownload = presignerOf(ofServer);
  const signQuery = isPlainSigV4(options) ? createQuerySigner(region) : null;
  const escapeOften = createEscaper();

  return {
    signPart: async (part) => presignPart(partRequest(address.of(part.key), part, nowMs())),
    signDownload(download) {
      const { signedAtSeconds, neededUntilMs } = lifeOf(download.signedAt.getTime(), download.ttlSeconds);
      const credentials = ofServer.held(neededUntilMs);
      // What is not here yet, and what SigV4 alone does not sign, is the SDK's.
      if (signQuery === null || credentials === null)
        return presignDownload(downloadRequest(address.of(download.key), download));
      const path = address.pathOf(download.key);
      const signed = signQuery({
        host: address.host,
        path,
        query: overridesOf(download, escapeOften),
        credentials,
        signedAtSeconds,
        expiresIn: download.ttlSeconds,
      });
      return { url: `${address.origin}${path}?${signed}`, headers: NO_HEADERS, expiresAt: new Date(neededUntilMs) };
    },
    origins: () => [address.origin],
  };
}

/** The parts of a request that say where the object lives. */
type ObjectAddress = Pick<HttpRequest, "protocol" | "hostname" | "port" | "path">;

function partRequest(address: ObjectAddress, part: Parameters<UrlSigner["signPart"]>[0], nowMs: number): Signable {
  const { uploadId, partNumber, sizeBytes, contentType, sha256, ttlSeconds } = part;
  checkRange("partNumber", partNumber, MAX_PART_NUMBER);
  // Never 0: a store that copies by header would take an empty part for a copy of somebody else's object.
  checkRange("sizeBytes", sizeBytes, MAX_PART_SIZE_BYTES);
  const sent = [
    { name: "Content-Type", value: contentType },
    ...(sha256 === null ? [] : [{ name: "x-amz-checksum-sha256", value: sha256ToBase64(sha256) }]),
  ];
  const headers = Object.fromEntries(sent.map(({ name, value }) => [name.toLowerCase(), value]));
  return {
    request: {
      ...address,
      method: "PUT",
      query: { partNumber: String(partNumber), uploadId },
      headers: { ...headers, "content-length": String(sizeBytes) },
    },
    // In the query a checksum would bind nothing; content-type is left unsigned unless it is named.
    binding: {
      unhoistableHeaders: new Set(["x-amz-checksum-sha256"]),
      signableHeaders: new Set(["content-type"]),
    },
    ...{ sent, signedAtMs: nowMs, ttlSeconds },
  };
}

function downloadRequest(address: ObjectAddress, download: Parameters<UrlSigner["signDownload"]>[0]): Signable {
  const { contentType, contentDisposition, cacheControl, signedAt, ttlSeconds } = download;
  const query = {
    "response-cache-control": cacheControl,
    "response-content-disposition": contentDisposition,
    "response-content-type": contentType,
  };
  return {
    request: { ...address, method: "GET", query, headers: {} },
    ...{ binding: {}, sent: [], signedAtMs: signedAt.getTime(), ttlSeconds },
  };
}

/** The overrides of a download as a signed query has them. */
function overridesOf(
  { contentType, contentDisposition, cacheControl }: Parameters<UrlSigner["signDownload"]>[0],
  escapeOften: (text: string) => string,
): string {
  return (
    `response-cache-control=${escapeOften(cacheControl)}` +
    `&response-content-disposition=${escapeUri(contentDisposition)}&response-content-type=${escapeOften(contentType)}`
  );
}

/** Not of S3 Express, which signs with sessions of its own, nor of region sets (SigV4a). */
const isPlainSigV4 = ({ bucket, region }: S3Connection): boolean => !bucket.endsWith("--x-s3") && !/[*,]/.test(region);

/** Given credentials are asked directly: the SDK's own memory of them would go by another clock than the caller's. */
function providerOf({ credentials }: S3Connection, config: S3Client["config"]): S3CredentialsProvider {
  if (credentials === undefined) return config.credentials as S3CredentialsProvider;
  return typeof credentials === "function" ? credentials : () => Promise.resolve(credentials);
}

/** What {@link createPresigner} signs. */
interface Signable {
  readonly request: HttpRequest;
  readonly binding: PresignOptions;
  readonly sent: SignedRequest["headers"];
  readonly signedAtMs: number;
  readonly ttlSeconds: number;
}

/** Signs with the credentials of one principal. */
function createPresigner(input: {
  credentials: SigningCredentials;
  region: string;
  sha256: S3Client["config"]["sha256"];
}): (signable: Signable) => Promise<SignedRequest> {
  const { region, sha256 } = input;
  let current: { credentials: S3Credentials; presigner: S3RequestPresigner } | null = null;

  function presignerOf(credentials: S3Credentials): S3RequestPresigner {
    if (current?.credentials !== credentials) {
      current = { credentials, presigner: new S3RequestPresigner({ credentials, region, sha256 }) };
    }
    return current.presigner;
  }

  return async ({ request, binding, sent, signedAtMs, ttlSeconds }) => {
    const { signedAtSeconds, neededUntilMs } = lifeOf(signedAtMs, ttlSeconds);
    const credentials = await input.credentials.fetch(neededUntilMs);
    const expiresIn = Math.min(ttlSeconds, cappedTtl(credentials, signedAtSeconds));
    const signingDate = new Date(signedAtSeconds * 1000);
    const signed = await presignerOf(credentials).presign(request, { ...binding, signingDate, expiresIn });
    return { url: textOf(signed), headers: sent, expiresAt: new Date((signedAtSeconds + expiresIn) * 1000) };
  };
}

/** X-Amz-Date has whole seconds: the store counts from there. */
function lifeOf(signedAtMs: number, ttlSeconds: number): { signedAtSeconds: number; neededUntilMs: number } {
  checkRange("ttlSeconds", ttlSeconds, MAX_URL_TTL_SECONDS);
  const signedAtSeconds = Math.floor(signedAtMs / 1000);
  return { signedAtSeconds, neededUntilMs: (signedAtSeconds + ttlSeconds) * 1000 };
}

/** The credentials' own end ends every URL that they signed. */
function cappedTtl(credentials: S3Credentials, signedAtSeconds: number): number {
  const left = Math.floor(endOf(credentials) / 1000) - signedAtSeconds;
  if (!Number.isFinite(left) || left < CAPPED_TTL_STEP_SECONDS) return Math.max(1, left);
  return Math.floor(left / CAPPED_TTL_STEP_SECONDS) * CAPPED_TTL_STEP_SECONDS;
}

/** Nothing in it is escaped: every key of a file (files/object-key.ts). */
const PLAIN_KEY = /^[\w\-.~/]*$/;

/** Where objects live, by the SDK's own rules for regions, path style and virtual hosts. */
function addressOf(
  endpointProvider: NonNullable<S3Client["config"]["endpointProvider"]>,
  { bucket, region, endpoint, forcePathStyle }: S3Connection,
) {
  const { url } = endpointProvider({
    ...{ Bucket: bucket, Region: region, ForcePathStyle: forcePathStyle },
    ...(endpoint === undefined ? {} : { Endpoint: endpoint }),
  });
  const basePath = url.pathname.replace(/\/$/, "");
  const port = url.port === "" ? undefined : Number(url.port);
  const pathOf = (key: string): string =>
    `${basePath}/${PLAIN_KEY.test(key) ? key : key.split("/").map(escapeUri).join("/")}`;
  return {
    ...{ origin: url.origin, host: url.host, pathOf },
    of: (key: string) => ({ protocol: url.protocol, hostname: url.hostname, port, path: pathOf(key) }),
  };
}

/** The text of a signed request; its query in the order of its keys, as it was signed. */
function textOf({ protocol, hostname, port, path, query = {} }: HttpRequest): string {
  const pairs = Object.keys(query)
    .sort()
    .map((name) => `${escapeUri(name)}=${escapeUri(String(query[name]))}`);
  return `${protocol}//${hostname}${port === undefined ? "" : `:${port}`}${path}?${pairs.join("&")}`;
}

function checkRange(name: string, value: number, max: number): void {
  if (!Number.isSafeInteger(value) || value < 1 || value > max) throw new RangeError(`${name} must be 1..${max}`);
}
