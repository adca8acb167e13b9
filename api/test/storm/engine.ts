/** The part of the package @signet/upload that a storm uses, as that package declares it. */
export interface UploadEngine {
  uploadFile<F>(source: EngineSource, options: EngineOptions<F>): Promise<F>;
  bytesSource(bytes: Uint8Array, name: string, type: string): EngineSource;
  createNodePut(connections?: number): EnginePut;
  readonly nodeHash: unknown;
}

/** Opaque: from `bytesSource` to `uploadFile`. */
export interface EngineSource {
  readonly sizeBytes: number;
}

export type EnginePut = (request: {
  readonly url: string;
  readonly sizeBytes: number;
}) => Promise<{ readonly status: number; readonly text: string }>;

export interface EngineOptions<F> {
  readonly api: EngineApi<F>;
  readonly put: EnginePut;
  readonly hash: unknown;
  readonly idempotencyKey: string;
  readonly resumeFileId: string | undefined;
  readonly onFileId: (fileId: string) => void;
  readonly stallMs: number;
}

export type EngineAnswer<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: EngineProblem };

export interface EngineProblem {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
}

export interface EngineTicket {
  readonly fileId: string;
  readonly sizeBytes: number;
  readonly transfer: string;
  readonly partSize: number;
  readonly partCount: number;
  readonly partChecksum: string;
}

export interface EngineApi<F> {
  create(input: {
    readonly filename: string;
    readonly contentType: string;
    readonly sizeBytes: number;
    readonly sha256?: string;
    readonly partChecksum: string;
    readonly idempotencyKey: string;
  }): Promise<EngineAnswer<EngineTicket>>;
  resume(
    fileId: string,
    options: { readonly withDigests: boolean },
    signal: AbortSignal,
  ): Promise<{ readonly state: "OPEN"; readonly ticket: EngineTicket } | { readonly state: "CLOSED" | "GONE" }>;
  batchSize(signal: AbortSignal): Promise<number>;
  signParts(fileId: string, parts: readonly unknown[], signal: AbortSignal): Promise<EngineAnswer<readonly unknown[]>>;
  confirm(fileId: string, signal: AbortSignal): Promise<EngineAnswer<F>>;
  abort(fileId: string): Promise<EngineAnswer<unknown>>;
}

/** An UploadError of the engine's, or null. */
export function engineErrorOf(error: unknown): EngineError | null {
  return error instanceof Error && error.name === "UploadError" ? (error as EngineError) : null;
}

/** `retryable`: the same upload may go on from what is stored. */
export interface EngineError extends Error {
  readonly code: string;
  readonly retryable: boolean;
  readonly problem?: EngineProblem;
}

const ENTRIES = ["@signet/upload", "@signet/upload/node"] as const;

/**
 * Loads the package as its users do. Its name is no literal in an import: this part of the repository is built beside the
 * package and must not need its types.
 */
export async function loadEngine(): Promise<UploadEngine> {
  const [index, node] = await Promise.all(ENTRIES.map((name: string) => import(name) as Promise<object>));
  return { ...index, ...node } as UploadEngine;
}
