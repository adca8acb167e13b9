import {
  AccountDocument,
  DeleteFileDocument,
  FileLinkDocument,
  FilesDocument,
  RenameFileDocument,
  RestoreFileDocument,
} from "../gql/graphql.js";
import type { AccountQuery, Disposition, FileFilter, FileOrder, FileRowFragment, FilesQuery } from "../gql/graphql.js";
import type { Answer } from "../upload/index.js";
import type { Execute } from "./execute.js";
import { refused } from "./problem.js";

/** One row of the list. It never holds a presigned URL. */
export type FileRow = FileRowFragment;
/** Usage, limits and policies, all in bytes and seconds as the server decides them. */
export type Account = AccountQuery;
/** One page of the list. */
export type FilesPage = FilesQuery["files"];

/** Where a file can be fetched for a while. A bearer link: use it and forget it. */
export interface FileLink {
  readonly filename: string;
  /** False: browsers download it, whatever was asked for. */
  readonly inlineAllowed: boolean;
  readonly url: string;
}

/** Which page of which list. */
export interface ListRequest {
  /** Part of the name, whatever its case; empty for all. */
  readonly search: string;
  readonly filter?: Omit<FileFilter, "filenameContains">;
  readonly orderBy?: FileOrder;
  /** The last page's end; it belongs to its search, filter and order. */
  readonly after: string | undefined;
  readonly signal?: AbortSignal;
}

/** What the page asks about files. Calls reject with ApiError; expected refusals are answers. */
export interface FileApi {
  account(signal?: AbortSignal): Promise<Account>;
  /** One page of the list; newest first unless `orderBy` says otherwise. */
  files(options: ListRequest): Promise<FilesPage>;
  /** A fresh presigned link, or undefined when there is no such file or it is not ready. */
  link(id: string, disposition: Disposition): Promise<FileLink | undefined>;
  /** Another name for the same bytes; links stay as they are. */
  rename(id: string, filename: string): Promise<Answer<FileRow>>;
  /** To the trash; with `permanently` bytes and quota are freed now, also from the trash. */
  remove(id: string, options?: { permanently?: boolean }): Promise<Answer<undefined>>;
  restore(id: string): Promise<Answer<FileRow>>;
}

/** The page's calls as GraphQL operations. */
export function createFileApi(execute: Execute): FileApi {
  return {
    account: (signal) => execute(AccountDocument, {}, { signal }),

    async files({ search, filter, orderBy, after, signal }) {
      const both = { ...filter, ...(search ? { filenameContains: search } : {}) };
      return (await execute(FilesDocument, { after, filter: both, orderBy }, { signal })).files;
    },

    async link(id, disposition) {
      const { file } = await execute(FileLinkDocument, { id, disposition });
      if (!file?.url) return undefined;
      const { filename, inlineAllowed, url } = file;
      return { filename, inlineAllowed, url };
    },

    async rename(id, filename) {
      const { renameFile: result } = await execute(RenameFileDocument, { id, filename });
      return "code" in result ? refused(result) : { ok: true, value: result.file };
    },

    async remove(id, { permanently = false } = {}) {
      const { deleteFile: result } = await execute(DeleteFileDocument, { id, permanently });
      return "code" in result ? refused(result) : { ok: true, value: undefined };
    },

    async restore(id) {
      const { restoreFile: result } = await execute(RestoreFileDocument, { id });
      return "code" in result ? refused(result) : { ok: true, value: result.file };
    },
  };
}
