import {
  AccountDocument,
  DeleteFileDocument,
  FileLinkDocument,
  FilesDocument,
  RestoreFileDocument,
} from "../gql/graphql.js";
import type { AccountQuery, Disposition, FileRowFragment, FilesQuery } from "../gql/graphql.js";
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

/** What the page asks about files. Calls reject with ApiError; expected refusals are answers. */
export interface FileApi {
  account(signal?: AbortSignal): Promise<Account>;
  /** @param search part of the name, whatever its case; empty for all */
  files(options: { search: string; after: string | undefined; signal?: AbortSignal }): Promise<FilesPage>;
  /** A fresh presigned link, or undefined when there is no such file or it is not ready. */
  link(id: string, disposition: Disposition): Promise<FileLink | undefined>;
  remove(id: string): Promise<Answer<undefined>>;
  restore(id: string): Promise<Answer<FileRow>>;
}

/** The page's calls as GraphQL operations. */
export function createFileApi(execute: Execute): FileApi {
  return {
    account: (signal) => execute(AccountDocument, {}, { signal }),

    async files({ search, after, signal }) {
      const filter = search ? { filenameContains: search } : undefined;
      return (await execute(FilesDocument, { after, filter }, { signal })).files;
    },

    async link(id, disposition) {
      const { file } = await execute(FileLinkDocument, { id, disposition });
      if (!file?.url) return undefined;
      const { filename, inlineAllowed, url } = file;
      return { filename, inlineAllowed, url };
    },

    async remove(id) {
      const { deleteFile: result } = await execute(DeleteFileDocument, { id });
      return "code" in result ? refused(result) : { ok: true, value: undefined };
    },

    async restore(id) {
      const { restoreFile: result } = await execute(RestoreFileDocument, { id });
      return "code" in result ? refused(result) : { ok: true, value: result.file };
    },
  };
}
