import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { uploadFile } from "@signet/upload";
import type { UploadApi } from "@signet/upload";
import { bytesSource, createNodePut, nodeHash } from "@signet/upload/node";
import { startProduct } from "../e2e/product.js";
import type { Product } from "../e2e/product.js";
import type { FileRow } from "../src/api/file-calls.js";
import * as apollo from "./apollo-client.js";
import { FilesDocument } from "./gql/graphql.js";
import * as plain from "./plain-fetch.js";
import * as urql from "./urql.js";

let product: Product;
const put = createNodePut();

beforeAll(async () => {
  product = await startProduct();
}, 120_000);
afterAll(() => product?.stop(), 60_000);

/** A client of a user of its own, as the snippet makes it. */
interface Snippet {
  readonly uploads: UploadApi<FileRow>;
  listNames(): Promise<string[]>;
}

const SNIPPETS: readonly [string, (endpoint: string, token: string) => Snippet][] = [
  [
    "plain fetch",
    (endpoint, token) => {
      const execute = plain.createExecute(endpoint, () => Promise.resolve(token));
      return { uploads: plain.createUploads(execute), listNames: () => plain.listNames(execute) };
    },
  ],
  [
    "Apollo Client",
    (endpoint, token) => {
      const client = apollo.createClient(endpoint, () => Promise.resolve(token));
      const listNames = async (): Promise<string[]> => {
        const { data } = await client.query({ query: FilesDocument, fetchPolicy: "network-only" });
        return data!.files.nodes.map(({ filename }) => filename);
      };
      return { uploads: apollo.createUploads(client), listNames };
    },
  ],
  [
    "urql",
    (endpoint, token) => {
      const client = urql.createClient(endpoint, () => token);
      const listNames = async (): Promise<string[]> => {
        const { data } = await client.query(FilesDocument, {}, { requestPolicy: "network-only" }).toPromise();
        return data!.files.nodes.map(({ filename }) => filename);
      };
      return { uploads: urql.createUploads(client), listNames };
    },
  ],
];

async function tokenOf(user: string): Promise<string> {
  const response = await fetch(new URL(`/dev/token?user=${user.replaceAll(" ", "-")}`, product.page));
  return ((await response.json()) as { token: string }).token;
}

describe.each(SNIPPETS)("%s", (name, open) => {
  test("uploads with the engine and lists what is there", async () => {
    const { uploads, listNames } = open(product.graphql, await tokenOf(`${name} lists`));
    expect(await listNames()).toEqual([]);
    // Of several parts and of none: every call of the engine is made.
    const source = bytesSource(Buffer.alloc(20_000_000, name), "large.bin");
    const row = await uploadFile(source, { api: uploads, put, hash: nodeHash });
    expect(row).toMatchObject({ filename: "large.bin", size: 20_000_000, status: "READY" });
    const small = bytesSource(Buffer.from("hello\n"), "hello.txt", "text/plain");
    expect(await uploadFile(small, { api: uploads, put, hash: nodeHash })).toMatchObject({ status: "READY" });
    expect((await listNames()).toSorted()).toEqual(["hello.txt", "large.bin"]);
  });

  test("gives an upload up, and an upload that is stopped can be gone on with", async () => {
    const { uploads, listNames } = open(product.graphql, await tokenOf(`${name} stops`));
    const source = bytesSource(Buffer.alloc(20_000_000, name), "large.bin");
    const stop = new AbortController();
    let fileId = "";
    const stopped = uploadFile(source, {
      api: uploads,
      put,
      hash: nodeHash,
      signal: stop.signal,
      onFileId: (id) => (fileId = id),
      onProgress: ({ sentBytes }) => sentBytes > 0 && stop.abort(),
    });
    await expect(stopped).rejects.toMatchObject({ code: "CANCELLED" });
    const row = await uploadFile(source, { api: uploads, put, hash: nodeHash, resumeFileId: fileId });
    expect(row).toMatchObject({ id: fileId, status: "READY" });

    const other = await uploads.create({
      filename: "other.bin",
      contentType: "application/octet-stream",
      sizeBytes: 10,
      partChecksum: "NONE",
      idempotencyKey: `${name} other`,
    });
    if (!other.ok) throw new Error(other.problem.message);
    expect(await uploads.abort(other.value.fileId)).toMatchObject({ ok: true });
    expect(await listNames()).toEqual(["large.bin"]);
  });

  test("tells the engine when the server no longer knows the caller", async () => {
    const { uploads } = open(product.graphql, "no token at all");
    const outcome = uploadFile(bytesSource(Buffer.from("x"), "x.txt"), { api: uploads, put, hash: nodeHash });
    await expect(outcome).rejects.toMatchObject({ name: "UploadError", code: "SIGNED_OUT" });
  });
});
