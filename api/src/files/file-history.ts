import type { Viewer } from "../auth/viewer.js";
import { AppError } from "../errors.js";
import type { FileEvent } from "./file-event.js";
import type { FileRecords } from "./file-records.js";
import type { FileRow } from "./file.js";

/** Transitions that one `File.history` answers at most. */
const MAX_HISTORY = 100;

/** @throws AppError BAD_USER_INPUT unless 1 to {@link MAX_HISTORY} */
export function checkHistoryLength(first: number): void {
  if (!Number.isInteger(first) || first < 1 || first > MAX_HISTORY)
    throw new AppError("BAD_USER_INPUT", `first must be 1 to ${MAX_HISTORY}.`);
}

/** The newest `first` transitions of each of these files, newest first; in the order of the files, in one statement. */
export async function readHistories(
  { files }: { readonly files: Pick<FileRecords, "histories"> },
  viewer: Viewer,
  wanted: readonly Pick<FileRow, "id">[],
  first: number,
): Promise<(readonly FileEvent[])[]> {
  const found = await files.histories(viewer.ownerId, [...new Set(wanted.map(({ id }) => id))], first);
  return wanted.map(({ id }) => found.get(id) ?? []);
}
