import { usageError } from "./exit-code.js";
import { isLoopback } from "./server.js";

const FILE_ID = /^[A-Za-z0-9_-]{1,100}$/;

/**
 * The id in an id or a permalink of this server (`http://localhost:4000/files/file_…`).
 * @throws CommandError USAGE for anything else, also for a permalink of another server: its id means nothing here
 */
export function parseFileId(text: string, server: URL): string {
  if (FILE_ID.test(text)) return text;
  if (!URL.canParse(text)) throw usageError(`"${text}" is neither a file's id nor its permalink. See: signet ls`);
  const link = new URL(text);
  const id = /\/files\/([^/]+)\/?$/.exec(link.pathname)?.[1] ?? "";
  if (!FILE_ID.test(id)) throw usageError(`"${text}" is not the permalink of a file`);
  if (!isSameServer(link, server)) {
    throw usageError(`This link belongs to ${link.origin}, and SIGNET_URL is ${server.origin}. Set SIGNET_URL to it`);
  }
  return id;
}

function isSameServer(link: URL, server: URL): boolean {
  if (link.origin === server.origin) return true;
  // The names of this very machine stand for one another.
  return link.port === server.port && isLoopback(link.hostname) && isLoopback(server.hostname);
}
