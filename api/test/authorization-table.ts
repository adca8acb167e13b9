import { expect } from "@jest/globals";
import type { Scope } from "../src/auth/scopes.js";
import { createApiKey, deleteFile, expectMember, openUpload, sendBytes, upload } from "./operations.js";
import type { Api } from "./operations.js";

/** One row a root field: who may ask for it, and what becomes of that. */
export interface AuthorizationRow {
  readonly kind: "query" | "mutation" | "subscription";
  /** Null: whoever is signed in. */
  readonly scope: Scope | null;
  /** An operation with this root field alone. */
  readonly operation: string;
  /** Makes what the field works on, as its owner, anew for each call. Answers the variables. */
  readonly prepare?: (api: Api) => Promise<Record<string, unknown>>;
  /** The field's value for a bearer who acts as the owner, and as somebody else: for toEqual. */
  readonly owner: unknown;
  readonly other: unknown;
}

export const OWNER = "owner";
/** Of every file of the owner's, and of no other. */
export const FILENAME = "top-secret.txt";
/** Of every key of the owner's. */
const KEY_NAME = "the owner's";

const upTo = {
  async ready(api: Api): Promise<string> {
    return (await upload(api, OWNER, "hello", { filename: FILENAME })).id;
  },
  async opened(api: Api): Promise<string> {
    return (await openUpload(api, OWNER, "hello", { filename: FILENAME })).file.id;
  },
  async sent(api: Api): Promise<string> {
    const ticket = await openUpload(api, OWNER, "hello", { filename: FILENAME });
    await sendBytes(api, OWNER, ticket, "hello");
    return ticket.file.id;
  },
  async deleted(api: Api): Promise<string> {
    const id = await upTo.ready(api);
    expectMember("DeletedFile", await deleteFile(api, OWNER, id));
    return id;
  },
} as const;

/** A key of the owner's. */
export async function makeKey(api: Api, scopes: readonly ("FILES_READ" | "FILES_WRITE")[]) {
  const created = expectMember("CreatedApiKey", await createApiKey(api, OWNER, { name: KEY_NAME, scopes }));
  return { id: created.apiKey.id, secret: created.secret };
}

const forAnyone = (operation: string, value: unknown): AuthorizationRow => ({
  ...{ kind: "query", scope: null, operation, owner: value, other: value },
});

const read = (operation: string, row: Pick<AuthorizationRow, "prepare" | "owner" | "other">): AuthorizationRow => ({
  ...{ kind: "query", scope: "files:read", operation, ...row },
});

/** A mutation of the owner's file, which answers others that there is none. */
function change(field: string, to: string, from: keyof typeof upTo): AuthorizationRow {
  const told = to === "SignedParts" ? "parts { number }" : "file { filename }";
  const value = to === "SignedParts" ? { parts: [{ number: 1 }] } : { file: { filename: FILENAME } };
  return {
    ...{ kind: "mutation", scope: "files:write" },
    operation: `mutation ($id: ID!) { ${field} { __typename ... on ${to} { ${told} } } }`,
    prepare: async (api) => ({ id: await upTo[from](api) }),
    owner: { __typename: to, ...value },
    other: { __typename: "FileNotFound" },
  };
}

/** A mutation that makes something for whoever calls it. */
const create = (scope: Scope, operation: string, value: unknown): AuthorizationRow => ({
  ...{ kind: "mutation", scope, operation, owner: value, other: value },
});

const listed = (row: AuthorizationRow): AuthorizationRow => ({ ...row, owner: [row.owner], other: [row.other] });

/** Whatever could be told of somebody else's file. */
const FILE = "__typename ... on File { filename url upload { transfer } history { to } }";
const theFile = { __typename: "File", filename: FILENAME, url: expect.any(String), upload: null };
const ready = async (api: Api) => ({ id: await upTo.ready(api) });
const READY_FILE = { ...theFile, history: expect.any(Array) };
const NEW_UPLOAD = `{ filename: "new.txt", contentType: "text/plain", size: 5 }`;
const TICKET = { __typename: "UploadTicket" };

/** A new root field needs a row: authorization-matrix.test.ts. */
export const AUTHORIZATION: Readonly<Record<string, AuthorizationRow>> = {
  serverTime: forAnyone("{ serverTime }", expect.any(String)),
  limits: forAnyone("{ limits { batchSize } }", { batchSize: 100 }),
  uploadPolicies: forAnyone("{ uploadPolicies { name } }", expect.arrayContaining([{ name: "default" }])),
  storageOrigins: forAnyone("{ storageOrigins }", [expect.any(String)]),

  viewer: read("{ viewer { usage { usedBytes } } }", {
    prepare: ready,
    owner: { usage: expect.not.objectContaining({ usedBytes: 0 }) },
    other: { usage: { usedBytes: 0 } },
  }),
  file: read(`query ($id: ID!) { file(id: $id) { ${FILE} } }`, { prepare: ready, owner: READY_FILE, other: null }),
  node: read(`query ($id: ID!) { node(id: $id) { ${FILE} } }`, { prepare: ready, owner: READY_FILE, other: null }),
  nodes: read(`query ($id: ID!) { nodes(ids: [$id]) { ${FILE} } }`, {
    ...{ prepare: ready, owner: [READY_FILE], other: [null] },
  }),
  files: read("{ files(first: 100) { nodes { filename } totalCount } }", {
    prepare: ready,
    owner: { nodes: expect.arrayContaining([{ filename: FILENAME }]), totalCount: expect.any(Number) },
    other: { nodes: expect.not.arrayContaining([{ filename: FILENAME }]), totalCount: expect.any(Number) },
  }),

  createUploadUrl: create("files:write", `mutation { createUploadUrl(input: ${NEW_UPLOAD}) { __typename } }`, TICKET),
  createUploadUrls: create("files:write", `mutation { createUploadUrls(inputs: [${NEW_UPLOAD}]) { __typename } }`, [
    TICKET,
  ]),
  signUploadParts: change("signUploadParts(fileId: $id, parts: [{ number: 1 }])", "SignedParts", "opened"),
  confirmUpload: change("confirmUpload(fileId: $id)", "ConfirmedUpload", "sent"),
  confirmUploads: listed(change("confirmUploads(fileIds: [$id])", "ConfirmedUpload", "sent")),
  abortUpload: change("abortUpload(fileId: $id)", "AbortedUpload", "opened"),
  renameFile: change(`renameFile(id: $id, filename: "${FILENAME}")`, "RenamedFile", "ready"),
  restoreFile: change("restoreFile(id: $id)", "RestoredFile", "deleted"),
  deleteFile: change("deleteFile(id: $id, permanently: true)", "DeletedFile", "ready"),

  apiKeys: {
    ...{ kind: "query", scope: "files:admin", operation: "{ apiKeys { name } }" },
    owner: expect.arrayContaining([{ name: KEY_NAME }]),
    other: expect.not.arrayContaining([{ name: KEY_NAME }]),
  },
  createApiKey: create(
    "files:admin",
    `mutation { createApiKey(input: { name: "new", scopes: [FILES_READ] }) { __typename } }`,
    { __typename: "CreatedApiKey" },
  ),
  revokeApiKey: {
    ...{ kind: "mutation", scope: "files:admin" },
    operation: "mutation ($id: ID!) { revokeApiKey(id: $id) { __typename } }",
    prepare: async (api) => ({ id: (await makeKey(api, ["FILES_READ"])).id }),
    owner: { __typename: "RevokedApiKey" },
    other: { __typename: "ApiKeyNotFound" },
  },

  filesChanged: {
    ...{ kind: "subscription", scope: "files:read" },
    operation: "subscription ($ids: [ID!]) { filesChanged(ids: $ids) { file { filename } } }",
    // On connecting, the state of each file is told to whom it belongs; the second one is the other's.
    prepare: async (api) => ({ ids: [await upTo.ready(api), (await openUpload(api, "other", "hello", {})).file.id] }),
    owner: { file: { filename: FILENAME } },
    other: { file: { filename: "data.bin" } },
  },
};
