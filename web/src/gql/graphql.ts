/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
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

export type ListedFileFragment = { readonly id: string, readonly filename: string, readonly size: number, readonly status: FileStatus, readonly contentType: string, readonly createdAt: string, readonly permalink: string };

export type CliViewerQueryVariables = Exact<{ [key: string]: never; }>;


export type CliViewerQuery = { readonly viewer: { readonly id: string } };

export type CliFilesQueryVariables = Exact<{
  first: number;
  after?: string | null | undefined;
  filter?: FileFilter | null | undefined;
}>;


export type CliFilesQuery = { readonly limits: { readonly pageSize: number }, readonly files: { readonly nodes: ReadonlyArray<{ readonly id: string, readonly filename: string, readonly size: number, readonly status: FileStatus, readonly contentType: string, readonly createdAt: string, readonly permalink: string }>, readonly pageInfo: { readonly hasNextPage: boolean, readonly endCursor: string | null } } };

export type CliFileQueryVariables = Exact<{
  id: string;
}>;


export type CliFileQuery = { readonly file: { readonly id: string, readonly filename: string, readonly size: number, readonly status: FileStatus, readonly sha256: string | null, readonly url: string | null } | null };

export type CliDeleteFileMutationVariables = Exact<{
  id: string;
  permanently: boolean;
}>;


export type CliDeleteFileMutation = { readonly deleteFile:
    | { readonly __typename: 'DeletedFile', readonly file: { readonly id: string, readonly filename: string, readonly purgeAt: string | null } }
    | { readonly __typename: 'FileBusy', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'FileNotFound', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'FileStateConflict', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'TemporaryFailure', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
   };

export type CliRestoreFileMutationVariables = Exact<{
  id: string;
}>;


export type CliRestoreFileMutation = { readonly restoreFile:
    | { readonly __typename: 'FileNotFound', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'FileStateConflict', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
    | { readonly __typename: 'RestoredFile', readonly file: { readonly id: string, readonly filename: string, readonly size: number, readonly status: FileStatus, readonly contentType: string, readonly createdAt: string, readonly permalink: string } }
    | { readonly __typename: 'TemporaryFailure', readonly code: ProblemCode, readonly message: string, readonly retryable: boolean }
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

export class TypedDocumentString<TResult, TVariables>
  extends String
  implements DocumentTypeDecoration<TResult, TVariables>
{
  __apiType?: NonNullable<DocumentTypeDecoration<TResult, TVariables>['__apiType']>;
  private value: string;
  public __meta__?: Record<string, any> | undefined;

  constructor(value: string, __meta__?: Record<string, any> | undefined) {
    super(value);
    this.value = value;
    this.__meta__ = __meta__;
  }

  override toString(): string & DocumentTypeDecoration<TResult, TVariables> {
    return this.value;
  }
}
export const ListedFileFragmentDoc = new TypedDocumentString(`
    fragment ListedFile on File {
  id
  filename
  size
  status
  contentType
  createdAt
  permalink
}
    `, {"fragmentName":"ListedFile"}) as unknown as TypedDocumentString<ListedFileFragment, unknown>;
export const FileRowFragmentDoc = new TypedDocumentString(`
    fragment FileRow on File {
  id
  filename
  size
  status
  createdAt
  permalink
  contentType
  inlineAllowed
  deletedAt
  purgeAt
  rejection {
    code
    ... on ContentMismatch {
      declaredType
      detectedType
    }
    ... on MalwareFound {
      signature
    }
  }
}
    `, {"fragmentName":"FileRow"}) as unknown as TypedDocumentString<FileRowFragment, unknown>;
export const RefusalFragmentDoc = new TypedDocumentString(`
    fragment Refusal on Problem {
  __typename
  code
  message
  retryable
  ... on TemporaryFailure {
    retryAfterSeconds
    requestId
  }
  ... on FileBusy {
    retryAfterSeconds
  }
  ... on PartsMissing {
    numbers
  }
  ... on FileTooLarge {
    maxSize
    actualSize
  }
  ... on TypeNotAllowed {
    declaredType
    allowedTypes
  }
  ... on ContentMismatch {
    declaredType
    detectedType
  }
  ... on MalwareFound {
    signature
  }
  ... on QuotaExceeded {
    neededBytes
    usage {
      usedBytes
      reservedBytes
      quotaBytes
    }
  }
}
    `, {"fragmentName":"Refusal"}) as unknown as TypedDocumentString<RefusalFragment, unknown>;
export const TicketFragmentDoc = new TypedDocumentString(`
    fragment Ticket on UploadTicket {
  file {
    id
    size
  }
  transfer
  method
  uploadUrl
  headers {
    name
    value
  }
  urlExpiresAt
  partSize
  partCount
  partChecksum
}
    `, {"fragmentName":"Ticket"}) as unknown as TypedDocumentString<TicketFragment, unknown>;
export const CliViewerDocument = new TypedDocumentString(`
    query CliViewer {
  viewer {
    id
  }
}
    `) as unknown as TypedDocumentString<CliViewerQuery, CliViewerQueryVariables>;
export const CliFilesDocument = new TypedDocumentString(`
    query CliFiles($first: Int!, $after: String, $filter: FileFilter) {
  limits {
    pageSize
  }
  files(first: $first, after: $after, filter: $filter) {
    nodes {
      ...ListedFile
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    fragment ListedFile on File {
  id
  filename
  size
  status
  contentType
  createdAt
  permalink
}`) as unknown as TypedDocumentString<CliFilesQuery, CliFilesQueryVariables>;
export const CliFileDocument = new TypedDocumentString(`
    query CliFile($id: ID!) {
  file(id: $id) {
    id
    filename
    size
    status
    sha256
    url(disposition: ATTACHMENT)
  }
}
    `) as unknown as TypedDocumentString<CliFileQuery, CliFileQueryVariables>;
export const CliDeleteFileDocument = new TypedDocumentString(`
    mutation CliDeleteFile($id: ID!, $permanently: Boolean!) {
  deleteFile(id: $id, permanently: $permanently) {
    __typename
    ... on DeletedFile {
      file {
        id
        filename
        purgeAt
      }
    }
    ... on Problem {
      code
      message
      retryable
    }
  }
}
    `) as unknown as TypedDocumentString<CliDeleteFileMutation, CliDeleteFileMutationVariables>;
export const CliRestoreFileDocument = new TypedDocumentString(`
    mutation CliRestoreFile($id: ID!) {
  restoreFile(id: $id) {
    __typename
    ... on RestoredFile {
      file {
        ...ListedFile
      }
    }
    ... on Problem {
      code
      message
      retryable
    }
  }
}
    fragment ListedFile on File {
  id
  filename
  size
  status
  contentType
  createdAt
  permalink
}`) as unknown as TypedDocumentString<CliRestoreFileMutation, CliRestoreFileMutationVariables>;
export const AccountDocument = new TypedDocumentString(`
    query Account {
  viewer {
    id
    usage {
      usedBytes
      trashBytes
      reservedBytes
      quotaBytes
    }
  }
  limits {
    downloadUrlTtlSeconds
    trashTtlSeconds
  }
  uploadPolicies {
    name
    maxSize
    allowedTypes
  }
}
    `) as unknown as TypedDocumentString<AccountQuery, AccountQueryVariables>;
export const FilesDocument = new TypedDocumentString(`
    query Files($after: String, $filter: FileFilter, $orderBy: FileOrder) {
  files(after: $after, filter: $filter, orderBy: $orderBy) {
    nodes {
      ...FileRow
    }
    pageInfo {
      hasNextPage
      endCursor
    }
    totalCount
  }
}
    fragment FileRow on File {
  id
  filename
  size
  status
  createdAt
  permalink
  contentType
  inlineAllowed
  deletedAt
  purgeAt
  rejection {
    code
    ... on ContentMismatch {
      declaredType
      detectedType
    }
    ... on MalwareFound {
      signature
    }
  }
}`) as unknown as TypedDocumentString<FilesQuery, FilesQueryVariables>;
export const FileLinkDocument = new TypedDocumentString(`
    query FileLink($id: ID!, $disposition: Disposition!) {
  file(id: $id) {
    id
    filename
    status
    inlineAllowed
    url(disposition: $disposition)
  }
}
    `) as unknown as TypedDocumentString<FileLinkQuery, FileLinkQueryVariables>;
export const RenameFileDocument = new TypedDocumentString(`
    mutation RenameFile($id: ID!, $filename: String!) {
  renameFile(id: $id, filename: $filename) {
    __typename
    ... on RenamedFile {
      file {
        ...FileRow
      }
    }
    ... on Problem {
      code
      message
      retryable
    }
  }
}
    fragment FileRow on File {
  id
  filename
  size
  status
  createdAt
  permalink
  contentType
  inlineAllowed
  deletedAt
  purgeAt
  rejection {
    code
    ... on ContentMismatch {
      declaredType
      detectedType
    }
    ... on MalwareFound {
      signature
    }
  }
}`) as unknown as TypedDocumentString<RenameFileMutation, RenameFileMutationVariables>;
export const DeleteFileDocument = new TypedDocumentString(`
    mutation DeleteFile($id: ID!, $permanently: Boolean!) {
  deleteFile(id: $id, permanently: $permanently) {
    __typename
    ... on DeletedFile {
      file {
        id
      }
    }
    ... on Problem {
      code
      message
      retryable
    }
  }
}
    `) as unknown as TypedDocumentString<DeleteFileMutation, DeleteFileMutationVariables>;
export const RestoreFileDocument = new TypedDocumentString(`
    mutation RestoreFile($id: ID!) {
  restoreFile(id: $id) {
    __typename
    ... on RestoredFile {
      file {
        ...FileRow
      }
    }
    ... on Problem {
      code
      message
      retryable
    }
  }
}
    fragment FileRow on File {
  id
  filename
  size
  status
  createdAt
  permalink
  contentType
  inlineAllowed
  deletedAt
  purgeAt
  rejection {
    code
    ... on ContentMismatch {
      declaredType
      detectedType
    }
    ... on MalwareFound {
      signature
    }
  }
}`) as unknown as TypedDocumentString<RestoreFileMutation, RestoreFileMutationVariables>;
export const FilesChangedDocument = new TypedDocumentString(`
    subscription FilesChanged {
  filesChanged {
    fileId
    file {
      ...FileRow
    }
  }
}
    fragment FileRow on File {
  id
  filename
  size
  status
  createdAt
  permalink
  contentType
  inlineAllowed
  deletedAt
  purgeAt
  rejection {
    code
    ... on ContentMismatch {
      declaredType
      detectedType
    }
    ... on MalwareFound {
      signature
    }
  }
}`) as unknown as TypedDocumentString<FilesChangedSubscription, FilesChangedSubscriptionVariables>;
export const FileDetailsDocument = new TypedDocumentString(`
    query FileDetails($id: ID!) {
  serverTime
  file(id: $id) {
    id
    filename
    size
    status
    contentType
    declaredType
    integrity
    sha256
    createdAt
    readyAt
    permalink
    inlineAllowed
    url(disposition: INLINE)
    urlExpiresAt
  }
}
    `) as unknown as TypedDocumentString<FileDetailsQuery, FileDetailsQueryVariables>;
export const ThumbnailsDocument = new TypedDocumentString(`
    query Thumbnails($ids: [ID!]!) {
  serverTime
  nodes(ids: $ids) {
    ... on File {
      id
      url
      urlExpiresAt
      inlineAllowed
      contentType
    }
  }
}
    `) as unknown as TypedDocumentString<ThumbnailsQuery, ThumbnailsQueryVariables>;
export const InterruptedUploadsDocument = new TypedDocumentString(`
    query InterruptedUploads($ids: [ID!]!) {
  nodes(ids: $ids) {
    ... on File {
      id
      status
      size
      upload {
        partSize
        partCount
        receivedParts
      }
    }
  }
  limits {
    uploadTtlSeconds
  }
}
    `) as unknown as TypedDocumentString<InterruptedUploadsQuery, InterruptedUploadsQueryVariables>;
export const CreateUploadDocument = new TypedDocumentString(`
    mutation CreateUpload($input: CreateUploadUrlInput!) {
  createUploadUrl(input: $input) {
    __typename
    ... on UploadTicket {
      ...Ticket
    }
    ... on Problem {
      ...Refusal
    }
  }
}
    fragment Refusal on Problem {
  __typename
  code
  message
  retryable
  ... on TemporaryFailure {
    retryAfterSeconds
    requestId
  }
  ... on FileBusy {
    retryAfterSeconds
  }
  ... on PartsMissing {
    numbers
  }
  ... on FileTooLarge {
    maxSize
    actualSize
  }
  ... on TypeNotAllowed {
    declaredType
    allowedTypes
  }
  ... on ContentMismatch {
    declaredType
    detectedType
  }
  ... on MalwareFound {
    signature
  }
  ... on QuotaExceeded {
    neededBytes
    usage {
      usedBytes
      reservedBytes
      quotaBytes
    }
  }
}
fragment Ticket on UploadTicket {
  file {
    id
    size
  }
  transfer
  method
  uploadUrl
  headers {
    name
    value
  }
  urlExpiresAt
  partSize
  partCount
  partChecksum
}`) as unknown as TypedDocumentString<CreateUploadMutation, CreateUploadMutationVariables>;
export const CreateUploadsDocument = new TypedDocumentString(`
    mutation CreateUploads($inputs: [CreateUploadUrlInput!]!) {
  createUploadUrls(inputs: $inputs) {
    __typename
    ... on UploadTicket {
      ...Ticket
    }
    ... on Problem {
      ...Refusal
    }
  }
}
    fragment Refusal on Problem {
  __typename
  code
  message
  retryable
  ... on TemporaryFailure {
    retryAfterSeconds
    requestId
  }
  ... on FileBusy {
    retryAfterSeconds
  }
  ... on PartsMissing {
    numbers
  }
  ... on FileTooLarge {
    maxSize
    actualSize
  }
  ... on TypeNotAllowed {
    declaredType
    allowedTypes
  }
  ... on ContentMismatch {
    declaredType
    detectedType
  }
  ... on MalwareFound {
    signature
  }
  ... on QuotaExceeded {
    neededBytes
    usage {
      usedBytes
      reservedBytes
      quotaBytes
    }
  }
}
fragment Ticket on UploadTicket {
  file {
    id
    size
  }
  transfer
  method
  uploadUrl
  headers {
    name
    value
  }
  urlExpiresAt
  partSize
  partCount
  partChecksum
}`) as unknown as TypedDocumentString<CreateUploadsMutation, CreateUploadsMutationVariables>;
export const SignPartsDocument = new TypedDocumentString(`
    mutation SignParts($fileId: ID!, $parts: [UploadPartInput!]!) {
  signUploadParts(fileId: $fileId, parts: $parts) {
    __typename
    ... on SignedParts {
      parts {
        number
        url
        headers {
          name
          value
        }
        expiresAt
      }
    }
    ... on Problem {
      ...Refusal
    }
  }
}
    fragment Refusal on Problem {
  __typename
  code
  message
  retryable
  ... on TemporaryFailure {
    retryAfterSeconds
    requestId
  }
  ... on FileBusy {
    retryAfterSeconds
  }
  ... on PartsMissing {
    numbers
  }
  ... on FileTooLarge {
    maxSize
    actualSize
  }
  ... on TypeNotAllowed {
    declaredType
    allowedTypes
  }
  ... on ContentMismatch {
    declaredType
    detectedType
  }
  ... on MalwareFound {
    signature
  }
  ... on QuotaExceeded {
    neededBytes
    usage {
      usedBytes
      reservedBytes
      quotaBytes
    }
  }
}`) as unknown as TypedDocumentString<SignPartsMutation, SignPartsMutationVariables>;
export const UploadStandingDocument = new TypedDocumentString(`
    query UploadStanding($fileId: ID!, $withDigests: Boolean!) {
  file(id: $fileId) {
    id
    status
    upload {
      ...Ticket
      receivedParts
      storedParts @include(if: $withDigests) {
        number
        sha256
      }
    }
  }
}
    fragment Ticket on UploadTicket {
  file {
    id
    size
  }
  transfer
  method
  uploadUrl
  headers {
    name
    value
  }
  urlExpiresAt
  partSize
  partCount
  partChecksum
}`) as unknown as TypedDocumentString<UploadStandingQuery, UploadStandingQueryVariables>;
export const ConfirmUploadDocument = new TypedDocumentString(`
    mutation ConfirmUpload($fileId: ID!) {
  confirmUpload(fileId: $fileId) {
    __typename
    ... on ConfirmedUpload {
      file {
        ...FileRow
      }
    }
    ... on Problem {
      ...Refusal
    }
  }
}
    fragment FileRow on File {
  id
  filename
  size
  status
  createdAt
  permalink
  contentType
  inlineAllowed
  deletedAt
  purgeAt
  rejection {
    code
    ... on ContentMismatch {
      declaredType
      detectedType
    }
    ... on MalwareFound {
      signature
    }
  }
}
fragment Refusal on Problem {
  __typename
  code
  message
  retryable
  ... on TemporaryFailure {
    retryAfterSeconds
    requestId
  }
  ... on FileBusy {
    retryAfterSeconds
  }
  ... on PartsMissing {
    numbers
  }
  ... on FileTooLarge {
    maxSize
    actualSize
  }
  ... on TypeNotAllowed {
    declaredType
    allowedTypes
  }
  ... on ContentMismatch {
    declaredType
    detectedType
  }
  ... on MalwareFound {
    signature
  }
  ... on QuotaExceeded {
    neededBytes
    usage {
      usedBytes
      reservedBytes
      quotaBytes
    }
  }
}`) as unknown as TypedDocumentString<ConfirmUploadMutation, ConfirmUploadMutationVariables>;
export const ConfirmUploadsDocument = new TypedDocumentString(`
    mutation ConfirmUploads($fileIds: [ID!]!) {
  confirmUploads(fileIds: $fileIds) {
    __typename
    ... on ConfirmedUpload {
      file {
        ...FileRow
      }
    }
    ... on Problem {
      ...Refusal
    }
  }
}
    fragment FileRow on File {
  id
  filename
  size
  status
  createdAt
  permalink
  contentType
  inlineAllowed
  deletedAt
  purgeAt
  rejection {
    code
    ... on ContentMismatch {
      declaredType
      detectedType
    }
    ... on MalwareFound {
      signature
    }
  }
}
fragment Refusal on Problem {
  __typename
  code
  message
  retryable
  ... on TemporaryFailure {
    retryAfterSeconds
    requestId
  }
  ... on FileBusy {
    retryAfterSeconds
  }
  ... on PartsMissing {
    numbers
  }
  ... on FileTooLarge {
    maxSize
    actualSize
  }
  ... on TypeNotAllowed {
    declaredType
    allowedTypes
  }
  ... on ContentMismatch {
    declaredType
    detectedType
  }
  ... on MalwareFound {
    signature
  }
  ... on QuotaExceeded {
    neededBytes
    usage {
      usedBytes
      reservedBytes
      quotaBytes
    }
  }
}`) as unknown as TypedDocumentString<ConfirmUploadsMutation, ConfirmUploadsMutationVariables>;
export const AbortUploadDocument = new TypedDocumentString(`
    mutation AbortUpload($fileId: ID!) {
  abortUpload(fileId: $fileId) {
    __typename
    ... on Problem {
      code
      message
      retryable
    }
  }
}
    `) as unknown as TypedDocumentString<AbortUploadMutation, AbortUploadMutationVariables>;
export const BatchSizeDocument = new TypedDocumentString(`
    query BatchSize {
  limits {
    batchSize
  }
}
    `) as unknown as TypedDocumentString<BatchSizeQuery, BatchSizeQueryVariables>;