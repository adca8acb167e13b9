/** Where a file's bytes lie in the bucket. No user text is ever part of a key. PURE. */

import { isUuid } from "./file-id.js";

const KEY = /^f\/([0-9a-f]{2})\/([0-9a-f-]{36})$/;

/** Everything that belongs to files lies below this prefix. */
export const OBJECT_KEY_PREFIX = "f/";

/**
 * `f/<last two hex digits>/<uuid>`. The last digits, since the first ones of a UUIDv7 are its time: they would put all
 * new objects under one prefix.
 * @param uuid bare, lower case @throws RangeError for anything else, so that no other text can become a key
 */
export function objectKeyOf(uuid: string): string {
  if (!isUuid(uuid)) throw new RangeError("an object key is made of a bare UUID only");
  return `${OBJECT_KEY_PREFIX}${uuid.slice(-2)}/${uuid}`;
}

/** The UUID of a key that {@link objectKeyOf} made; null for every other key. */
export function uuidOfKey(key: string): string | null {
  const [, shard, uuid] = KEY.exec(key) ?? [];
  return uuid !== undefined && isUuid(uuid) && uuid.endsWith(shard!) ? uuid : null;
}
