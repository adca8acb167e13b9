import type { InjectOptions, LightMyRequestResponse } from "fastify";
import { createDevTokens } from "../auth/dev-tokens.js";
import type { ApiKeyDeps, ApiKeyRecords } from "../api-keys/api-key.js";
import { ApiKeyResolver } from "../api-keys/api-key.resolver.js";
import { SCOPES } from "../auth/scopes.js";
import { createHs256Verifier } from "../auth/verify-token.js";
import type { FileRecords } from "../files/file-records.js";
import { createFileChangeHub } from "../files/file-change-hub.js";
import type { FileChangeHub } from "../files/file-change-hub.js";
import { FileChangeResolver } from "../files/file-change.resolver.js";
import { FileHistoryResolver } from "../files/file-history.resolver.js";
import { FileConnectionResolver, FileFieldsResolver, FileResolver } from "../files/file.resolver.js";
import type { FileRow } from "../files/file.js";
import { createSchema } from "../schema.js";
import type { ObjectStorage } from "../storage/object-storage.js";
import { createLogger } from "../telemetry/logger.js";
import { createMetrics } from "../telemetry/metrics.js";
import { POLICIES } from "../uploads/policies.js";
import { createPolicies } from "../uploads/upload-policy.js";
import { FileUploadResolver, UploadResolver, UploadTicketResolver } from "../uploads/upload.resolver.js";
import type { UploadResolverDeps } from "../uploads/upload.resolver.js";
import { ViewerResolver } from "../usage/viewer.resolver.js";
import { createHttpServer } from "./server.js";
import type { BuiltHttpServer, HttpServerParts } from "./server.js";

/** A server over the real schema, for tests of the surface. What stands behind the use cases is the test's to say. */

const SECRET = new Uint8Array(32).fill(7);
const AUDIENCE = "signet";
export const TEST_ISSUER = "signet-dev";
export const STORE_ORIGIN = "http://127.0.0.1:4001";
export const FILE_UUID = "01890000-0000-7000-8000-000000000001";

const GIB = 1024 ** 3;
const LIMITS = {
  batchSize: 100,
  pageSize: 100,
  maxPartSizeBytes: 5 * GIB,
  maxVerifiedSizeBytes: GIB,
  uploadUrlTtlSeconds: 600,
  downloadUrlTtlSeconds: 3600,
  uploadTtlSeconds: 86_400,
  trashTtlSeconds: 604_800,
  maxFileSizeBytes: 5 * GIB,
  ownerQuotaBytes: 50 * GIB,
  maxPendingUploads: 1000,
};

/** A port of which a test says only what it lets happen: any other call fails the test. */
function only<Port extends object>(name: string, calls: Partial<Port>): Port {
  return new Proxy(calls, {
    get(target, call, receiver) {
      if (call in target) return Reflect.get(target, call, receiver) as unknown;
      throw new Error(`unexpected call: ${name}.${String(call)}`);
    },
  }) as Port;
}

export function fileRow(changes: Partial<FileRow> = {}): FileRow {
  const at = new Date("2026-01-02T03:04:05.678Z");
  return {
    id: FILE_UUID,
    ownerId: `${TEST_ISSUER}|local`,
    filename: "hello.txt",
    declaredType: "text/plain",
    sizeBytes: 14,
    declaredSha256: null,
    partChecksum: "NONE",
    policy: "default",
    partSizeBytes: 14,
    partCount: 1,
    idempotencyKey: null,
    inputDigest: "0".repeat(64),
    status: "PENDING",
    attempt: 0,
    leaseUntil: null,
    uploadId: "upload-1",
    completeSentAt: null,
    refusedSince: null,
    urlsExpireAt: null,
    promotedAt: null,
    contentType: null,
    integrity: null,
    sha256: null,
    etag: null,
    rejection: null,
    createdAt: at,
    updatedAt: at,
    expiresAt: at,
    readyAt: null,
    deletedAt: null,
    purgeAt: null,
    collectingAt: null,
    collectedAt: null,
    ...changes,
  };
}

export interface TestServer extends BuiltHttpServer {
  /** What was logged, a line an entry. */
  readonly logged: string[];
  /** Where a test says that a file has changed: `fileChanges.receive("<owner id> <uuid>")`. */
  readonly fileChanges: FileChangeHub;
  tokenOf(user: string): Promise<string>;
  inject(request: InjectOptions): Promise<LightMyRequestResponse>;
  /** POST /graphql as `local`, or as nobody with `token: null`. */
  graphql(
    query: string,
    variables?: Readonly<Record<string, unknown>>,
    options?: { token?: string | null },
  ): Promise<{ status: number; body: GraphqlAnswer; response: LightMyRequestResponse }>;
}

export interface GraphqlAnswer {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly { message: string; extensions: Record<string, unknown>; stack?: unknown }[];
}

export async function openTestServer(
  behind: { files?: Partial<FileRecords>; storage?: Partial<ObjectStorage> } = {},
  changes: Partial<HttpServerParts> = {},
): Promise<TestServer> {
  const logged: string[] = [];
  const log = createLogger({ level: "debug", write: (line) => logged.push(line) });
  const devTokens = createDevTokens({ secret: SECRET, issuer: TEST_ISSUER, audience: AUDIENCE, ttlSeconds: 3600 });
  const signed = (name: string) => ({
    url: `${STORE_ORIGIN}/bucket/${name}?X-Amz-Signature=${"ab".repeat(32)}`,
    headers: [{ name: "content-type", value: "text/plain" }],
    expiresAt: new Date("2026-01-02T04:00:00.000Z"),
  });
  const deps: UploadResolverDeps & ApiKeyDeps = {
    files: only<FileRecords>("files", behind.files ?? {}),
    storage: only<ObjectStorage>("storage", behind.storage ?? {}),
    signer: {
      signPart: async () => signed("part"),
      signDownload: async () => signed("download"),
      origins: () => [STORE_ORIGIN],
    },
    usage: { read: async () => ({ usedBytes: 3, trashBytes: 2, reservedBytes: 1 }) },
    quotaBytes: LIMITS.ownerQuotaBytes,
    apiKeys: only<ApiKeyRecords>("apiKeys", {}),
    storeCapabilities: () => ({ enforcesPartSha256: true }),
    randomHex: (byteCount) => "ab".repeat(byteCount),
    limits: LIMITS,
    policies: createPolicies(POLICIES, LIMITS),
    sharedPolicies: [],
    scanning: null,
    now: () => new Date("2026-01-02T03:04:05.678Z"),
    log: () => undefined,
    newId: () => FILE_UUID,
    sha256Hex: () => "0".repeat(64),
    typeDetector: { detectable: new Set(), detect: async () => null },
    leaseMs: 60_000,
    stopping: new AbortController().signal,
    leasedWork: new Set(),
    sleep: async () => undefined,
  };
  const fileChanges = createFileChangeHub({ ownerKeyOf: (ownerId) => ownerId, changedSince: async () => [] });
  const server = await createHttpServer({
    host: "127.0.0.1",
    port: 0,
    publicUrl: null,
    schema: createSchema([
      new FileResolver(deps),
      new FileFieldsResolver(deps, () => "http://localhost:4000"),
      new FileConnectionResolver(deps),
      new FileHistoryResolver(deps),
      new FileChangeResolver({ ...deps, changes: fileChanges }),
      new UploadResolver(deps),
      new FileUploadResolver(deps),
      new UploadTicketResolver(deps),
      new ViewerResolver(deps),
      new ApiKeyResolver(deps),
    ]),
    maxItems: 100,
    maxStreamsPerOwner: 20,
    load: {
      maxConcurrentOperations: 64,
      maxEventStreams: 100,
      maxEventLoopDelayMs: 0,
      maxHeapBytes: 0,
      maxRssBytes: 0,
    },
    metrics: createMetrics(),
    metricsAccess: { token: null, openToThisMachine: true },
    rates: { perOwnerPerMinute: 0, perAddressPerMinute: 0 },
    verifyToken: createHs256Verifier({
      secrets: [SECRET],
      issuer: TEST_ISSUER,
      audience: AUDIENCE,
      defaultScopes: SCOPES,
    }),
    signInWay: { kind: "TOKEN" },
    signInOrigins: () => [],
    devTokens,
    readiness: async () => ({ database: true, storage: true }),
    permalink: async () => null,
    storageOrigins: [STORE_ORIGIN],
    corsOrigins: ["https://app.example"],
    pageDir: null,
    introspection: true,
    openIntrospection: true,
    sandbox: true,
    log,
    trustProxy: false,
    ...changes,
  });
  const inject = (request: InjectOptions): Promise<LightMyRequestResponse> =>
    server.app.inject({ ...request, headers: { host: "localhost:4000", ...request.headers } });
  return {
    ...server,
    logged,
    fileChanges,
    inject,
    tokenOf: (user) => devTokens.mint(user),
    async graphql(query, variables = {}, options = {}) {
      const token = options.token === undefined ? await devTokens.mint("local") : options.token;
      const response = await inject({
        method: "POST",
        url: "/graphql",
        headers: token === null ? {} : { authorization: `Bearer ${token}` },
        payload: { query, variables },
      });
      return { status: response.statusCode, body: response.json<GraphqlAnswer>(), response };
    },
  };
}
