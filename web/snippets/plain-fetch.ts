/**
 * Signet from any front end, with nothing but fetch. `createUploadApi` is web/src/api/upload-calls.ts: what the engine
 * asks of a server, as GraphQL operations. Copy it with its operations, or write its five functions for your own server.
 */
import { batchCalls, UploadQueue } from "@signet/upload";
import type { ApiFault } from "@signet/upload";
import { createWorkerHash, fileSource, windowConnectivity, xhrPut } from "@signet/upload/browser";
import type { Execute } from "../src/api/execute.js";
import type { FileRow } from "../src/api/file-calls.js";
import { createUploadApi } from "../src/api/upload-calls.js";
import { FilesDocument } from "../src/gql/graphql.js";

/** Sends one operation. What is thrown tells the engine whether another try may help. */
export function createExecute(endpoint: string, token: () => Promise<string>): Execute {
  return async <TResult>(
    document: { toString(): string },
    variables: unknown,
    { signal }: { signal?: AbortSignal } = {},
  ) => {
    const response = await fetch(endpoint, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${await token()}` },
      body: JSON.stringify({ query: document.toString(), variables }),
      signal,
    });
    const { data, errors } = (await response.json()) as Answer<TResult>;
    if (data && !errors) return data;
    const code = errors?.[0]?.extensions?.code ?? "HTTP";
    const fault: ApiFault = { code, retryable: response.status >= 500, status: response.status };
    throw Object.assign(new Error(errors?.[0]?.message ?? code), fault);
  };
}

interface Answer<T> {
  data?: T;
  errors?: { message: string; extensions?: { code?: string } }[];
}

/** The names of the newest files. */
export async function listNames(execute: Execute): Promise<string[]> {
  const { files } = await execute(FilesDocument, {});
  return files.nodes.map(({ filename }) => filename);
}

/** The engine's server, over fetch; many small files go in few calls. */
export const createUploads = (execute: Execute) => batchCalls(createUploadApi(execute));

/** Uploads whatever is chosen in `input`, and shows it in `list`. */
export function connect(execute: Execute, input: HTMLInputElement, list: HTMLElement): void {
  const queue = new UploadQueue<Blob, FileRow>({
    api: createUploads(execute),
    put: xhrPut,
    hash: createWorkerHash(
      () => new Worker(new URL("@signet/upload/hash-worker", import.meta.url), { type: "module" }),
    ),
    connectivity: windowConnectivity(window),
  });
  input.addEventListener("change", () => queue.add(Array.from(input.files ?? [], (file) => fileSource(file))));
  queue.subscribe(() => {
    const lines = queue.getSnapshot().items.map((item) => `${item.name}: ${item.phase}`);
    list.textContent = lines.join("\n");
  });
}
