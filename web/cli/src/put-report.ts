import type { FileRow } from "../../src/api/file-calls.js";
import type { QueueSnapshot, UploadErrorCode } from "../../src/upload/index.js";
import type { Explanation } from "./explain.js";
import { formatBytes, percentOf } from "./file-size.js";
import type { FileToPut } from "./files-to-put.js";
import { progressLines } from "./progress-lines.js";
import type { TransferState } from "./progress-lines.js";
import { printable } from "./terminal.js";
import type { Terminal } from "./terminal.js";

/** Says how an upload of several files goes. */
export interface PutReport {
  /** So many bytes in so many files are to come. */
  planned(files: readonly FileToPut[]): void;
  /** The server had `bytes` of this file already. */
  resumed(file: FileToPut, bytes: number): void;
  done(file: FileToPut, row: FileRow): void;
  /** @param named as it was written on the command line */
  failed(named: string, explanation: Explanation): void;
  /** The files in work as they stand now. */
  moved(snapshot: QueueSnapshot<unknown>): void;
  ended(): void;
  stopped(whatNow: string): void;
}

const WAITING: Partial<Record<UploadErrorCode, string>> = {
  OFFLINE: "waiting for the connection",
  NETWORK: "trying again: the store does not answer",
  BLOCKED: "trying again: the store does not answer",
  STALLED: "trying again: nothing moves",
  STORAGE: "trying again: the store refused",
  API: "trying again: the server does not answer",
};

/** Lines for people, or with `json` one object a file; progress only where somebody watches. */
export function createPutReport(terminal: Terminal, { json }: { json: boolean }): PutReport {
  const startedMs = performance.now();
  const resumedBytes = new Map<FileToPut, number>();
  let plannedCount = 0;
  let plannedBytes = 0;
  let settledBytes = 0;
  let doneCount = 0;
  let doneBytes = 0;
  let failedCount = 0;

  const say = (object: Readonly<Record<string, unknown>>, line: string): void =>
    terminal.print(json ? JSON.stringify(object) : line);
  const ending = (): string => {
    const seconds = (performance.now() - startedMs) / 1000;
    const files = doneCount === 1 ? "1 file" : `${doneCount} files`;
    const failures = failedCount > 0 ? `; ${failedCount} failed` : "";
    return `${files}, ${formatBytes(doneBytes)} in ${seconds.toFixed(1)} s${failures}.`;
  };

  return {
    planned(files) {
      plannedCount = files.length;
      plannedBytes = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
    },
    resumed(file, bytes) {
      resumedBytes.set(file, Math.min(bytes, file.sizeBytes));
      const percent = percentOf(bytes, file.sizeBytes);
      if (bytes > 0 && !json) terminal.note(`${printable(file.named)}: resumed at ${percent} %`);
    },
    done(file, row) {
      doneCount++;
      doneBytes += file.sizeBytes;
      settledBytes += file.sizeBytes;
      const resumedAtBytes = resumedBytes.get(file);
      say(
        {
          file: file.named,
          status: row.status,
          id: row.id,
          name: row.filename,
          sizeBytes: row.size,
          permalink: row.permalink,
          ...(resumedAtBytes === undefined ? {} : { resumedAtBytes }),
        },
        `${printable(row.filename)}  ${formatBytes(file.sizeBytes)}  ${printable(row.permalink)}`,
      );
    },
    failed(named, { code, message }) {
      failedCount++;
      if (json) say({ file: named, status: "FAILED", code, message }, "");
      else terminal.note(`signet: ${printable(named)}: ${message}`);
    },
    moved(snapshot) {
      if (!terminal.live) return;
      const active = snapshot.items.filter(({ phase }) => !["queued", "paused", "done", "failed"].includes(phase));
      const transfers = active.map((item): TransferState => {
        const { name, sentBytes, totalBytes, bytesPerSecond, phase } = item;
        const note =
          phase === "waiting"
            ? (WAITING[item.reason] ?? "trying again")
            : { preparing: "reading", confirming: "being checked" }[phase as "preparing" | "confirming"];
        return { name, doneBytes: sentBytes, totalBytes, bytesPerSecond, note };
      });
      const sentBytes = transfers.reduce((sum, { doneBytes: bytes }) => sum + bytes, settledBytes);
      const total: TransferState = {
        name: `${doneCount} of ${plannedCount} files`,
        doneBytes: sentBytes,
        totalBytes: plannedBytes,
        bytesPerSecond: snapshot.bytesPerSecond,
      };
      const room = { columns: terminal.columns(), rows: terminal.rows(), colour: terminal.colour };
      terminal.show(progressLines(transfers, total, room));
    },
    ended() {
      terminal.show([]);
      if (!json && doneCount + failedCount > 1) terminal.note(ending());
    },
    stopped(whatNow) {
      terminal.show([]);
      terminal.note(`Stopped: ${doneCount} of ${plannedCount} files are up.${whatNow}`);
    },
  };
}
