import { createWriteStream } from "node:fs";
import { once } from "node:events";

/** One thing that was asked, and what came back. */
export interface HistoryLine {
  /** The upload that it was about; -1: none. */
  readonly upload: number;
  /** `createUploadUrl`, `PUT part 2`, … */
  readonly what: string;
  /** Which process or server was asked. */
  readonly via: string;
  readonly answer: string;
  readonly tookMs: number;
}

/** What happened, in order, in memory and in a file; and what nothing explains. */
export interface History {
  note(line: HistoryLine): void;
  /** Something that must not happen. The storm goes on, and fails. */
  unexplained(upload: number, what: string): void;
  count(name: string, by?: number): void;
  readonly counts: ReadonlyMap<string, number>;
  readonly faults: readonly string[];
  /** The latest lines about an upload, oldest first. */
  linesOf(upload: number): readonly string[];
  close(): Promise<void>;
}

const KEPT_LINES = 60;

/** @param path JSON lines; made anew */
export function openHistory(path: string): History {
  const file = createWriteStream(path);
  const startedMs = performance.now();
  const counts = new Map<string, number>();
  const faults: string[] = [];
  const lines = new Map<number, string[]>();

  const write = (upload: number, facts: Readonly<Record<string, unknown>>): void => {
    const text = JSON.stringify({ atMs: Math.round(performance.now() - startedMs), upload, ...facts });
    file.write(`${text}\n`);
    const kept = lines.get(upload) ?? [];
    if (kept.push(text) > KEPT_LINES) kept.shift();
    lines.set(upload, kept);
  };
  const count = (name: string, by = 1): void => void counts.set(name, (counts.get(name) ?? 0) + by);

  return {
    note({ upload, ...facts }) {
      write(upload, { ...facts, tookMs: Math.round(facts.tookMs) });
    },
    unexplained(upload, what) {
      write(upload, { unexplained: what });
      faults.push(upload < 0 ? what : `upload ${upload}: ${what}`);
    },
    count,
    counts,
    faults,
    linesOf: (upload) => lines.get(upload) ?? [],
    async close() {
      file.end();
      await once(file, "close");
    },
  };
}
