import { progressLine } from "./progress-lines.js";
import type { Terminal } from "./terminal.js";

/** The moving line of one transfer. */
export interface RateLine {
  /** So many more bytes have arrived. */
  moved(bytes: number): void;
  /** Everything begins anew. */
  restart(): void;
  end(): void;
}

/** Least time between two drawings. */
const EVERY_MS = 100;

/** Shows how a transfer goes, with the mean speed of this command. */
export function createRateLine(
  terminal: Terminal,
  { name, totalBytes, startBytes }: { name: string; totalBytes: number; startBytes: number },
): RateLine {
  const startedMs = performance.now();
  let doneBytes = startBytes;
  let movedBytes = 0;
  let drawnMs = 0;
  return {
    moved(bytes) {
      doneBytes += bytes;
      movedBytes += bytes;
      const now = performance.now();
      if (!terminal.live || now - drawnMs < EVERY_MS) return;
      drawnMs = now;
      const seconds = (now - startedMs) / 1000;
      const bytesPerSecond = seconds < 1 ? undefined : movedBytes / seconds;
      const room = { columns: terminal.columns(), rows: terminal.rows(), colour: terminal.colour };
      terminal.show([progressLine({ name, doneBytes, totalBytes, bytesPerSecond }, room)]);
    },
    restart: () => void (doneBytes = 0),
    end: () => terminal.show([]),
  };
}
