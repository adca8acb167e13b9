import { connect } from "node:net";

/** One answer on a connection. */
export interface RawAnswer {
  readonly status: number;
  readonly head: string;
}

export interface RawOutcome {
  readonly answers: readonly RawAnswer[];
  /** Everything that came, answers and bodies, as latin1. */
  readonly text: string;
}

/**
 * Sends bytes as they are and reads until the server closes. A request without an end is waited for by the server, and
 * rightly, and an event stream has none: when nothing has come for so long, this side closes.
 */
export async function sendRaw(port: number, bytes: Buffer, quietMs: number): Promise<RawOutcome> {
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.on("end", () => socket.end());
  // A server may well reset a connection that sends such things.
  socket.on("error", () => undefined);
  socket.setTimeout(quietMs, () => socket.destroy());
  socket.write(bytes);
  // Not `once`: it rejects for an error.
  await new Promise((resolve) => socket.once("close", resolve));
  const text = Buffer.concat(chunks).toString("latin1");
  const answers = [...text.matchAll(/^HTTP\/1\.1 (\d{3})[^\r\n]*\r\n([\s\S]*?)\r\n\r\n/gm)].map((match) => ({
    status: Number(match[1]),
    head: match[2]!,
  }));
  return { answers, text };
}

/** What no answer may hold: our own insides. */
const INSIDES: readonly (readonly [what: string, pattern: RegExp])[] = [
  ["a stack", /\bat (?:[\w.<>[\] ]+ \()?(?:file:\/\/|node:|\/)[^\s)]*:\d+/],
  ["SQL", /\b(?:select|insert into|update|delete from)\b[^"]{0,200}\b(?:files|file_events|owner_usage|api_keys)\b/i],
  ["a path of this machine", /node_modules|\/dist\/src\//],
  ["the driver's words", /QueryFailedError|syntax error at or near|invalid byte sequence|out of range for type/],
];

/** What is wrong with how the server took it, in words; null: nothing. 503 and 501 are answers where they say so. */
export function faultOf({ answers, text }: RawOutcome): string | null {
  for (const { status, head } of answers) {
    if (status < 500) continue;
    if (status === 503 && /^retry-after: \d+$/im.test(head)) continue;
    if (status === 501 || status === 505) continue;
    return `answered ${status}`;
  }
  if (text.includes("INTERNAL_SERVER_ERROR") || /"code":"INTERNAL"/.test(text)) return "answered an internal error";
  const inside = INSIDES.find(([, pattern]) => pattern.test(text));
  return inside === undefined ? null : `told ${inside[0]}`;
}
