/** What may be uploaded: sizes and types by policy. PURE. */

import type { Limits } from "../files/limits.js";

/** A named set of rules; a caller picks one per upload. */
export interface UploadPolicy {
  readonly name: string;
  readonly maxSizeBytes: number;
  /** Media types in lower case; an asterisk for the subtype, or for both, allows all. */
  readonly allowedTypes: readonly string[];
}

/** The policies of this deployment: `default` alone, which allows every type. */
export function createPolicies(limits: Pick<Limits, "maxFileSizeBytes">): readonly UploadPolicy[] {
  return [{ name: "default", maxSizeBytes: limits.maxFileSizeBytes, allowedTypes: ["*/*"] }];
}

/** Whether a policy allows a type. @param mediaType as {@link normaliseMediaType} answers it */
export function typeAllowed(policy: Pick<UploadPolicy, "allowedTypes">, mediaType: string): boolean {
  const anySubtype = `${mediaType.slice(0, mediaType.indexOf("/"))}/*`;
  return policy.allowedTypes.some((allowed) => allowed === "*/*" || allowed === anySubtype || allowed === mediaType);
}

/**
 * `type/subtype`, each 1..127 characters. These are the names that can be registered, a subset of HTTP's tokens
 * (https://www.rfc-editor.org/rfc/rfc6838#section-4.2, https://www.rfc-editor.org/rfc/rfc9110#section-8.3.1): without
 * `*`, which would be a range, and without the quotes and backticks that a shell would read.
 */
const MEDIA_TYPE = /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$/;

/** The type in lower case; null when malformed: parameters, white space, a range, or no subtype. */
export function normaliseMediaType(text: string): string | null {
  // Tested before it is lowered: some letters outside ASCII become ASCII by it.
  return MEDIA_TYPE.test(text) ? text.toLowerCase() : null;
}
