/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { TypedDocumentNode as DocumentNode } from '@graphql-typed-document-node/core';
/** What is going to be uploaded. */
export type CreateUploadUrlInput = {
  /** Media type without parameters; checked against the bytes at confirm. Unknown: application/octet-stream. */
  readonly contentType: string;
  /** 1 to 255 bytes of UTF-8 after NFC; no control or bidi-override characters, no / or \. */
  readonly filename: string;
  /** 1 to 255 printable ASCII, per caller, kept as long as the file's row (at least 24 h). Same key, same input: same file, fresh URLs (transfer NONE once READY). Other input, or the upload has ended: IdempotencyConflict. */
  readonly idempotencyKey?: string | null | undefined;
  /** Null: SHA256 when sha256 is given, else NONE. The ticket says what holds. */
  readonly partChecksum?: PartChecksum | null | undefined;
  /** From uploadPolicies. Default `default`. */
  readonly policy?: string;
  /** Of the whole file. One part: bound into the URL. More: compared after sealing up to limits.maxVerifiedSize, else unproven. */
  readonly sha256?: string | null | undefined;
  /** Exact length (wc -c < FILE). Other lengths get 403 from the store. At most the policy's maxSize. */
  readonly size: number;
  /** How to send it. Default AUTO. */
  readonly transfer?: Transfer;
};

/** What a browser does with the link (RFC 6266). It is part of what is signed. */
export type Disposition =
  /** Saved under File.filename. */
  | 'ATTACHMENT'
  /** Shown in the page where that is safe (File.inlineAllowed), else an attachment. */
  | 'INLINE';

/** Which files to list; every condition must hold. A cursor is bound to it. */
export type FileFilter = {
  /** Exact or image/*. Any of them; compared with contentType. */
  readonly contentType?: ReadonlyArray<string> | null | undefined;
  /** createdAt at or after this instant. */
  readonly createdAfter?: string | null | undefined;
  /** createdAt before this instant. */
  readonly createdBefore?: string | null | undefined;
  /** Case-insensitive; % and _ are literal. Anywhere in the name. */
  readonly filenameContains?: string | null | undefined;
  /** At most so many bytes. */
  readonly maxSize?: number | null | undefined;
  /** At least so many bytes. */
  readonly minSize?: number | null | undefined;
  /** Null: PENDING, VERIFYING, READY, REJECTED. Ask for DELETED to see the trash. */
  readonly status?: ReadonlyArray<FileStatus> | null | undefined;
};

/** The order of a list. A cursor is bound to it. */
export type FileOrder = {
  /** Which end first. Default DESC. */
  readonly direction?: OrderDirection;
  /** What to order by. Default CREATED_AT. */
  readonly field?: FileOrderField;
};

/** What files are ordered by; ties by id, so that the order is total. */
export type FileOrderField =
  /** When createUploadUrl was called. */
  | 'CREATED_AT'
  /** The name, whatever its case. */
  | 'FILENAME'
  /** The length in bytes. */
  | 'SIZE';

/** PENDING: waiting for bytes. VERIFYING: being sealed and checked. READY: usable. REJECTED: see rejection. EXPIRED: not finished in time, or aborted. DELETED: in the trash. Values may be added: keep a default branch. */
export type FileStatus =
  /** In the trash: restoreFile brings it back until purgeAt. */
  | 'DELETED'
  /** Not finished in time, or aborted. The bytes are being removed. */
  | 'EXPIRED'
  /** Waiting for bytes: send the parts, then confirmUpload. */
  | 'PENDING'
  /** Usable: sealed, checked, never changed again. */
  | 'READY'
  /** Sealed and refused; rejection says why. The bytes are being removed. */
  | 'REJECTED'
  /** Being sealed and checked; a verdict follows without further calls. */
  | 'VERIFYING';

/** What has been proven. SHA256: the whole content. PARTS_SHA256: every part, by the store. SIZE_ONLY: the length. */
export type Integrity =
  /** The store has checked the digest of every part; there is none of the whole. */
  | 'PARTS_SHA256'
  /** The digest of the whole content is proven; File.sha256 holds it. */
  | 'SHA256'
  /** The length alone is proven. */
  | 'SIZE_ONLY';

/** Which end comes first. */
export type OrderDirection =
  /** Smallest, oldest or A first. */
  | 'ASC'
  /** Largest, newest or Z first. */
  | 'DESC';

/** SHA256: every UploadPartInput needs sha256 and the store refuses other bytes. NONE: UploadPartInput.sha256 must be absent. */
export type PartChecksum =
  /** Parts carry no digest. */
  | 'NONE'
  /** Every part carries its SHA-256 and the store refuses other bytes. */
  | 'SHA256';

/** What went wrong, for programs. Each code belongs to one type of problem. Values may be added: keep a default branch. */
export type ProblemCode =
  /** ApiKeyInvalid: no such API key can be made. */
  | 'API_KEY_INVALID'
  /** ApiKeyNotFound: no such API key, or it is somebody else's. */
  | 'API_KEY_NOT_FOUND'
  /** ChecksumMismatch: the stored bytes differ from the declared digest. */
  | 'CHECKSUM_MISMATCH'
  /** ContentMismatch: the bytes are of another type than declared. */
  | 'CONTENT_MISMATCH'
  /** FilenameInvalid: the name is empty, too long or holds a forbidden character. */
  | 'FILENAME_INVALID'
  /** FileBusy: the file is being sealed and checked right now. */
  | 'FILE_BUSY'
  /** FileNotFound: no such file, or it is somebody else's. */
  | 'FILE_NOT_FOUND'
  /** FileStateConflict: the file's status does not allow this. */
  | 'FILE_STATE_CONFLICT'
  /** FileTooLarge: the declared size is above the policy's, or above one part for transfer SINGLE. */
  | 'FILE_TOO_LARGE'
  /** IdempotencyConflict: the key was used with other input, or its upload has ended. */
  | 'IDEMPOTENCY_CONFLICT'
  /** TemporaryFailure: a fault on this side; quote requestId when you report it. */
  | 'INTERNAL'
  /** MalwareFound: the malware scanner knows the content. */
  | 'MALWARE_FOUND'
  /** PartsMissing: the store does not hold every part yet. */
  | 'PARTS_MISSING'
  /** PartInvalid: a part's number or digest does not fit the plan. */
  | 'PART_INVALID'
  /** QuotaExceeded: used and reserved bytes and this file together are above the quota. */
  | 'QUOTA_EXCEEDED'
  /** TemporaryFailure: too many calls. */
  | 'RATE_LIMITED'
  /** TemporaryFailure: this service is busy, is stopping, or has no database right now. */
  | 'SERVICE_UNAVAILABLE'
  /** SizeMismatch: the stored length differs from the declared one. */
  | 'SIZE_MISMATCH'
  /** TemporaryFailure: the store does not answer. */
  | 'STORAGE_UNAVAILABLE'
  /** TooManyApiKeys: the caller has as many API keys as one may have. */
  | 'TOO_MANY_API_KEYS'
  /** TooManyPending: too many uploads are open, or ended and not yet collected. */
  | 'TOO_MANY_PENDING'
  /** TypeNotAllowed: the policy does not take this media type, or it is malformed. */
  | 'TYPE_NOT_ALLOWED'
  /** UnknownPolicy: no upload policy has this name. */
  | 'UNKNOWN_POLICY'
  /** UploadExpired: the upload was not finished in time, or was aborted. */
  | 'UPLOAD_EXPIRED'
  /** UploadNotOpen: the upload has ended; file.status says how. */
  | 'UPLOAD_NOT_OPEN';

/** A wish. AUTO: SINGLE or PARTS as the server sees fit, never a kind added later. SINGLE: one PUT, at most limits.maxPartSize. */
export type Transfer =
  /** One PUT for a small file, parts for a large one. */
  | 'AUTO'
  /** One PUT whatever the size, at most limits.maxPartSize; FileTooLarge above. */
  | 'SINGLE';

/** NONE: nothing to send, call confirmUpload. SINGLE: PUT the file to uploadUrl. PARTS: ask signUploadParts. Later kinds only come to callers who ask for them. */
export type TransferKind =
  /** Nothing to send: call confirmUpload. */
  | 'NONE'
  /** Ask signUploadParts for the URLs of the parts, in any order, again after they expire. */
  | 'PARTS'
  /** PUT the whole file to uploadUrl with exactly the ticket's headers. */
  | 'SINGLE';

/** A part whose URL is wanted. */
export type UploadPartInput = {
  /** 1 to partCount. */
  readonly number: number;
  /** Of this part's bytes; needed when the ticket's partChecksum is SHA256, else it must be absent. */
  readonly sha256?: string | null | undefined;
};

export type FileRowFragment = { readonly id: string, readonly filename: string, readonly size: number, readonly status: FileStatus, readonly createdAt: string, readonly permalink: string, readonly contentType: string, readonly inlineAllowed: boolean, readonly deletedAt: string | null, readonly purgeAt: string | null, readonly rejection:
    | { readonly code: ProblemCode }
    | { readonly code: ProblemCode }
    | { readonly code: ProblemCode }
    | { readonly declaredType: string, readonly detectedType: string | null, readonly code: ProblemCode }
    | { readonly code: ProblemCode }
    | { readonly code: ProblemCode }
    | { readonly code: ProblemCode }
    | { readonly code: ProblemCode }
    | { readonly code: ProblemCode }
    | { readonly code: ProblemCode }
    | { readonly signature: string, readonly code: ProblemCode }
    | { readonly code: ProblemCode }
    | { readonly code: ProblemCode }
    | { readonly code: ProblemCode }
    | { readonly code: ProblemCode }
    | { readonly code: ProblemCode }
    | { readonly code: ProblemCode }
    | { readonly code: ProblemCode }
    | { readonly code: ProblemCode }
    | { readonly code: ProblemCode }
    | { readonly code: ProblemCode }
    | { readonly code: ProblemCode }
   | null };

export type AccountQueryVariables = Exact<{ [key: string]: never; }>;


export type AccountQuery = { readonly viewer: { readonly id: string, readonly usage: { readonly usedBytes: number, readonly trashBytes: number, readonly reservedBytes: number, readonly quotaBytes: number } }, readonly limits: { readonly downloadUrlTtlSeconds: number, readonly trashTtlSeconds: number }, readonly uploadPolicies: ReadonlyArray<{ readonly name: string, readonly maxSize: number, readonly allowedTypes: ReadonlyArray<string> }> };

export type FilesQueryVariables = Exact<{
  after?: string | null | undefined;
  filter?: FileFilter | null | undefined;
  orderBy?: FileOrder | null | undefined;
}>;


export type FilesQuery = { readonly files: { readonly totalCount: number | null, readonly nodes: ReadonlyArray<{ readonly id: string, readonly filename: string, readonly size: number, readonly status: FileStatus, readonly createdAt: string, readonly permalink: string, readonly contentType: string, readonly inlineAllowed: boolean, readonly deletedAt: string | null, readonly purgeAt: string | null, readonly rejection:
        | { readonly code: ProblemCode }
        | { readonly code: ProblemCode }
        | { readonly code: ProblemCode }
        | { readonly declaredType: string, readonly detectedType: string | null, readonly code: ProblemCode }
        | { readonly code: ProblemCode }
        | { readonly code: ProblemCode }
        | { readonly code: ProblemCode }
        | { readonly code: ProblemCode }
        | { readonly code: ProblemCode }
        | { readonly code: ProblemCode }
        | { readonly signature: string, readonly code: ProblemCode }
        | { readonly code: ProblemCode }
        | { readonly code: ProblemCode }
        | { readonly code: ProblemCode }
        | { readonly code: ProblemCode }
        | { readonly code: ProblemCode }
        | { readonly code: ProblemCode }
        | { readonly code: ProblemCode }
        | { readonly code: ProblemCode }
        | { readonly code: ProblemCode }
        | { readonly code: ProblemCode }
        | { readonly code: ProblemCode }
       | null }>, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null } } };

export type FileLinkQueryVariables = Exact<{
  id: string;
  disposition: Disposition;
}>;


export type FileLinkQuery = { readonly file: { readonly id: string, readonly filename: string, readonly status: FileStatus, readonly inlineAllowed: boolean, readonly url: string | null } | null };

export type RenameFileMutationVariables = Exact<{
  id: string;
  filename: string;
}>;


export type RenameFileMutation = { readonly renameFile:
    | { readonly __typename: 'FileNotFound', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'FileStateConflict', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'FilenameInvalid', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'RenamedFile', readonly file: { readonly id: string, readonly filename: string, readonly size: number, readonly status: FileStatus, readonly createdAt: string, readonly permalink: string, readonly contentType: string, readonly inlineAllowed: boolean, readonly deletedAt: string | null, readonly purgeAt: string | null, readonly rejection:
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly declaredType: string, readonly detectedType: string | null, readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly signature: string, readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
         | null } }
    | { readonly __typename: 'TemporaryFailure', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
   };

export type DeleteFileMutationVariables = Exact<{
  id: string;
  permanently: boolean;
}>;


export type DeleteFileMutation = { readonly deleteFile:
    | { readonly __typename: 'DeletedFile', readonly file: { readonly id: string } }
    | { readonly __typename: 'FileBusy', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'FileNotFound', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'FileStateConflict', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'TemporaryFailure', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
   };

export type RestoreFileMutationVariables = Exact<{
  id: string;
}>;


export type RestoreFileMutation = { readonly restoreFile:
    | { readonly __typename: 'FileNotFound', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'FileStateConflict', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'RestoredFile', readonly file: { readonly id: string, readonly filename: string, readonly size: number, readonly status: FileStatus, readonly createdAt: string, readonly permalink: string, readonly contentType: string, readonly inlineAllowed: boolean, readonly deletedAt: string | null, readonly purgeAt: string | null, readonly rejection:
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly declaredType: string, readonly detectedType: string | null, readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly signature: string, readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
         | null } }
    | { readonly __typename: 'TemporaryFailure', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
   };

export type FilesChangedSubscriptionVariables = Exact<{ [key: string]: never; }>;


export type FilesChangedSubscription = { readonly filesChanged: { readonly fileId: string, readonly file: { readonly id: string, readonly filename: string, readonly size: number, readonly status: FileStatus, readonly createdAt: string, readonly permalink: string, readonly contentType: string, readonly inlineAllowed: boolean, readonly deletedAt: string | null, readonly purgeAt: string | null, readonly rejection:
        | { readonly code: ProblemCode }
        | { readonly code: ProblemCode }
        | { readonly code: ProblemCode }
        | { readonly declaredType: string, readonly detectedType: string | null, readonly code: ProblemCode }
        | { readonly code: ProblemCode }
        | { readonly code: ProblemCode }
        | { readonly code: ProblemCode }
        | { readonly code: ProblemCode }
        | { readonly code: ProblemCode }
        | { readonly code: ProblemCode }
        | { readonly signature: string, readonly code: ProblemCode }
        | { readonly code: ProblemCode }
        | { readonly code: ProblemCode }
        | { readonly code: ProblemCode }
        | { readonly code: ProblemCode }
        | { readonly code: ProblemCode }
        | { readonly code: ProblemCode }
        | { readonly code: ProblemCode }
        | { readonly code: ProblemCode }
        | { readonly code: ProblemCode }
        | { readonly code: ProblemCode }
        | { readonly code: ProblemCode }
       | null } | null } };

export type FileDetailsQueryVariables = Exact<{
  id: string;
}>;


export type FileDetailsQuery = { readonly serverTime: string, readonly file: { readonly id: string, readonly filename: string, readonly size: number, readonly status: FileStatus, readonly contentType: string, readonly declaredType: string, readonly integrity: Integrity | null, readonly sha256: string | null, readonly createdAt: string, readonly readyAt: string | null, readonly permalink: string, readonly inlineAllowed: boolean, readonly url: string | null, readonly urlExpiresAt: string | null } | null };

export type ThumbnailsQueryVariables = Exact<{
  ids: ReadonlyArray<string> | string;
}>;


export type ThumbnailsQuery = { readonly serverTime: string, readonly nodes: ReadonlyArray<
    | { readonly id: string, readonly url: string | null, readonly urlExpiresAt: string | null, readonly inlineAllowed: boolean, readonly contentType: string }
    | Record<PropertyKey, never>
   | null> };

export type InterruptedUploadsQueryVariables = Exact<{
  ids: ReadonlyArray<string> | string;
}>;


export type InterruptedUploadsQuery = { readonly nodes: ReadonlyArray<
    | { readonly id: string, readonly status: FileStatus, readonly size: number, readonly upload: { readonly partSize: number, readonly partCount: number, readonly receivedParts: ReadonlyArray<number> | null } | null }
    | Record<PropertyKey, never>
   | null>, readonly limits: { readonly uploadTtlSeconds: number } };

type Refusal_ApiKeyInvalid_Fragment = { readonly __typename: 'ApiKeyInvalid', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean };

type Refusal_ApiKeyNotFound_Fragment = { readonly __typename: 'ApiKeyNotFound', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean };

type Refusal_ChecksumMismatch_Fragment = { readonly __typename: 'ChecksumMismatch', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean };

type Refusal_ContentMismatch_Fragment = { readonly __typename: 'ContentMismatch', readonly declaredType: string, readonly detectedType: string | null, readonly code: ProblemCode, readonly message: string, readonly retryable: boolean };

type Refusal_FileBusy_Fragment = { readonly __typename: 'FileBusy', readonly retryAfterSeconds: number, readonly code: ProblemCode, readonly message: string, readonly retryable: boolean };

type Refusal_FileNotFound_Fragment = { readonly __typename: 'FileNotFound', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean };

type Refusal_FileStateConflict_Fragment = { readonly __typename: 'FileStateConflict', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean };

type Refusal_FileTooLarge_Fragment = { readonly __typename: 'FileTooLarge', readonly maxSize: number, readonly actualSize: number, readonly code: ProblemCode, readonly message: string, readonly retryable: boolean };

type Refusal_FilenameInvalid_Fragment = { readonly __typename: 'FilenameInvalid', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean };

type Refusal_IdempotencyConflict_Fragment = { readonly __typename: 'IdempotencyConflict', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean };

type Refusal_MalwareFound_Fragment = { readonly __typename: 'MalwareFound', readonly signature: string, readonly code: ProblemCode, readonly message: string, readonly retryable: boolean };

type Refusal_PartInvalid_Fragment = { readonly __typename: 'PartInvalid', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean };

type Refusal_PartsMissing_Fragment = { readonly __typename: 'PartsMissing', readonly numbers: ReadonlyArray<number>, readonly code: ProblemCode, readonly message: string, readonly retryable: boolean };

type Refusal_QuotaExceeded_Fragment = { readonly __typename: 'QuotaExceeded', readonly neededBytes: number, readonly code: ProblemCode, readonly message: string, readonly retryable: boolean, readonly usage: { readonly usedBytes: number, readonly reservedBytes: number, readonly quotaBytes: number } };

type Refusal_SizeMismatch_Fragment = { readonly __typename: 'SizeMismatch', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean };

type Refusal_TemporaryFailure_Fragment = { readonly __typename: 'TemporaryFailure', readonly retryAfterSeconds: number, readonly requestId: string, readonly code: ProblemCode, readonly message: string, readonly retryable: boolean };

type Refusal_TooManyApiKeys_Fragment = { readonly __typename: 'TooManyApiKeys', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean };

type Refusal_TooManyPending_Fragment = { readonly __typename: 'TooManyPending', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean };

type Refusal_TypeNotAllowed_Fragment = { readonly __typename: 'TypeNotAllowed', readonly declaredType: string, readonly allowedTypes: ReadonlyArray<string>, readonly code: ProblemCode, readonly message: string, readonly retryable: boolean };

type Refusal_UnknownPolicy_Fragment = { readonly __typename: 'UnknownPolicy', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean };

type Refusal_UploadExpired_Fragment = { readonly __typename: 'UploadExpired', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean };

type Refusal_UploadNotOpen_Fragment = { readonly __typename: 'UploadNotOpen', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean };

export type RefusalFragment =
  | Refusal_ApiKeyInvalid_Fragment
  | Refusal_ApiKeyNotFound_Fragment
  | Refusal_ChecksumMismatch_Fragment
  | Refusal_ContentMismatch_Fragment
  | Refusal_FileBusy_Fragment
  | Refusal_FileNotFound_Fragment
  | Refusal_FileStateConflict_Fragment
  | Refusal_FileTooLarge_Fragment
  | Refusal_FilenameInvalid_Fragment
  | Refusal_IdempotencyConflict_Fragment
  | Refusal_MalwareFound_Fragment
  | Refusal_PartInvalid_Fragment
  | Refusal_PartsMissing_Fragment
  | Refusal_QuotaExceeded_Fragment
  | Refusal_SizeMismatch_Fragment
  | Refusal_TemporaryFailure_Fragment
  | Refusal_TooManyApiKeys_Fragment
  | Refusal_TooManyPending_Fragment
  | Refusal_TypeNotAllowed_Fragment
  | Refusal_UnknownPolicy_Fragment
  | Refusal_UploadExpired_Fragment
  | Refusal_UploadNotOpen_Fragment
;

export type TicketFragment = { readonly transfer: TransferKind, readonly method: string, readonly uploadUrl: string | null, readonly urlExpiresAt: string | null, readonly partSize: number, readonly partCount: number, readonly partChecksum: PartChecksum, readonly file: { readonly id: string, readonly size: number }, readonly headers: ReadonlyArray<{ readonly name: string, readonly value: string }> };

export type CreateUploadMutationVariables = Exact<{
  input: CreateUploadUrlInput;
}>;


export type CreateUploadMutation = { readonly createUploadUrl:
    | { readonly __typename: 'FileTooLarge', readonly maxSize: number, readonly actualSize: number, readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'FilenameInvalid', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'IdempotencyConflict', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'QuotaExceeded', readonly neededBytes: number, readonly code: ProblemCode, readonly message: string, readonly retryable: boolean, readonly usage: { readonly usedBytes: number, readonly reservedBytes: number, readonly quotaBytes: number } }
    | { readonly __typename: 'TemporaryFailure', readonly retryAfterSeconds: number, readonly requestId: string, readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'TooManyPending', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'TypeNotAllowed', readonly declaredType: string, readonly allowedTypes: ReadonlyArray<string>, readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'UnknownPolicy', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'UploadTicket', readonly transfer: TransferKind, readonly method: string, readonly uploadUrl: string | null, readonly urlExpiresAt: string | null, readonly partSize: number, readonly partCount: number, readonly partChecksum: PartChecksum, readonly file: { readonly id: string, readonly size: number }, readonly headers: ReadonlyArray<{ readonly name: string, readonly value: string }> }
   };

export type CreateUploadsMutationVariables = Exact<{
  inputs: ReadonlyArray<CreateUploadUrlInput> | CreateUploadUrlInput;
}>;


export type CreateUploadsMutation = { readonly createUploadUrls: ReadonlyArray<
    | { readonly __typename: 'FileTooLarge', readonly maxSize: number, readonly actualSize: number, readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'FilenameInvalid', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'IdempotencyConflict', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'QuotaExceeded', readonly neededBytes: number, readonly code: ProblemCode, readonly message: string, readonly retryable: boolean, readonly usage: { readonly usedBytes: number, readonly reservedBytes: number, readonly quotaBytes: number } }
    | { readonly __typename: 'TemporaryFailure', readonly retryAfterSeconds: number, readonly requestId: string, readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'TooManyPending', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'TypeNotAllowed', readonly declaredType: string, readonly allowedTypes: ReadonlyArray<string>, readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'UnknownPolicy', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'UploadTicket', readonly transfer: TransferKind, readonly method: string, readonly uploadUrl: string | null, readonly urlExpiresAt: string | null, readonly partSize: number, readonly partCount: number, readonly partChecksum: PartChecksum, readonly file: { readonly id: string, readonly size: number }, readonly headers: ReadonlyArray<{ readonly name: string, readonly value: string }> }
  > };

export type SignPartsMutationVariables = Exact<{
  fileId: string;
  parts: ReadonlyArray<UploadPartInput> | UploadPartInput;
}>;


export type SignPartsMutation = { readonly signUploadParts:
    | { readonly __typename: 'FileNotFound', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'PartInvalid', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'SignedParts', readonly parts: ReadonlyArray<{ readonly number: number, readonly url: string, readonly expiresAt: string, readonly headers: ReadonlyArray<{ readonly name: string, readonly value: string }> }> }
    | { readonly __typename: 'TemporaryFailure', readonly retryAfterSeconds: number, readonly requestId: string, readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'UploadExpired', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'UploadNotOpen', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
   };

export type UploadStandingQueryVariables = Exact<{
  fileId: string;
  withDigests: boolean;
}>;


export type UploadStandingQuery = { readonly file: { readonly id: string, readonly status: FileStatus, readonly upload: { readonly receivedParts: ReadonlyArray<number> | null, readonly transfer: TransferKind, readonly method: string, readonly uploadUrl: string | null, readonly urlExpiresAt: string | null, readonly partSize: number, readonly partCount: number, readonly partChecksum: PartChecksum, readonly storedParts?: ReadonlyArray<{ readonly number: number, readonly sha256: string | null }> | null, readonly file: { readonly id: string, readonly size: number }, readonly headers: ReadonlyArray<{ readonly name: string, readonly value: string }> } | null } | null };

export type ConfirmUploadMutationVariables = Exact<{
  fileId: string;
}>;


export type ConfirmUploadMutation = { readonly confirmUpload:
    | { readonly __typename: 'ChecksumMismatch', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'ConfirmedUpload', readonly file: { readonly id: string, readonly filename: string, readonly size: number, readonly status: FileStatus, readonly createdAt: string, readonly permalink: string, readonly contentType: string, readonly inlineAllowed: boolean, readonly deletedAt: string | null, readonly purgeAt: string | null, readonly rejection:
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly declaredType: string, readonly detectedType: string | null, readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly signature: string, readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
         | null } }
    | { readonly __typename: 'ContentMismatch', readonly declaredType: string, readonly detectedType: string | null, readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'FileBusy', readonly retryAfterSeconds: number, readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'FileNotFound', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'MalwareFound', readonly signature: string, readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'PartsMissing', readonly numbers: ReadonlyArray<number>, readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'SizeMismatch', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'TemporaryFailure', readonly retryAfterSeconds: number, readonly requestId: string, readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'UploadExpired', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
   };

export type ConfirmUploadsMutationVariables = Exact<{
  fileIds: ReadonlyArray<string> | string;
}>;


export type ConfirmUploadsMutation = { readonly confirmUploads: ReadonlyArray<
    | { readonly __typename: 'ChecksumMismatch', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'ConfirmedUpload', readonly file: { readonly id: string, readonly filename: string, readonly size: number, readonly status: FileStatus, readonly createdAt: string, readonly permalink: string, readonly contentType: string, readonly inlineAllowed: boolean, readonly deletedAt: string | null, readonly purgeAt: string | null, readonly rejection:
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly declaredType: string, readonly detectedType: string | null, readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly signature: string, readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
          | { readonly code: ProblemCode }
         | null } }
    | { readonly __typename: 'ContentMismatch', readonly declaredType: string, readonly detectedType: string | null, readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'FileBusy', readonly retryAfterSeconds: number, readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'FileNotFound', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'MalwareFound', readonly signature: string, readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'PartsMissing', readonly numbers: ReadonlyArray<number>, readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'SizeMismatch', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'TemporaryFailure', readonly retryAfterSeconds: number, readonly requestId: string, readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'UploadExpired', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
  > };

export type AbortUploadMutationVariables = Exact<{
  fileId: string;
}>;


export type AbortUploadMutation = { readonly abortUpload:
    | { readonly __typename: 'AbortedUpload' }
    | { readonly __typename: 'FileBusy', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'FileNotFound', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'TemporaryFailure', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'UploadNotOpen', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
   };

export type BatchSizeQueryVariables = Exact<{ [key: string]: never; }>;


export type BatchSizeQuery = { readonly limits: { readonly batchSize: number } };

export const FileRowFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"FileRow"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"File"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"filename"}},{"kind":"Field","name":{"kind":"Name","value":"size"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"permalink"}},{"kind":"Field","name":{"kind":"Name","value":"contentType"}},{"kind":"Field","name":{"kind":"Name","value":"inlineAllowed"}},{"kind":"Field","name":{"kind":"Name","value":"deletedAt"}},{"kind":"Field","name":{"kind":"Name","value":"purgeAt"}},{"kind":"Field","name":{"kind":"Name","value":"rejection"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ContentMismatch"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"declaredType"}},{"kind":"Field","name":{"kind":"Name","value":"detectedType"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"MalwareFound"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"signature"}}]}}]}}]}}]} as unknown as DocumentNode<FileRowFragment, unknown>;
export const RefusalFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Refusal"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Problem"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"TemporaryFailure"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"retryAfterSeconds"}},{"kind":"Field","name":{"kind":"Name","value":"requestId"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"FileBusy"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"retryAfterSeconds"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"PartsMissing"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"numbers"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"FileTooLarge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"maxSize"}},{"kind":"Field","name":{"kind":"Name","value":"actualSize"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"TypeNotAllowed"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"declaredType"}},{"kind":"Field","name":{"kind":"Name","value":"allowedTypes"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ContentMismatch"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"declaredType"}},{"kind":"Field","name":{"kind":"Name","value":"detectedType"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"MalwareFound"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"signature"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"QuotaExceeded"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"neededBytes"}},{"kind":"Field","name":{"kind":"Name","value":"usage"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"usedBytes"}},{"kind":"Field","name":{"kind":"Name","value":"reservedBytes"}},{"kind":"Field","name":{"kind":"Name","value":"quotaBytes"}}]}}]}}]}}]} as unknown as DocumentNode<RefusalFragment, unknown>;
export const TicketFragmentDoc = {"kind":"Document","definitions":[{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Ticket"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UploadTicket"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"file"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"size"}}]}},{"kind":"Field","name":{"kind":"Name","value":"transfer"}},{"kind":"Field","name":{"kind":"Name","value":"method"}},{"kind":"Field","name":{"kind":"Name","value":"uploadUrl"}},{"kind":"Field","name":{"kind":"Name","value":"headers"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"value"}}]}},{"kind":"Field","name":{"kind":"Name","value":"urlExpiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"partSize"}},{"kind":"Field","name":{"kind":"Name","value":"partCount"}},{"kind":"Field","name":{"kind":"Name","value":"partChecksum"}}]}}]} as unknown as DocumentNode<TicketFragment, unknown>;
export const AccountDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Account"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"viewer"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"usage"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"usedBytes"}},{"kind":"Field","name":{"kind":"Name","value":"trashBytes"}},{"kind":"Field","name":{"kind":"Name","value":"reservedBytes"}},{"kind":"Field","name":{"kind":"Name","value":"quotaBytes"}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"limits"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"downloadUrlTtlSeconds"}},{"kind":"Field","name":{"kind":"Name","value":"trashTtlSeconds"}}]}},{"kind":"Field","name":{"kind":"Name","value":"uploadPolicies"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"maxSize"}},{"kind":"Field","name":{"kind":"Name","value":"allowedTypes"}}]}}]}}]} as unknown as DocumentNode<AccountQuery, AccountQueryVariables>;
export const FilesDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Files"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"after"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"filter"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"FileFilter"}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"orderBy"}},"type":{"kind":"NamedType","name":{"kind":"Name","value":"FileOrder"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"files"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"after"},"value":{"kind":"Variable","name":{"kind":"Name","value":"after"}}},{"kind":"Argument","name":{"kind":"Name","value":"filter"},"value":{"kind":"Variable","name":{"kind":"Name","value":"filter"}}},{"kind":"Argument","name":{"kind":"Name","value":"orderBy"},"value":{"kind":"Variable","name":{"kind":"Name","value":"orderBy"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"FileRow"}}]}},{"kind":"Field","name":{"kind":"Name","value":"pageInfo"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"hasNextPage"}},{"kind":"Field","name":{"kind":"Name","value":"endCursor"}}]}},{"kind":"Field","name":{"kind":"Name","value":"totalCount"}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"FileRow"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"File"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"filename"}},{"kind":"Field","name":{"kind":"Name","value":"size"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"permalink"}},{"kind":"Field","name":{"kind":"Name","value":"contentType"}},{"kind":"Field","name":{"kind":"Name","value":"inlineAllowed"}},{"kind":"Field","name":{"kind":"Name","value":"deletedAt"}},{"kind":"Field","name":{"kind":"Name","value":"purgeAt"}},{"kind":"Field","name":{"kind":"Name","value":"rejection"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ContentMismatch"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"declaredType"}},{"kind":"Field","name":{"kind":"Name","value":"detectedType"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"MalwareFound"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"signature"}}]}}]}}]}}]} as unknown as DocumentNode<FilesQuery, FilesQueryVariables>;
export const FileLinkDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"FileLink"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"disposition"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Disposition"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"file"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"filename"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"inlineAllowed"}},{"kind":"Field","name":{"kind":"Name","value":"url"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"disposition"},"value":{"kind":"Variable","name":{"kind":"Name","value":"disposition"}}}]}]}}]}}]} as unknown as DocumentNode<FileLinkQuery, FileLinkQueryVariables>;
export const RenameFileDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"RenameFile"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"filename"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"String"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"renameFile"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}},{"kind":"Argument","name":{"kind":"Name","value":"filename"},"value":{"kind":"Variable","name":{"kind":"Name","value":"filename"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"RenamedFile"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"file"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"FileRow"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Problem"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"FileRow"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"File"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"filename"}},{"kind":"Field","name":{"kind":"Name","value":"size"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"permalink"}},{"kind":"Field","name":{"kind":"Name","value":"contentType"}},{"kind":"Field","name":{"kind":"Name","value":"inlineAllowed"}},{"kind":"Field","name":{"kind":"Name","value":"deletedAt"}},{"kind":"Field","name":{"kind":"Name","value":"purgeAt"}},{"kind":"Field","name":{"kind":"Name","value":"rejection"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ContentMismatch"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"declaredType"}},{"kind":"Field","name":{"kind":"Name","value":"detectedType"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"MalwareFound"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"signature"}}]}}]}}]}}]} as unknown as DocumentNode<RenameFileMutation, RenameFileMutationVariables>;
export const DeleteFileDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"DeleteFile"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"permanently"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Boolean"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"deleteFile"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}},{"kind":"Argument","name":{"kind":"Name","value":"permanently"},"value":{"kind":"Variable","name":{"kind":"Name","value":"permanently"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"DeletedFile"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"file"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Problem"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}}]}}]}}]}}]} as unknown as DocumentNode<DeleteFileMutation, DeleteFileMutationVariables>;
export const RestoreFileDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"RestoreFile"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"restoreFile"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"RestoredFile"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"file"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"FileRow"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Problem"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"FileRow"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"File"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"filename"}},{"kind":"Field","name":{"kind":"Name","value":"size"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"permalink"}},{"kind":"Field","name":{"kind":"Name","value":"contentType"}},{"kind":"Field","name":{"kind":"Name","value":"inlineAllowed"}},{"kind":"Field","name":{"kind":"Name","value":"deletedAt"}},{"kind":"Field","name":{"kind":"Name","value":"purgeAt"}},{"kind":"Field","name":{"kind":"Name","value":"rejection"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ContentMismatch"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"declaredType"}},{"kind":"Field","name":{"kind":"Name","value":"detectedType"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"MalwareFound"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"signature"}}]}}]}}]}}]} as unknown as DocumentNode<RestoreFileMutation, RestoreFileMutationVariables>;
export const FilesChangedDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"subscription","name":{"kind":"Name","value":"FilesChanged"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"filesChanged"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"fileId"}},{"kind":"Field","name":{"kind":"Name","value":"file"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"FileRow"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"FileRow"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"File"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"filename"}},{"kind":"Field","name":{"kind":"Name","value":"size"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"permalink"}},{"kind":"Field","name":{"kind":"Name","value":"contentType"}},{"kind":"Field","name":{"kind":"Name","value":"inlineAllowed"}},{"kind":"Field","name":{"kind":"Name","value":"deletedAt"}},{"kind":"Field","name":{"kind":"Name","value":"purgeAt"}},{"kind":"Field","name":{"kind":"Name","value":"rejection"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ContentMismatch"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"declaredType"}},{"kind":"Field","name":{"kind":"Name","value":"detectedType"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"MalwareFound"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"signature"}}]}}]}}]}}]} as unknown as DocumentNode<FilesChangedSubscription, FilesChangedSubscriptionVariables>;
export const FileDetailsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"FileDetails"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"id"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"serverTime"}},{"kind":"Field","name":{"kind":"Name","value":"file"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"id"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"filename"}},{"kind":"Field","name":{"kind":"Name","value":"size"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"contentType"}},{"kind":"Field","name":{"kind":"Name","value":"declaredType"}},{"kind":"Field","name":{"kind":"Name","value":"integrity"}},{"kind":"Field","name":{"kind":"Name","value":"sha256"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"readyAt"}},{"kind":"Field","name":{"kind":"Name","value":"permalink"}},{"kind":"Field","name":{"kind":"Name","value":"inlineAllowed"}},{"kind":"Field","name":{"kind":"Name","value":"url"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"disposition"},"value":{"kind":"EnumValue","value":"INLINE"}}]},{"kind":"Field","name":{"kind":"Name","value":"urlExpiresAt"}}]}}]}}]} as unknown as DocumentNode<FileDetailsQuery, FileDetailsQueryVariables>;
export const ThumbnailsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"Thumbnails"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"ids"}},"type":{"kind":"NonNullType","type":{"kind":"ListType","type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"serverTime"}},{"kind":"Field","name":{"kind":"Name","value":"nodes"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"ids"},"value":{"kind":"Variable","name":{"kind":"Name","value":"ids"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"File"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"url"}},{"kind":"Field","name":{"kind":"Name","value":"urlExpiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"inlineAllowed"}},{"kind":"Field","name":{"kind":"Name","value":"contentType"}}]}}]}}]}}]} as unknown as DocumentNode<ThumbnailsQuery, ThumbnailsQueryVariables>;
export const InterruptedUploadsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"InterruptedUploads"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"ids"}},"type":{"kind":"NonNullType","type":{"kind":"ListType","type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"nodes"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"ids"},"value":{"kind":"Variable","name":{"kind":"Name","value":"ids"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"File"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"size"}},{"kind":"Field","name":{"kind":"Name","value":"upload"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"partSize"}},{"kind":"Field","name":{"kind":"Name","value":"partCount"}},{"kind":"Field","name":{"kind":"Name","value":"receivedParts"}}]}}]}}]}},{"kind":"Field","name":{"kind":"Name","value":"limits"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"uploadTtlSeconds"}}]}}]}}]} as unknown as DocumentNode<InterruptedUploadsQuery, InterruptedUploadsQueryVariables>;
export const CreateUploadDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CreateUpload"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"input"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CreateUploadUrlInput"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"createUploadUrl"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"input"},"value":{"kind":"Variable","name":{"kind":"Name","value":"input"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UploadTicket"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Ticket"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Problem"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Refusal"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Refusal"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Problem"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"TemporaryFailure"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"retryAfterSeconds"}},{"kind":"Field","name":{"kind":"Name","value":"requestId"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"FileBusy"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"retryAfterSeconds"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"PartsMissing"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"numbers"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"FileTooLarge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"maxSize"}},{"kind":"Field","name":{"kind":"Name","value":"actualSize"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"TypeNotAllowed"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"declaredType"}},{"kind":"Field","name":{"kind":"Name","value":"allowedTypes"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ContentMismatch"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"declaredType"}},{"kind":"Field","name":{"kind":"Name","value":"detectedType"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"MalwareFound"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"signature"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"QuotaExceeded"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"neededBytes"}},{"kind":"Field","name":{"kind":"Name","value":"usage"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"usedBytes"}},{"kind":"Field","name":{"kind":"Name","value":"reservedBytes"}},{"kind":"Field","name":{"kind":"Name","value":"quotaBytes"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Ticket"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UploadTicket"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"file"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"size"}}]}},{"kind":"Field","name":{"kind":"Name","value":"transfer"}},{"kind":"Field","name":{"kind":"Name","value":"method"}},{"kind":"Field","name":{"kind":"Name","value":"uploadUrl"}},{"kind":"Field","name":{"kind":"Name","value":"headers"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"value"}}]}},{"kind":"Field","name":{"kind":"Name","value":"urlExpiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"partSize"}},{"kind":"Field","name":{"kind":"Name","value":"partCount"}},{"kind":"Field","name":{"kind":"Name","value":"partChecksum"}}]}}]} as unknown as DocumentNode<CreateUploadMutation, CreateUploadMutationVariables>;
export const CreateUploadsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"CreateUploads"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"inputs"}},"type":{"kind":"NonNullType","type":{"kind":"ListType","type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"CreateUploadUrlInput"}}}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"createUploadUrls"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"inputs"},"value":{"kind":"Variable","name":{"kind":"Name","value":"inputs"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UploadTicket"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Ticket"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Problem"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Refusal"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Refusal"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Problem"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"TemporaryFailure"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"retryAfterSeconds"}},{"kind":"Field","name":{"kind":"Name","value":"requestId"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"FileBusy"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"retryAfterSeconds"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"PartsMissing"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"numbers"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"FileTooLarge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"maxSize"}},{"kind":"Field","name":{"kind":"Name","value":"actualSize"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"TypeNotAllowed"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"declaredType"}},{"kind":"Field","name":{"kind":"Name","value":"allowedTypes"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ContentMismatch"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"declaredType"}},{"kind":"Field","name":{"kind":"Name","value":"detectedType"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"MalwareFound"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"signature"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"QuotaExceeded"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"neededBytes"}},{"kind":"Field","name":{"kind":"Name","value":"usage"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"usedBytes"}},{"kind":"Field","name":{"kind":"Name","value":"reservedBytes"}},{"kind":"Field","name":{"kind":"Name","value":"quotaBytes"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Ticket"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UploadTicket"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"file"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"size"}}]}},{"kind":"Field","name":{"kind":"Name","value":"transfer"}},{"kind":"Field","name":{"kind":"Name","value":"method"}},{"kind":"Field","name":{"kind":"Name","value":"uploadUrl"}},{"kind":"Field","name":{"kind":"Name","value":"headers"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"value"}}]}},{"kind":"Field","name":{"kind":"Name","value":"urlExpiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"partSize"}},{"kind":"Field","name":{"kind":"Name","value":"partCount"}},{"kind":"Field","name":{"kind":"Name","value":"partChecksum"}}]}}]} as unknown as DocumentNode<CreateUploadsMutation, CreateUploadsMutationVariables>;
export const SignPartsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"SignParts"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"fileId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"parts"}},"type":{"kind":"NonNullType","type":{"kind":"ListType","type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"UploadPartInput"}}}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"signUploadParts"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"fileId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"fileId"}}},{"kind":"Argument","name":{"kind":"Name","value":"parts"},"value":{"kind":"Variable","name":{"kind":"Name","value":"parts"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"SignedParts"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"parts"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"number"}},{"kind":"Field","name":{"kind":"Name","value":"url"}},{"kind":"Field","name":{"kind":"Name","value":"headers"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"value"}}]}},{"kind":"Field","name":{"kind":"Name","value":"expiresAt"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Problem"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Refusal"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Refusal"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Problem"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"TemporaryFailure"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"retryAfterSeconds"}},{"kind":"Field","name":{"kind":"Name","value":"requestId"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"FileBusy"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"retryAfterSeconds"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"PartsMissing"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"numbers"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"FileTooLarge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"maxSize"}},{"kind":"Field","name":{"kind":"Name","value":"actualSize"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"TypeNotAllowed"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"declaredType"}},{"kind":"Field","name":{"kind":"Name","value":"allowedTypes"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ContentMismatch"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"declaredType"}},{"kind":"Field","name":{"kind":"Name","value":"detectedType"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"MalwareFound"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"signature"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"QuotaExceeded"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"neededBytes"}},{"kind":"Field","name":{"kind":"Name","value":"usage"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"usedBytes"}},{"kind":"Field","name":{"kind":"Name","value":"reservedBytes"}},{"kind":"Field","name":{"kind":"Name","value":"quotaBytes"}}]}}]}}]}}]} as unknown as DocumentNode<SignPartsMutation, SignPartsMutationVariables>;
export const UploadStandingDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"UploadStanding"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"fileId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}},{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"withDigests"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"Boolean"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"file"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"id"},"value":{"kind":"Variable","name":{"kind":"Name","value":"fileId"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"upload"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Ticket"}},{"kind":"Field","name":{"kind":"Name","value":"receivedParts"}},{"kind":"Field","name":{"kind":"Name","value":"storedParts"},"directives":[{"kind":"Directive","name":{"kind":"Name","value":"include"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"if"},"value":{"kind":"Variable","name":{"kind":"Name","value":"withDigests"}}}]}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"number"}},{"kind":"Field","name":{"kind":"Name","value":"sha256"}}]}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Ticket"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"UploadTicket"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"file"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"size"}}]}},{"kind":"Field","name":{"kind":"Name","value":"transfer"}},{"kind":"Field","name":{"kind":"Name","value":"method"}},{"kind":"Field","name":{"kind":"Name","value":"uploadUrl"}},{"kind":"Field","name":{"kind":"Name","value":"headers"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"name"}},{"kind":"Field","name":{"kind":"Name","value":"value"}}]}},{"kind":"Field","name":{"kind":"Name","value":"urlExpiresAt"}},{"kind":"Field","name":{"kind":"Name","value":"partSize"}},{"kind":"Field","name":{"kind":"Name","value":"partCount"}},{"kind":"Field","name":{"kind":"Name","value":"partChecksum"}}]}}]} as unknown as DocumentNode<UploadStandingQuery, UploadStandingQueryVariables>;
export const ConfirmUploadDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"ConfirmUpload"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"fileId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"confirmUpload"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"fileId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"fileId"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ConfirmedUpload"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"file"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"FileRow"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Problem"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Refusal"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"FileRow"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"File"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"filename"}},{"kind":"Field","name":{"kind":"Name","value":"size"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"permalink"}},{"kind":"Field","name":{"kind":"Name","value":"contentType"}},{"kind":"Field","name":{"kind":"Name","value":"inlineAllowed"}},{"kind":"Field","name":{"kind":"Name","value":"deletedAt"}},{"kind":"Field","name":{"kind":"Name","value":"purgeAt"}},{"kind":"Field","name":{"kind":"Name","value":"rejection"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ContentMismatch"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"declaredType"}},{"kind":"Field","name":{"kind":"Name","value":"detectedType"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"MalwareFound"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"signature"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Refusal"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Problem"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"TemporaryFailure"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"retryAfterSeconds"}},{"kind":"Field","name":{"kind":"Name","value":"requestId"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"FileBusy"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"retryAfterSeconds"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"PartsMissing"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"numbers"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"FileTooLarge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"maxSize"}},{"kind":"Field","name":{"kind":"Name","value":"actualSize"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"TypeNotAllowed"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"declaredType"}},{"kind":"Field","name":{"kind":"Name","value":"allowedTypes"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ContentMismatch"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"declaredType"}},{"kind":"Field","name":{"kind":"Name","value":"detectedType"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"MalwareFound"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"signature"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"QuotaExceeded"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"neededBytes"}},{"kind":"Field","name":{"kind":"Name","value":"usage"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"usedBytes"}},{"kind":"Field","name":{"kind":"Name","value":"reservedBytes"}},{"kind":"Field","name":{"kind":"Name","value":"quotaBytes"}}]}}]}}]}}]} as unknown as DocumentNode<ConfirmUploadMutation, ConfirmUploadMutationVariables>;
export const ConfirmUploadsDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"ConfirmUploads"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"fileIds"}},"type":{"kind":"NonNullType","type":{"kind":"ListType","type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"confirmUploads"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"fileIds"},"value":{"kind":"Variable","name":{"kind":"Name","value":"fileIds"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ConfirmedUpload"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"file"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"FileRow"}}]}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Problem"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"FragmentSpread","name":{"kind":"Name","value":"Refusal"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"FileRow"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"File"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"id"}},{"kind":"Field","name":{"kind":"Name","value":"filename"}},{"kind":"Field","name":{"kind":"Name","value":"size"}},{"kind":"Field","name":{"kind":"Name","value":"status"}},{"kind":"Field","name":{"kind":"Name","value":"createdAt"}},{"kind":"Field","name":{"kind":"Name","value":"permalink"}},{"kind":"Field","name":{"kind":"Name","value":"contentType"}},{"kind":"Field","name":{"kind":"Name","value":"inlineAllowed"}},{"kind":"Field","name":{"kind":"Name","value":"deletedAt"}},{"kind":"Field","name":{"kind":"Name","value":"purgeAt"}},{"kind":"Field","name":{"kind":"Name","value":"rejection"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ContentMismatch"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"declaredType"}},{"kind":"Field","name":{"kind":"Name","value":"detectedType"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"MalwareFound"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"signature"}}]}}]}}]}},{"kind":"FragmentDefinition","name":{"kind":"Name","value":"Refusal"},"typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Problem"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"TemporaryFailure"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"retryAfterSeconds"}},{"kind":"Field","name":{"kind":"Name","value":"requestId"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"FileBusy"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"retryAfterSeconds"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"PartsMissing"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"numbers"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"FileTooLarge"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"maxSize"}},{"kind":"Field","name":{"kind":"Name","value":"actualSize"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"TypeNotAllowed"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"declaredType"}},{"kind":"Field","name":{"kind":"Name","value":"allowedTypes"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"ContentMismatch"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"declaredType"}},{"kind":"Field","name":{"kind":"Name","value":"detectedType"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"MalwareFound"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"signature"}}]}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"QuotaExceeded"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"neededBytes"}},{"kind":"Field","name":{"kind":"Name","value":"usage"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"usedBytes"}},{"kind":"Field","name":{"kind":"Name","value":"reservedBytes"}},{"kind":"Field","name":{"kind":"Name","value":"quotaBytes"}}]}}]}}]}}]} as unknown as DocumentNode<ConfirmUploadsMutation, ConfirmUploadsMutationVariables>;
export const AbortUploadDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"mutation","name":{"kind":"Name","value":"AbortUpload"},"variableDefinitions":[{"kind":"VariableDefinition","variable":{"kind":"Variable","name":{"kind":"Name","value":"fileId"}},"type":{"kind":"NonNullType","type":{"kind":"NamedType","name":{"kind":"Name","value":"ID"}}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"abortUpload"},"arguments":[{"kind":"Argument","name":{"kind":"Name","value":"fileId"},"value":{"kind":"Variable","name":{"kind":"Name","value":"fileId"}}}],"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"__typename"}},{"kind":"InlineFragment","typeCondition":{"kind":"NamedType","name":{"kind":"Name","value":"Problem"}},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"code"}},{"kind":"Field","name":{"kind":"Name","value":"message"}},{"kind":"Field","name":{"kind":"Name","value":"retryable"}}]}}]}}]}}]} as unknown as DocumentNode<AbortUploadMutation, AbortUploadMutationVariables>;
export const BatchSizeDocument = {"kind":"Document","definitions":[{"kind":"OperationDefinition","operation":"query","name":{"kind":"Name","value":"BatchSize"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"limits"},"selectionSet":{"kind":"SelectionSet","selections":[{"kind":"Field","name":{"kind":"Name","value":"batchSize"}}]}}]}}]} as unknown as DocumentNode<BatchSizeQuery, BatchSizeQueryVariables>;