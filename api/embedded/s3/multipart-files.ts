import { randomBytes } from "node:crypto";
import type { ChecksumAlgorithm, ChecksumType } from "./checksum.js";
import type { DataFiles } from "./data-files.js";
import type { DurableFiles } from "./durable-files.js";
import { S3Error } from "./errors.js";
import { KeyLock } from "./key-lock.js";
import type { ObjectFiles, ObjectRecord, Precondition } from "./object-files.js";
import { compareKeys } from "./sorted-keys.js";

/** What CreateMultipartUpload fixed. */
export interface UploadRecord {
  uploadId: string;
  key: string;
  initiatedMs: number;
  /** Headers of the object to come. */
  headers: Record<string, string>;
  checksum?: { algorithm: ChecksumAlgorithm; type: ChecksumType };
}

/** One part as last uploaded. */
export interface PartRecord {
  uploadId: string;
  partNumber: number;
  /** Hex MD5 without quotes. */
  etag: string;
  sizeBytes: number;
  lastModifiedMs: number;
  /** Base64, of the upload's algorithm. */
  checksum?: string;
  /** Its data file. */
  file: string;
}

/** An open multipart upload. */
export interface Upload {
  readonly record: UploadRecord;
  readonly parts: ReadonlyMap<number, PartRecord>;
}

interface OpenUpload extends Upload {
  readonly parts: Map<number, PartRecord>;
}

/** The multipart uploads of one bucket. A part, like an object, becomes visible by the rename of its record. */
export class MultipartFiles {
  private readonly uploads = new Map<string, OpenUpload>();
  private readonly locks = new KeyLock();

  constructor(
    private readonly directory: string,
    private readonly files: DurableFiles,
    private readonly data: DataFiles,
    private readonly objects: ObjectFiles,
  ) {}

  /** Takes up what a former process left: open uploads go on, sealed or aborted ones are cleared away. */
  async load(records: ReadonlyMap<string, unknown>): Promise<void> {
    for (const [name, record] of records)
      if (!name.includes(".")) {
        const upload = record as UploadRecord;
        this.uploads.set(upload.uploadId, { record: upload, parts: new Map() });
      }
    for (const [name, record] of records) {
      if (!name.includes(".")) continue;
      const part = record as PartRecord;
      const upload = this.uploads.get(part.uploadId);
      if (upload) upload.parts.set(part.partNumber, part);
      else await this.files.remove(this.directory, name);
    }
    // Killed between the commit of the object and the end of its upload: the object already owns the data files.
    for (const upload of [...this.uploads.values()])
      if (this.objects.get(upload.record.key)?.sealed?.uploadId === upload.record.uploadId) await this.forget(upload);
  }

  async create(upload: Omit<UploadRecord, "uploadId">): Promise<UploadRecord> {
    // Time first: ids then sort in the order of initiation, which is how ListMultipartUploads pages.
    const uploadId = upload.initiatedMs.toString(16).padStart(12, "0") + randomBytes(16).toString("hex");
    const record = { uploadId, ...upload };
    await this.files.write(this.directory, uploadId, record);
    this.uploads.set(uploadId, { record, parts: new Map() });
    return record;
  }

  /** @throws S3Error `NoSuchUpload` when there is none of this id for this key */
  find(key: string, uploadId: string): Upload {
    const upload = this.uploads.get(uploadId);
    if (!upload || upload.record.key !== key) throw new S3Error("NoSuchUpload", { details: { UploadId: uploadId } });
    return upload;
  }

  /** Open uploads whose key starts with `prefix`, by key, then by time of initiation. */
  list(prefix = ""): Upload[] {
    return [...this.uploads.values()]
      .filter(({ record }) => record.key.startsWith(prefix))
      .sort(
        (left, right) =>
          compareKeys(left.record.key, right.record.key) || (left.record.uploadId < right.record.uploadId ? -1 : 1),
      );
  }

  /**
   * Adds a part or replaces the one of its number. Its data file must be finished.
   * @throws S3Error `NoSuchUpload` when the upload ended while the part was on its way; the data file is then the caller's to remove
   */
  async putPart(key: string, part: PartRecord): Promise<void> {
    const staged = await this.files.stage(this.directory, partName(part), part);
    const replaced = await this.locks.run(part.uploadId, async () => {
      let upload: OpenUpload;
      try {
        upload = this.find(key, part.uploadId) as OpenUpload;
        await staged.commit();
      } catch (error) {
        await staged.discard();
        throw error;
      }
      const former = upload.parts.get(part.partNumber);
      upload.parts.set(part.partNumber, part);
      return former;
    });
    await this.files.syncDirectory(this.directory);
    if (replaced) await this.data.remove([replaced.file]);
  }

  /**
   * Turns an upload into its object: `assemble` chooses among the parts as they are under the upload's lock, and its object is committed there.
   * @throws S3Error `NoSuchUpload`, and whatever `assemble` or `precondition` refuse with; the upload then stays as it was
   */
  async complete(
    key: string,
    uploadId: string,
    assemble: (upload: Upload) => { object: ObjectRecord; precondition: Precondition },
  ): Promise<ObjectRecord> {
    return this.locks.run(uploadId, async () => {
      const upload = this.find(key, uploadId) as OpenUpload;
      const { object, precondition } = assemble(upload);
      await this.objects.put(object, precondition);
      const kept = new Set(object.segments.map(({ file }) => file));
      await this.forget(upload);
      await this.data.remove([...upload.parts.values()].map(({ file }) => file).filter((file) => !kept.has(file)));
      return object;
    });
  }

  /** Ends an upload and removes its parts. @throws S3Error `NoSuchUpload` */
  async abort(key: string, uploadId: string): Promise<void> {
    await this.locks.run(uploadId, async () => {
      const upload = this.find(key, uploadId) as OpenUpload;
      await this.forget(upload);
      await this.data.remove([...upload.parts.values()].map(({ file }) => file));
    });
  }

  /** Removes the records, the upload's own first: parts without an upload are swept at the next start. */
  private async forget(upload: OpenUpload): Promise<void> {
    const { uploadId } = upload.record;
    await this.files.remove(this.directory, uploadId);
    this.uploads.delete(uploadId);
    await this.files.syncDirectory(this.directory);
    for (const part of upload.parts.values()) await this.files.remove(this.directory, partName(part));
  }
}

function partName(part: PartRecord): string {
  return `${part.uploadId}.${String(part.partNumber).padStart(5, "0")}`;
}
