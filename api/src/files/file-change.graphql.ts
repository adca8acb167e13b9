import "reflect-metadata";
import { Field, ID, ObjectType } from "type-graphql";
import { DateTime } from "../graphql/scalars.js";
import { FileType } from "./file.graphql.js";
import type { FileRow } from "./file.js";

@ObjectType("FileChange", {
  simpleResolvers: true,
  description: "A file of the caller as it is after a change. Several changes in a row may be reported once.",
})
export class FileChangeType {
  @Field(() => ID, { description: "File.id, also when the file is gone." })
  readonly fileId!: string;
  @Field(() => FileType, {
    nullable: true,
    description: "Null once purged. What Query.file would answer at this moment.",
  })
  readonly file!: FileRow | null;
  @Field(() => DateTime, { description: "When the file changed last; by the database's clock." })
  readonly at!: Date;
}
