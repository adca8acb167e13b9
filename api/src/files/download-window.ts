/** When a download URL is signed. PURE. */

/** The signing time of a URL, and what follows from it. */
export interface SigningWindow {
  /** A whole second, at or before now: the same for every call in one window. */
  readonly signedAtMs: number;
  /** Half the URL's life: also the max-age that a browser may keep the answer. */
  readonly windowSeconds: number;
  readonly expiresAtMs: number;
}

/**
 * The window that holds now: inside it every call signs the same string, so a browser's cache sees one URL, and at
 * least half the life is always left. Windows of different files begin at different seconds, or all caches would spoil
 * at one instant (docs/upload-protocol.md).
 * @param input.ttlSeconds 1..604 800
 */
export function signingWindow(input: { nowMs: number; ttlSeconds: number; fileUuid: string }): SigningWindow {
  const { nowMs, ttlSeconds, fileUuid } = input;
  const windowSeconds = Math.max(1, Math.floor(ttlSeconds / 2));
  const shiftSeconds = fnv1a(fileUuid) % windowSeconds;
  const nowSeconds = Math.floor(nowMs / 1000);
  const windows = Math.floor((nowSeconds - shiftSeconds) / windowSeconds);
  const signedAtMs = (windows * windowSeconds + shiftSeconds) * 1000;
  return { signedAtMs, windowSeconds, expiresAtMs: signedAtMs + ttlSeconds * 1000 };
}

/** FNV-1a, 32 bits: spreads ids that differ in a few characters. http://www.isthe.com/chongo/tech/comp/fnv/ */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}
