import { connect } from "node:net";
import { connect as connectTls } from "node:tls";

/** A request as it goes over the wire: no header but these and Host, nothing normalised, no length of its own making. */
export interface RawRequest {
  readonly method: string;
  readonly url: string;
  /** In this order; a name may stand twice. */
  readonly headers?: readonly (readonly [name: string, value: string])[];
  readonly body?: Uint8Array | string;
  /** The connection is closed behind the last byte: the store is to see a body that ends too early. */
  readonly hangUp?: boolean;
}

export interface RawAnswer {
  /** 0: the store closed the connection without an answer. */
  readonly status: number;
  /** Names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  /** As it came, chunked or not: enough to look for bytes in it. */
  readonly body: Buffer;
}

/** Some stores wait for bytes that never come, and answer only then. */
const WITHIN_MS = 15_000;
const MAX_ANSWER_BYTES = 2 ** 20;

/**
 * Sends one request on a connection of its own.
 * @param via the address to connect to, when it is not the URL's own
 * @throws Error when the store cannot be reached
 */
export function sendRaw(
  { method, url, headers = [], body = "", hangUp = false }: RawRequest,
  via: string = url,
): Promise<RawAnswer> {
  const { host, pathname, search } = new URL(url);
  const { protocol, hostname, port } = new URL(via);
  const head = [`${method} ${pathname}${search} HTTP/1.1`, `Host: ${host}`, "Connection: close"];
  for (const [name, value] of headers) head.push(`${name}: ${value}`);
  const bare = hostname.replace(/^\[|\]$/g, "");
  return new Promise((resolve, reject) => {
    const socket =
      protocol === "https:"
        ? connectTls({ host: bare, port: Number(port || 443), servername: bare })
        : connect({ host: bare, port: Number(port || 80) });
    let received = Buffer.alloc(0);
    let connected = false;
    const timer = setTimeout(() => socket.destroy(), WITHIN_MS);
    socket.once(protocol === "https:" ? "secureConnect" : "connect", () => {
      connected = true;
      socket.write(`${head.join("\r\n")}\r\n\r\n`);
      socket.write(body);
      if (hangUp) socket.end();
    });
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length > MAX_ANSWER_BYTES || isWhole(received, method)) socket.destroy();
    });
    // A store that refuses early may close while bytes are still going out: what counts is what it has said.
    socket.on("error", (error) => (connected ? undefined : reject(error)));
    socket.on("close", () => {
      clearTimeout(timer);
      resolve(parse(received));
    });
  });
}

function parse(received: Buffer): RawAnswer {
  const end = received.indexOf("\r\n\r\n");
  const text = received.subarray(0, Math.max(end, 0)).toString("latin1");
  // What comes before the last answer is "100 Continue".
  if (/^HTTP\/1\.1 1\d\d/.test(text)) return parse(received.subarray(end + 4));
  const headers = new Map<string, string>();
  for (const line of text.split("\r\n").slice(1)) {
    const colon = line.indexOf(":");
    headers.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  return { status: Number(/^HTTP\/1\.\d (\d{3})/.exec(text)?.[1] ?? 0), headers, body: received.subarray(end + 4) };
}

/** Some stores keep the connection whatever they are asked. */
function isWhole(received: Buffer, method: string): boolean {
  if (!received.includes("\r\n\r\n")) return false;
  const { status, headers, body } = parse(received);
  if (status === 0) return false;
  if (method === "HEAD" || status === 204 || status === 304) return true;
  const length = headers.get("content-length");
  return length === undefined ? body.includes("\r\n0\r\n\r\n") : body.length >= Number(length);
}

export const isTaken = ({ status }: RawAnswer): boolean => status >= 200 && status < 300;
