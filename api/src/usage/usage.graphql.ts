import "reflect-metadata";
import { Field, ObjectType } from "type-graphql";
import { NodeType } from "../graphql/node.graphql.js";
import { ProblemType } from "../graphql/problem.graphql.js";
import { ByteCount } from "../graphql/scalars.js";

@ObjectType("StorageUsage", {
  simpleResolvers: true,
  description: "Bytes of one owner. A new upload is taken while usedBytes + reservedBytes + its size <= quotaBytes.",
})
export class StorageUsageType {
  @Field(() => ByteCount, { description: "READY and trash. In bytes." })
  readonly usedBytes!: number;
  @Field(() => ByteCount, { description: "Part of usedBytes that permanent deletion frees." })
  readonly trashBytes!: number;
  @Field(() => ByteCount, { description: "Open uploads. Their declared sizes, in bytes." })
  readonly reservedBytes!: number;
  @Field(() => ByteCount, { description: "What this owner may use and reserve together, in bytes." })
  readonly quotaBytes!: number;
}

/** `id` is resolved in viewer.resolver.ts. */
@ObjectType("Viewer", { implements: NodeType, description: "Who asks: the owner of every file that this API shows." })
export class ViewerType {}

@ObjectType("QuotaExceeded", {
  implements: ProblemType,
  simpleResolvers: true,
  description: "The file does not fit: delete something permanently, or finish or abort open uploads.",
})
export class QuotaExceededType {
  @Field(() => ByteCount, { description: "Bytes that the upload needs: its declared size." })
  readonly neededBytes!: number;
  @Field(() => StorageUsageType, { description: "The caller's usage at that moment." })
  readonly usage!: StorageUsageType;
}
