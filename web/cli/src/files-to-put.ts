import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { openFileSource } from "../../src/upload/node.js";
import type { NodeFileSource } from "../../src/upload/node.js";
import { CommandError, EXIT_CODE } from "./exit-code.js";
import { mediaTypeOf } from "./media-type.js";
import type { FileOnDisk } from "./upload-records.js";

/** A file that was named on the command line and looked at, not opened. */
export interface FileToPut extends FileOnDisk {
  /** As it was written on the command line. */
  readonly named: string;
  /** Another name than its own; undefined: its own. */
  readonly uploadName: string | undefined;
  readonly type: string;
}

/**
 * Looks at a file before anything is opened or sent.
 * @throws CommandError NOT_A_FILE; an error of the system when there is none
 */
export async function lookAt(
  named: string,
  options: { workingFolder: string; type: string | undefined; name: string | undefined },
): Promise<FileToPut> {
  const path = resolve(options.workingFolder, named);
  const stats = await stat(path);
  if (!stats.isFile()) {
    const what = stats.isDirectory() ? `a folder; name its files: ${named.replace(/\/$/, "")}/*` : "not a regular file";
    throw new CommandError(EXIT_CODE.failed, "NOT_A_FILE", `This is ${what}`);
  }
  const type = options.type ?? mediaTypeOf(path);
  return { named, path, sizeBytes: stats.size, modifiedMs: stats.mtimeMs, type, uploadName: options.name };
}

/**
 * Opens a file that was looked at.
 * @throws CommandError FILE_CHANGED when it is not the same any more
 */
export async function openFile(file: FileToPut): Promise<NodeFileSource> {
  const source = await openFileSource(file.path, file.type, file.uploadName);
  const stats = await stat(file.path);
  if (source.sizeBytes === file.sizeBytes && stats.mtimeMs === file.modifiedMs) return source;
  await source.close();
  throw new CommandError(
    EXIT_CODE.failed,
    "FILE_CHANGED",
    "The file changed while the command was at work. Try again.",
  );
}
