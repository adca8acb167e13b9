import "reflect-metadata";
import { createUnionType, Field, ID, InputType, Int, ObjectType } from "type-graphql";
import {
  ChecksumMismatchType,
  ContentMismatchType,
  FileBusyType,
  FilenameInvalidType,
  FileNotFoundType,
  FileType,
  MalwareFoundType,
  SizeMismatchType,
} from "../files/file.graphql.js";
import type { FileRow, PartChecksum as PartChecksumName } from "../files/file.js";
import type { FileVisibility as Visibility } from "../files/visibility.js";
import { ProblemType, TemporaryFailureType, typeNameOf } from "../graphql/problem.graphql.js";
import { registerEnum } from "../graphql/register-enum.js";
import { ByteCount, DateTime, Sha256, Url } from "../graphql/scalars.js";
import { QuotaExceededType } from "../usage/usage.graphql.js";

/**
 * The shape of uploads in GraphQL. Parents are the use cases' answers: a field that is read straight off its parent
 * stands here, one that is computed stands in upload.resolver.ts.
 */

export type TransferWish = "AUTO" | "SINGLE";
export type TransferKindName = "NONE" | "SINGLE" | "PARTS";

export const Transfer = registerEnum<TransferWish>(
  "Transfer",
  "A wish. AUTO: SINGLE or PARTS as the server sees fit, never a kind added later. SINGLE: one PUT, at most limits.maxPartSize.",
  {
    AUTO: "One PUT for a small file, parts for a large one.",
    SINGLE: "One PUT whatever the size, at most limits.maxPartSize; FileTooLarge above.",
  },
);

export const TransferKind = registerEnum<TransferKindName>(
  "TransferKind",
  "NONE: nothing to send, call confirmUpload. SINGLE: PUT the file to uploadUrl. PARTS: ask signUploadParts. Later kinds only come to callers who ask for them.",
  {
    NONE: "Nothing to send: call confirmUpload.",
    SINGLE: "PUT the whole file to uploadUrl with exactly the ticket's headers.",
    PARTS: "Ask signUploadParts for the URLs of the parts, in any order, again after they expire.",
  },
);

export const PartChecksum = registerEnum<PartChecksumName>(
  "PartChecksum",
  "SHA256: every UploadPartInput needs sha256 and the store refuses other bytes. NONE: UploadPartInput.sha256 must be absent.",
  {
    NONE: "Parts carry no digest.",
    SHA256: "Every part carries its SHA-256 and the store refuses other bytes.",
  },
);

export type PartFaultName =
  "OUT_OF_RANGE" | "DUPLICATE" | "CHECKSUM_REQUIRED" | "CHECKSUM_NOT_ALLOWED" | "CHECKSUM_DIFFERS";

export const PartFault = registerEnum<PartFaultName>("PartFault", "What is wrong with a part that was to be signed.", {
  OUT_OF_RANGE: "The number is not 1 to partCount.",
  DUPLICATE: "The number stands twice in this call.",
  CHECKSUM_REQUIRED: "partChecksum is SHA256 and this part has no sha256.",
  CHECKSUM_NOT_ALLOWED: "partChecksum is NONE and this part has a sha256.",
  CHECKSUM_DIFFERS: "The only part of the file has another sha256 than the file was declared with.",
});

@InputType("CreateUploadUrlInput", { description: "What is going to be uploaded." })
export class CreateUploadUrlInput {
  @Field(() => String, {
    description: "1 to 255 bytes of UTF-8 after NFC; no control or bidi-override characters, no / or \\.",
  })
  readonly filename!: string;
  @Field(() => String, {
    description:
      "Media type without parameters; checked against the bytes at confirm. Unknown: application/octet-stream.",
  })
  readonly contentType!: string;
  @Field(() => ByteCount, {
    description: "Exact length (wc -c < FILE). Other lengths get 403 from the store. At most the policy's maxSize.",
  })
  readonly size!: number;
  @Field(() => Sha256, {
    nullable: true,
    description:
      "Of the whole file. One part: bound into the URL. More: compared after sealing up to limits.maxVerifiedSize, else unproven.",
  })
  readonly sha256?: string | null;
  @Field(() => PartChecksum, {
    nullable: true,
    description: "Null: SHA256 when sha256 is given, else NONE. The ticket says what holds.",
  })
  readonly partChecksum?: PartChecksumName | null;
  @Field(() => Transfer, { defaultValue: Transfer.AUTO, description: "How to send it. Default AUTO." })
  readonly transfer!: TransferWish;
  @Field(() => String, { defaultValue: "default", description: "From uploadPolicies. Default `default`." })
  readonly policy!: string;
  @Field(() => ID, {
    nullable: true,
    description:
      "1 to 255 printable ASCII, per caller, kept as long as the file's row (at least 24 h). Same key, same input: same file, fresh URLs (transfer NONE once READY). Other input, or the upload has ended: IdempotencyConflict.",
  })
  readonly idempotencyKey?: string | null;
}

@InputType("UploadPartInput", { description: "A part whose URL is wanted." })
export class UploadPartInput {
  @Field(() => Int, { description: "1 to partCount." })
  readonly number!: number;
  @Field(() => Sha256, {
    nullable: true,
    description: "Of this part's bytes; needed when the ticket's partChecksum is SHA256, else it must be absent.",
  })
  readonly sha256?: string | null;
}

@ObjectType("HttpHeader", { simpleResolvers: true, description: "A header that belongs to a signed request." })
export class HttpHeaderType {
  @Field(() => String, { description: "Lower case; header names have no case (RFC 9110)." })
  readonly name!: string;
  @Field(() => String, { description: "Send it letter by letter: it is part of the signature." })
  readonly value!: string;
}

@ObjectType("StoredPart", { simpleResolvers: true, description: "A part that the store holds." })
export class StoredPartType {
  @Field(() => Int, { description: "1 to partCount." })
  readonly number!: number;
  @Field(() => ByteCount, { name: "size", simple: false, description: "In bytes." })
  readonly sizeBytes!: number;
  @Field(() => Sha256, { nullable: true, description: "As the store has computed it; null when it keeps none." })
  readonly sha256!: string | null;
}

@ObjectType("SignedPart", { simpleResolvers: true, description: "Where to PUT one part, and with what." })
export class SignedPartType {
  @Field(() => Int, { description: "1 to partCount." })
  readonly number!: number;
  @Field(() => Url, { description: "PUT exactly this part's bytes to it. Whoever holds it can send this part." })
  readonly url!: string;
  @Field(() => [HttpHeaderType], { description: "Send exactly these; Host and Content-Length are implied." })
  readonly headers!: readonly HttpHeaderType[];
  @Field(() => DateTime, { description: "From then on the store answers 403: ask signUploadParts again." })
  readonly expiresAt!: Date;
}

@ObjectType("SignedParts", { simpleResolvers: true, description: "Every part that was asked for." })
export class SignedPartsType {
  @Field(() => [SignedPartType], { description: "In the order of the call." })
  readonly parts!: readonly SignedPartType[];
}

/** Its fields but `file` and `transfer` are resolved in upload.resolver.ts. */
@ObjectType("UploadTicket", {
  simpleResolvers: true,
  description: "What is needed to send a file's bytes straight to the store, and to go on after an interruption.",
})
export class UploadTicketType {
  @Field(() => FileType, { description: "The file that is being uploaded." })
  readonly file!: FileRow;
  @Field(() => TransferKind, { description: "How to send the bytes." })
  readonly transfer!: TransferKindName;
}

@ObjectType("ConfirmedUpload", { simpleResolvers: true, description: "The file is sealed, checked and READY." })
export class ConfirmedUploadType {
  @Field(() => FileType, { description: "The file; its url works now." })
  readonly file!: FileRow;
}

@ObjectType("AbortedUpload", {
  simpleResolvers: true,
  description: "The upload has ended and what was reserved is free. Repeatable.",
})
export class AbortedUploadType {
  @Field(() => FileType, { description: "The file, EXPIRED." })
  readonly file!: FileRow;
}

@ObjectType("FileTooLarge", {
  implements: ProblemType,
  simpleResolvers: true,
  description: "Larger than the policy allows, or than one part can be with transfer SINGLE.",
})
export class FileTooLargeType {
  @Field(() => ByteCount, { description: "The largest size that is taken here, in bytes." })
  readonly maxSize!: number;
  @Field(() => ByteCount, { description: "The size that was declared, in bytes." })
  readonly actualSize!: number;
}

@ObjectType("TypeNotAllowed", {
  implements: ProblemType,
  simpleResolvers: true,
  description: "Also for a malformed media type. The policy takes other types.",
})
export class TypeNotAllowedType {
  @Field(() => String, { description: "The media type as it was given." })
  readonly declaredType!: string;
  @Field(() => [String], { description: "Exact or image/*. */* is every well-formed type." })
  readonly allowedTypes!: readonly string[];
}

@ObjectType("TooManyPending", {
  implements: ProblemType,
  simpleResolvers: true,
  description: "Confirm or abort open uploads first; ended ones count until their bytes are collected.",
})
export class TooManyPendingType {
  @Field(() => Int, { description: "How many one owner may have." })
  readonly limit!: number;
}

@ObjectType("UnknownPolicy", {
  implements: ProblemType,
  simpleResolvers: true,
  description: "There is no upload policy of this name.",
})
export class UnknownPolicyType {
  @Field(() => [String], { description: "The names that there are." })
  readonly knownPolicies!: readonly string[];
}

@ObjectType("IdempotencyConflict", {
  implements: ProblemType,
  simpleResolvers: true,
  description: "The key was used with other input, or its upload has ended: use a new key.",
})
export class IdempotencyConflictType {
  @Field(() => FileType, { description: "Holds the key." })
  readonly file!: FileRow;
}

@ObjectType("UploadNotOpen", {
  implements: ProblemType,
  simpleResolvers: true,
  description: "Ended otherwise; file.status says how.",
})
export class UploadNotOpenType {
  @Field(() => FileType, { description: "The file as it is now." })
  readonly file!: FileRow;
}

@ObjectType("UploadExpired", {
  implements: ProblemType,
  simpleResolvers: true,
  description: "Not finished in time, or aborted: create a new upload.",
})
export class UploadExpiredType {
  @Field(() => FileType, { description: "The file, EXPIRED." })
  readonly file!: FileRow;
}

@ObjectType("PartInvalid", {
  implements: ProblemType,
  simpleResolvers: true,
  description: "A part does not fit the plan; none was signed.",
})
export class PartInvalidType {
  @Field(() => Int, { description: "The part's number as it was given." })
  readonly number!: number;
  @Field(() => PartFault, { description: "What is wrong with it." })
  readonly fault!: PartFaultName;
  @Field(() => Int, { description: "How many parts this upload has." })
  readonly partCount!: number;
}

@ObjectType("PartsMissing", {
  implements: ProblemType,
  simpleResolvers: true,
  description: "The store does not hold every part: send these, then confirm again. The upload stays open.",
})
export class PartsMissingType {
  @Field(() => FileType, { description: "The file, PENDING." })
  readonly file!: FileRow;
  @Field(() => [Int], { description: "Ascending. Numbers of the parts that are missing or have a wrong length." })
  readonly numbers!: readonly number[];
}

export const FileVisibility = registerEnum<Visibility>(
  "FileVisibility",
  "Who may read a READY file by its id: file, node, nodes and the permalink. Values may be added: keep a default branch.",
  {
    OWNER: "Its owner alone.",
    SIGNED_IN: "Everybody with a valid token of scope files:read who knows the id. Lists and changes stay the owner's.",
  },
);

@ObjectType("UploadPolicy", { description: "A named set of rules; createUploadUrl names one." })
export class UploadPolicyType {
  @Field(() => String, { description: "What CreateUploadUrlInput.policy takes." })
  readonly name!: string;
  @Field(() => ByteCount, { name: "maxSize", description: "Largest file, in bytes." })
  readonly maxSizeBytes!: number;
  @Field(() => [String], {
    description:
      "Exact or image/*. */* is every well-formed type. Holds for what is declared and for what is found in the bytes.",
  })
  readonly allowedTypes!: readonly string[];
  @Field(() => FileVisibility, { description: "Who may read its files besides their owner." })
  readonly visibility!: Visibility;
  @Field(() => String, { description: "What it is for, in one sentence." })
  readonly description!: string;
}

@ObjectType("Limits", {
  description: "The numbers that bound this service. Read them; do not copy them into a client.",
})
export class LimitsType {
  @Field(() => Int, { description: "Items in one batched call." })
  readonly batchSize!: number;
  @Field(() => Int, { description: "Files on one page: the largest `first`." })
  readonly pageSize!: number;
  @Field(() => ByteCount, {
    name: "maxPartSize",
    description: "Largest single part, and so the largest file with transfer SINGLE. In bytes.",
  })
  readonly maxPartSizeBytes!: number;
  @Field(() => ByteCount, {
    name: "maxVerifiedSize",
    description: "Largest file of many parts whose declared sha256 is compared. In bytes.",
  })
  readonly maxVerifiedSizeBytes!: number;
  @Field(() => Int, { description: "Life of the URL of a part, in seconds." })
  readonly uploadUrlTtlSeconds!: number;
  @Field(() => Int, { description: "Life of File.url, in seconds; at least half of it is left when it is handed out." })
  readonly downloadUrlTtlSeconds!: number;
  @Field(() => Int, { description: "How long an unconfirmed upload may stay open, in seconds." })
  readonly uploadTtlSeconds!: number;
  @Field(() => Int, { description: "How long a deleted file can be restored, in seconds." })
  readonly trashTtlSeconds!: number;
}

export const CreateUploadUrlResult = createUnionType({
  name: "CreateUploadUrlResult",
  description: "What createUploadUrl answers, and createUploadUrls for each input.",
  types: () =>
    [
      UploadTicketType,
      FileTooLargeType,
      TypeNotAllowedType,
      QuotaExceededType,
      FilenameInvalidType,
      UnknownPolicyType,
      IdempotencyConflictType,
      TooManyPendingType,
      TemporaryFailureType,
    ] as const,
  resolveType: typeNameOf,
});

export const SignUploadPartsResult = createUnionType({
  name: "SignUploadPartsResult",
  description: "What signUploadParts answers.",
  types: () =>
    [
      SignedPartsType,
      FileNotFoundType,
      UploadNotOpenType,
      UploadExpiredType,
      PartInvalidType,
      TemporaryFailureType,
    ] as const,
  resolveType: typeNameOf,
});

export const ConfirmUploadResult = createUnionType({
  name: "ConfirmUploadResult",
  description: "What confirmUpload answers, and confirmUploads for each id.",
  types: () =>
    [
      ConfirmedUploadType,
      FileBusyType,
      PartsMissingType,
      SizeMismatchType,
      ChecksumMismatchType,
      ContentMismatchType,
      MalwareFoundType,
      UploadExpiredType,
      FileNotFoundType,
      TemporaryFailureType,
    ] as const,
  resolveType: typeNameOf,
});

export const AbortUploadResult = createUnionType({
  name: "AbortUploadResult",
  description: "What abortUpload answers.",
  types: () => [AbortedUploadType, FileBusyType, UploadNotOpenType, FileNotFoundType, TemporaryFailureType] as const,
  resolveType: typeNameOf,
});
