/** How this service talks to an S3: which store, whose keys, how long it waits, and what counts as an answer. */

import { setMaxListeners } from "node:events";
import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { Readable } from "node:stream";
import type { HeadBucketCommand, S3ClientConfig } from "@aws-sdk/client-s3";
import { S3Client } from "@aws-sdk/client-s3";
import type { CallKind, StoreGuard } from "./store-guard.js";

/** Keys of one principal. */
export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
  /** When the store stops to accept them; absent for keys that do not end. */
  readonly expiration?: Date | undefined;
}

/** Fetches credentials. `forceRefresh` asks for new ones even while the old ones are good. */
export type S3CredentialsProvider = (options?: { forceRefresh?: boolean }) => Promise<S3Credentials>;

/** One bucket on one store. */
export interface S3Connection {
  readonly bucket: string;
  readonly region: string;
  /** Absolute URL without bucket; absent: AWS, by region. */
  readonly endpoint?: string | undefined;
  /** `host/bucket/key` in place of `bucket.host/key`. */
  readonly forcePathStyle: boolean;
  /** Absent: the SDK's own chain (environment, shared files, container, instance). */
  readonly credentials?: S3Credentials | S3CredentialsProvider | undefined;
}

export interface S3Timing {
  readonly connectTimeoutMs: number;
  /** Until the store's first byte, where the guard says nothing shorter, and again the longest silence inside a body. */
  readonly requestTimeoutMs: number;
  /** Connections at one time. The guard lets fewer calls through; the others are for bodies that are still being read. */
  readonly maxSockets: number;
}

/** The SDK's settings that say where and who; shared with the signer, so that both mean the same bucket. */
export function s3Identity(connection: S3Connection): S3ClientConfig {
  return {
    region: connection.region,
    forcePathStyle: connection.forcePathStyle,
    ...(connection.endpoint === undefined ? {} : { endpoint: connection.endpoint }),
    ...(connection.credentials === undefined ? {} : { credentials: connection.credentials }),
    // By default the SDK adds the CRC32 of a body that it does not have, and asks for checksums that not every store knows.
    requestChecksumCalculation: "WHEN_REQUIRED",
    responseChecksumValidation: "WHEN_REQUIRED",
  };
}

/** A client whose every call passes the guard. */
export type S3Sender = Pick<S3Client, "send">;

/** A client and the way to end it. */
export interface S3Line {
  readonly client: S3Sender;
  /** The same, but for calls that nobody waits for: they may take the line's whole time. */
  readonly patientClient: S3Sender;
  /** One call past the guard, by which it finds out whether the store is back. */
  probe(command: HeadBucketCommand, withinMs: number): Promise<unknown>;
  /** For every `send`, so that {@link S3Line.stop} ends it. */
  readonly untilStopped: { readonly abortSignal: AbortSignal };
  /** Ends calls under way and closes all connections. Idempotent. */
  stop(): void;
}

/** A client that keeps its connections, waits for no one for ever, and takes no other document for an answer. */
export function openS3Line(connection: S3Connection, timing: S3Timing, guard: StoreGuard, kind: CallKind): S3Line {
  const agentOptions = { keepAlive: true, maxSockets: timing.maxSockets };
  const client = new S3Client({
    ...s3Identity(connection),
    // The guard tries again, within a budget and a deadline of its own.
    retryMode: "standard",
    maxAttempts: 1,
    requestHandler: {
      httpAgent: new HttpAgent(agentOptions),
      httpsAgent: new HttpsAgent(agentOptions),
      connectionTimeout: timing.connectTimeoutMs,
      requestTimeout: timing.requestTimeoutMs,
      // Without it the SDK only prints a warning when the time is over.
      throwOnRequestTimeout: true,
      socketTimeout: timing.requestTimeoutMs,
    },
  });
  expectRoots(client);
  // Closing connections alone would not do: the SDK takes that for a fault of the network and tries again.
  const stopping = new AbortController();
  // One listener for each call under way is no leak.
  setMaxListeners(0, stopping.signal);
  return {
    client: guarded(client, guard, kind),
    patientClient: guarded(client, guard, kind === "SWIFT" ? "PATIENT" : kind),
    probe: (command, requestTimeout) => client.send(command, { abortSignal: stopping.signal, requestTimeout }),
    untilStopped: { abortSignal: stopping.signal },
    stop() {
      stopping.abort();
      client.destroy();
    },
  };
}

type SendAny = (command: object, options: object) => Promise<{ $metadata: { attempts?: number } }>;

/** The client behind the guard. `$metadata.attempts` of an answer counts the tries that the store may have heard. */
function guarded(client: S3Client, guard: StoreGuard, kind: CallKind): S3Sender {
  // Every overload of `send` but the ones with callbacks comes down to this.
  const sendPlainly = client.send.bind(client) as unknown as SendAny;
  const send: SendAny = async (command, options) => {
    const operation = command.constructor.name.replace(/Command$/, "");
    const { output, tries } = await guard.call(operation, kind, (withinMs) =>
      sendPlainly(command, withinMs === null ? options : { ...options, requestTimeout: withinMs }),
    );
    output.$metadata.attempts = tries;
    return output;
  };
  return { send: send as S3Client["send"] };
}

/** The root element of each answer that is read as XML. */
const XML_ROOTS: Readonly<Record<string, string>> = {
  CreateMultipartUploadCommand: "InitiateMultipartUploadResult",
  ListPartsCommand: "ListPartsResult",
  ListMultipartUploadsCommand: "ListMultipartUploadsResult",
  ListObjectsV2Command: "ListBucketResult",
  CompleteMultipartUploadCommand: "CompleteMultipartUploadResult",
};

/** Far above 1000 parts or uploads. */
const MAX_XML_BYTES = 8 * 1024 ** 2;

interface WireResponse {
  statusCode: number;
  body: unknown;
}

/**
 * An answer of 200 is none until its root is the expected one: Complete may fail after 200 was sent
 * (https://docs.aws.amazon.com/AmazonS3/latest/API/API_CompleteMultipartUpload.html), and a proxy's page of 200 would
 * otherwise be read as a list without parts. Both become a 503, which the SDK treats as any other.
 */
function expectRoots(client: S3Client): void {
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const result = await next(args);
      const root = XML_ROOTS[String(context.commandName)];
      const response = result.response as WireResponse;
      if (root === undefined || response.statusCode < 200 || response.statusCode > 299) return result;
      const xml = await readText(response.body);
      if (!new RegExp(`^\\ufeff?\\s*(?:<\\?xml[^>]*\\?>)?\\s*<(?:[\\w-]+:)?${root}[\\s/>]`).test(xml)) {
        response.statusCode = 503;
      }
      response.body = Readable.from([Buffer.from(xml, "utf8")]);
      return result;
    },
    // "low": next to the wire, before anything else has read the body.
    { name: "expectRoot", step: "deserialize", priority: "low" },
  );
}

async function readText(body: unknown): Promise<string> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of body as AsyncIterable<Uint8Array>) {
    sizeBytes += chunk.length;
    if (sizeBytes > MAX_XML_BYTES) throw new Error(`an XML answer of more than ${MAX_XML_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
