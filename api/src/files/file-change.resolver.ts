import "reflect-metadata";
import { Arg, ID, Resolver, Root, Subscription } from "type-graphql";
import type { Viewer } from "../auth/viewer.js";
import { checkBatchSize } from "../graphql/batch.js";
import type { Context } from "../graphql/context.js";
import { requireViewer } from "../graphql/require-viewer.js";
import { NeedsScope } from "../graphql/scope-gate.js";
import { FileChangeType } from "./file-change.graphql.js";
import { toFileId } from "./file-id.js";
import { watchFiles } from "./watch-files.js";
import type { FileChange, WatchDeps } from "./watch-files.js";

/** Who watches what: what TypeGraphQL hands from the field to {@link FileChangeResolver.watch}. */
export interface WatchRequest {
  readonly viewer: Viewer;
  readonly ids: readonly string[] | null;
}

@Resolver()
export class FileChangeResolver {
  constructor(private readonly deps: WatchDeps) {}

  /** The source of the subscription's events. @throws AppError BAD_USER_INPUT */
  watch({ viewer, ids }: WatchRequest): AsyncIterable<FileChange> {
    if (ids !== null) checkBatchSize(ids, this.deps.limits.batchSize, "ids");
    return watchFiles(this.deps, viewer, ids);
  }

  @NeedsScope("files:read")
  @Subscription(() => FileChangeType, {
    description:
      "The caller's files (all, or these): for ids the state on connecting, then at least once after each change, in order for each file. Over server-sent events at /graphql/stream (graphql-sse protocol).",
    topics: "filesChanged",
    topicId: ({ args, context }: { args: { ids?: string[] | null }; context: Context }): WatchRequest => ({
      viewer: requireViewer(context),
      ids: args.ids ?? null,
    }),
  })
  filesChanged(
    @Root() { uuid, file, at }: FileChange,
    // Read by topicId; declared here, where TypeGraphQL looks for arguments.
    @Arg("ids", () => [ID], {
      nullable: true,
      description: "File.ids, at most limits.batchSize; null: all. What is not yours is never reported.",
    })
    _ids: string[] | null | undefined,
  ): FileChangeType {
    return { fileId: toFileId(uuid), file, at };
  }
}
