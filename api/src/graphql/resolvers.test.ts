import { afterEach, describe, expect, test } from "@jest/globals";
import { fileRow, FILE_UUID, openTestServer, STORE_ORIGIN, TEST_ISSUER } from "../http/server.fixture.js";
import type { TestServer } from "../http/server.fixture.js";
import { StorageError } from "../storage/object-storage.js";

/** What stands between a use case's answer and the wire, asked over the whole surface. */

const open: TestServer[] = [];

async function serverWith(...args: Parameters<typeof openTestServer>): Promise<TestServer> {
  const server = await openTestServer(...args);
  open.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.stop()));
});

const FILE_ID = `file_${FILE_UUID}`;

describe("nodes", () => {
  test("one's own id is a node, anybody else's is not", async () => {
    const server = await serverWith({ files: { find: async () => null, findMany: async () => [] } });
    const { body } = await server.graphql("{ viewer { id usage { usedBytes trashBytes reservedBytes quotaBytes } } }");
    expect(body.data).toEqual({
      viewer: {
        id: expect.stringMatching(/^viewer_[\w-]{22}$/),
        usage: { usedBytes: 3, trashBytes: 2, reservedBytes: 1, quotaBytes: 50 * 1024 ** 3 },
      },
    });
    const ids = [(body.data?.["viewer"] as { id: string }).id, `viewer_${"A".repeat(22)}`, "nonsense"];
    const nodes = await server.graphql("query ($ids: [ID!]!) { nodes(ids: $ids) { __typename id } }", { ids });
    expect(nodes.body.data).toEqual({ nodes: [{ __typename: "Viewer", id: ids[0] }, null, null] });
  });
});

describe("files", () => {
  test("are rows with what is computed", async () => {
    const row = fileRow({
      status: "READY",
      contentType: "image/png",
      sha256: "a".repeat(64),
      integrity: "SHA256",
      readyAt: new Date(0),
    });
    const seen: string[] = [];
    const find = async (ownerId: string, id: string) => {
      seen.push(`${ownerId} ${id}`);
      return row;
    };
    const server = await serverWith({ files: { find } });
    const { body } = await server.graphql(
      `query ($id: ID!) { node(id: $id) { __typename ... on File { id filename size status contentType declaredType
         integrity sha256 url urlExpiresAt inlineAllowed permalink rejection { code } createdAt readyAt deletedAt } } }`,
      { id: FILE_ID },
    );
    expect(seen).toEqual([`${TEST_ISSUER}|local ${FILE_UUID}`]);
    expect(body).toEqual({
      data: {
        node: {
          __typename: "File",
          id: FILE_ID,
          filename: "hello.txt",
          size: 14,
          status: "READY",
          contentType: "image/png",
          declaredType: "text/plain",
          integrity: "SHA256",
          sha256: "a".repeat(64),
          url: expect.stringContaining(`${STORE_ORIGIN}/bucket/download?`),
          urlExpiresAt: "2026-01-02T04:00:00.000Z",
          inlineAllowed: true,
          permalink: `http://localhost:4000/files/${FILE_ID}`,
          rejection: null,
          createdAt: "2026-01-02T03:04:05.678Z",
          readyAt: "1970-01-01T00:00:00.000Z",
          deletedAt: null,
        },
      },
    });
  });

  test("say why they were rejected", async () => {
    const rejection = { code: "CONTENT_MISMATCH", declaredType: "image/png", detectedType: null } as const;
    const server = await serverWith({ files: { find: async () => fileRow({ status: "REJECTED", rejection }) } });
    const { body } = await server.graphql(
      `{ file(id: "${FILE_ID}") { url rejection { __typename code retryable ... on ContentMismatch { declaredType detectedType } } } }`,
    );
    expect(body.data?.["file"]).toEqual({
      url: null,
      rejection: {
        __typename: "ContentMismatch",
        code: "CONTENT_MISMATCH",
        retryable: false,
        declaredType: "image/png",
        detectedType: null,
      },
    });
  });

  test("come in pages; the count is asked for only when it is selected", async () => {
    const counted: unknown[] = [];
    const server = await serverWith({
      files: {
        list: async () => [fileRow(), fileRow({ id: FILE_UUID.replace(/1$/, "2") })],
        count: async (_owner, filter) => counted.push(filter),
      },
    });
    const page =
      "edges { cursor node { id } } nodes { id } pageInfo { hasNextPage hasPreviousPage startCursor endCursor }";
    const first = await server.graphql(`{ files(first: 1, orderBy: null) { ${page} } }`);
    const list = first.body.data?.["files"] as { edges: { cursor: string }[] };
    const cursor = list.edges[0]?.cursor;
    expect(list).toEqual({
      edges: [{ cursor: expect.any(String), node: { id: FILE_ID } }],
      nodes: [{ id: FILE_ID }],
      pageInfo: { hasNextPage: true, hasPreviousPage: false, startCursor: cursor, endCursor: cursor },
    });
    expect(counted).toEqual([]);
    const filter = {
      status: ["DELETED"],
      filenameContains: "a",
      contentType: ["image/*"],
      minSize: 1,
      createdAfter: "2026-01-01T00:00:00Z",
    };
    const total = await server.graphql("query ($filter: FileFilter) { files(filter: $filter) { totalCount } }", {
      filter,
    });
    expect(total.body).toEqual({ data: { files: { totalCount: 1 } } });
    expect(counted).toEqual([
      {
        statuses: ["DELETED"],
        filenameContains: "a",
        contentTypes: ["image/*"],
        createdAfter: new Date("2026-01-01T00:00:00Z"),
        createdBefore: null,
        minSizeBytes: 1,
        maxSizeBytes: null,
      },
    ]);
  });
});

describe("tickets", () => {
  test("share one listing between receivedParts and storedParts, in each request anew", async () => {
    let listings = 0;
    const listParts = async () => {
      listings += 1;
      return [{ number: 2, sizeBytes: 7, etag: "e", sha256: null }];
    };
    const row = fileRow({ partCount: 2, partSizeBytes: 7 });
    const server = await serverWith({ files: { find: async () => row }, storage: { listParts } });
    const query = `{ file(id: "${FILE_ID}") { upload { transfer method uploadUrl headers { name } urlExpiresAt partSize partCount
      partChecksum confirmBy curl receivedParts storedParts { number size sha256 } } } }`;
    const { body } = await server.graphql(query);
    expect(body.data?.["file"]).toEqual({
      upload: {
        transfer: "PARTS",
        method: "PUT",
        uploadUrl: null,
        headers: [],
        urlExpiresAt: null,
        partSize: 7,
        partCount: 2,
        partChecksum: "NONE",
        confirmBy: "2026-01-02T03:04:05.678Z",
        curl: null,
        receivedParts: [2],
        storedParts: [{ number: 2, size: 7, sha256: null }],
      },
    });
    expect(listings).toBe(1);
    await server.graphql(query);
    expect(listings).toBe(2);
  });

  test("answer null for both when the store does not answer", async () => {
    const listParts = async () => {
      throw new StorageError("UNAVAILABLE", "ListParts", null);
    };
    const server = await serverWith({ files: { find: async () => fileRow({ partCount: 2 }) }, storage: { listParts } });
    const { body } = await server.graphql(
      `{ file(id: "${FILE_ID}") { upload { receivedParts storedParts { number } } } }`,
    );
    expect(body).toEqual({ data: { file: { upload: { receivedParts: null, storedParts: null } } } });
  });
});

describe("batches", () => {
  const items = (count: number, item: unknown): unknown[] => Array.from({ length: count }, () => item);

  test("above the limit are refused before any work", async () => {
    const server = await serverWith();
    const refused = [
      server.graphql("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", { ids: items(101, "x") }),
      server.graphql("mutation ($x: [ID!]!) { confirmUploads(fileIds: $x) { __typename } }", { x: items(101, "x") }),
      server.graphql("mutation ($x: [UploadPartInput!]!) { signUploadParts(fileId: 1, parts: $x) { __typename } }", {
        x: items(101, { number: 1 }),
      }),
      server.graphql("mutation ($x: [CreateUploadUrlInput!]!) { createUploadUrls(inputs: $x) { __typename } }", {
        x: items(101, { filename: "a", contentType: "a/b", size: 1 }),
      }),
    ];
    for (const { body } of await Promise.all(refused)) {
      expect(body.errors?.[0]?.extensions).toEqual({ code: "BAD_USER_INPUT" });
      expect(body.errors?.[0]?.message).toMatch(/101 items; at most 100/);
    }
  });

  test("give each item its own answer, in order", async () => {
    const find = async () => null;
    const takeLease = async (_owner: string, id: string) => {
      if (id === FILE_UUID) throw new StorageError("UNAVAILABLE", "ListParts", null);
      return null;
    };
    const server = await serverWith({ files: { find, takeLease } });
    const { body, response } = await server.graphql(
      `mutation ($ids: [ID!]!) { confirmUploads(fileIds: $ids) { __typename
         ... on Problem { code } ... on FileNotFound { fileId } ... on TemporaryFailure { requestId retryAfterSeconds } } }`,
      { ids: ["nonsense", FILE_ID, "file_x"] },
    );
    expect(body).toEqual({
      data: {
        confirmUploads: [
          { __typename: "FileNotFound", code: "FILE_NOT_FOUND", fileId: "nonsense" },
          {
            __typename: "TemporaryFailure",
            code: "STORAGE_UNAVAILABLE",
            retryAfterSeconds: 2,
            requestId: response.headers["x-request-id"],
          },
          { __typename: "FileNotFound", code: "FILE_NOT_FOUND", fileId: "file_x" },
        ],
      },
    });
  });
});
