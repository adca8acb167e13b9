/** Signet with urql: the list comes from its cache, uploads go through the same client and the engine. */
import { cacheExchange, Client, fetchExchange } from "@urql/core";
import { batchCalls, UploadQueue } from "@signet/upload";
import { createWorkerHash, fileSource, windowConnectivity, xhrPut } from "@signet/upload/browser";
import { getOperationAST, parse } from "graphql";
import { useSyncExternalStore } from "react";
import { useQuery } from "urql";
import type { Execute } from "../src/api/execute.js";
import type { FileRow } from "../src/api/file-calls.js";
import { createUploadApi } from "../src/api/upload-calls.js";
import { FilesDocument } from "./gql/graphql.js";

/** @param token the current one; urql's own authExchange can fetch a new one when it is refused */
export function createClient(endpoint: string, token: () => string): Client {
  return new Client({
    url: endpoint,
    exchanges: [cacheExchange, fetchExchange],
    preferGetMethod: false,
    fetchOptions: () => ({ headers: { authorization: `Bearer ${token()}` } }),
  });
}

/** The engine's server, through the client. Nothing of it is cached: it is full of URLs that expire. */
export function createUploads(client: Client) {
  const execute: Execute = <TResult,>(
    document: { toString(): string },
    variables: unknown,
    { signal }: { signal?: AbortSignal } = {},
  ) => {
    const query = parse(document.toString());
    const isMutation = getOperationAST(query)?.operation === "mutation";
    const answers = isMutation
      ? client.mutation<TResult>(query, { ...(variables as object) })
      : client.query<TResult>(query, { ...(variables as object) }, { requestPolicy: "network-only" });
    return new Promise<TResult>((resolve, reject) => {
      const { unsubscribe } = answers.subscribe(({ data, error, stale, hasNext }) => {
        if (stale || hasNext) return;
        signal?.removeEventListener("abort", stop);
        const code = error?.graphQLErrors[0]?.extensions["code"];
        const retryable = code === undefined || /^INTERNAL|_UNAVAILABLE$/.test(code as string);
        if (error) reject(Object.assign(error, { code, retryable }));
        else resolve(data!);
      });
      function stop(): void {
        unsubscribe(); // ends the request too
        reject(signal!.reason as Error);
      }
      signal?.addEventListener("abort", stop, { once: true });
    });
  };
  return batchCalls(createUploadApi(execute));
}

/** One for the whole application. */
export function createQueue(client: Client): UploadQueue<Blob, FileRow> {
  return new UploadQueue({
    api: createUploads(client),
    put: xhrPut,
    hash: createWorkerHash(
      () => new Worker(new URL("@signet/upload/hash-worker", import.meta.url), { type: "module" }),
    ),
    connectivity: windowConnectivity(window),
    // The document cache knows nothing of what has come about beside it: ask again.
    onDone: () => void client.query(FilesDocument, {}, { requestPolicy: "network-only" }).toPromise(),
  });
}

export function Files({ queue }: { queue: UploadQueue<Blob, FileRow> }) {
  const [{ data }] = useQuery({ query: FilesDocument, variables: {} });
  const { items } = useSyncExternalStore(queue.subscribe, queue.getSnapshot);
  const add = (files: FileList | null): void => void queue.add(Array.from(files ?? [], (file) => fileSource(file)));
  return (
    <>
      <input type="file" multiple aria-label="Files to upload" onChange={(event) => add(event.target.files)} />
      {items.map(({ id, name, phase, sentBytes, totalBytes }) => (
        <p key={id}>
          {name}: {phase} <progress value={sentBytes} max={totalBytes} aria-label={name} />
        </p>
      ))}
      {data?.files.nodes.map(({ id, filename, permalink }) => (
        <p key={id}>
          <a href={permalink}>{filename}</a>
        </p>
      ))}
    </>
  );
}
