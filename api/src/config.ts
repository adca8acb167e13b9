import { resolve } from "node:path";
import { parseAuth } from "./auth-config.js";
import type { AuthConfig } from "./auth-config.js";
import { readEnvironment } from "./environment.js";
import { parseFailpoint } from "./faults/failpoints.js";
import type { FailpointSetting } from "./faults/failpoints.js";

/** Everything the process is told from outside, read once and frozen. Units are in the names. */
export interface Config {
  readonly production: boolean;
  readonly http: {
    /** 0: any free port. */
    readonly port: number;
    readonly host: string;
    /** Null: `http://localhost:<port that was bound>`. */
    readonly publicUrl: string | null;
    readonly trustProxy: string | null;
    readonly corsOrigins: readonly string[];
    /** Whether callers may ask for the schema. */
    readonly introspection: boolean;
    /** Also without a token: nowhere but in development. */
    readonly openIntrospection: boolean;
    /** Whether a browser that opens /graphql gets Apollo Sandbox, and /explorer is there. */
    readonly sandbox: boolean;
  };
  /** Null: embedded. */
  readonly databaseUrl: string | null;
  /** Null: embedded. */
  readonly store: StoreConfig | null;
  readonly auth: AuthConfig;
  readonly limits: {
    readonly uploadUrlTtlSeconds: number;
    readonly downloadUrlTtlSeconds: number;
    readonly uploadTtlSeconds: number;
    readonly trashTtlSeconds: number;
    readonly maxFileSizeBytes: number;
    readonly ownerQuotaBytes: number;
    readonly maxPendingUploads: number;
  };
  /** Root fields of operations a minute, in this process; 0: no limit. */
  readonly rates: {
    /** Of one owner, whichever token or key. */
    readonly perOwnerPerMinute: number;
    /** Of one address, whoever calls from there; counted before a token is looked at. */
    readonly perAddressPerMinute: number;
  };
  /** The malware scanner; null: contents are not scanned. */
  readonly clamav: ClamavConfig | null;
  /** How contents are scanned, when they are. */
  readonly scan: {
    /** The longest time in which clamd neither takes a byte nor answers; above its own MaxScanTime. */
    readonly timeoutSeconds: number;
    /** At most clamd's StreamMaxLength, MaxFileSize and MaxScanSize: larger contents it refuses, or skips unsaid. */
    readonly maxSizeBytes: number;
    /** REFUSE: policies take no larger file. SERVE: larger ones are READY without a scan. */
    readonly largerFiles: "REFUSE" | "SERVE";
  };
  /** Bearer of `/metrics`; null: open in development, closed in production. */
  readonly metricsToken: string | null;
  readonly timing: {
    /** How long work on a row is left to its holder: a dead process's work goes on elsewhere after this. */
    readonly leaseSeconds: number;
    readonly sweepEverySeconds: number;
    /** A statement that takes longer is given up; those of migrations and of a reconcile are not. */
    readonly databaseTimeoutSeconds: number;
    /** From saying on `/readyz` that this process stops until it takes no more requests: balancers take that long to notice. */
    readonly stopDelaySeconds: number;
  };
  /** Where this process begins to refuse work (http/admission.ts says what each one means). */
  readonly load: {
    readonly maxConcurrentOperations: number;
    readonly maxEventStreams: number;
    readonly maxEventLoopDelayMs: number;
    readonly maxHeapBytes: number;
    readonly maxRssBytes: number;
  };
  readonly embedded: { readonly dataDir: string; readonly s3Port: number; readonly postgresPort: number };
  readonly logLevel: LogLevel;
  /** Where this process is to die, for tests; never in production. */
  readonly failpoint: FailpointSetting | null;
}

export interface StoreConfig {
  readonly bucket: string;
  readonly region: string;
  /** Null: AWS. */
  readonly endpoint: string | null;
  /** The host that goes into signed URLs. Null: `endpoint`. */
  readonly publicEndpoint: string | null;
  readonly forcePathStyle: boolean;
  /** Signs upload URLs in the place of the server's own credentials. */
  readonly uploadSigner: { readonly accessKeyId: string; readonly secretAccessKey: string } | null;
}

/** Where clamd listens: a host and a port, or a socket's path. */
export type ClamavConfig = { readonly host: string; readonly port: number } | { readonly socketPath: string };

const LOG_LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

/** All faults of an environment at once, each with how to mend it. */
export class ConfigError extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`The environment has ${faults.length} fault(s):\n${faults.map((fault) => `  - ${fault}`).join("\n")}`);
    this.name = "ConfigError";
    this.faults = faults;
  }
}

const GIB = 2 ** 30;
const WEEK_SECONDS = 604_800;
const YEAR_SECONDS = 31_536_000;

/**
 * Reads an environment. An empty variable counts as unset.
 * @throws ConfigError with every fault; production refuses embedded parts and weak settings
 */
export function parseConfig(env: Readonly<Record<string, string | undefined>>, repositoryRoot: string): Config {
  const environment = readEnvironment(env);
  const { faults, text, integer, url, boolean } = environment;
  const production = text("NODE_ENV") === "production";
  const databaseUrl = url("DATABASE_URL", ["postgres:", "postgresql:"]);
  const store = storeConfig();
  if (production && databaseUrl === null) faults.push("DATABASE_URL is missing: production uses no embedded Postgres.");
  if (production && store === null) faults.push("S3_BUCKET is missing: production uses no embedded store.");

  const logLevel = text("LOG_LEVEL") ?? "info";
  if (!LOG_LEVELS.includes(logLevel as LogLevel)) faults.push(`LOG_LEVEL must be one of ${LOG_LEVELS.join(", ")}.`);

  const introspection = boolean("INTROSPECTION", !production);

  const config: Config = {
    production,
    http: {
      port: integer("PORT", { default: 4000, min: 0, max: 65_535 }),
      host: text("HOST") ?? (production ? "0.0.0.0" : "127.0.0.1"),
      publicUrl: url("PUBLIC_URL", ["http:", "https:"]),
      trustProxy: text("TRUST_PROXY"),
      corsOrigins: originsOf(text("CORS_ORIGINS"), faults),
      introspection,
      openIntrospection: introspection && !production,
      sandbox: boolean("SANDBOX", !production),
    },
    databaseUrl,
    store,
    auth: parseAuth(environment, { production, secretMinted: databaseUrl === null || store === null }),
    limits: {
      uploadUrlTtlSeconds: integer("UPLOAD_URL_TTL_SECONDS", { default: 600, min: 1, max: WEEK_SECONDS }),
      downloadUrlTtlSeconds: integer("DOWNLOAD_URL_TTL_SECONDS", { default: 3600, min: 2, max: WEEK_SECONDS }),
      uploadTtlSeconds: integer("UPLOAD_TTL_SECONDS", { default: 86_400, min: 1, max: YEAR_SECONDS }),
      trashTtlSeconds: integer("TRASH_TTL_SECONDS", { default: WEEK_SECONDS, min: 0, max: YEAR_SECONDS }),
      maxFileSizeBytes: integer("MAX_FILE_SIZE_BYTES", { default: 5 * GIB, min: 1, max: 5 * 1024 * GIB }),
      ownerQuotaBytes: integer("OWNER_QUOTA_BYTES", { default: 50 * GIB, min: 0, max: Number.MAX_SAFE_INTEGER }),
      maxPendingUploads: integer("MAX_PENDING_UPLOADS", { default: 1000, min: 1, max: 1_000_000 }),
    },
    rates: {
      perOwnerPerMinute: integer("RATE_LIMIT_OWNER_PER_MINUTE", { default: 1200, min: 0, max: 10_000_000 }),
      perAddressPerMinute: integer("RATE_LIMIT_ADDRESS_PER_MINUTE", { default: 6000, min: 0, max: 10_000_000 }),
    },
    clamav: clamavOf(text("CLAMAV_HOST"), faults),
    scan: {
      timeoutSeconds: integer("CLAMAV_TIMEOUT_SECONDS", { default: 150, min: 1, max: 3600 }),
      maxSizeBytes: integer("CLAMAV_MAX_SIZE_BYTES", { default: 25 * 2 ** 20, min: 1, max: 4 * GIB - 1 }),
      largerFiles: largerFilesOf(text("CLAMAV_LARGER_FILES"), faults),
    },
    metricsToken: metricsTokenOf(text("METRICS_TOKEN"), faults),
    timing: {
      leaseSeconds: integer("LEASE_SECONDS", { default: 60, min: 1, max: 3600 }),
      sweepEverySeconds: integer("SWEEP_EVERY_SECONDS", { default: 60, min: 1, max: 86_400 }),
      databaseTimeoutSeconds: integer("DATABASE_TIMEOUT_SECONDS", { default: 10, min: 1, max: 3600 }),
      stopDelaySeconds: integer("STOP_DELAY_SECONDS", { default: production ? 3 : 0, min: 0, max: 300 }),
    },
    load: {
      maxConcurrentOperations: integer("MAX_CONCURRENT_OPERATIONS", { default: 32, min: 2, max: 10_000 }),
      maxEventStreams: integer("MAX_EVENT_STREAMS", { default: 2000, min: 0, max: 1_000_000 }),
      maxEventLoopDelayMs: integer("MAX_EVENT_LOOP_DELAY_MS", { default: 500, min: 0, max: 60_000 }),
      maxHeapBytes: integer("MAX_HEAP_BYTES", { default: 0, min: 0, max: Number.MAX_SAFE_INTEGER }),
      maxRssBytes: integer("MAX_RSS_BYTES", { default: 0, min: 0, max: Number.MAX_SAFE_INTEGER }),
    },
    embedded: {
      dataDir: resolve(repositoryRoot, text("DATA_DIR") ?? ".data"),
      s3Port: integer("EMBEDDED_S3_PORT", { default: 4001, min: 0, max: 65_535 }),
      postgresPort: integer("EMBEDDED_POSTGRES_PORT", { default: 4002, min: 0, max: 65_535 }),
    },
    logLevel: logLevel as LogLevel,
    failpoint: failpointOf(text("FAILPOINT"), production, faults),
  };
  if (production && config.http.publicUrl === null)
    faults.push("PUBLIC_URL is missing: permalinks and CORS need the address that people use.");
  if (faults.length > 0) throw new ConfigError(faults);
  return Object.freeze(config);

  function storeConfig(): StoreConfig | null {
    const bucket = text("S3_BUCKET");
    const accessKeyId = text("S3_UPLOAD_ACCESS_KEY_ID");
    const secretAccessKey = text("S3_UPLOAD_SECRET_ACCESS_KEY");
    if ((accessKeyId === null) !== (secretAccessKey === null))
      faults.push("S3_UPLOAD_ACCESS_KEY_ID and S3_UPLOAD_SECRET_ACCESS_KEY go together: set both or none.");
    const endpoint = url("S3_ENDPOINT", ["http:", "https:"]);
    const publicEndpoint = url("S3_PUBLIC_ENDPOINT", ["http:", "https:"]);
    const forcePathStyle = boolean("S3_FORCE_PATH_STYLE", endpoint !== null);
    const uploadSigner = accessKeyId !== null && secretAccessKey !== null ? { accessKeyId, secretAccessKey } : null;
    if (bucket === null) return null;
    const region = text("S3_REGION") ?? (endpoint === null ? text("AWS_REGION") : "us-east-1");
    if (region === null) faults.push("S3_REGION is missing: signing needs the bucket's region.");
    return { bucket, region: region ?? "us-east-1", endpoint, publicEndpoint, forcePathStyle, uploadSigner };
  }
}

/** Notes its faults. */
function failpointOf(value: string | null, production: boolean, faults: string[]): FailpointSetting | null {
  if (value === null) return null;
  if (production) faults.push("FAILPOINT is set: it makes this process die on purpose. Production has none.");
  const setting = parseFailpoint(value);
  if (typeof setting !== "string") return setting;
  faults.push(`FAILPOINT: ${setting}`);
  return null;
}

/** Notes its faults. */
function originsOf(value: string | null, faults: string[]): string[] {
  const list = (value ?? "")
    .split(",")
    .map((origin) => origin.trim())
    .filter((origin) => origin !== "");
  for (const origin of list)
    if (!URL.canParse(origin) || new URL(origin).origin !== origin)
      faults.push(`CORS_ORIGINS: "${origin}" is no exact origin such as https://app.example.com.`);
  return list;
}

/** `host`, `host:port`, `[::1]:port` or an absolute path. clamd's own port is 3310. Notes its faults. */
function clamavOf(value: string | null, faults: string[]): ClamavConfig | null {
  if (value === null) return null;
  if (value.startsWith("/")) return { socketPath: value };
  const [, bracketed, plain, port = "3310"] = /^(?:\[([0-9a-fA-F:.]+)\]|([\w.-]+))(?::(\d{1,5}))?$/.exec(value) ?? [];
  const host = bracketed ?? plain;
  if (host !== undefined && Number(port) >= 1 && Number(port) <= 65_535) return { host, port: Number(port) };
  faults.push(`CLAMAV_HOST must be host, host:port or the path of clamd's socket; it is "${value}".`);
  return null;
}

/** Notes its faults. */
function largerFilesOf(value: string | null, faults: string[]): Config["scan"]["largerFiles"] {
  if (value === "serve") return "SERVE";
  if (value !== null && value !== "refuse")
    faults.push(`CLAMAV_LARGER_FILES must be refuse or serve; it is "${value}".`);
  return "REFUSE";
}

/** Notes its faults. */
function metricsTokenOf(value: string | null, faults: string[]): string | null {
  if (value !== null && value.length < 16) faults.push("METRICS_TOKEN must have 16 characters or more.");
  return value;
}
