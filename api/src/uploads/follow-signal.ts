/**
 * Aborts `own` when `parent` is aborted, at once when it already is. What it answers ends that.
 * Not AbortSignal.any: in Node 20 a signal that lives as long as the process keeps something of each one that was made
 * from it. https://github.com/nodejs/node/issues/55351
 */
export function follow(parent: AbortSignal, own: AbortController): () => void {
  const abort = (): void => own.abort();
  if (parent.aborted) abort();
  parent.addEventListener("abort", abort);
  return () => parent.removeEventListener("abort", abort);
}
