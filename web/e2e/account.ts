import { createExecute } from "../src/api/execute.js";
import { createFileApi } from "../src/api/file-calls.js";
import type { FileApi, FileRow } from "../src/api/file-calls.js";
import { createSession } from "../src/api/session.js";
import { createUploadApi } from "../src/api/upload-calls.js";
import { uploadFile } from "../src/upload/index.js";
import type { UploadApi } from "../src/upload/index.js";
import { bytesSource, createNodePut, nodeHash } from "../src/upload/node.js";
import type { Product } from "./product.js";

/** Somebody's files, reached without a browser: the page's own client and engine, run by Node. */
export interface Account {
  readonly token: string;
  readonly files: FileApi;
  readonly uploads: UploadApi<FileRow>;
  /** Uploads bytes and waits for the verdict. */
  put(name: string, type: string, bytes: Uint8Array): Promise<FileRow>;
}

/** The account of `user` at a development server; a new name is a new, empty account. */
export async function openAccount(product: Product, user: string): Promise<Account> {
  const response = await fetch(new URL(`/dev/token?user=${encodeURIComponent(user)}`, product.page));
  const { token } = (await response.json()) as { token: string };
  const nothing = { getItem: () => null, setItem: () => undefined, removeItem: () => undefined };
  const execute = createExecute(
    product.graphql,
    createSession(() => Promise.resolve(token), nothing),
  );
  const uploads = createUploadApi(execute);
  const put = createNodePut();
  return {
    token,
    files: createFileApi(execute),
    uploads,
    put: (name, type, bytes) => uploadFile(bytesSource(bytes, name, type), { api: uploads, put, hash: nodeHash }),
  };
}
