import { ApiError, createExecute } from "../../src/api/execute.js";
import type { Execute } from "../../src/api/execute.js";
import { createSession } from "../../src/api/session.js";
import { CliViewerDocument } from "../../src/gql/graphql.js";
import { CommandError, EXIT_CODE, usageError } from "./exit-code.js";

/** A server that has answered and knows who calls. */
export interface Server {
  /** Its address, with a slash at the end. */
  readonly url: URL;
  readonly execute: Execute;
}

/** Where the server is, and who calls. */
export interface ServerAddress {
  /** As it was given: `http://localhost:4000`. */
  readonly url: string;
  /** Undefined: a development server on this machine is asked for one. */
  readonly token: string | undefined;
}

/**
 * Finds the server and the caller's token, and makes one call with it, so that a wrong address or token shows before any
 * work is done.
 * @param warn told when the token would travel readable
 * @throws CommandError USAGE, NO_TOKEN; ApiError
 */
export async function openServer(address: ServerAddress, warn: (words: string) => void): Promise<Server> {
  const url = parseUrl(address.url);
  const local = isLoopback(url.hostname);
  if (url.protocol === "http:" && !local) {
    warn(`${url.origin} is not encrypted: everybody on the way can read the token and the files. Use https.`);
  }
  const issue = async (): Promise<string> => address.token ?? (local ? await devToken(url) : undefined) ?? noToken(url);
  const nothing = { getItem: () => null, setItem: () => undefined, removeItem: () => undefined };
  const session = createSession(issue, nothing);
  await session.token();
  const execute = createExecute(new URL("graphql", url).href, session);
  await execute(CliViewerDocument, {}, { timeoutMs: 15_000 });
  return { url, execute };
}

/** A name of this very machine. */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || /^127(?:\.\d{1,3}){3}$/.test(hostname);
}

function parseUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || (url.protocol !== "http:" && url.protocol !== "https:")) {
    throw usageError(`SIGNET_URL is "${text}", which is no http or https address. Example: http://localhost:4000`);
  }
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  url.search = url.hash = "";
  return url;
}

/** The token of a development server; undefined where it gives none. */
async function devToken(url: URL): Promise<string | undefined> {
  let response: Response;
  try {
    response = await fetch(new URL("dev/token", url), { signal: AbortSignal.timeout(15_000) });
  } catch (error) {
    throw new ApiError("NETWORK", { cause: error });
  }
  const body = (await response.json().catch(() => undefined)) as { token?: unknown } | undefined;
  return response.ok && typeof body?.token === "string" ? body.token : undefined;
}

function noToken(url: URL): never {
  throw new CommandError(
    EXIT_CODE.notAuthorised,
    "NO_TOKEN",
    `${url.origin} wants a token. Put it into SIGNET_TOKEN, or into a file and use --token-file FILE.`,
  );
}
