import { TEXT_BYTES } from "./preview-kind.js";

/**
 * The first {@link TEXT_BYTES} bytes of a text, as UTF-8. Of a longer one that much is asked for, which needs no
 * permission of the store (https://fetch.spec.whatwg.org/#cors-safelisted-request-header), and no more is read of an
 * answer that is the whole all the same.
 * Rejects when the store refuses, or does not let this page read.
 */
export async function readText(url: string, sizeBytes: number, signal: AbortSignal): Promise<string> {
  const headers = sizeBytes > TEXT_BYTES ? { range: `bytes=0-${TEXT_BYTES - 1}` } : undefined;
  const response = await fetch(url, { headers, signal });
  const reader = response.body?.getReader();
  if (!response.ok || !reader) throw new Error(`the store answered ${response.status}`);
  // A letter that the end cuts in two is left out.
  const decoder = new TextDecoder();
  let text = "";
  for (let left = TEXT_BYTES; left > 0;) {
    const { value, done } = await reader.read();
    if (done) break;
    text += decoder.decode(value.subarray(0, left), { stream: true });
    left -= value.byteLength;
  }
  void reader.cancel().catch(() => undefined);
  return text;
}
