import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { open, rename, stat } from "node:fs/promises";
import { join } from "node:path";

/** The server's own log: a file and not a pipe, so that a server that outlives us can still write. */
export interface PostgresLog {
  path: string;
  /** Where this run's lines begin. */
  startBytes: number;
}

const ROTATE_BYTES = 5 * 2 ** 20;
const POLL_MS = 200;
const TAIL_BYTES = 16 * 2 ** 10;

/** Names the log of a folder; one above 5 MiB is first put aside as `server.log.1`, unless a server still writes it. */
export async function openPostgresLog(home: string, { rotate }: { rotate: boolean }): Promise<PostgresLog> {
  const path = join(home, "server.log");
  const sizeBytes = await stat(path).then(
    (stats) => stats.size,
    () => 0,
  );
  if (!rotate || sizeBytes <= ROTATE_BYTES) return { path, startBytes: sizeBytes };
  await rename(path, `${path}.1`);
  return { path, startBytes: 0 };
}

/** The last lines of this run, without their times: why a server did not start. At most five. */
export async function lastWords({ path, startBytes }: PostgresLog): Promise<string[]> {
  const file = await open(path, "r").catch(() => undefined);
  if (file === undefined) return [];
  try {
    const { size } = await file.stat();
    const from = Math.max(startBytes, size - TAIL_BYTES);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.max(0, size - from)), 0, undefined, from);
    const lines = buffer.toString("utf8", 0, bytesRead).split("\n").filter(Boolean);
    return lines.slice(-5).map((line) => line.replace(/^\S+ \S+ UTC \[\d+\] /, ""));
  } finally {
    await file.close();
  }
}

/** Hands every new line of the log to `onLine` within {@link POLL_MS}; the returned function reads the rest and ends it. */
export function followPostgresLog({ path, startBytes }: PostgresLog, onLine: (line: string) => void): () => void {
  let position = startBytes;
  let rest = "";
  const read = (): void => {
    let file: number;
    try {
      file = openSync(path, "r");
    } catch {
      return; // not written yet
    }
    try {
      const sizeBytes = fstatSync(file).size;
      if (sizeBytes <= position) return;
      const chunk = Buffer.alloc(Math.min(sizeBytes - position, 2 ** 20));
      position += readSync(file, chunk, 0, chunk.length, position);
      const lines = (rest + chunk.toString("utf8")).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) onLine(line);
    } finally {
      closeSync(file);
    }
  };
  const timer = setInterval(read, POLL_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    read();
  };
}
