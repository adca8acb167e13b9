import { createServer, request } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** S3's names of the calls that the service makes. */
export type StoreOperation =
  | "CreateMultipartUpload"
  | "UploadPart"
  | "ListParts"
  | "CompleteMultipartUpload"
  | "AbortMultipartUpload"
  | "ListMultipartUploads"
  | "HeadObject"
  | "GetObject"
  | "DeleteObject"
  | "HeadBucket"
  | "Other";

export interface StoreCall {
  readonly operation: StoreOperation;
  /** Without the bucket; empty for a call about the bucket. */
  readonly key: string;
}

/**
 * What happens to a call. FORWARD: nothing unusual. CUT: the connection breaks and the store never hears of it.
 * LOSE_ANSWER: the store does it, and the connection breaks before the answer. REFUSE: 403 AccessDenied, unseen by the
 * store. A promise holds the call until it is settled.
 */
export type Fate = "FORWARD" | "CUT" | "LOSE_ANSWER" | "REFUSE";

/** A TCP-level fault between the service and a real store; signed requests pass unchanged, Host and all. */
export interface StoreProxy {
  readonly endpoint: string;
  /** Every call in order of arrival. */
  readonly calls: readonly StoreCall[];
  /** Calls of one operation about one key; without a key, about any. */
  countOf(operation: StoreOperation, key?: string): number;
  /** Decides the fate of the calls to come; until then, and after `null`, all are forwarded. */
  onCall(decide: ((call: StoreCall) => Fate | Promise<Fate>) | null): void;
  stop(): Promise<void>;
}

export async function startStoreProxy(target: string): Promise<StoreProxy> {
  const calls: StoreCall[] = [];
  let decide: ((call: StoreCall) => Fate | Promise<Fate>) | null = null;

  const server = createServer((message, response) => {
    const call = describe(message);
    calls.push(call);
    void (async () => {
      const fate = (await decide?.(call)) ?? "FORWARD";
      if (fate === "CUT") message.socket.destroy();
      else if (fate === "REFUSE") refuse(message, response);
      else forward(target, message, response, fate === "LOSE_ANSWER");
    })();
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    countOf: (operation, key) =>
      calls.filter((call) => call.operation === operation && (key === undefined || call.key === key)).length,
    onCall(next) {
      decide = next;
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

function describe({ method = "", url = "" }: IncomingMessage): StoreCall {
  const { pathname, searchParams } = new URL(url, "http://store");
  const key = decodeURIComponent(pathname.split("/").slice(2).join("/"));
  return { operation: operationOf(method, key, searchParams), key };
}

function operationOf(method: string, key: string, query: URLSearchParams): StoreOperation {
  const aboutUpload = query.has("uploadId");
  switch (method) {
    case "POST":
      return query.has("uploads") ? "CreateMultipartUpload" : aboutUpload ? "CompleteMultipartUpload" : "Other";
    case "PUT":
      return aboutUpload ? "UploadPart" : "Other";
    case "GET":
      return aboutUpload ? "ListParts" : query.has("uploads") ? "ListMultipartUploads" : "GetObject";
    case "HEAD":
      return key === "" ? "HeadBucket" : "HeadObject";
    case "DELETE":
      return aboutUpload ? "AbortMultipartUpload" : "DeleteObject";
    default:
      return "Other";
  }
}

function forward(target: string, message: IncomingMessage, response: ServerResponse, loseAnswer: boolean): void {
  const { method, url = "", headers } = message;
  // The signature covers Host: it goes on as it came.
  const onward = request(new URL(url, target), { method, headers }, (answer) => {
    if (loseAnswer) {
      answer.resume().on("end", () => message.socket.destroy());
      return;
    }
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(response);
  });
  onward.on("error", () => message.socket.destroy());
  message.pipe(onward);
}

function refuse(message: IncomingMessage, response: ServerResponse): void {
  message.resume();
  response.writeHead(403, { "content-type": "application/xml" });
  response.end("<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>");
}
