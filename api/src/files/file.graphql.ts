import "reflect-metadata";
import { createUnionType, Field, ID, InputType, Int, ObjectType } from "type-graphql";
import { NodeType } from "../graphql/node.graphql.js";
import { ProblemType, TemporaryFailureType, typeNameOf } from "../graphql/problem.graphql.js";
import { registerEnum } from "../graphql/register-enum.js";
import { ByteCount, DateTime, Sha256 } from "../graphql/scalars.js";
import type { FileRow, FileStatus as Status, Integrity as Proof } from "./file.js";

/**
 * The shape of files in GraphQL. Parents are rows (file.ts) and the use cases' answers: a field that is read straight
 * off its parent stands here, one that is computed stands in file.resolver.ts, and `File.upload` in uploads/.
 */

export const FileStatus = registerEnum<Status>(
  "FileStatus",
  "PENDING: waiting for bytes. VERIFYING: being sealed and checked. READY: usable. REJECTED: see rejection. EXPIRED: not finished in time, or aborted. DELETED: in the trash. Values may be added: keep a default branch.",
  {
    PENDING: "Waiting for bytes: send the parts, then confirmUpload.",
    VERIFYING: "Being sealed and checked; a verdict follows without further calls.",
    READY: "Usable: sealed, checked, never changed again.",
    REJECTED: "Sealed and refused; rejection says why. The bytes are being removed.",
    EXPIRED: "Not finished in time, or aborted. The bytes are being removed.",
    DELETED: "In the trash: restoreFile brings it back until purgeAt.",
  },
);

export const Integrity = registerEnum<Proof>(
  "Integrity",
  "What has been proven. SHA256: the whole content. PARTS_SHA256: every part, by the store. SIZE_ONLY: the length.",
  {
    SHA256: "The digest of the whole content is proven; File.sha256 holds it.",
    PARTS_SHA256: "The store has checked the digest of every part; there is none of the whole.",
    SIZE_ONLY: "The length alone is proven.",
  },
);

export type DispositionName = "INLINE" | "ATTACHMENT";

export const Disposition = registerEnum<DispositionName>(
  "Disposition",
  "What a browser does with the link (RFC 6266). It is part of what is signed.",
  {
    INLINE: "Shown in the page where that is safe (File.inlineAllowed), else an attachment.",
    ATTACHMENT: "Saved under File.filename.",
  },
);

export type FileOrderFieldName = "CREATED_AT" | "FILENAME" | "SIZE";
export type OrderDirectionName = "ASC" | "DESC";

export const FileOrderField = registerEnum<FileOrderFieldName>(
  "FileOrderField",
  "What files are ordered by; ties by id, so that the order is total.",
  {
    CREATED_AT: "When createUploadUrl was called.",
    FILENAME: "The name, whatever its case.",
    SIZE: "The length in bytes.",
  },
);

export const OrderDirection = registerEnum<OrderDirectionName>("OrderDirection", "Which end comes first.", {
  ASC: "Smallest, oldest or A first.",
  DESC: "Largest, newest or Z first.",
});

export const FilenameFault = registerEnum<"EMPTY" | "TOO_LONG" | "FORBIDDEN_CHARACTER">(
  "FilenameFault",
  "What is wrong with a file name.",
  {
    EMPTY: "Nothing is left of it.",
    TOO_LONG: "Longer than maxBytes bytes of UTF-8.",
    FORBIDDEN_CHARACTER: "A control or bidi-override character, a lone surrogate, / or \\, or the names . and ..",
  },
);

@ObjectType("File", {
  implements: NodeType,
  simpleResolvers: true,
  description: "One file of the caller, from the moment its upload is opened.",
})
export class FileType {
  @Field(() => String, { description: "1 to 255 bytes of UTF-8, NFC. Change it with renameFile." })
  readonly filename!: string;
  @Field(() => ByteCount, {
    name: "size",
    simple: false,
    description: "Declared; equals the stored length once READY. In bytes.",
  })
  readonly sizeBytes!: number;
  @Field(() => FileStatus, { description: "Where it stands in its life; see FileStatus." })
  readonly status!: Status;
  @Field(() => String, { description: "The media type that createUploadUrl was given, lower case." })
  readonly declaredType!: string;
  @Field(() => Integrity, { nullable: true, description: "Null before READY. What has been proven about the bytes." })
  readonly integrity!: Proof | null;
  @Field(() => Sha256, { nullable: true, description: "Proven, of the whole content, else null." })
  readonly sha256!: string | null;
  @Field(() => DateTime, { description: "When the upload was opened." })
  readonly createdAt!: Date;
  @Field(() => DateTime, { description: "When the row changed last: name or status." })
  readonly updatedAt!: Date;
  @Field(() => DateTime, { nullable: true, description: "When it became READY; null before." })
  readonly readyAt!: Date | null;
  @Field(() => DateTime, { nullable: true, description: "When it went to the trash; null unless DELETED." })
  readonly deletedAt!: Date | null;
  @Field(() => DateTime, {
    nullable: true,
    description: "From then on the bytes go and nothing can be restored; null unless DELETED.",
  })
  readonly purgeAt!: Date | null;
}

@ObjectType("FileEdge", { simpleResolvers: true, description: "A file at its place in the list." })
export class FileEdgeType {
  @Field(() => String, { description: "Opaque; pass it as `after`. It belongs to its filter and order." })
  readonly cursor!: string;
  @Field(() => FileType, { description: "The file." })
  readonly node!: FileRow;
}

/** `nodes`, `pageInfo` and `totalCount` are resolved in file.resolver.ts. */
@ObjectType("FileConnection", {
  simpleResolvers: true,
  description: "One page of files (GraphQL Cursor Connections).",
})
export class FileConnectionType {}

@InputType("FileOrder", { description: "The order of a list. A cursor is bound to it." })
export class FileOrderInput {
  @Field(() => FileOrderField, {
    defaultValue: FileOrderField.CREATED_AT,
    description: "What to order by. Default CREATED_AT.",
  })
  readonly field!: FileOrderFieldName;
  @Field(() => OrderDirection, { defaultValue: OrderDirection.DESC, description: "Which end first. Default DESC." })
  readonly direction!: OrderDirectionName;
}

@InputType("FileFilter", { description: "Which files to list; every condition must hold. A cursor is bound to it." })
export class FileFilterInput {
  @Field(() => [FileStatus], {
    nullable: true,
    description: "Null: PENDING, VERIFYING, READY, REJECTED. Ask for DELETED to see the trash.",
  })
  readonly status?: Status[] | null;
  @Field(() => String, {
    nullable: true,
    description: "Case-insensitive; % and _ are literal. Anywhere in the name.",
  })
  readonly filenameContains?: string | null;
  @Field(() => [String], { nullable: true, description: "Exact or image/*. Any of them; compared with contentType." })
  readonly contentType?: string[] | null;
  @Field(() => DateTime, { nullable: true, description: "createdAt at or after this instant." })
  readonly createdAfter?: Date | null;
  @Field(() => DateTime, { nullable: true, description: "createdAt before this instant." })
  readonly createdBefore?: Date | null;
  @Field(() => ByteCount, { nullable: true, description: "At least so many bytes." })
  readonly minSize?: number | null;
  @Field(() => ByteCount, { nullable: true, description: "At most so many bytes." })
  readonly maxSize?: number | null;
}

@ObjectType("RenamedFile", { simpleResolvers: true, description: "The file has the new name." })
export class RenamedFileType {
  @Field(() => FileType, { description: "The file as it is now." })
  readonly file!: FileRow;
}

@ObjectType("DeletedFile", {
  simpleResolvers: true,
  description: "The file is in the trash, or gone for good with permanently. Repeatable.",
})
export class DeletedFileType {
  @Field(() => FileType, { description: "The file as it is now; purgeAt says how long it can be restored." })
  readonly file!: FileRow;
}

@ObjectType("RestoredFile", { simpleResolvers: true, description: "The file is READY again. Repeatable." })
export class RestoredFileType {
  @Field(() => FileType, { description: "The file as it is now." })
  readonly file!: FileRow;
}

@ObjectType("FilenameInvalid", {
  implements: ProblemType,
  simpleResolvers: true,
  description: "The file name cannot be used.",
})
export class FilenameInvalidType {
  @Field(() => FilenameFault, { description: "What is wrong with it." })
  readonly fault!: keyof typeof FilenameFault;
  @Field(() => Int, { description: "The longest name that is taken, in bytes of UTF-8 after NFC." })
  readonly maxBytes!: number;
}

@ObjectType("FileNotFound", {
  implements: ProblemType,
  simpleResolvers: true,
  description: "None, or not yours: indistinguishable.",
})
export class FileNotFoundType {
  @Field(() => ID, { description: "The id as it was given." })
  readonly fileId!: string;
}

@ObjectType("FileBusy", {
  implements: ProblemType,
  simpleResolvers: true,
  description: "VERIFYING: being sealed and checked, here or in another process. Ask again, or wait for filesChanged.",
})
export class FileBusyType {
  @Field(() => FileType, { description: "The file as it is now." })
  readonly file!: FileRow;
  @Field(() => Int, { description: "Seconds to wait before the same call." })
  readonly retryAfterSeconds!: number;
}

@ObjectType("FileStateConflict", {
  implements: ProblemType,
  simpleResolvers: true,
  description: "The file's status does not allow this; file.status says which it is.",
})
export class FileStateConflictType {
  @Field(() => FileType, { description: "The file as it is now." })
  readonly file!: FileRow;
}

@ObjectType("SizeMismatch", {
  implements: ProblemType,
  simpleResolvers: true,
  description: "The store holds another length than was declared: send the bytes again.",
})
export class SizeMismatchType {
  @Field(() => ByteCount, { description: "What createUploadUrl was given, in bytes." })
  readonly declaredSize!: number;
  @Field(() => ByteCount, { description: "What the store holds, in bytes." })
  readonly actualSize!: number;
}

@ObjectType("ChecksumMismatch", {
  implements: ProblemType,
  simpleResolvers: true,
  description: "The store holds other bytes than were declared: send them again.",
})
export class ChecksumMismatchType {
  @Field(() => Sha256, { description: "What createUploadUrl or signUploadParts was given." })
  readonly declaredSha256!: string;
  @Field(() => Sha256, { nullable: true, description: "Of the bytes in the store; null when it keeps none." })
  readonly actualSha256!: string | null;
}

@ObjectType("ContentMismatch", {
  implements: ProblemType,
  simpleResolvers: true,
  description:
    "The bytes are of another type than declared. Final: the file is REJECTED. Also: of a type that the policy does not allow.",
})
export class ContentMismatchType {
  @Field(() => String, { description: "The media type that createUploadUrl was given." })
  readonly declaredType!: string;
  @Field(() => String, { nullable: true, description: "Null: no known type. Else what was found in the bytes." })
  readonly detectedType!: string | null;
}

@ObjectType("MalwareFound", {
  implements: ProblemType,
  simpleResolvers: true,
  description: "The malware scanner knows the content. Final: the file is REJECTED and was never readable.",
})
export class MalwareFoundType {
  @Field(() => String, { description: "The signature's name, as the scanner gives it. Printable ASCII." })
  readonly signature!: string;
}

export const RenameFileResult = createUnionType({
  name: "RenameFileResult",
  description: "What renameFile answers.",
  types: () =>
    [RenamedFileType, FilenameInvalidType, FileStateConflictType, FileNotFoundType, TemporaryFailureType] as const,
  resolveType: typeNameOf,
});

export const DeleteFileResult = createUnionType({
  name: "DeleteFileResult",
  description: "What deleteFile answers.",
  types: () => [DeletedFileType, FileBusyType, FileStateConflictType, FileNotFoundType, TemporaryFailureType] as const,
  resolveType: typeNameOf,
});

export const RestoreFileResult = createUnionType({
  name: "RestoreFileResult",
  description: "What restoreFile answers.",
  types: () => [RestoredFileType, FileStateConflictType, FileNotFoundType, TemporaryFailureType] as const,
  resolveType: typeNameOf,
});
