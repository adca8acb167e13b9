import { problem } from "../errors.js";
import type { Rejection } from "./file.js";

/** Why a sealed file was refused, as the problem that every later confirm and `File.rejection` answer. PURE. */
export function rejectionProblem(rejection: Rejection) {
  switch (rejection.code) {
    case "CONTENT_MISMATCH":
      return rejection.policy === undefined
        ? contentMismatch(rejection.declaredType, rejection.detectedType)
        : contentNotAllowed(rejection.declaredType, rejection.detectedType, rejection.policy);
    case "CHECKSUM_MISMATCH":
      return checksumMismatch(rejection.declaredSha256, rejection.actualSha256);
    case "SIZE_MISMATCH":
      return sizeMismatch(rejection.declaredSize, rejection.actualSize);
    case "MALWARE_FOUND":
      return malwareFound(rejection.signature);
  }
}

export const contentMismatch = (declaredType: string, detectedType: string | null) =>
  problem(
    "CONTENT_MISMATCH",
    `The content is ${detectedType ?? "of no known type"}, but ${declaredType} was declared. Upload it again under its own type.`,
    { declaredType, detectedType },
  );

/** Of no known type: said as such, for what was declared was not found either. */
const contentNotAllowed = (declaredType: string, detectedType: string | null, policy: string) =>
  problem(
    "CONTENT_MISMATCH",
    `${declaredType} was declared, the content is ${detectedType ?? "of no known type"}, and the policy ${policy} does not allow that. Choose another file or another policy.`,
    { declaredType, detectedType },
  );

const malwareFound = (signature: string) =>
  problem(
    "MALWARE_FOUND",
    `The content is known to the malware scanner as ${signature}. It was deleted and never readable.`,
    {
      signature,
    },
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
