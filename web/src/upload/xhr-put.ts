import { abortable } from "./abortable.js";
import { PutFault } from "./put.js";
import type { PutRequest, PutResponse } from "./put.js";

/**
 * The browser's way to send bytes: XMLHttpRequest, because fetch reports no upload progress, and its streams need
 * HTTP/2 or silently send nonsense.
 */
export function xhrPut(request: PutRequest<Blob>): Promise<PutResponse> {
  const xhr = new XMLHttpRequest();
  let timer: ReturnType<typeof setTimeout>;
  const sent = abortable<PutResponse>(request.signal, (resolve, reject) => {
    const moved = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        reject(new PutFault("STALLED"));
        xhr.abort();
      }, request.stallMs);
    };
    xhr.upload.onprogress = (event) => {
      moved();
      request.onProgress(Math.min(event.loaded, request.sizeBytes));
    };
    xhr.onload = () => resolve({ status: xhr.status, text: xhr.responseText.slice(0, 4096) });
    xhr.onerror = () => reject(new PutFault("NETWORK"));
    xhr.open(request.method, request.url);
    for (const { name, value } of request.headers) xhr.setRequestHeader(name, value);
    moved();
    xhr.send(request.body);
    return () => xhr.abort();
  });
  return sent.finally(() => clearTimeout(timer));
}
