import type { IncomingMessage, ServerResponse } from "node:http";
import { S3Error } from "./errors.js";
import type { S3Reply } from "./request.js";
import { renderXml } from "./xml.js";

/** How much of an unwanted body is still read, so that a client that only reads after sending sees the answer. */
const LINGER_BYTES = 64 * 2 ** 20;
const LINGER_MS = 10_000;

/** Sends a reply; streams the bytes of an object as fast as the client takes them. */
export async function sendReply(response: ServerResponse, method: string, reply: S3Reply): Promise<void> {
  const { body } = reply;
  response.statusCode = reply.status;
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  if (typeof body === "string") {
    response.setHeader("content-length", Buffer.byteLength(body));
    response.end(method === "HEAD" ? undefined : body);
    return;
  }
  if (body === undefined) {
    if (method !== "HEAD" && reply.status !== 204 && reply.status !== 304) response.setHeader("content-length", 0);
    response.end();
    return;
  }
  for await (const data of body.chunks) {
    // A client that has gone away ends the loop, and with it the generator, which closes its file.
    if (response.destroyed) return;
    if (!response.write(data)) await writable(response);
  }
  response.end();
}

/** Resolves when the response takes more, or has closed. */
function writable(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const settle = (): void => {
      response.off("drain", settle);
      response.off("close", settle);
      resolve();
    };
    response.on("drain", settle);
    response.on("close", settle);
  });
}

/** The reply for an error: S3's document with its code, or `InternalError` for whatever is not an S3Error. */
export function errorReply(error: unknown, context: { resource: string; requestId: string }): S3Reply {
  const refusal = error instanceof S3Error ? error : new S3Error("InternalError");
  return {
    status: refusal.status,
    headers: { ...refusal.headers, "content-type": "application/xml" },
    body: errorDocument(refusal, context),
  };
}

/** `<Error>` with code, message and details. */
export function errorDocument(refusal: S3Error, context: { resource: string; requestId: string }): string {
  const { code, message, details } = refusal;
  const { resource, requestId } = context;
  return renderXml(
    "Error",
    { Code: code, Message: message, ...details, Resource: resource, RequestId: requestId, HostId: requestId },
    { namespaced: false },
  );
}

/**
 * Answers a request whose body has not been read to its end, then closes the connection. Closing at once would make the kernel answer the bytes still
 * coming with a reset, and a reset can destroy the answer before the client has read it: so a bounded part of them is read first.
 */
export async function sendAndLinger(
  message: IncomingMessage,
  response: ServerResponse,
  reply: S3Reply,
  options: { drain: boolean },
): Promise<void> {
  response.statusCode = reply.status;
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.setHeader(name, value);
  response.setHeader("connection", "close");
  const body = typeof reply.body === "string" && message.method !== "HEAD" ? reply.body : "";
  if (message.method !== "HEAD") response.setHeader("content-length", Buffer.byteLength(body));
  response.flushHeaders();
  if (body !== "") response.write(body);
  if (options.drain) await drain(message);
  response.end();
}

async function drain(message: IncomingMessage): Promise<void> {
  if (message.complete || message.destroyed) return;
  await new Promise<void>((resolve) => {
    let drainedBytes = 0;
    const timer = setTimeout(resolve, LINGER_MS);
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    message.on("data", (data: Buffer) => {
      drainedBytes += data.length;
      if (drainedBytes > LINGER_BYTES) done();
    });
    message.once("end", done);
    message.once("close", done);
    message.once("error", done);
    message.resume();
  });
}
