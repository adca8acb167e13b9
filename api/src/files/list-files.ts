import { AppError } from "../errors.js";
import type { Viewer } from "../auth/viewer.js";
import type { FileListFilter, FileOrder, FileOrderField } from "./file-filter.js";
import type { FileRow } from "./file.js";
import type { FileDeps } from "./file-deps.js";
import { cursorEncoder, decodeCursor } from "./list-cursor.js";
import type { CursorPosition } from "./list-cursor.js";

export interface ListFilesRequest {
  /** 1..limits.pageSize. */
  readonly first: number;
  readonly after: string | null;
  readonly filter: FileListFilter;
  readonly orderBy: FileOrder;
}

export interface FilePage {
  readonly files: readonly FileRow[];
  /** Of a file of this page; made when it is asked for. */
  readonly cursorOf: (file: FileRow) => string;
  readonly hasNextPage: boolean;
}

/** Above this many rows a total is not counted: the answer is null. */
export const COUNT_CEILING = 10_000;

/** One page of the viewer's files, keyset paged: its cost does not grow with the page's depth. */
export async function listFiles(
  { files, limits }: Pick<FileDeps, "files" | "limits">,
  viewer: Viewer,
  request: ListFilesRequest,
): Promise<FilePage> {
  if (!Number.isInteger(request.first) || request.first < 1 || request.first > limits.pageSize)
    throw new AppError("BAD_USER_INPUT", `first must be 1 to ${limits.pageSize} (limits.pageSize).`);
  const scope = { orderBy: request.orderBy, filter: request.filter };
  const after = request.after === null ? null : decodeCursor(request.after, scope);
  if (request.after !== null && after === null)
    throw new AppError(
      "BAD_USER_INPUT",
      "after is not a cursor of this list: a cursor belongs to its filter and order.",
    );

  const rows = await files.list(viewer.ownerId, {
    take: request.first + 1,
    after,
    filter: request.filter,
    orderBy: request.orderBy,
  });
  let encode: ReturnType<typeof cursorEncoder> | null = null;
  return {
    files: rows.slice(0, request.first),
    cursorOf: (file) => (encode ??= cursorEncoder(scope))(positionOf(file, request.orderBy.field)),
    hasNextPage: rows.length > request.first,
  };
}

/** How many files the filter finds; null above {@link COUNT_CEILING}. */
export async function countFiles(
  { files }: Pick<FileDeps, "files">,
  viewer: Viewer,
  filter: FileListFilter,
): Promise<number | null> {
  const found = await files.count(viewer.ownerId, filter, COUNT_CEILING);
  return found > COUNT_CEILING ? null : found;
}

function positionOf(file: FileRow, field: FileOrderField): CursorPosition {
  switch (field) {
    case "CREATED_AT":
      return { value: String(file.createdAt.getTime()), id: file.id };
    case "FILENAME":
      return { value: file.filename, id: file.id };
    case "SIZE":
      return { value: String(file.sizeBytes), id: file.id };
  }
}
