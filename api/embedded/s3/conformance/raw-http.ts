import { request as httpRequest } from "node:http";
import { connect } from "node:net";

/** A request byte for byte as it goes out: no path normalisation, no header that is not named here but Host, Connection and the framing. */
export interface RawRequest {
  method: string;
  /** Encoded path with query. */
  target: string;
  headers?: Record<string, string | string[]>;
  /** A buffer goes with Content-Length, a sequence with chunked transfer coding unless `headers` names a length. */
  body?: Buffer | AsyncIterable<Buffer>;
}

/** What came back. */
export interface RawAnswer {
  status: number;
  headers: Record<string, string>;
  body: Buffer;
  /** `<Code>` of an error document, else "". */
  code: string;
  /** `<Message>` of an error document, else "". */
  message: string;
}

const TIMEOUT_MS = 30_000;

/** Sends one request on a connection of its own. Rejects when no complete answer comes. */
export function sendRaw(endpoint: URL, raw: RawRequest): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({
      host: endpoint.hostname,
      port: endpoint.port,
      method: raw.method,
      path: raw.target,
      agent: false,
      timeout: TIMEOUT_MS,
    });
    for (const [name, value] of Object.entries(raw.headers ?? {})) outgoing.setHeader(name, value);
    let answered = false;
    outgoing.on("response", (incoming) => {
      answered = true;
      const pieces: Buffer[] = [];
      incoming.on("data", (data: Buffer) => pieces.push(data));
      incoming.on("error", reject);
      incoming.on("end", () => {
        const headers = Object.fromEntries(
          Object.entries(incoming.headers).map(([name, value]) => [
            name,
            Array.isArray(value) ? value.join(", ") : (value ?? ""),
          ]),
        );
        const body = Buffer.concat(pieces);
        const text = body.length < 65_536 ? body.toString("utf8") : "";
        resolve({
          status: incoming.statusCode ?? 0,
          headers,
          body,
          code: /<Code>([^<]*)<\/Code>/.exec(text)?.[1] ?? "",
          message: /<Message>([^<]*)<\/Message>/.exec(text)?.[1] ?? "",
        });
      });
    });
    outgoing.on("timeout", () => outgoing.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
    // A store that refuses early may close while the body is still going out; what counts is whether its answer arrived.
    outgoing.on("error", (error) => setTimeout(() => (answered ? undefined : reject(error)), 50));
    void writeBody(outgoing, raw.body).catch(reject);
  });
}

async function writeBody(outgoing: ReturnType<typeof httpRequest>, body: RawRequest["body"]): Promise<void> {
  if (body !== undefined && !Buffer.isBuffer(body))
    for await (const data of body) {
      if (outgoing.destroyed) return;
      if (!outgoing.write(data))
        await new Promise((resolve) => {
          outgoing.once("drain", resolve);
          outgoing.once("close", resolve);
        });
    }
  outgoing.end(Buffer.isBuffer(body) ? body : undefined);
}

/**
 * Writes bytes to a bare socket and returns all that comes back until the store closes, or until `untilMs` have passed.
 * @param hangUp true closes our side right after writing, like a client that died
 */
export function exchangeBytes(
  endpoint: URL,
  bytes: string | Buffer,
  options: { hangUp?: boolean; untilMs?: number } = {},
): Promise<string> {
  return new Promise((resolve, reject) => {
    let received = "";
    const socket = connect(Number(endpoint.port), endpoint.hostname);
    const timer = setTimeout(() => socket.destroy(), options.untilMs ?? 3_000);
    socket.on("connect", () => {
      if (options.hangUp) socket.write(bytes, () => setTimeout(() => socket.destroy(), 100));
      else socket.write(bytes);
    });
    socket.on("data", (data: Buffer) => (received += data.toString("latin1")));
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED") reject(error);
    });
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(received);
    });
  });
}
