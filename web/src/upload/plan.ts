import type { UploadTicket } from "./upload-api.js";

/** A part's place in the file: bytes `start` to `end`, end excluded. */
export interface PartRange {
  readonly number: number;
  readonly start: number;
  readonly end: number;
}

/**
 * Where part `number` (1 to partCount) lies.
 * @throws RangeError for a number outside the plan, or a plan that does not cover the file
 */
export function partRange(
  ticket: Pick<UploadTicket, "sizeBytes" | "partSize" | "partCount">,
  number: number,
): PartRange {
  const start = (number - 1) * ticket.partSize;
  const end = number === ticket.partCount ? ticket.sizeBytes : start + ticket.partSize;
  const whole = number >= 1 && number <= ticket.partCount && Number.isInteger(number);
  if (!whole || end <= start || end > ticket.sizeBytes || end - start > ticket.partSize) {
    throw new RangeError(`part ${number} of ${ticket.partCount} does not fit a file of ${ticket.sizeBytes} bytes`);
  }
  return { number, start, end };
}

/** Numbers 1 to `partCount` that are not among `received`, ascending. Strangers in `received` are ignored. */
export function missingParts(partCount: number, received: Iterable<number>): number[] {
  const stored = new Set(received);
  return Array.from({ length: partCount }, (_, index) => index + 1).filter((number) => !stored.has(number));
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
