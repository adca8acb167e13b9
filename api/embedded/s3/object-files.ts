import { createHash } from "node:crypto";
import type { StoredChecksum } from "./checksum.js";
import type { DataFiles, Segment } from "./data-files.js";
import type { DurableFiles, StagedRecord } from "./durable-files.js";
import { S3Error } from "./errors.js";
import { KeyLock } from "./key-lock.js";
import { SortedKeys } from "./sorted-keys.js";

/** What is kept of an object beside its bytes. */
export interface ObjectRecord {
  key: string;
  sizeBytes: number;
  /** Without quotes: hex MD5, and for a multipart object `-N` after it. */
  etag: string;
  lastModifiedMs: number;
  /** System headers and `x-amz-meta-*` as they are answered. */
  headers: Record<string, string>;
  checksum?: StoredChecksum;
  segments: Segment[];
  /** How a multipart object was sealed: makes Complete repeatable. */
  sealed?: { uploadId: string; parts: { partNumber: number; etag: string }[] };
}

/** Decides on the object that is there right now; throws to refuse the write. */
export type Precondition = (current: ObjectRecord | undefined) => void;

/**
 * The objects of one bucket. Commit protocol: the data file is written and synced first, then the record by temporary file, sync and rename; the
 * rename under the key's lock is the commit. A process killed anywhere leaves the old object or the new one.
 */
export class ObjectFiles {
  private readonly records: Map<string, ObjectRecord>;
  private readonly sortedKeys: SortedKeys;
  private readonly locks = new KeyLock();
  private closed = false;

  constructor(
    private readonly directory: string,
    private readonly files: DurableFiles,
    private readonly data: DataFiles,
    records: Iterable<ObjectRecord>,
  ) {
    this.records = new Map([...records].map((record) => [record.key, record]));
    this.sortedKeys = new SortedKeys(this.records.keys());
  }

  get(key: string): ObjectRecord | undefined {
    return this.records.get(key);
  }

  /** Keys in listing order. */
  get keys(): SortedKeys {
    return this.sortedKeys;
  }

  values(): Iterable<ObjectRecord> {
    return this.records.values();
  }

  /**
   * Makes `record` the object of its key, when `precondition` lets it. The data files it names must be finished. On a refusal nothing has changed and
   * the data files are still the caller's to remove.
   */
  async put(record: ObjectRecord, precondition: Precondition = () => undefined): Promise<void> {
    const staged = await this.stage(record);
    const replaced = await this.locks.run(record.key, async () => {
      const current = this.records.get(record.key);
      try {
        if (this.closed) throw new S3Error("NoSuchBucket");
        precondition(current);
        await staged.commit();
      } catch (error) {
        await staged.discard();
        throw error;
      }
      this.records.set(record.key, record);
      this.sortedKeys.add(record.key);
      return current;
    });
    await this.settle(replaced);
  }

  /** Removes the object; a missing one is not an error. */
  async delete(key: string): Promise<void> {
    const removed = await this.locks.run(key, async () => {
      const current = this.records.get(key);
      if (!current) return undefined;
      await this.files.remove(this.directory, fileNameOf(key));
      this.records.delete(key);
      this.sortedKeys.delete(key);
      return current;
    });
    await this.settle(removed);
  }

  /** Refuses every later write: the bucket is going. */
  close(): void {
    this.closed = true;
  }

  /** Old bytes go only once nothing on the disk can name them any more. */
  private async settle(former: ObjectRecord | undefined): Promise<void> {
    await this.files.syncDirectory(this.directory);
    if (former) await this.data.remove(former.segments.map(({ file }) => file));
  }

  private async stage(record: ObjectRecord): Promise<StagedRecord> {
    try {
      return await this.files.stage(this.directory, fileNameOf(record.key), record);
    } catch (error) {
      throw this.closed ? new S3Error("NoSuchBucket") : error;
    }
  }
}

/** Names are hashes: no key can leave the folder, and `a` and `a/b` do not clash. */
function fileNameOf(key: string): string {
  return createHash("sha256").update(key).digest("hex");
}
