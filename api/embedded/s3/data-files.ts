import { randomUUID } from "node:crypto";
import { open, readdir, type FileHandle } from "node:fs/promises";
import { join } from "node:path";
import { removeIfThere, type DurableFiles } from "./durable-files.js";

/** Bytes gathered before one write. */
const WRITE_BYTES = 512 * 1024;
const READ_BYTES = 256 * 1024;

/** A run of bytes of an object: one data file, read from its start. */
export interface Segment {
  file: string;
  sizeBytes: number;
}

/** The bytes of objects and parts: files with fresh random names, written once, never changed. */
export class DataFiles {
  private readonly readers = new Map<string, number>();
  private readonly doomed = new Set<string>();

  constructor(
    private readonly directory: string,
    private readonly files: DurableFiles,
  ) {}

  /** Opens a new file for writing. */
  async create(): Promise<DataFileWriter> {
    const file = randomUUID();
    const path = join(this.directory, file);
    return new DataFileWriter(file, await open(path, "wx"), {
      sync: async (handle) => {
        if (this.files.durable) await Promise.all([handle.datasync(), this.files.syncDirectory(this.directory)]);
      },
      remove: () => removeIfThere(path),
    });
  }

  /** Removes files that nothing refers to any more; those still being read go when their last reader ends. */
  async remove(files: Iterable<string>): Promise<void> {
    for (const file of files) {
      if (this.readers.has(file)) this.doomed.add(file);
      else await removeIfThere(join(this.directory, file));
    }
  }

  /** Removes every file that is not in `referenced`: what a killed process was writing or had just replaced. */
  async removeAllBut(referenced: ReadonlySet<string>): Promise<void> {
    for (const file of await readdir(this.directory))
      if (!referenced.has(file)) await removeIfThere(join(this.directory, file));
  }

  /**
   * Yields bytes `start` to `end` (inclusive) of the concatenated segments. The files stay readable until the generator ends, even when the object is
   * replaced or deleted meanwhile; so call it at once after looking the object up, and iterate it to its end or `return()` it.
   */
  read(segments: readonly Segment[], start: number, end: number): AsyncGenerator<Buffer, void, undefined> {
    const wanted: { file: string; from: number; count: number }[] = [];
    let offset = 0;
    for (const segment of segments) {
      const from = Math.max(start - offset, 0);
      const to = Math.min(end - offset, segment.sizeBytes - 1);
      if (from <= to) wanted.push({ file: segment.file, from, count: to - from + 1 });
      offset += segment.sizeBytes;
    }
    for (const { file } of wanted) this.readers.set(file, (this.readers.get(file) ?? 0) + 1);
    return this.readRuns(wanted);
  }

  private async *readRuns(
    runs: readonly { file: string; from: number; count: number }[],
  ): AsyncGenerator<Buffer, void, undefined> {
    try {
      for (const { file, from, count } of runs) yield* readFileRun(join(this.directory, file), from, count);
    } finally {
      for (const { file } of runs) await this.release(file);
    }
  }

  private async release(file: string): Promise<void> {
    const left = (this.readers.get(file) ?? 1) - 1;
    if (left > 0) {
      this.readers.set(file, left);
      return;
    }
    this.readers.delete(file);
    if (this.doomed.delete(file)) await removeIfThere(join(this.directory, file));
  }
}

async function* readFileRun(path: string, from: number, count: number): AsyncGenerator<Buffer, void, undefined> {
  const handle = await open(path, "r");
  try {
    for (let done = 0; done < count;) {
      const buffer = Buffer.allocUnsafe(Math.min(READ_BYTES, count - done));
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, from + done);
      if (bytesRead === 0) throw new Error(`${path} is shorter than its record says`);
      done += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
}

/** One data file while it is being written. Ends with `finish` or `discard`. */
export class DataFileWriter {
  private pending: Buffer[] = [];
  private pendingBytes = 0;

  constructor(
    /** Name that records refer to. */
    readonly file: string,
    private readonly handle: FileHandle,
    private readonly effects: { sync: (handle: FileHandle) => Promise<void>; remove: () => Promise<void> },
  ) {}

  async write(data: Buffer): Promise<void> {
    this.pending.push(data);
    this.pendingBytes += data.length;
    if (this.pendingBytes >= WRITE_BYTES) await this.flush();
  }

  /** Writes the rest and, in a durable store, syncs the file and its name. */
  async finish(): Promise<void> {
    await this.flush();
    await this.effects.sync(this.handle);
    await this.handle.close();
  }

  /** Removes the file; also after `finish`. */
  async discard(): Promise<void> {
    await this.handle.close().catch(() => undefined);
    await this.effects.remove();
  }

  private async flush(): Promise<void> {
    const buffers = this.pending;
    const wantedBytes = this.pendingBytes;
    this.pending = [];
    this.pendingBytes = 0;
    if (wantedBytes === 0) return;
    const { bytesWritten } = await this.handle.writev(buffers);
    // A full disk writes less than asked before it says so; writeFile repeats until all is written or the error comes.
    if (bytesWritten < wantedBytes) await this.handle.writeFile(Buffer.concat(buffers).subarray(bytesWritten));
  }
}
