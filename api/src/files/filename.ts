/** The rule about names that people give to files. PURE. */

/** Of the NFC form, in UTF-8: what common file systems take. */
export const MAX_FILENAME_BYTES = 255;

export type FilenameFault = "EMPTY" | "TOO_LONG" | "FORBIDDEN_CHARACTER";

export type CheckedFilename = { ok: true; filename: string } | { ok: false; fault: FilenameFault };

/**
 * C0, DEL and C1 controls; line and paragraph separators; marks, overrides and isolates of the bidirectional algorithm,
 * which make `gpj.exe` read as `exe.jpg` (https://www.unicode.org/reports/tr36/#Bidirectional_Text_Spoofing); slashes of
 * both kinds; lone surrogates, which have no UTF-8.
 */
const FORBIDDEN = /[\p{Cc}\p{Zl}\p{Zp}\p{Surrogate}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069/\\]/u;

/**
 * The name as it is kept, in NFC, or what is wrong with it. White space at the ends is kept; a name of nothing else is
 * EMPTY. `.` and `..` are FORBIDDEN_CHARACTER: a name must be one that a file system can take.
 */
export function checkFilename(text: string): CheckedFilename {
  const filename = text.normalize("NFC");
  if (filename.trim() === "") return { ok: false, fault: "EMPTY" };
  if (FORBIDDEN.test(filename) || filename === "." || filename === "..") {
    return { ok: false, fault: "FORBIDDEN_CHARACTER" };
  }
  if (Buffer.byteLength(filename, "utf8") > MAX_FILENAME_BYTES) return { ok: false, fault: "TOO_LONG" };
  return { ok: true, filename };
}
