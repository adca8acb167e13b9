import "reflect-metadata";
import { Ctx, FieldResolver, ID, Query, Resolver, Root } from "type-graphql";
import type { Viewer } from "../auth/viewer.js";
import type { Context } from "../graphql/context.js";
import { requireViewer } from "../graphql/require-viewer.js";
import { NeedsScope } from "../graphql/scope-gate.js";
import { readUsage } from "./read-usage.js";
import type { Usage } from "./read-usage.js";
import { StorageUsageType, ViewerType } from "./usage.graphql.js";
import { viewerId } from "./viewer-id.js";

type ReadUsageDeps = Parameters<typeof readUsage>[0];

@Resolver(() => ViewerType)
export class ViewerResolver {
  constructor(private readonly deps: ReadUsageDeps) {}

  @NeedsScope("files:read")
  @Query(() => ViewerType, { description: "The caller: whoever the bearer token names." })
  viewer(@Ctx() context: Context): Viewer {
    return requireViewer(context);
  }

  @FieldResolver(() => ID, { description: "Opaque: viewer_ and 22 letters. Always the same for one owner." })
  id(@Root() viewer: Viewer): string {
    return viewerId(viewer);
  }

  @FieldResolver(() => StorageUsageType, { description: "Bytes used and reserved right now." })
  usage(@Root() viewer: Viewer): Promise<Usage> {
    return readUsage(this.deps, viewer);
  }
}
