import "reflect-metadata";
import { Arg, Ctx, FieldResolver, ID, Int, Mutation, Query, Resolver, Root } from "type-graphql";
import type { Viewer } from "../auth/viewer.js";
import { answerItem } from "../graphql/answer-item.js";
import { checkBatchSize } from "../graphql/batch.js";
import type { Context } from "../graphql/context.js";
import { NodeType } from "../graphql/node.graphql.js";
import { PageInfoType } from "../graphql/page-info.graphql.js";
import { ProblemType } from "../graphql/problem.graphql.js";
import { requireViewer } from "../graphql/require-viewer.js";
import { NeedsScope } from "../graphql/scope-gate.js";
import { DateTime, Url } from "../graphql/scalars.js";
import { viewerId } from "../usage/viewer-id.js";
import { deleteFile } from "./delete-file.js";
import { downloadUrl, isInlineAllowed } from "./download-url.js";
import type { FileDeps } from "./file-deps.js";
import { toFileId } from "./file-id.js";
import {
  DeleteFileResult,
  Disposition,
  FileConnectionType,
  FileEdgeType,
  FileFilterInput,
  FileOrderField,
  FileOrderInput,
  FileType,
  OrderDirection,
  RenameFileResult,
  RestoreFileResult,
} from "./file.graphql.js";
import type { DispositionName } from "./file.graphql.js";
import type { FileRow } from "./file.js";
import { countFiles, listFiles } from "./list-files.js";
import type { FileListFilter } from "./file-filter.js";
import type { FilePage } from "./list-files.js";
import { viewFile, viewFiles } from "./read-file.js";
import { rejectionProblem } from "./rejection.js";
import { renameFile } from "./rename-file.js";
import { restoreFile } from "./restore-file.js";

const NEWEST_FIRST = { field: FileOrderField.CREATED_AT, direction: OrderDirection.DESC } as const;

/** The parent of FileConnection: the page, and what totalCount needs to count. */
interface FileList extends FilePage {
  readonly viewer: Viewer;
  readonly filter: FileListFilter;
}

function toFilter(input: FileFilterInput | null | undefined): FileListFilter {
  return {
    statuses: input?.status ?? null,
    filenameContains: input?.filenameContains ?? null,
    contentTypes: input?.contentType ?? null,
    createdAfter: input?.createdAfter ?? null,
    createdBefore: input?.createdBefore ?? null,
    minSizeBytes: input?.minSize ?? null,
    maxSizeBytes: input?.maxSize ?? null,
  };
}

/** The roots about files that exist; uploads/upload.resolver.ts has those about files that are on their way. */
@Resolver()
export class FileResolver {
  constructor(private readonly deps: FileDeps) {}

  @NeedsScope("files:read")
  @Query(() => FileType, {
    nullable: true,
    description:
      "One file; null when there is none or it is not yours. READY files of others too, where their policy's visibility is SIGNED_IN.",
  })
  file(@Ctx() context: Context, @Arg("id", () => ID, { description: "File.id." }) id: string): Promise<FileRow | null> {
    return viewFile(this.deps, requireViewer(context), id);
  }

  @NeedsScope("files:read")
  @Query(() => NodeType, {
    nullable: true,
    description: "Whatever has this id (file_…, viewer_…); null when there is none or it is not yours.",
  })
  async node(
    @Ctx() context: Context,
    @Arg("id", () => ID, { description: "Node.id." }) id: string,
  ): Promise<FileRow | Viewer | null> {
    const viewer = requireViewer(context);
    return id === viewerId(viewer) ? viewer : viewFile(this.deps, viewer, id);
  }

  @NeedsScope("files:read")
  @Query(() => [NodeType], {
    nullable: "items",
    description: "Same order, at most limits.batchSize; null where not found.",
  })
  async nodes(
    @Ctx() context: Context,
    @Arg("ids", () => [ID], { description: "Node.ids, at most limits.batchSize." }) ids: string[],
  ): Promise<(FileRow | Viewer | null)[]> {
    const viewer = requireViewer(context);
    checkBatchSize(ids, this.deps.limits.batchSize, "ids");
    const files = await viewFiles(this.deps, viewer, ids);
    const ownId = viewerId(viewer);
    return ids.map((id, index) => (id === ownId ? viewer : (files[index] ?? null)));
  }

  @NeedsScope("files:read")
  @Query(() => FileConnectionType, {
    description: "Keyset paged; a cursor belongs to its filter and order. The caller's files, newest first by default.",
  })
  async files(
    @Ctx() context: Context,
    @Arg("first", () => Int, { defaultValue: 25, description: "1 to limits.pageSize. Default 25." }) first: number,
    @Arg("after", () => String, { nullable: true, description: "A cursor of this list; null: from the start." })
    after: string | null | undefined,
    @Arg("filter", () => FileFilterInput, { nullable: true, description: "Null: all but EXPIRED and DELETED." })
    filterInput: FileFilterInput | null | undefined,
    @Arg("orderBy", () => FileOrderInput, {
      nullable: true,
      defaultValue: NEWEST_FIRST,
      description: "Default: CREATED_AT, DESC.",
    })
    orderBy: FileOrderInput | null,
  ): Promise<FileList> {
    const viewer = requireViewer(context);
    const filter = toFilter(filterInput);
    const { field, direction } = orderBy ?? NEWEST_FIRST;
    const request = { first, after: after ?? null, filter, orderBy: { field, direction } };
    return { ...(await listFiles(this.deps, viewer, request)), viewer, filter };
  }

  @NeedsScope("files:write")
  @Mutation(() => RenameFileResult, {
    description: "Gives a file another name; bytes, id and permalink stay. Repeatable.",
  })
  renameFile(
    @Ctx() context: Context,
    @Arg("id", () => ID, { description: "File.id." }) id: string,
    @Arg("filename", () => String, { description: "1 to 255 bytes of UTF-8 after NFC; see CreateUploadUrlInput." })
    filename: string,
  ) {
    const viewer = requireViewer(context);
    return answerItem(context, () => renameFile(this.deps, viewer, id, filename));
  }

  @NeedsScope("files:write")
  @Mutation(() => RestoreFileResult, {
    description: "Takes a file out of the trash, until purgeAt. Repeatable: a READY file is answered as restored.",
  })
  restoreFile(@Ctx() context: Context, @Arg("id", () => ID, { description: "File.id." }) id: string) {
    const viewer = requireViewer(context);
    return answerItem(context, () => restoreFile(this.deps, viewer, id));
  }

  @NeedsScope("files:write")
  @Mutation(() => DeleteFileResult, {
    description:
      "To the trash until purgeAt; REJECTED and EXPIRED just leave the list. permanently: frees bytes and quota now, also from the trash. An open upload is aborted. Repeatable.",
  })
  deleteFile(
    @Ctx() context: Context,
    @Arg("id", () => ID, { description: "File.id." }) id: string,
    @Arg("permanently", () => Boolean, {
      defaultValue: false,
      description: "True: no trash, and links already given die. Cannot be undone. Default false.",
    })
    permanently: boolean,
  ) {
    const viewer = requireViewer(context);
    return answerItem(context, () => deleteFile(this.deps, viewer, id, permanently));
  }
}

/** The computed fields of File, but `upload`, which is the uploads' business. */
@Resolver(() => FileType)
export class FileFieldsResolver {
  /** @param publicUrl answers the service's own origin without a slash at its end; asked late, as port 0 is known late */
  constructor(
    private readonly deps: FileDeps,
    private readonly publicUrl: () => string,
  ) {}

  @FieldResolver(() => ID, { description: "Opaque: file_ and a UUID. Never changes, never comes again." })
  id(@Root() file: FileRow): string {
    return toFileId(file.id);
  }

  @FieldResolver(() => String, {
    description: "Found in the bytes; declaredType before READY. application/octet-stream when no type is known.",
  })
  contentType(@Root() file: FileRow): string {
    return file.contentType ?? file.declaredType;
  }

  @NeedsScope("files:read")
  @FieldResolver(() => Url, {
    nullable: true,
    description:
      "A fresh presigned GET, null unless READY. Same string inside a signing window, at least half of limits.downloadUrlTtlSeconds left. A bearer link: it outlives a plain deleteFile until it expires.",
  })
  url(
    @Root() file: FileRow,
    @Arg("disposition", () => Disposition, {
      defaultValue: Disposition.INLINE,
      description: "What a browser does with it. Default INLINE, where inlineAllowed.",
    })
    disposition: DispositionName,
  ): string | null | Promise<string | null> {
    const signed = downloadUrl(this.deps, file, disposition);
    return signed instanceof Promise ? signed.then(({ url }) => url) : (signed?.url ?? null);
  }

  @NeedsScope("files:read")
  @FieldResolver(() => DateTime, {
    nullable: true,
    description: "Of url, for both dispositions. Ask for the file again before then.",
  })
  urlExpiresAt(@Root() file: FileRow): Date | null | Promise<Date | null> {
    const signed = downloadUrl(this.deps, file, "INLINE");
    return signed instanceof Promise ? signed.then(({ expiresAt }) => expiresAt) : (signed?.expiresAt ?? null);
  }

  @FieldResolver(() => Boolean, {
    description: "False: url is always an attachment (HTML, SVG, PDF, unknown, …).",
  })
  inlineAllowed(@Root() file: FileRow): boolean {
    return isInlineAllowed(file);
  }

  @FieldResolver(() => Url, {
    description: "Stable; access is checked at every use. With a bearer token it redirects to a fresh url.",
  })
  permalink(@Root() file: FileRow): string {
    return `${this.publicUrl()}/files/${toFileId(file.id)}`;
  }

  @FieldResolver(() => ProblemType, { nullable: true, description: "Set when REJECTED." })
  rejection(@Root() file: FileRow) {
    return file.rejection === null ? null : rejectionProblem(file.rejection);
  }
}

@Resolver(() => FileConnectionType)
export class FileConnectionResolver {
  constructor(private readonly deps: FileDeps) {}

  @FieldResolver(() => [FileEdgeType], { description: "The page's files with their cursors, in order." })
  edges(@Root() { files, cursorOf }: FileList): { node: FileRow; cursor: string }[] {
    return files.map((node) => ({ node, cursor: cursorOf(node) }));
  }

  @FieldResolver(() => [FileType], { description: "The page's files without cursors, in order." })
  nodes(@Root() { files }: FileList): readonly FileRow[] {
    return files;
  }

  @FieldResolver(() => PageInfoType, { description: "Whether another page follows, and from where." })
  pageInfo(@Root() { files, cursorOf, hasNextPage }: FileList): PageInfoType {
    const [first, last] = [files[0], files.at(-1)];
    return {
      hasNextPage,
      hasPreviousPage: false,
      startCursor: first === undefined ? null : cursorOf(first),
      endCursor: last === undefined ? null : cursorOf(last),
    };
  }

  @FieldResolver(() => Int, {
    nullable: true,
    description: "Counted only when selected; null above 10,000. All files that the filter finds, not this page's.",
  })
  totalCount(@Root() { viewer, filter }: FileList): Promise<number | null> {
    return countFiles(this.deps, viewer, filter);
  }
}
