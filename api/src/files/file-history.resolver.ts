import "reflect-metadata";
import { Arg, Ctx, FieldResolver, Int, Resolver, Root } from "type-graphql";
import type { Context } from "../graphql/context.js";
import { createGather } from "../graphql/gather.js";
import type { Gather } from "../graphql/gather.js";
import { requireViewer } from "../graphql/require-viewer.js";
import type { FileDeps } from "./file-deps.js";
import type { FileEvent } from "./file-event.js";
import { FileEventType } from "./file-history.graphql.js";
import { checkHistoryLength, readHistories } from "./file-history.js";
import { FileType } from "./file.graphql.js";
import type { FileRow } from "./file.js";

type Histories = Gather<FileRow, readonly FileEvent[]>;

/** `File.history`: one statement for all files of a list. */
@Resolver(() => FileType)
export class FileHistoryResolver {
  /** By request and length: what is gathered has one owner and one limit. */
  private readonly gathers = new WeakMap<Context, Map<number, Histories>>();

  constructor(private readonly deps: Pick<FileDeps, "files">) {}

  @FieldResolver(() => [FileEventType], {
    description:
      "Every change of its status, newest first, the newest `first` of them. Whole when the last entry's from is null. In the trash too; kept for 30 days after the file is gone, for operators alone.",
  })
  async history(
    @Ctx() context: Context,
    @Root() file: FileRow,
    @Arg("first", () => Int, { defaultValue: 50, description: "1 to 100. Default 50. Each one costs." }) first: number,
  ): Promise<readonly FileEvent[]> {
    checkHistoryLength(first);
    return this.gatherOf(context, first)(file);
  }

  private gatherOf(context: Context, first: number): Histories {
    let ofRequest = this.gathers.get(context);
    if (ofRequest === undefined) this.gathers.set(context, (ofRequest = new Map()));
    let gather = ofRequest.get(first);
    if (gather === undefined) {
      gather = createGather((files) => readHistories(this.deps, requireViewer(context), files, first));
      ofRequest.set(first, gather);
    }
    return gather;
  }
}
