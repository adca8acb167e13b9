/** One header of a signed request, to be sent exactly as given. */
export interface HttpHeader {
  readonly name: string;
  readonly value: string;
}

/** What the engine asks for when it begins an upload. */
export interface CreateUpload {
  readonly filename: string;
  /** Media type without parameters. */
  readonly contentType: string;
  readonly sizeBytes: number;
  /** Of the whole content, 64 lower-case hex digits; only for files small enough to be read twice. */
  readonly sha256?: string | undefined;
  /** SHA256 asks for a store that refuses damaged parts. */
  readonly partChecksum: "NONE" | "SHA256";
  /** A repeat with the same key is the same upload, so a lost answer costs nothing. */
  readonly idempotencyKey: string;
}

/** A part that the store already holds. */
export interface StoredPart {
  readonly number: number;
  readonly sha256?: string | null;
}

/** The server's plan for one upload. Part sizes and counts come from here and are never computed again. */
export interface UploadTicket {
  readonly fileId: string;
  readonly sizeBytes: number;
  /** NONE, SINGLE or PARTS. A kind that the engine does not know ends the upload with PROTOCOL. */
  readonly transfer: string;
  readonly method: string;
  /** Set for SINGLE. */
  readonly uploadUrl?: string | null;
  readonly headers: readonly HttpHeader[];
  /** ISO 8601. */
  readonly urlExpiresAt?: string | null;
  /** Bytes of every part but the last. */
  readonly partSize: number;
  readonly partCount: number;
  readonly partChecksum: string;
  /** Numbers that the store holds; null when the store did not answer, absent when nobody asked. */
  readonly receivedParts?: readonly number[] | null;
  /** The same with digests; absent when nobody asked. */
  readonly storedParts?: readonly StoredPart[] | null;
}

/** One part to be signed; the digest exactly when the ticket's partChecksum is SHA256. */
export interface PartToSign {
  readonly number: number;
  readonly sha256?: string;
}

/** Where and how one part is sent. A bearer secret: never log or keep it. */
export interface SignedPart {
  readonly number: number;
  readonly url: string;
  readonly headers: readonly HttpHeader[];
  /** ISO 8601. */
  readonly expiresAt?: string | null;
}

/**
 * An expected refusal, as data. `code` is the server's word (FILE_TOO_LARGE, QUOTA_EXCEEDED, …; more may come);
 * the facts are those that the code is about.
 */
export interface UploadProblem {
  readonly code: string;
  /** English, for developers. */
  readonly message: string;
  /** True: the same call, unchanged, may succeed later. */
  readonly retryable: boolean;
  readonly retryAfterSeconds?: number;
  readonly requestId?: string;
  /** PARTS_MISSING: ascending part numbers. */
  readonly numbers?: readonly number[];
  readonly maxSize?: number;
  readonly actualSize?: number;
  readonly declaredType?: string;
  readonly detectedType?: string | null;
  /** MALWARE_FOUND: the name that the server's scanner knows the bytes by. */
  readonly signature?: string;
  readonly allowedTypes?: readonly string[];
  readonly neededBytes?: number;
  readonly freeBytes?: number;
}

/** A value or an expected refusal. */
export type Answer<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: UploadProblem };

/** How an upload stands at the server. */
export type UploadStanding =
  | { readonly state: "OPEN"; readonly ticket: UploadTicket }
  /** Sealed or being sealed or refused: confirm tells the verdict. */
  | { readonly state: "CLOSED" }
  /** Expired, aborted, deleted or never there. */
  | { readonly state: "GONE" };

/**
 * What the engine needs of a server, as typed functions. Expected refusals are answers; a function throws only when the
 * call itself failed, preferably with an {@link ApiFault}.
 * All of them may be called again with the same arguments without doing harm.
 */
export interface UploadApi<F> {
  /** Takes no signal: an answer that comes late still names what was begun. */
  create(input: CreateUpload): Promise<Answer<UploadTicket>>;
  /** Asks with receivedParts, and with digests of the stored parts when `withDigests`. */
  resume(fileId: string, options: { withDigests: boolean }, signal: AbortSignal): Promise<UploadStanding>;
  /** Parts that one signParts call may name: the server's limit. */
  batchSize(signal: AbortSignal): Promise<number>;
  /** Same order as asked, all or none. */
  signParts(fileId: string, parts: readonly PartToSign[], signal: AbortSignal): Promise<Answer<readonly SignedPart[]>>;
  confirm(fileId: string, signal: AbortSignal): Promise<Answer<F>>;
  /** Gives the upload up; what the store holds of it is freed. */
  abort(fileId: string): Promise<Answer<unknown>>;
}

/** What a thrown error of an {@link UploadApi} function may tell. Anything else thrown counts as a broken connection. */
export interface ApiFault {
  /** UNAUTHENTICATED ends the upload with SIGNED_OUT; other codes are kept for the report. */
  readonly code: string;
  readonly retryable: boolean;
  readonly status?: number;
  readonly retryAfterSeconds?: number;
  readonly requestId?: string;
}
