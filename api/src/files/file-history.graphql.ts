import "reflect-metadata";
import { Field, Int, ObjectType } from "type-graphql";
import { registerEnum } from "../graphql/register-enum.js";
import { DateTime } from "../graphql/scalars.js";
import type { FileEventReason as Reason } from "./file-event.js";
import type { FileStatus as Status } from "./file.js";
import { FileStatus } from "./file.graphql.js";

export const FileEventReason = registerEnum<Reason>(
  "FileEventReason",
  "Why a file changed its status, where the two statuses leave that open. Values may be added: keep a default branch.",
  {
    CONFIRMED: "To VERIFYING: confirmUpload was called.",
    SWEPT: "To VERIFYING: nobody had confirmed, or whoever did has died; the service looked by itself.",
    TIMED_OUT: "To EXPIRED: confirmBy had passed and parts were missing.",
    UPLOAD_LOST: "To EXPIRED: the store knows neither the upload nor the object.",
    STORE_REFUSED: "To EXPIRED: the store has refused to seal it for a day.",
    NOT_SCANNED: "To EXPIRED: the malware scanner, asked until confirmBy, could not scan it.",
    ABORTED: "To EXPIRED: abortUpload or deleteFile was called.",
    NOT_OPENED: "To EXPIRED: the store never opened the upload; nobody has had a ticket for it.",
  },
);

@ObjectType("FileEvent", {
  simpleResolvers: true,
  description: "One change of a file's status, written in the transaction that made it.",
})
export class FileEventType {
  @Field(() => DateTime, { description: "When; by the database's clock." })
  readonly at!: Date;
  @Field(() => FileStatus, { nullable: true, description: "The status it left; null for the first: it was opened." })
  readonly from!: Status | null;
  @Field(() => FileStatus, { description: "The status it came to." })
  readonly to!: Status;
  @Field(() => Int, {
    description: "Tries to open, verify or end it so far. A gap: a try that died left no change of status.",
  })
  readonly attempt!: number;
  @Field(() => FileEventReason, {
    nullable: true,
    description:
      "Null: from and to say it all (see File.rejection for REJECTED), or it was written before reasons were.",
  })
  readonly reason!: Reason | null;
}
