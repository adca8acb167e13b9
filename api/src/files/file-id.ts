/** The id of a file: a bare UUIDv7 inside, `file_<uuid>` outside. PURE. */

const PREFIX = "file_";
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const MAX_TIMESTAMP_MS = 2 ** 48 - 1;

/** Random bytes that one id consumes. */
export const FILE_UUID_RANDOM_BYTES = 10;

/** True for the one spelling of a UUID that the service uses: lower case, with dashes. */
export function isUuid(text: string): boolean {
  return UUID.test(text);
}

/** The id that callers see. @param uuid bare, lower case */
export function toFileId(uuid: string): string {
  return PREFIX + uuid;
}

/** The bare UUID of a caller's id, or null when it is not one: another prefix, upper case, white space, anything extra. */
export function parseFileId(id: string): string | null {
  if (!id.startsWith(PREFIX)) return null;
  const uuid = id.slice(PREFIX.length);
  return isUuid(uuid) ? uuid : null;
}

/**
 * A UUIDv7: ids sort by the millisecond in which they were made; inside one millisecond their order is random.
 * https://www.rfc-editor.org/rfc/rfc9562#section-5.7
 * @param nowMs 0..2^48 - 1, milliseconds since 1970
 * @param random at least {@link FILE_UUID_RANDOM_BYTES} bytes of a cryptographic generator: 74 of their bits are used
 */
export function newFileUuid(nowMs: number, random: Uint8Array): string {
  if (!Number.isSafeInteger(nowMs) || nowMs < 0 || nowMs > MAX_TIMESTAMP_MS) throw new RangeError(`nowMs: ${nowMs}`);
  if (random.length < FILE_UUID_RANDOM_BYTES) throw new RangeError(`random: ${random.length} bytes`);
  const time = nowMs.toString(16).padStart(12, "0");
  const bytes = Uint8Array.from(random.subarray(0, FILE_UUID_RANDOM_BYTES));
  bytes[0] = (bytes[0]! & 0x0f) | 0x70; // version 7
  bytes[2] = (bytes[2]! & 0x3f) | 0x80; // variant 10
  const tail = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return `${time.slice(0, 8)}-${time.slice(8)}-${tail.slice(0, 4)}-${tail.slice(4, 8)}-${tail.slice(8)}`;
}
