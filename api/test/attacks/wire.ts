import { connect } from "node:net";

/** A request before it is bytes: what an HTTP library would mend or refuse stays as it is. */
export interface Wire {
  readonly method: string;
  /** Request target as sent, encoded, with query. */
  readonly target: string;
  /** Host and framing too, in order, spelt as here. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: Buffer;
}

export interface WireAnswer {
  readonly status: number;
  /** Lower-case names; of a repeated header the last value. */
  readonly headers: Readonly<Record<string, string>>;
  /** Everything after the head, whatever its framing. */
  readonly body: Buffer;
}

const ANSWER_WITHIN_MS = 8_000;
/** A store that keeps the connection has said what it has to say after so long a silence. */
const SILENCE_MS = 250;
const HEAD_END = "\r\n\r\n";

/** A request that is what its URL was signed for. */
export function wireOf(
  url: string,
  { method = "PUT", headers = [], body = Buffer.alloc(0) }: Partial<Pick<Wire, "method" | "headers" | "body">> = {},
): Wire {
  const { host, pathname, search } = new URL(url);
  const framing: [string, string][] = method === "PUT" ? [["Content-Length", String(body.length)]] : [];
  return {
    ...{ method, target: pathname + search, body },
    headers: [["Host", host], ...headers, ...framing, ["Connection", "close"]],
  };
}

/** Every header of that name, however it is spelt, gives way to the lines given, if any. */
export const setHeader = (wire: Wire, name: string, ...values: string[]): Wire => ({
  ...wire,
  headers: [
    ...wire.headers.filter(([known]) => known.toLowerCase() !== name.toLowerCase()),
    ...values.map((value) => [name, value] as const),
  ],
});

export const addHeaders = (wire: Wire, ...headers: [name: string, value: string][]): Wire => ({
  ...wire,
  headers: [...wire.headers, ...headers],
});

/** Another body and the length that is true of it. */
export const withBody = (wire: Wire, body: Buffer): Wire => ({
  ...setHeader(wire, "Content-Length", String(body.length)),
  body,
});

/** The target with its query changed; the order and spelling of what is not touched stay. */
export function editQuery(wire: Wire, edit: (pairs: string[]) => string[]): Wire {
  const [path = "", query = ""] = wire.target.split("?", 2);
  const pairs = edit(query.split("&").filter((pair) => pair !== ""));
  return { ...wire, target: pairs.length === 0 ? path : `${path}?${pairs.join("&")}` };
}

export const setQuery = (wire: Wire, name: string, value: string): Wire =>
  editQuery(dropQuery(wire, name), (pairs) => [...pairs, `${name}=${encodeURIComponent(value)}`]);

export const dropQuery = (wire: Wire, ...names: string[]): Wire =>
  editQuery(wire, (pairs) => pairs.filter((pair) => !names.includes(pair.split("=", 1)[0]!)));

export const editPath = (wire: Wire, edit: (path: string) => string): Wire => {
  const [path = "", query] = wire.target.split("?", 2);
  return { ...wire, target: edit(path) + (query === undefined ? "" : `?${query}`) };
};

/** What goes over the wire. */
export function bytesOf({ method, target, headers, body }: Wire): Buffer {
  const lines = headers.map(([name, value]) => `${name}: ${value}\r\n`).join("");
  return Buffer.concat([Buffer.from(`${method} ${target} HTTP/1.1\r\n${lines}\r\n`, "latin1"), body]);
}

/**
 * Writes bytes to a connection of their own and answers every whole response that came back, in order; none when the
 * store closed without a word.
 * @param hangUp closes right after writing, as a client that dies
 */
export function exchange(endpoint: string, bytes: Buffer, { hangUp = false } = {}): Promise<WireAnswer[]> {
  const { hostname, port } = new URL(endpoint);
  return new Promise((resolve, reject) => {
    const received: Buffer[] = [];
    const socket = connect(Number(port), hostname);
    const deadline = setTimeout(() => socket.destroy(), ANSWER_WITHIN_MS);
    socket.once("connect", () => (hangUp ? socket.end(bytes, () => socket.destroy()) : socket.write(bytes)));
    socket.on("data", (data) => {
      received.push(data);
      socket.setTimeout(SILENCE_MS, () => socket.destroy());
    });
    socket.on("error", (error: NodeJS.ErrnoException) => (error.code === "ECONNREFUSED" ? reject(error) : undefined));
    socket.on("close", () => {
      clearTimeout(deadline);
      resolve(answersIn(Buffer.concat(received)));
    });
  });
}

/** PURE. The responses in a stream of bytes; interim ones (100) are left out. */
function answersIn(bytes: Buffer): WireAnswer[] {
  const answers: WireAnswer[] = [];
  let at = 0;
  while (at < bytes.length) {
    const headEnd = bytes.indexOf(HEAD_END, at);
    if (headEnd < 0) break;
    const [first = "", ...lines] = bytes.subarray(at, headEnd).toString("latin1").split("\r\n");
    const headers = Object.fromEntries(
      lines.map((line) => [line.split(":", 1)[0]!.toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
    );
    const status = Number(/^HTTP\/1\.\d (\d{3})/.exec(first)?.[1] ?? 0);
    const bodyStart = headEnd + HEAD_END.length;
    const next = bytes.indexOf("HTTP/1.1 ", bodyStart);
    const length = Number(headers["content-length"] ?? Number.NaN);
    // The answer to HEAD names a length and has none; what follows it then is the next answer, or nothing.
    const end =
      status === 100 ? bodyStart : Number.isNaN(length) ? (next < 0 ? bytes.length : next) : bodyStart + length;
    if (status !== 100) answers.push({ status, headers, body: bytes.subarray(bodyStart, end) });
    at = end;
  }
  return answers;
}
