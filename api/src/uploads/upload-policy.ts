/** What may be uploaded: sizes and types by policy. PURE. */

import type { Limits } from "../files/limits.js";
import type { FileVisibility } from "../files/visibility.js";

/** A named set of rules; a caller picks one per upload. */
export interface UploadPolicy {
  /** 1 to 64 characters: a letter, then letters, digits and hyphens, all lower case. Kept with each file. */
  readonly name: string;
  /** One sentence, for people who choose. */
  readonly description: string;
  /** 1 or more; never above the service's own limit. */
  readonly maxSizeBytes: number;
  /** Media types in lower case; an asterisk for the subtype, or for both, allows all. Declared ones and found ones. */
  readonly allowedTypes: readonly string[];
  /** Who may read its files. */
  readonly visibility: FileVisibility;
}

/** A policy as it is written down. */
export interface PolicyDeclaration extends Omit<UploadPolicy, "maxSizeBytes"> {
  /** Null: MAX_FILE_SIZE_BYTES, which caps every other number too. */
  readonly maxSizeBytes: number | null;
}

/** What applies when a caller names no policy, and to files whose policy is gone. */
const FALLBACK_POLICY = "default";
const POLICY_NAME = /^[a-z][a-z0-9-]{0,63}$/;

/**
 * The policies to work with, in the order of their declaration.
 * @throws Error that names every fault: no `default`, a malformed or repeated name, no type, a type that is malformed, has
 *   parameters or capital letters, or a size that is no positive whole number
 */
export function createPolicies(
  declared: readonly PolicyDeclaration[],
  limits: Pick<Limits, "maxFileSizeBytes">,
): readonly UploadPolicy[] {
  const faults = declared.flatMap((policy, index) => [...faultsOf(policy, declared.slice(0, index))]);
  if (!declared.some(({ name }) => name === FALLBACK_POLICY)) faults.push(`none is named "${FALLBACK_POLICY}"`);
  if (faults.length > 0) throw new Error(`The upload policies cannot be used: ${faults.join("; ")}.`);
  return declared.map((policy) => ({
    ...policy,
    maxSizeBytes: Math.min(policy.maxSizeBytes ?? Infinity, limits.maxFileSizeBytes),
  }));
}

function* faultsOf(policy: PolicyDeclaration, earlier: readonly PolicyDeclaration[]): Generator<string> {
  const { name, maxSizeBytes, allowedTypes } = policy;
  if (!POLICY_NAME.test(name)) yield `${JSON.stringify(name)} is no name for a policy`;
  if (earlier.some((other) => other.name === name)) yield `"${name}" is declared twice`;
  if (maxSizeBytes !== null && !(Number.isSafeInteger(maxSizeBytes) && maxSizeBytes > 0))
    yield `"${name}" has a maxSizeBytes of ${maxSizeBytes}`;
  if (allowedTypes.length === 0) yield `"${name}" allows no type`;
  for (const type of allowedTypes) {
    if (!isTypeRange(type)) yield `"${name}" allows ${JSON.stringify(type)}, which is no media type in lower case`;
  }
}

function isTypeRange(type: string): boolean {
  if (type === "*/*") return true;
  const example = type.endsWith("/*") ? `${type.slice(0, -1)}x` : type;
  return normaliseMediaType(example) === example;
}

/** The policy of a file: by its name, or `default` when that is gone. */
export function policyOf(policies: readonly UploadPolicy[], name: string): UploadPolicy {
  const found = policies.find((policy) => policy.name === name) ?? policies.find((p) => p.name === FALLBACK_POLICY);
  if (found === undefined) throw new Error(`no policy is named "${FALLBACK_POLICY}"`);
  return found;
}

/** Names of the policies whose files everybody who is signed in may read by id. */
export function sharedPolicies(policies: readonly UploadPolicy[]): readonly string[] {
  return policies.filter(({ visibility }) => visibility === "SIGNED_IN").map(({ name }) => name);
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
