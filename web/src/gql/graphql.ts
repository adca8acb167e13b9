/* eslint-disable */
/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import type { DocumentTypeDecoration } from '@graphql-typed-document-node/core';
export type CreateUploadUrlInput = {
  /** Media type without parameters; checked against the bytes at confirm. */
  readonly contentType: string;
  /** 1 to 255 bytes of UTF-8 after NFC; no control or bidi-override characters, no / or \. */
  readonly filename: string;
  /** 1 to 255 printable ASCII, per caller, kept as long as the file's row (at least 24 h). Same key, same input: same file, fresh URLs (transfer NONE once READY). Other input, or the upload has ended: IdempotencyConflict. */
  readonly idempotencyKey?: string | null | undefined;
  /** Null: SHA256 when sha256 is given, else NONE. The ticket says what holds. */
  readonly partChecksum?: PartChecksum | null | undefined;
  /** From uploadPolicies. */
  readonly policy?: string;
  /** Of the whole file. One part: bound into the URL. More: compared after sealing up to limits.maxVerifiedSize, else unproven. */
  readonly sha256?: string | null | undefined;
  /** Exact length (wc -c < FILE). Other lengths get 403 from the store. */
  readonly size: number;
  readonly transfer?: Transfer;
};

/** PENDING: waiting for bytes. VERIFYING: being sealed and checked. READY: usable. REJECTED: see rejection. EXPIRED: not finished in time, or aborted. DELETED: in the trash. Values may be added: keep a default branch. */
export type FileStatus =
  | 'DELETED'
  | 'EXPIRED'
  | 'PENDING'
  | 'READY'
  | 'REJECTED'
  | 'VERIFYING';

/** SHA256: every UploadPartInput needs sha256 and the store refuses other bytes. NONE: UploadPartInput.sha256 must be absent. */
export type PartChecksum =
  | 'NONE'
  | 'SHA256';

export type ProblemCode =
  | 'CHECKSUM_MISMATCH'
  | 'CONTENT_MISMATCH'
  | 'FILENAME_INVALID'
  | 'FILE_BUSY'
  | 'FILE_NOT_FOUND'
  | 'FILE_STATE_CONFLICT'
  | 'FILE_TOO_LARGE'
  | 'IDEMPOTENCY_CONFLICT'
  | 'INTERNAL'
  | 'PARTS_MISSING'
  | 'PART_INVALID'
  | 'QUOTA_EXCEEDED'
  | 'RATE_LIMITED'
  | 'SIZE_MISMATCH'
  | 'STORAGE_UNAVAILABLE'
  | 'TOO_MANY_PENDING'
  | 'TYPE_NOT_ALLOWED'
  | 'UNKNOWN_POLICY'
  | 'UPLOAD_EXPIRED'
  | 'UPLOAD_NOT_OPEN';

/** A wish. AUTO: SINGLE or PARTS as the server sees fit, never a kind added later. SINGLE: one PUT, at most limits.maxPartSize. */
export type Transfer =
  | 'AUTO'
  | 'SINGLE';

/** NONE: nothing to send, call confirmUpload. SINGLE: PUT the file to uploadUrl. PARTS: ask signUploadParts. Later kinds only come to callers who ask for them. */
export type TransferKind =
  | 'NONE'
  | 'PARTS'
  | 'SINGLE';

export type FileRowFragment = { readonly id: string, readonly filename: string };

export type FxQueryVariables = Exact<{
  id: string;
}>;


export type FxQuery = { readonly file: { readonly status: FileStatus, readonly size: number, readonly url: string | null, readonly id: string, readonly filename: string } | null };

export type CMutationVariables = Exact<{
  input: CreateUploadUrlInput;
}>;


export type CMutation = { readonly createUploadUrl:
    | { readonly __typename: 'FileTooLarge', readonly code: ProblemCode, readonly message: string, readonly maxSize: number }
    | { readonly __typename: 'FilenameInvalid', readonly code: ProblemCode, readonly message: string }
    | { readonly __typename: 'IdempotencyConflict', readonly code: ProblemCode, readonly message: string }
    | { readonly __typename: 'QuotaExceeded', readonly code: ProblemCode, readonly message: string }
    | { readonly __typename: 'TemporaryFailure', readonly code: ProblemCode, readonly message: string }
    | { readonly __typename: 'TooManyPending', readonly code: ProblemCode, readonly message: string }
    | { readonly __typename: 'TypeNotAllowed', readonly code: ProblemCode, readonly message: string }
    | { readonly __typename: 'UnknownPolicy', readonly code: ProblemCode, readonly message: string }
    | { readonly __typename: 'UploadTicket', readonly transfer: TransferKind, readonly file: { readonly id: string, readonly filename: string } }
   };

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
export const FileRowFragmentDoc = new TypedDocumentString(`
    fragment FileRow on File {
  id
  filename
}
    `, {"fragmentName":"FileRow"}) as unknown as TypedDocumentString<FileRowFragment, unknown>;
export const FxDocument = new TypedDocumentString(`
    query Fx($id: ID!) {
  file(id: $id) {
    ...FileRow
    status
    size
    url
  }
}
    fragment FileRow on File {
  id
  filename
}`) as unknown as TypedDocumentString<FxQuery, FxQueryVariables>;
export const CDocument = new TypedDocumentString(`
    mutation C($input: CreateUploadUrlInput!) {
  createUploadUrl(input: $input) {
    __typename
    ... on UploadTicket {
      transfer
      file {
        ...FileRow
      }
    }
    ... on Problem {
      code
      message
    }
    ... on FileTooLarge {
      maxSize
    }
  }
}
    fragment FileRow on File {
  id
  filename
}`) as unknown as TypedDocumentString<CMutation, CMutationVariables>;