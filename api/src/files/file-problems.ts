import { problem } from "../errors.js";
import type { FileRow } from "./file.js";

/** Problems about one file, answered by several use cases. Messages say what happened and what to do. */

export const fileNotFound = (fileId: string) =>
  problem("FILE_NOT_FOUND", "There is no such file, or it is not yours.", { fileId });

export const fileBusy = (file: FileRow, retryAfterSeconds = 1) =>
  problem("FILE_BUSY", `The file is being sealed and checked. Ask again in ${retryAfterSeconds} s.`, {
    file,
    retryAfterSeconds,
  });

export const fileStateConflict = (file: FileRow, wish: string) =>
  problem("FILE_STATE_CONFLICT", `A file that is ${file.status} cannot be ${wish}. See file.status.`, { file });

export const filenameInvalid = (fault: "EMPTY" | "TOO_LONG" | "FORBIDDEN_CHARACTER", maxBytes: number) =>
  problem("FILENAME_INVALID", FILENAME_MESSAGES[fault].replace("{maxBytes}", String(maxBytes)), { fault, maxBytes });

const FILENAME_MESSAGES = {
  EMPTY: "The filename is empty. Give the name that people will see.",
  TOO_LONG: "The filename is longer than {maxBytes} bytes of UTF-8. Shorten it.",
  FORBIDDEN_CHARACTER:
    "The filename holds a character that is not allowed: / or \\, a control or bidi-override character, or it is only dots. Remove it.",
} as const;
