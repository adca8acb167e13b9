import type { FileRow } from "../../src/api/file-calls.js";
import { batchCalls, createSlots, UploadError, UploadQueue } from "../../src/upload/index.js";
import type { BulkUploadApi, UploadItem } from "../../src/upload/index.js";
import { createNodePut, nodeHash } from "../../src/upload/node.js";
import type { NodeBody, NodeFileSource } from "../../src/upload/node.js";
import { EXIT_CODE } from "./exit-code.js";
import type { ExitCode } from "./exit-code.js";
import { explain } from "./explain.js";
import { openFile } from "./files-to-put.js";
import type { FileToPut } from "./files-to-put.js";
import type { PutReport } from "./put-report.js";
import type { UploadRecords } from "./upload-records.js";

/** What uploading needs. */
export interface UploadFilesOptions {
  readonly api: BulkUploadApi<FileRow>;
  readonly records: UploadRecords;
  /** To the store, over all files. */
  readonly connections: number;
  /** Stops everything at once; what has arrived stays, and so do the records. */
  readonly signal: AbortSignal;
  readonly report: PutReport;
}

/** Open at a time: enough for the queue's batches of small files, few enough for every system's limit. */
const OPEN_FILES = 128;

interface Upload {
  readonly file: FileToPut;
  readonly source: NodeFileSource;
  settle(code: ExitCode): void;
}

/**
 * Uploads files over shared connections and reports each. Resolves with the exit code of every file, or as soon as
 * `signal` fires. Never rejects.
 */
export async function uploadFiles(files: readonly FileToPut[], options: UploadFilesOptions): Promise<ExitCode[]> {
  const { records, connections, signal, report } = options;
  const uploads = new Map<string, Upload>();
  const bySource = new Map<unknown, FileToPut>();
  const found = new Map<string, FileToPut>();
  const begun = new Set<string>();
  const slots = createSlots(OPEN_FILES);
  const queue = new UploadQueue<NodeBody, FileRow>({
    api: batchCalls(
      tellingWhatWasFound(options.api, (fileId, bytes) => {
        const file = found.get(fileId);
        if (file !== undefined && found.delete(fileId)) report.resumed(file, bytes);
      }),
    ),
    put: createNodePut(connections),
    hash: nodeHash,
    parallel: connections,
    findBegun: async (source) => {
      const file = bySource.get(source)!;
      const fileId = await records.find(file);
      // Named twice, a file is two uploads, not twice the same one.
      if (fileId === undefined || begun.has(fileId)) return undefined;
      begun.add(fileId);
      found.set(fileId, file);
      return fileId;
    },
    // Before the first byte leaves: from then on there is something to go on with.
    onBegun: (fileId, source) => {
      begun.add(fileId);
      ignoreErrors(records.keep(bySource.get(source)!, fileId));
    },
  });

  const look = (): void => {
    const snapshot = queue.getSnapshot();
    for (const item of snapshot.items) {
      const upload = uploads.get(item.id);
      if (upload !== undefined) settleWhenOver(upload, item);
    }
    report.moved(snapshot);
  };
  const settleWhenOver = ({ file, source, settle }: Upload, item: UploadItem<FileRow>): void => {
    if (item.phase !== "done" && item.phase !== "failed") return;
    uploads.delete(item.id);
    bySource.delete(source);
    if (item.phase === "done") report.done(file, item.file);
    const explanation = item.phase === "failed" ? explain(item.error) : undefined;
    if (explanation) report.failed(file.named, explanation);
    const over = item.phase === "done" || !canGoOn(item.error);
    // Out of the queue: of what failed the server lets go, what is done stays done.
    if (over) queue.cancel(item.id);
    void Promise.allSettled([source.close(), over ? records.forget(file) : undefined]).then(() =>
      settle(explanation?.exitCode ?? EXIT_CODE.ok),
    );
  };
  const begin = async (file: FileToPut, settle: (code: ExitCode) => void): Promise<void> => {
    try {
      const source = await openFile(file);
      if (signal.aborted) return await source.close();
      bySource.set(source, file);
      const [id] = queue.add([source]);
      uploads.set(id!, { file, source, settle });
    } catch (error) {
      const explanation = explain(error);
      report.failed(file.named, explanation);
      settle(explanation.exitCode);
    }
  };

  report.planned(files);
  queue.subscribe(look);
  const outcomes: Promise<ExitCode>[] = [];
  try {
    for (const file of files) {
      const release = await slots.acquire(signal);
      outcomes.push(new Promise<ExitCode>((settle) => void begin(file, settle)).finally(release));
    }
    return await untilAborted(Promise.all(outcomes), signal);
  } catch {
    queue.pauseAll();
    return [EXIT_CODE.interrupted];
  }
}

/** The same server; tells how many bytes it already had of an upload that goes on. */
function tellingWhatWasFound<F>(
  api: BulkUploadApi<F>,
  tell: (fileId: string, bytes: number) => void,
): BulkUploadApi<F> {
  const resume: BulkUploadApi<F>["resume"] = async (fileId, options, signal) => {
    const standing = await api.resume(fileId, options, signal);
    if (standing.state === "OPEN") {
      const { receivedParts, partSize, sizeBytes } = standing.ticket;
      tell(fileId, Math.min(sizeBytes, (receivedParts?.length ?? 0) * partSize));
    } else if (standing.state === "CLOSED") tell(fileId, Infinity);
    return standing;
  };
  return { ...api, resume };
}

/** True where the same upload can go on later from what has arrived. */
function canGoOn(error: unknown): boolean {
  return error instanceof UploadError && (error.retryable || error.code === "PROTOCOL");
}

function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(signal.reason as Error), { once: true });
    work.then(resolve, reject);
  });
}

/** A record that cannot be written (a full disk, a read-only home) must not stop an upload: it only cannot be gone on with. */
function ignoreErrors(work: Promise<unknown>): void {
  work.catch(() => undefined);
}
