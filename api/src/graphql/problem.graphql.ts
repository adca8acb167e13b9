import "reflect-metadata";
import { Field, Int, InterfaceType, ObjectType } from "type-graphql";
import type { ProblemCode as Code } from "../errors.js";
import { registerEnum } from "./register-enum.js";

/** Every value of a mutation's union, and every problem, names its own GraphQL type. */
export function typeNameOf(value: object): string {
  return (value as { readonly typeName: string }).typeName;
}

export const ProblemCode = registerEnum<Code>(
  "ProblemCode",
  "What went wrong, for programs. Each code belongs to one type of problem. Values may be added: keep a default branch.",
  {
    FILE_TOO_LARGE: "FileTooLarge: the declared size is above the policy's, or above one part for transfer SINGLE.",
    TYPE_NOT_ALLOWED: "TypeNotAllowed: the policy does not take this media type, or it is malformed.",
    QUOTA_EXCEEDED: "QuotaExceeded: used and reserved bytes and this file together are above the quota.",
    FILENAME_INVALID: "FilenameInvalid: the name is empty, too long or holds a forbidden character.",
    UNKNOWN_POLICY: "UnknownPolicy: no upload policy has this name.",
    IDEMPOTENCY_CONFLICT: "IdempotencyConflict: the key was used with other input, or its upload has ended.",
    TOO_MANY_PENDING: "TooManyPending: too many uploads are open, or ended and not yet collected.",
    FILE_NOT_FOUND: "FileNotFound: no such file, or it is somebody else's.",
    UPLOAD_NOT_OPEN: "UploadNotOpen: the upload has ended; file.status says how.",
    UPLOAD_EXPIRED: "UploadExpired: the upload was not finished in time, or was aborted.",
    FILE_BUSY: "FileBusy: the file is being sealed and checked right now.",
    PART_INVALID: "PartInvalid: a part's number or digest does not fit the plan.",
    PARTS_MISSING: "PartsMissing: the store does not hold every part yet.",
    SIZE_MISMATCH: "SizeMismatch: the stored length differs from the declared one.",
    CHECKSUM_MISMATCH: "ChecksumMismatch: the stored bytes differ from the declared digest.",
    CONTENT_MISMATCH: "ContentMismatch: the bytes are of another type than declared.",
    MALWARE_FOUND: "MalwareFound: the malware scanner knows the content.",
    FILE_STATE_CONFLICT: "FileStateConflict: the file's status does not allow this.",
    API_KEY_INVALID: "ApiKeyInvalid: no such API key can be made.",
    TOO_MANY_API_KEYS: "TooManyApiKeys: the caller has as many API keys as one may have.",
    API_KEY_NOT_FOUND: "ApiKeyNotFound: no such API key, or it is somebody else's.",
    STORAGE_UNAVAILABLE: "TemporaryFailure: the store does not answer.",
    SERVICE_UNAVAILABLE: "TemporaryFailure: this service is busy, is stopping, or has no database right now.",
    RATE_LIMITED: "TemporaryFailure: too many calls.",
    INTERNAL: "TemporaryFailure: a fault on this side; quote requestId when you report it.",
  },
);

@InterfaceType("Problem", {
  description: "Every failure that a caller can expect. Select it in every union: cases are added without notice.",
  resolveType: typeNameOf,
})
export abstract class ProblemType {
  @Field(() => ProblemCode, { simple: true, description: "For programs; one code belongs to one type." })
  readonly code!: Code;
  @Field(() => String, {
    simple: true,
    description: "English, for developers; build UI text from code and the typed fields.",
  })
  readonly message!: string;
  @Field(() => Boolean, {
    simple: true,
    description: "True: the same call, unchanged, may succeed later. False: change something first.",
  })
  readonly retryable!: boolean;
}

@ObjectType("TemporaryFailure", {
  implements: ProblemType,
  simpleResolvers: true,
  description:
    "STORAGE_UNAVAILABLE, SERVICE_UNAVAILABLE, RATE_LIMITED or INTERNAL, for this item only; nothing is kept that a repeat would double.",
})
export class TemporaryFailureType {
  @Field(() => Int, { description: "Seconds to wait before the same call." })
  readonly retryAfterSeconds!: number;
  @Field(() => String, { description: "Names this request in the server's log; also the answer's X-Request-Id." })
  readonly requestId!: string;
}
