/** Signet with Apollo Client: the list comes from its cache, uploads go through the same link and the engine. */
import { ApolloClient, CombinedGraphQLErrors, HttpLink, InMemoryCache } from "@apollo/client";
import { SetContextLink } from "@apollo/client/link/context";
import { useQuery } from "@apollo/client/react";
import { batchCalls, UploadQueue } from "@signet/upload";
import { createWorkerHash, fileSource, windowConnectivity, xhrPut } from "@signet/upload/browser";
import { getOperationAST, parse } from "graphql";
import { useSyncExternalStore } from "react";
import type { Execute } from "../src/api/execute.js";
import type { FileRow } from "../src/api/file-calls.js";
import { createUploadApi } from "../src/api/upload-calls.js";
import { FilesDocument } from "./gql/graphql.js";

export function createClient(endpoint: string, token: () => Promise<string>): ApolloClient {
  const authorise = new SetContextLink(async ({ headers }) => ({
    headers: { ...headers, authorization: `Bearer ${await token()}` },
  }));
  return new ApolloClient({
    link: authorise.concat(new HttpLink({ uri: endpoint })),
    cache: new InMemoryCache(),
  });
}

/** The engine's server, through the client. Nothing of it is cached: it is full of URLs that expire. */
export function createUploads(client: ApolloClient) {
  const execute: Execute = async <TResult,>(
    document: { toString(): string },
    variables: unknown,
    { signal }: { signal?: AbortSignal } = {},
  ) => {
    const query = parse(document.toString());
    const options = {
      variables: { ...(variables as object) },
      fetchPolicy: "no-cache",
      context: { fetchOptions: { signal } },
    } as const;
    const isMutation = getOperationAST(query)?.operation === "mutation";
    try {
      const { data } = isMutation
        ? await client.mutate({ ...options, mutation: query })
        : await client.query({ ...options, query });
      return data as TResult;
    } catch (error) {
      if (!CombinedGraphQLErrors.is(error)) throw error; // the engine tries again
      const code = error.errors[0]?.extensions?.["code"];
      throw Object.assign(error, { code, retryable: /^INTERNAL|_UNAVAILABLE$/.test(code as string) });
    }
  };
  return batchCalls(createUploadApi(execute));
}

/** One for the whole application. A file that is done shows in the list by itself. */
export function createQueue(client: ApolloClient): UploadQueue<Blob, FileRow> {
  return new UploadQueue({
    api: createUploads(client),
    put: xhrPut,
    hash: createWorkerHash(
      () => new Worker(new URL("@signet/upload/hash-worker", import.meta.url), { type: "module" }),
    ),
    connectivity: windowConnectivity(window),
    onDone: () => void client.refetchQueries({ include: [FilesDocument] }),
  });
}

export function Files({ queue }: { queue: UploadQueue<Blob, FileRow> }) {
  const { data } = useQuery(FilesDocument);
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
