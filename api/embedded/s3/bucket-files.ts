import { mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { DataFiles } from "./data-files.js";
import { DurableFiles } from "./durable-files.js";
import { S3Error } from "./errors.js";
import { KeyLock } from "./key-lock.js";
import type { StaleUploadRule } from "./lifecycle-rules.js";
import { MultipartFiles } from "./multipart-files.js";
import { ObjectFiles, type ObjectRecord } from "./object-files.js";
import type { CorsRule } from "./cors.js";
import type { XmlContent } from "./xml.js";

/** What is kept of a bucket beside its objects. */
export interface BucketRecord {
  name: string;
  createdAtMs: number;
  cors?: CorsRule[];
  /** The document as stored, and the rules of it that are carried out. */
  lifecycle?: { document: XmlContent; staleUploads: StaleUploadRule[] };
  publicAccessBlock?: Record<string, boolean>;
}

/** A bucket and everything in it. */
export interface Bucket {
  record: BucketRecord;
  readonly objects: ObjectFiles;
  readonly uploads: MultipartFiles;
}

const BUCKET_RECORD = "bucket";

/**
 * Everything that is stored, as folders and files below one directory:
 * `data/<uuid>`, `buckets/<name>/bucket.json`, `buckets/<name>/objects/<sha256 of key>.json`, `buckets/<name>/uploads/<upload id>[.<part>].json`.
 */
export class BucketFiles {
  private readonly buckets = new Map<string, Bucket>();
  private readonly locks = new KeyLock();

  private constructor(
    private readonly directory: string,
    private readonly files: DurableFiles,
    readonly data: DataFiles,
  ) {}

  /** Opens a data directory, creating it when needed, and clears away what a killed process left half done. */
  static async open(dataDir: string, durable: boolean): Promise<BucketFiles> {
    const files = new DurableFiles(durable);
    const dataDirectory = join(dataDir, "data");
    const bucketsDirectory = join(dataDir, "buckets");
    await mkdir(dataDirectory, { recursive: true });
    await mkdir(bucketsDirectory, { recursive: true });
    const store = new BucketFiles(bucketsDirectory, files, new DataFiles(dataDirectory, files));
    await store.load();
    return store;
  }

  /** @throws S3Error `NoSuchBucket` */
  find(name: string): Bucket {
    const bucket = this.buckets.get(name);
    if (!bucket) throw new S3Error("NoSuchBucket", { details: { BucketName: name } });
    return bucket;
  }

  /** Buckets by name. */
  list(): BucketRecord[] {
    return [...this.buckets.values()].map(({ record }) => record).sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Creates a bucket. @returns false when it was already there, which changes nothing */
  async create(record: BucketRecord): Promise<boolean> {
    return this.locks.run(record.name, async () => {
      if (this.buckets.has(record.name)) return false;
      const directory = join(this.directory, record.name);
      await mkdir(join(directory, "objects"), { recursive: true });
      await mkdir(join(directory, "uploads"), { recursive: true });
      await this.files.syncDirectory(this.directory);
      await this.files.write(directory, BUCKET_RECORD, record);
      this.buckets.set(record.name, this.openBucket(record, []));
      return true;
    });
  }

  /** Replaces a bucket's configuration by `change` of the present one. */
  async update(name: string, change: (record: BucketRecord) => BucketRecord): Promise<void> {
    await this.locks.run(name, async () => {
      const bucket = this.find(name);
      const record = change(bucket.record);
      await this.files.write(join(this.directory, name), BUCKET_RECORD, record);
      bucket.record = record;
    });
  }

  /** Removes an empty bucket with its open uploads. @throws S3Error `BucketNotEmpty` */
  async delete(name: string): Promise<void> {
    await this.locks.run(name, async () => {
      const bucket = this.find(name);
      if (bucket.objects.keys.size > 0) throw new S3Error("BucketNotEmpty", { details: { BucketName: name } });
      // From here to the removal from the map nothing awaits, so no write can slip in unseen.
      bucket.objects.close();
      this.buckets.delete(name);
      for (const { record } of bucket.uploads.list()) await bucket.uploads.abort(record.key, record.uploadId);
      const directory = join(this.directory, name);
      await this.files.remove(directory, BUCKET_RECORD);
      await this.files.syncDirectory(directory);
      await rm(directory, { recursive: true, force: true });
    });
  }

  private async load(): Promise<void> {
    const referenced = new Set<string>();
    const broken: string[] = [];
    for (const name of await readdir(this.directory)) {
      const directory = join(this.directory, name);
      const own = await this.files.readAll(directory);
      broken.push(...own.broken);
      const record = own.records.get(BUCKET_RECORD) as BucketRecord | undefined;
      if (!record) {
        // Killed while creating or removing the bucket; one whose record is damaged is left for a human.
        if (own.broken.length === 0) await rm(directory, { recursive: true, force: true });
        continue;
      }
      const objects = await this.files.readAll(join(directory, "objects"));
      const uploads = await this.files.readAll(join(directory, "uploads"));
      broken.push(...objects.broken, ...uploads.broken);
      const bucket = this.openBucket(record, [...objects.records.values()] as ObjectRecord[]);
      await bucket.uploads.load(uploads.records);
      this.buckets.set(name, bucket);
      for (const object of bucket.objects.values()) for (const { file } of object.segments) referenced.add(file);
      for (const { parts } of bucket.uploads.list()) for (const part of parts.values()) referenced.add(part.file);
    }
    // A damaged record may be the only one that names some data file: then nothing is removed.
    if (broken.length === 0) await this.data.removeAllBut(referenced);
    else process.emitWarning(`embedded S3: unreadable records, nothing cleaned: ${broken.join(", ")}`);
  }

  private openBucket(record: BucketRecord, records: ObjectRecord[]): Bucket {
    const directory = join(this.directory, record.name);
    const objects = new ObjectFiles(join(directory, "objects"), this.files, this.data, records);
    const uploads = new MultipartFiles(join(directory, "uploads"), this.files, this.data, objects);
    return { record, objects, uploads };
  }
}
