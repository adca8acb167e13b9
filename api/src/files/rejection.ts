import { problem } from "../errors.js";
import type { Rejection } from "./file.js";

/** Why a sealed file was refused, as the problem that every later confirm and `File.rejection` answer. PURE. */
export function rejectionProblem(rejection: Rejection) {
  switch (rejection.code) {
    case "CONTENT_MISMATCH":
      return contentMismatch(rejection.declaredType, rejection.detectedType);
    case "CHECKSUM_MISMATCH":
      return checksumMismatch(rejection.declaredSha256, rejection.actualSha256);
    case "SIZE_MISMATCH":
      return sizeMismatch(rejection.declaredSize, rejection.actualSize);
  }
}

export const contentMismatch = (declaredType: string, detectedType: string | null) =>
  problem(
    "CONTENT_MISMATCH",
    `The content is ${detectedType ?? "of no known type"}, but ${declaredType} was declared. Upload it again under its own type.`,
    { declaredType, detectedType },
  );

export const checksumMismatch = (declaredSha256: string, actualSha256: string | null) =>
  problem("CHECKSUM_MISMATCH", "The bytes that arrived are not those that were declared. Upload the file again.", {
    declaredSha256,
    actualSha256,
  });

export const sizeMismatch = (declaredSize: number, actualSize: number) =>
  problem("SIZE_MISMATCH", `${declaredSize} bytes were declared, ${actualSize} bytes arrived. Upload the file again.`, {
    declaredSize,
    actualSize,
  });
