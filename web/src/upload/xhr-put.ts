import { PutFault } from "./put.js";
import type { PutRequest, PutResponse } from "./put.js";

/**
 * The browser's way to send bytes: XMLHttpRequest, because fetch reports no upload progress, and its streams need
 * HTTP/2 or silently send nonsense.
 */
export function xhrPut(request: PutRequest<Blob>): Promise<PutResponse> {
  return new Promise((resolve, reject) => {
    request.signal.throwIfAborted();
    const xhr = new XMLHttpRequest();
    let timer: ReturnType<typeof setTimeout>;
    let stalled = false;

    const moved = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        stalled = true;
        xhr.abort();
      }, request.stallMs);
    };
    const onAbort = (): void => xhr.abort();

    xhr.upload.onprogress = (event) => {
      moved();
      request.onProgress(Math.min(event.loaded, request.sizeBytes));
    };
    xhr.onload = () => resolve({ status: xhr.status, text: xhr.responseText.slice(0, 4096) });
    xhr.onerror = () => reject(new PutFault("NETWORK"));
    xhr.onabort = () => reject(stalled ? new PutFault("STALLED") : (request.signal.reason as Error));
    xhr.onloadend = () => {
      clearTimeout(timer);
      request.signal.removeEventListener("abort", onAbort);
    };

    xhr.open(request.method, request.url);
    for (const { name, value } of request.headers) xhr.setRequestHeader(name, value);
    request.signal.addEventListener("abort", onAbort, { once: true });
    moved();
    xhr.send(request.body);
  });
}
