/**
 * The engine under Uppy: its Dashboard and file list, our parts, checksums and retries. An uploader as
 * https://uppy.io/docs/guides/building-plugins/ describes it; the interface is the part of @uppy/core that is used, so
 * that this compiles without Uppy. With it: `class Signet extends BasePlugin { install() { installSignet(this.uppy, …); } }`.
 */
import { createSlots, uploadFile } from "@signet/upload";
import type { UploadApi } from "@signet/upload";
import { createWorkerHash, fileSource, windowConnectivity, xhrPut } from "@signet/upload/browser";

/** The part of Uppy's file that is used. */
interface UppyFile {
  readonly id: string;
  readonly data: Blob;
  readonly isRemote: boolean;
}
/** The part of Uppy that is used. */
export interface UppyCore {
  addUploader(upload: (fileIds: string[]) => Promise<void>): void;
  getFile(id: string): UppyFile;
  emit(event: string, ...facts: unknown[]): unknown;
  on(event: "file-removed", listener: (file: UppyFile) => void): unknown;
  on(event: "cancel-all", listener: () => void): unknown;
}

/** Uploads what Uppy has, over six connections. `F` is what the server says of a file that is done. */
export function installSignet<F extends { readonly permalink: string }>(uppy: UppyCore, api: UploadApi<F>): void {
  const stops = new Map<string, AbortController>();
  const slots = createSlots(6);
  const hash = createWorkerHash(
    () => new Worker(new URL("@signet/upload/hash-worker", import.meta.url), { type: "module" }),
  );
  uppy.on("file-removed", ({ id }) => stops.get(id)?.abort());
  uppy.on("cancel-all", () => stops.forEach((stop) => stop.abort()));

  const uploadOne = async (id: string): Promise<void> => {
    const uppyFile = uppy.getFile(id);
    if (uppyFile.isRemote || !(uppyFile.data instanceof File)) return;
    const stop = new AbortController();
    stops.set(id, stop);
    uppy.emit("upload-start", [uppyFile]);
    try {
      const file = await uploadFile(fileSource(uppyFile.data), {
        api,
        put: xhrPut,
        hash,
        slots,
        signal: stop.signal,
        connectivity: windowConnectivity(window),
        onProgress: ({ sentBytes: bytesUploaded, totalBytes: bytesTotal }) =>
          uppy.emit("upload-progress", uppyFile, { bytesUploaded, bytesTotal }),
      });
      uppy.emit("upload-success", uppyFile, { status: 200, body: file, uploadURL: file.permalink });
    } catch (error) {
      if (!stop.signal.aborted) uppy.emit("upload-error", uppyFile, error);
    } finally {
      stops.delete(id);
    }
  };
  uppy.addUploader(async (fileIds) => void (await Promise.all(fileIds.map(uploadOne))));
}
