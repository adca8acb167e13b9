import { Agent as HttpAgent, request as httpRequest } from "node:http";
import type { IncomingMessage } from "node:http";
import { Agent as HttpsAgent, request as httpsRequest } from "node:https";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { bodyStream } from "./node-file.js";
import type { NodeBody } from "./node-file.js";
import { PutFault } from "./put.js";
import type { Put, PutRequest, PutResponse } from "./put.js";

/** A {@link Put} over node:http and node:https with kept-alive connections, at most `connections` to one host (default 6). */
export function createNodePut(connections = 6): Put<NodeBody> {
  const options = { keepAlive: true, maxSockets: connections };
  const agents = { "http:": new HttpAgent(options), "https:": new HttpsAgent(options) };

  return (request) => {
    const url = new URL(request.url);
    const secure = url.protocol === "https:";
    const headers: Record<string, string | number> = { "content-length": request.sizeBytes };
    for (const { name, value } of request.headers) headers[name] = value;
    const send = secure ? httpsRequest : httpRequest;
    const outgoing = { method: request.method, headers, agent: secure ? agents["https:"] : agents["http:"] };
    return exchange(request, (onAnswer) => send(url, outgoing, onAnswer));
  };
}

function exchange(
  request: PutRequest<NodeBody>,
  open: (onAnswer: (answer: IncomingMessage) => void) => NodeJS.WritableStream & { destroy(error: Error): void },
): Promise<PutResponse> {
  return new Promise((resolve, reject) => {
    request.signal.throwIfAborted();
    let sentBytes = 0;
    let timer: NodeJS.Timeout;
    let answered = false;
    let settled = false;

    const fail = (error: unknown): void => {
      if (request.signal.aborted) settle(() => reject(request.signal.reason as Error));
      else settle(() => reject(error instanceof PutFault ? error : new PutFault("NETWORK", error)));
    };
    const settle = (outcome: () => void): void => {
      settled = true;
      clearTimeout(timer);
      request.signal.removeEventListener("abort", onAbort);
      outcome();
    };
    const moved = (): void => {
      clearTimeout(timer);
      if (settled) return;
      timer = setTimeout(() => outgoing.destroy(new PutFault("STALLED")), request.stallMs);
    };
    const onAbort = (): void => outgoing.destroy(request.signal.reason as Error);

    const outgoing = open((answer) => {
      answered = true;
      readStart(answer).then((text) => settle(() => resolve({ status: answer.statusCode ?? 0, text })), fail);
    });
    const counter = new Transform({
      transform(chunk: Uint8Array, _encoding, next) {
        moved();
        sentBytes += chunk.byteLength;
        request.onProgress(sentBytes);
        next(null, chunk);
      },
    });

    request.signal.addEventListener("abort", onAbort, { once: true });
    moved();
    // A store that refuses early answers before the body has left: then the answer counts, not the broken pipe.
    outgoing.on("error", (error: unknown) => !answered && fail(error));
    pipeline(bodyStream(request.body), counter, outgoing).catch((error: unknown) => !answered && fail(error));
  });
}

async function readStart(answer: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer) {
    if (size < 4096) parts.push(chunk as Buffer);
    size += (chunk as Buffer).byteLength;
  }
  return Buffer.concat(parts).toString("utf8").slice(0, 4096);
}
