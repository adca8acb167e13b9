/**
 * Presigned URLs. The request is built here and signed by the SDK's presigner: the result equals that of `getSignedUrl`
 * (url-signer.test.ts compares them) without its middleware, which costs thirty times as much.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-query-string-auth.html
 */

import { S3Client } from "@aws-sdk/client-s3";
import { S3RequestPresigner } from "@aws-sdk/s3-request-presigner";
import type { SignedRequest, UrlSigner } from "./object-storage.js";
import type { S3Connection, S3Credentials, S3CredentialsProvider } from "./s3-client.js";
import { s3Identity } from "./s3-client.js";
import { sha256ToBase64 } from "./sha256-text.js";
import { createSigningCredentials, endOf } from "./signing-credentials.js";

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

/** Makes the signer. No I/O: credentials are fetched with the first URL. */
export function createUrlSigner(options: UrlSignerOptions): UrlSigner {
  const { region } = options;
  const nowMs = () => (options.now?.() ?? new Date()).getTime();
  const connection = { ...options, endpoint: options.publicEndpoint ?? options.endpoint };
  const { config } = new S3Client(s3Identity(connection));
  const address = addressOf(config.endpointProvider, connection);
  const shared = { region, sha256: config.sha256 };
  const ofServer = createPresigner({ ...shared, provider: providerOf(options, config), nowMs });
  const { uploadCredentials } = options;
  const ofUploads =
    uploadCredentials === undefined
      ? ofServer
      : createPresigner({ ...shared, provider: () => Promise.resolve(uploadCredentials), nowMs });

  return {
    signPart: async (part) => ofUploads(partRequest(address.of(part.key), part, nowMs())),
    signDownload: async (download) => ofServer(downloadRequest(address.of(download.key), download)),
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
  provider: S3CredentialsProvider;
  region: string;
  sha256: S3Client["config"]["sha256"];
  nowMs: () => number;
}): (signable: Signable) => Promise<SignedRequest> {
  const { provider, region, sha256, nowMs } = input;
  const credentialsFor = createSigningCredentials(provider, nowMs);
  let current: { credentials: S3Credentials; presigner: S3RequestPresigner } | null = null;

  function presignerOf(credentials: S3Credentials): S3RequestPresigner {
    if (current?.credentials !== credentials) {
      current = { credentials, presigner: new S3RequestPresigner({ credentials, region, sha256 }) };
    }
    return current.presigner;
  }

  return async ({ request, binding, sent, signedAtMs, ttlSeconds }) => {
    checkRange("ttlSeconds", ttlSeconds, MAX_URL_TTL_SECONDS);
    // X-Amz-Date has whole seconds: the store counts from there.
    const signedAtSeconds = Math.floor(signedAtMs / 1000);
    const credentials = await credentialsFor((signedAtSeconds + ttlSeconds) * 1000);
    const expiresIn = Math.min(ttlSeconds, cappedTtl(credentials, signedAtSeconds));
    const signingDate = new Date(signedAtSeconds * 1000);
    const signed = await presignerOf(credentials).presign(request, { ...binding, signingDate, expiresIn });
    return { url: textOf(signed), headers: sent, expiresAt: new Date((signedAtSeconds + expiresIn) * 1000) };
  };
}

/** The credentials' own end ends every URL that they signed. */
function cappedTtl(credentials: S3Credentials, signedAtSeconds: number): number {
  const left = Math.floor(endOf(credentials) / 1000) - signedAtSeconds;
  if (!Number.isFinite(left) || left < CAPPED_TTL_STEP_SECONDS) return Math.max(1, left);
  return Math.floor(left / CAPPED_TTL_STEP_SECONDS) * CAPPED_TTL_STEP_SECONDS;
}

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
  return {
    origin: url.origin,
    of: (key: string) => ({
      ...{ protocol: url.protocol, hostname: url.hostname, port },
      path: `${basePath}/${key.split("/").map(escapeUri).join("/")}`,
    }),
  };
}

/** The text of a signed request; its query in the order of its keys, as it was signed. */
function textOf({ protocol, hostname, port, path, query = {} }: HttpRequest): string {
  const pairs = Object.keys(query)
    .sort()
    .map((name) => `${escapeUri(name)}=${escapeUri(String(query[name]))}`);
  return `${protocol}//${hostname}${port === undefined ? "" : `:${port}`}${path}?${pairs.join("&")}`;
}

/** SigV4's encoding: everything but unreserved characters. */
function escapeUri(text: string): string {
  return encodeURIComponent(text).replaceAll(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

function checkRange(name: string, value: number, max: number): void {
  if (!Number.isSafeInteger(value) || value < 1 || value > max) throw new RangeError(`${name} must be 1..${max}`);
}
