import { createHash } from "node:crypto";
import { request } from "node:http";
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import { toContent } from "./content.js";
import type { Content } from "./content.js";

/** What the API hands out for a PUT: the URL and the headers to send with it. */
export interface SignedPut {
  readonly url: string;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
}

export interface StoreAnswer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** S3's error code, null when there is none. */
  readonly code: string | null;
  readonly text: string;
}

export interface PutChanges {
  /** Added to the signed headers or put in their place; null leaves one out. */
  readonly headers?: Readonly<Record<string, string | null>>;
  /** First byte of the content to send, and the one after the last. */
  readonly fromByte?: number;
  readonly toByte?: number;
  /** Breaks the connection. */
  readonly signal?: AbortSignal;
}

/** PUTs exactly as told: signed headers, exact Content-Length, one connection, whatever the store thinks of it. */
export function put(
  signed: SignedPut,
  content: Content | Uint8Array | string,
  changes: PutChanges = {},
): Promise<StoreAnswer> {
  const body = toContent(content);
  const { fromByte = 0, toByte = body.sizeBytes, signal } = changes;
  const headers: OutgoingHttpHeaders = { "content-length": String(toByte - fromByte) };
  for (const { name, value } of signed.headers) headers[name.toLowerCase()] = value;
  for (const [name, value] of Object.entries(changes.headers ?? {})) {
    if (value === null) delete headers[name];
    else headers[name] = value;
  }
  return new Promise((resolve, reject) => {
    let answered = false;
    const sending = request(signed.url, { method: "PUT", headers, signal }, (response) => {
      answered = true;
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => {
        // Whoever is refused early has not sent all: that connection is of no further use.
        if (!sending.writableFinished) sending.destroy();
        const text = Buffer.concat(chunks).toString("utf8");
        const code = /<Code>(\w+)<\/Code>/.exec(text)?.[1] ?? null;
        resolve({ status: response.statusCode!, headers: response.headers, code, text });
      });
    });
    // A store that refuses may close while we still send: its answer counts.
    sending.on("error", (error) => (answered ? undefined : reject(error)));
    void sendBody();

    async function sendBody(): Promise<void> {
      for (const chunk of body.chunks(fromByte, toByte)) {
        if (answered || sending.destroyed) return;
        if (!sending.write(chunk)) await drained();
      }
      sending.end();
    }

    /** Until more can be written, or nobody reads any more. */
    function drained(): Promise<void> {
      return new Promise((resolve) => {
        const events = ["drain", "close", "response"] as const;
        const wake = (): void => {
          for (const event of events) sending.off(event, wake);
          resolve();
        };
        for (const event of events) sending.on(event, wake);
      });
    }
  });
}

export interface Download {
  readonly status: number;
  readonly sizeBytes: number;
  /** Hex, of the body. */
  readonly sha256: string;
  readonly headers: Headers;
}

/** GETs in a stream and keeps nothing but the digest. */
export async function download(url: string): Promise<Download> {
  const response = await fetch(url);
  const hash = createHash("sha256");
  let sizeBytes = 0;
  for await (const chunk of response.body ?? []) {
    hash.update(chunk as Uint8Array);
    sizeBytes += (chunk as Uint8Array).length;
  }
  return { status: response.status, sizeBytes, sha256: hash.digest("hex"), headers: response.headers };
}
