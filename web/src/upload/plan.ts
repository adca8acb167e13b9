import type { UploadTicket } from "./upload-api.js";

/** A part's place in the file: bytes `start` to `end`, end excluded. */
export interface PartRange {
  readonly number: number;
  readonly start: number;
  readonly end: number;
}

type Plan = Pick<UploadTicket, "sizeBytes" | "partSize" | "partCount">;

/** True when the parts cover the file without gap or overlap and none is empty. */
export function coversFile({ sizeBytes, partSize, partCount }: Plan): boolean {
  return partSize > 0 && partCount === Math.ceil(sizeBytes / partSize);
}

/** Where part `number` lies, 1 to partCount. */
export function partRange({ sizeBytes, partSize }: Plan, number: number): PartRange {
  const end = number * partSize;
  return { number, start: end - partSize, end: Math.min(end, sizeBytes) };
}

/**
 * True when a URL should be replaced before use. The local clock may be wrong by hours, so a URL that has just arrived
 * is always tried once, and a refusal by the store counts more than any clock.
 * @param keepMs how much life a URL must have left, and how long a new one is trusted
 */
export function isStale(
  url: { readonly expiresAt?: string | null; readonly receivedAtMs: number },
  nowMs: number,
  keepMs = 20_000,
): boolean {
  if (!url.expiresAt || nowMs - url.receivedAtMs < keepMs) return false;
  return Date.parse(url.expiresAt) - nowMs < keepMs;
}

/** `type` as the API wants it: lower case, without parameters, never empty. */
export function mediaType(type: string): string {
  return type.split(";", 1)[0]?.trim().toLowerCase() || "application/octet-stream";
}
