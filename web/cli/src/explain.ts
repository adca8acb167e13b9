import { ApiError } from "../../src/api/execute.js";
import { UploadError } from "../../src/upload/index.js";
import type { UploadErrorCode, UploadProblem } from "../../src/upload/index.js";
import { CommandError, EXIT_CODE } from "./exit-code.js";
import type { ExitCode } from "./exit-code.js";
import { formatBytes } from "./file-size.js";

/** An error in words: what happened and what to do. */
export interface Explanation {
  readonly exitCode: ExitCode;
  /** For programs, in `--json`. */
  readonly code: string;
  readonly message: string;
}

const KEPT = "What has arrived is kept: run the same command again to go on.";

/** Every error of the command as words and exit code. Never a stack, a URL with a signature, or a token. */
export function explain(error: unknown): Explanation {
  if (error instanceof CommandError) return error;
  if (error instanceof UploadError) return explainUpload(error);
  if (error instanceof ApiError) return explainApi(error);
  const { code, message } = error as NodeJS.ErrnoException;
  return { exitCode: EXIT_CODE.failed, code: code ?? "ERROR", message: (code && FILE_SYSTEM[code]) ?? message };
}

/** What a refusal of the server means. */
export function explainProblem(problem: UploadProblem): Explanation {
  const { code, message, requestId } = problem;
  const words = PROBLEMS[code]?.(problem) ?? message;
  const unreachable = code === "STORAGE_UNAVAILABLE" || code === "SERVICE_UNAVAILABLE";
  return {
    exitCode: unreachable ? EXIT_CODE.unreachable : EXIT_CODE.failed,
    code,
    message: requestId === undefined ? words : `${words} (request ${requestId})`,
  };
}

function explainUpload(error: UploadError): Explanation {
  const { code, problem, cause } = error;
  if (problem !== undefined) return explainProblem(problem);
  if (code === "API" && cause instanceof ApiError) return explainApi(cause);
  const exitCode = UPLOAD_EXIT_CODES[code] ?? EXIT_CODE.failed;
  return { exitCode, code, message: UPLOAD_WORDS[code]?.(error) ?? error.message };
}

function explainApi({ code, status, requestId, message }: ApiError): Explanation {
  const { unreachable, notAuthorised, failed } = EXIT_CODE;
  const trace = requestId === undefined ? "" : ` (request ${requestId})`;
  switch (code) {
    case "NETWORK":
      return {
        exitCode: unreachable,
        code,
        message: "The server does not answer. Is it running, and is SIGNET_URL right?",
      };
    case "TIMEOUT":
      return { exitCode: unreachable, code, message: "The server did not answer in time. Try again later." };
    case "HTTP":
      return {
        exitCode: unreachable,
        code,
        message: `What answers there (with ${status}) is not a Signet server. Check SIGNET_URL.`,
      };
    case "UNAUTHENTICATED":
    case "FORBIDDEN":
      return {
        exitCode: notAuthorised,
        code,
        message: "The server refuses the token. Get a fresh one and put it into SIGNET_TOKEN or --token-file.",
      };
    case "RATE_LIMITED":
      return { exitCode: failed, code, message: "Too many calls. Wait a little and try again." };
    default:
      if ((status ?? 0) >= 500 || /^INTERNAL|_UNAVAILABLE$/.test(code)) {
        return { exitCode: unreachable, code, message: `The server is in trouble. Try again later.${trace}` };
      }
      return { exitCode: failed, code, message: `${message}${trace}` };
  }
}

const UPLOAD_EXIT_CODES: Partial<Record<UploadErrorCode, ExitCode>> = {
  SIGNED_OUT: EXIT_CODE.notAuthorised,
  API: EXIT_CODE.unreachable,
  BLOCKED: EXIT_CODE.unreachable,
  NETWORK: EXIT_CODE.unreachable,
  OFFLINE: EXIT_CODE.unreachable,
  STALLED: EXIT_CODE.unreachable,
  STORAGE: EXIT_CODE.unreachable,
  CANCELLED: EXIT_CODE.interrupted,
};

const UPLOAD_WORDS: Partial<Record<UploadErrorCode, (error: UploadError) => string>> = {
  CANCELLED: () => `Stopped. ${KEPT}`,
  OFFLINE: () => `There is no connection. ${KEPT}`,
  NETWORK: () => `The store stopped answering. ${KEPT}`,
  STALLED: () => `Nothing moved for a long time. ${KEPT}`,
  BLOCKED: () => "The store never answered: its address (S3_PUBLIC_ENDPOINT) or a proxy on the way may be wrong.",
  STORAGE: ({ status }) => `The store refused the bytes${status === undefined ? "" : ` (${status})`}. ${KEPT}`,
  CHECKSUM: () => "The bytes kept arriving damaged. A proxy on the way, this disk or this memory is at fault.",
  FILE_CHANGED: () =>
    "The file changed since its upload began. Run the same command again: it starts from the beginning.",
  FILE_UNREADABLE: () => "The file is gone or may not be read.",
  GONE: () => "The server has given this upload up. Run the same command again: it starts from the beginning.",
  SIGNED_OUT: () => `The server no longer takes the token. Get a fresh one. ${KEPT}`,
  API: () => `The server stopped answering. ${KEPT}`,
};

const PROBLEMS: Readonly<Record<string, (problem: UploadProblem) => string>> = {
  FILE_TOO_LARGE: ({ maxSize }) => `Too large: the server takes ${formatBytes(maxSize ?? 0)} at most.`,
  QUOTA_EXCEEDED: ({ neededBytes, freeBytes }) =>
    `It needs ${formatBytes(neededBytes ?? 0)} and ${formatBytes(freeBytes ?? 0)} are free. Delete something with rm --forever.`,
  TYPE_NOT_ALLOWED: ({ declaredType, allowedTypes }) =>
    `The server does not take ${declaredType}, only ${(allowedTypes ?? []).join(", ")}. Say what it is with --type.`,
  CONTENT_MISMATCH: ({ declaredType, detectedType }) =>
    `It was said to be ${declaredType} and its bytes are ${detectedType ?? "something else"}. Leave --type out.`,
  MALWARE_FOUND: ({ signature }) =>
    `The server's malware scanner knows its bytes${signature === undefined ? "" : ` as ${signature}`}. It was deleted there.`,
  FILENAME_INVALID: () => "The server does not take this name. Give another one with --name.",
  TOO_MANY_PENDING: () => "Too many uploads are unfinished. Finish them, or rm them: ls --status PENDING.",
  UPLOAD_EXPIRED: () =>
    "The upload was not finished in time. Run the same command again: it starts from the beginning.",
  FILE_NOT_FOUND: () => "There is no such file, or it is somebody else's. See: signet ls",
  FILE_BUSY: () => "The file is being checked right now. Try again in a moment.",
  STORAGE_UNAVAILABLE: () => "The object store does not answer the server. Try again later.",
  SERVICE_UNAVAILABLE: () => "The server is busy or has no database right now. Try again later.",
};

const FILE_SYSTEM: Readonly<Record<string, string>> = {
  ENOENT: "There is no such file.",
  EACCES: "This file or folder may not be read or written by you.",
  EPERM: "The system does not allow it.",
  ENOSPC: "The disk is full.",
  EDQUOT: "Your part of the disk is full.",
  EROFS: "This disk cannot be written to.",
  EMFILE: "Too many files are open. Raise the limit with ulimit -n.",
  EISDIR: "This is a folder, not a file.",
  ENOTDIR: "A part of this path is a file, not a folder.",
  ENAMETOOLONG: "This name is too long for this disk.",
};
