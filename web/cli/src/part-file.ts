import { createHash } from "node:crypto";
import { link, lstat, open, rename, rm, stat } from "node:fs/promises";
import type { FileHandle } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { damaged } from "./download.js";
import { CommandError, EXIT_CODE } from "./exit-code.js";
import type { StateFolder } from "./state-folder.js";

/** What arrives of one file, in `FILE.part` until it is whole. */
export interface PartFile {
  /** Bytes that are there from an earlier command; 0 when there are none, or they are of another file. */
  readonly startBytes: number;
  readonly etag: string | undefined;
  /** Empties it, and remembers what will come. @throws CommandError EXISTS when it is not ours, unless `force` */
  begin(etag: string | undefined): Promise<void>;
  write(chunk: Uint8Array): Promise<void>;
  close(): Promise<void>;
  /**
   * Compares length and, where it is known, SHA-256 of what is there; throws it away when it is wrong.
   * @throws CommandError DAMAGED; BUSY when another command has taken its place
   */
  check(sha256: string | null | undefined): Promise<void>;
  /** Gives the file its name. @throws CommandError EXISTS, unless `force` */
  finish(force: boolean): Promise<void>;
}

/**
 * Opens `target`.part. Its bytes are gone on with only when the state folder remembers that they are of this very file:
 * a name alone proves nothing.
 */
export async function openPartFile(options: {
  target: string;
  fileId: string;
  sizeBytes: number;
  server: URL;
  state: StateFolder;
  /** Replace a FILE.part that is there, whosever it is. */
  force: boolean;
}): Promise<PartFile> {
  const { target, fileId, sizeBytes, server, state, force: replace } = options;
  const path = `${target}.part`;
  const key = ["get", server.href, target];
  const known = await state.get(key);
  const isOurs = known?.["fileId"] === fileId && known["etag"] !== undefined;
  const size = isOurs
    ? await lstat(path).then(
        (there) => (there.isFile() ? there.size : 0),
        () => 0,
      )
    : 0;
  const startBytes = size <= sizeBytes ? size : 0;
  let handle: FileHandle | undefined = startBytes > 0 ? await open(path, "a+") : undefined;
  let begunBefore = known !== undefined;

  const close = async (): Promise<void> => {
    await handle?.close();
    handle = undefined;
  };
  return {
    startBytes,
    etag: startBytes > 0 ? known?.["etag"] : undefined,
    async begin(etag) {
      await close();
      // A new file each time: who still writes to the one before writes to nothing, and finds that out in the end.
      if (begunBefore || replace) await rm(path, { force: true });
      handle = await open(path, "wx+").catch((error: NodeJS.ErrnoException) => {
        throw error.code === "EEXIST" ? existsError(path) : error;
      });
      begunBefore = true;
      await state.set(key, { fileId, ...(etag === undefined ? {} : { etag }) }).catch(() => undefined);
    },
    async write(chunk) {
      for (let at = 0; at < chunk.byteLength;) at += (await handle!.write(chunk, at)).bytesWritten;
    },
    close,
    async check(sha256) {
      const mine = await handle!.stat();
      const there = await lstat(path).catch(() => undefined);
      if (there?.ino !== mine.ino) throw busyError(path);
      const hash = createHash("sha256");
      if (sha256) await pipeline(handle!.createReadStream({ start: 0, autoClose: false }), hash);
      const wrong =
        mine.size !== sizeBytes
          ? `${mine.size} bytes are there, not ${sizeBytes}`
          : sha256 && hash.digest("hex") !== sha256 && "its SHA-256 differs";
      if (!wrong) return;
      await close();
      await rm(path, { force: true });
      await state.remove(key);
      throw damaged(wrong);
    },
    async finish(force) {
      await handle?.sync();
      await close();
      await (force ? rename(path, target) : moveToFreeName(path, target));
      await state.remove(key);
    },
  };
}

/** A rename that replaces nothing, not even what appeared a moment ago: `rename` would. */
async function moveToFreeName(path: string, target: string): Promise<void> {
  try {
    await link(path, target);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EEXIST") throw existsError(target);
    // A disk without hard links (FAT, some network folders): look first, then rename.
    await assertFree(target);
    return rename(path, target);
  }
  await rm(path);
}

/** @throws CommandError EXISTS */
export async function assertFree(target: string): Promise<void> {
  const there = await stat(target).then(
    () => true,
    () => false,
  );
  if (there) throw existsError(target);
}

function busyError(path: string): CommandError {
  const message = `Another command has taken over ${path}. Wait for it, or use -o for another name.`;
  return new CommandError(EXIT_CODE.failed, "BUSY", message);
}

function existsError(target: string): CommandError {
  return new CommandError(
    EXIT_CODE.failed,
    "EXISTS",
    `${target} exists already. Use --force to replace it, or -o for another name.`,
  );
}
