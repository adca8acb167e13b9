import { sha256Of, toContent } from "./content.js";
import type { Content } from "./content.js";
import { put } from "./store-client.js";
import type { SignedPut } from "./store-client.js";
import type { GraphqlAnswer } from "./test-app.js";

/** Whatever can be asked as a user: a TestApp, or a process. */
export interface Api {
  call<Data>(user: string, query: string, variables?: Record<string, unknown>): Promise<GraphqlAnswer<Data>>;
}

/** A member of a union that is no success; facts stand beside the interface's fields. */
export interface Problem {
  readonly __typename: string;
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
  readonly [fact: string]: unknown;
}

export interface ApiFile {
  readonly id: string;
  readonly filename: string;
  readonly size: number;
  readonly status: string;
  readonly contentType: string;
  readonly declaredType: string;
  readonly integrity: string | null;
  readonly sha256: string | null;
  readonly url: string | null;
  readonly urlExpiresAt: string | null;
  readonly inlineAllowed: boolean;
  readonly permalink: string;
  readonly rejection: Problem | null;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly readyAt: string | null;
  readonly deletedAt: string | null;
  readonly purgeAt: string | null;
}

export interface UploadTicket {
  readonly __typename: "UploadTicket";
  readonly file: ApiFile;
  readonly transfer: "NONE" | "SINGLE" | "PARTS";
  readonly method: string;
  readonly uploadUrl: string | null;
  readonly headers: SignedPut["headers"];
  readonly urlExpiresAt: string | null;
  readonly partSize: number;
  readonly partCount: number;
  readonly partChecksum: "NONE" | "SHA256";
  readonly confirmBy: string;
  readonly curl: string | null;
}

export interface SignedPart extends SignedPut {
  readonly number: number;
  readonly expiresAt: string;
}

export interface CreateInput {
  readonly filename?: string;
  readonly contentType?: string;
  readonly size: number;
  readonly sha256?: string | null;
  readonly partChecksum?: "NONE" | "SHA256" | null;
  readonly transfer?: "AUTO" | "SINGLE";
  readonly policy?: string;
  readonly idempotencyKey?: string;
}

export interface ApiKey {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly string[];
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly lastUsedAt: string | null;
}

export interface StorageUsage {
  readonly usedBytes: number;
  readonly trashBytes: number;
  readonly reservedBytes: number;
  readonly quotaBytes: number;
}

/** What each problem carries besides the interface. */
const FACTS = {
  FileTooLarge: "maxSize actualSize",
  TypeNotAllowed: "declaredType allowedTypes",
  QuotaExceeded: "neededBytes usage { usedBytes trashBytes reservedBytes quotaBytes }",
  TooManyPending: "limit",
  FilenameInvalid: "fault maxBytes",
  UnknownPolicy: "knownPolicies",
  IdempotencyConflict: "file { id status }",
  FileNotFound: "fileId",
  UploadNotOpen: "file { id status }",
  UploadExpired: "file { id status }",
  FileBusy: "file { id status } retryAfterSeconds",
  PartInvalid: "number fault partCount",
  PartsMissing: "file { id status } numbers",
  SizeMismatch: "declaredSize actualSize",
  ChecksumMismatch: "declaredSha256 actualSha256",
  ContentMismatch: "declaredType detectedType",
  MalwareFound: "signature",
  FileStateConflict: "file { id status }",
  ApiKeyInvalid: "fault",
  TooManyApiKeys: "limit",
  ApiKeyNotFound: "apiKeyId",
  TemporaryFailure: "retryAfterSeconds requestId",
} as const;

function problems(...names: (keyof typeof FACTS)[]): string {
  const facts = names.map((name) => `... on ${name} { ${FACTS[name]} }`).join(" ");
  return `__typename ... on Problem { code message retryable } ${facts}`;
}

/** Every field of File but `upload`. */
export const FILE_FIELDS = `id filename size status contentType declaredType integrity sha256 url urlExpiresAt inlineAllowed
  permalink rejection { ${problems("ContentMismatch", "MalwareFound", "ChecksumMismatch", "SizeMismatch")} }
  createdAt updatedAt readyAt deletedAt purgeAt`;
const API_KEY_FIELDS = "id name scopes createdAt expiresAt lastUsedAt";
const TICKET_FIELDS = `transfer method uploadUrl headers { name value } urlExpiresAt partSize partCount partChecksum confirmBy curl`;

const CREATE_PROBLEMS = problems(
  "FileTooLarge",
  "TypeNotAllowed",
  "QuotaExceeded",
  "FilenameInvalid",
  "UnknownPolicy",
  "IdempotencyConflict",
  "TooManyPending",
  "TemporaryFailure",
);
const CONFIRM_PROBLEMS = problems(
  "FileBusy",
  "PartsMissing",
  "SizeMismatch",
  "ChecksumMismatch",
  "ContentMismatch",
  "MalwareFound",
  "UploadExpired",
  "FileNotFound",
  "TemporaryFailure",
);

/** Every operation of the contract, each selecting every field of every member of its union. */
export const DOCUMENTS = {
  createUploadUrl: `mutation ($input: CreateUploadUrlInput!) { createUploadUrl(input: $input) {
    ... on UploadTicket { file { ${FILE_FIELDS} } ${TICKET_FIELDS} } ${CREATE_PROBLEMS} } }`,
  // A batch of 100 has to stay below the cost limit, so it asks little of each file.
  createUploadUrls: `mutation ($inputs: [CreateUploadUrlInput!]!) { createUploadUrls(inputs: $inputs) {
    ... on UploadTicket { file { id filename size status } ${TICKET_FIELDS} } ${CREATE_PROBLEMS} } }`,
  signUploadParts: `mutation ($fileId: ID!, $parts: [UploadPartInput!]!) { signUploadParts(fileId: $fileId, parts: $parts) {
    ... on SignedParts { parts { number url headers { name value } expiresAt } }
    ${problems("FileNotFound", "UploadNotOpen", "UploadExpired", "PartInvalid", "TemporaryFailure")} } }`,
  confirmUpload: `mutation ($fileId: ID!) { confirmUpload(fileId: $fileId) {
    ... on ConfirmedUpload { file { ${FILE_FIELDS} } } ${CONFIRM_PROBLEMS} } }`,
  confirmUploads: `mutation ($fileIds: [ID!]!) { confirmUploads(fileIds: $fileIds) {
    ... on ConfirmedUpload { file { ${FILE_FIELDS} } } ${CONFIRM_PROBLEMS} } }`,
  abortUpload: `mutation ($fileId: ID!) { abortUpload(fileId: $fileId) {
    ... on AbortedUpload { file { ${FILE_FIELDS} } }
    ${problems("FileBusy", "UploadNotOpen", "FileNotFound", "TemporaryFailure")} } }`,
  renameFile: `mutation ($id: ID!, $filename: String!) { renameFile(id: $id, filename: $filename) {
    ... on RenamedFile { file { ${FILE_FIELDS} } }
    ${problems("FilenameInvalid", "FileStateConflict", "FileNotFound", "TemporaryFailure")} } }`,
  restoreFile: `mutation ($id: ID!) { restoreFile(id: $id) {
    ... on RestoredFile { file { ${FILE_FIELDS} } }
    ${problems("FileStateConflict", "FileNotFound", "TemporaryFailure")} } }`,
  deleteFile: `mutation ($id: ID!, $permanently: Boolean! = false) { deleteFile(id: $id, permanently: $permanently) {
    ... on DeletedFile { file { ${FILE_FIELDS} } }
    ${problems("FileBusy", "FileStateConflict", "FileNotFound", "TemporaryFailure")} } }`,
  createApiKey: `mutation ($input: CreateApiKeyInput!) { createApiKey(input: $input) {
    ... on CreatedApiKey { apiKey { ${API_KEY_FIELDS} } secret }
    ${problems("ApiKeyInvalid", "TooManyApiKeys", "TemporaryFailure")} } }`,
  revokeApiKey: `mutation ($id: ID!) { revokeApiKey(id: $id) {
    ... on RevokedApiKey { apiKey { ${API_KEY_FIELDS} } } ${problems("ApiKeyNotFound", "TemporaryFailure")} } }`,
  apiKeys: `query { apiKeys { ${API_KEY_FIELDS} } }`,
  file: `query ($id: ID!) { file(id: $id) { ${FILE_FIELDS} } }`,
  usage: `query { viewer { id usage { usedBytes trashBytes reservedBytes quotaBytes } } }`,
} as const;

/** Sends an operation and answers its one root field. @throws Error when the whole call failed */
export async function ask<Answer>(
  api: Api,
  user: string,
  query: string,
  variables: Record<string, unknown> = {},
): Promise<Answer> {
  const { status, data, errors } = await api.call<Record<string, Answer>>(user, query, variables);
  if (errors !== undefined) throw new Error(`HTTP ${status}: ${JSON.stringify(errors)}`);
  return Object.values(data)[0]!;
}

/** The answer as the success that was expected. @throws Error with the whole answer for any other member */
export function expectMember<Success extends { readonly __typename: string }>(
  name: Success["__typename"],
  answer: Success | Problem,
): Success {
  if (answer.__typename !== name) throw new Error(`${name} was expected: ${JSON.stringify(answer)}`);
  return answer as Success;
}

interface WithFile<Name extends string> {
  readonly __typename: Name;
  readonly file: ApiFile;
}
type OneFile<Name extends string> = Promise<WithFile<Name> | Problem>;

const NAMED = { filename: "data.bin", contentType: "application/octet-stream" };

export const createUploadUrl = (api: Api, user: string, input: CreateInput): Promise<UploadTicket | Problem> =>
  ask(api, user, DOCUMENTS.createUploadUrl, { input: { ...NAMED, ...input } });
/** Of each file only id, filename, size and status are asked for. */
export const createUploadUrls = (
  api: Api,
  user: string,
  inputs: readonly CreateInput[],
): Promise<(UploadTicket | Problem)[]> =>
  ask(api, user, DOCUMENTS.createUploadUrls, { inputs: inputs.map((input) => ({ ...NAMED, ...input })) });
export const signUploadParts = (
  api: Api,
  user: string,
  fileId: string,
  parts: readonly { number: number; sha256?: string | null }[],
): Promise<{ __typename: "SignedParts"; parts: SignedPart[] } | Problem> =>
  ask(api, user, DOCUMENTS.signUploadParts, { fileId, parts });
export const confirmUpload = (api: Api, user: string, fileId: string): OneFile<"ConfirmedUpload"> =>
  ask(api, user, DOCUMENTS.confirmUpload, { fileId });
export const confirmUploads = (
  api: Api,
  user: string,
  fileIds: readonly string[],
): Promise<(WithFile<"ConfirmedUpload"> | Problem)[]> => ask(api, user, DOCUMENTS.confirmUploads, { fileIds });
export const abortUpload = (api: Api, user: string, fileId: string): OneFile<"AbortedUpload"> =>
  ask(api, user, DOCUMENTS.abortUpload, { fileId });
export const renameFile = (api: Api, user: string, id: string, filename: string): OneFile<"RenamedFile"> =>
  ask(api, user, DOCUMENTS.renameFile, { id, filename });
export const restoreFile = (api: Api, user: string, id: string): OneFile<"RestoredFile"> =>
  ask(api, user, DOCUMENTS.restoreFile, { id });
export const deleteFile = (api: Api, user: string, id: string, permanently = false): OneFile<"DeletedFile"> =>
  ask(api, user, DOCUMENTS.deleteFile, { id, permanently });
export const createApiKey = (
  api: Api,
  user: string,
  input: { readonly name: string; readonly scopes: readonly string[]; readonly expiresAt?: string | null },
): Promise<{ __typename: "CreatedApiKey"; apiKey: ApiKey; secret: string } | Problem> =>
  ask(api, user, DOCUMENTS.createApiKey, { input });
export const revokeApiKey = (
  api: Api,
  user: string,
  id: string,
): Promise<{ __typename: "RevokedApiKey"; apiKey: ApiKey } | Problem> => ask(api, user, DOCUMENTS.revokeApiKey, { id });
export const listApiKeys = (api: Api, user: string): Promise<ApiKey[]> => ask(api, user, DOCUMENTS.apiKeys);
export const readFile = (api: Api, user: string, id: string): Promise<ApiFile | null> =>
  ask(api, user, DOCUMENTS.file, { id });
export const readUsage = async (api: Api, user: string): Promise<StorageUsage> =>
  (await ask<{ usage: StorageUsage }>(api, user, DOCUMENTS.usage)).usage;

export interface UploadOptions extends Omit<CreateInput, "size" | "sha256"> {
  /** True declares the digest of the whole content. */
  readonly declareSha256?: boolean;
  /** Parts that are sent at one time. */
  readonly parallelParts?: number;
}

/** Step 1: a ticket for exactly this content. @throws Error for any problem */
export async function openUpload(
  api: Api,
  user: string,
  bytes: Content | Uint8Array | string,
  options: UploadOptions = {},
): Promise<UploadTicket> {
  const { declareSha256 = false, parallelParts: _, ...input } = options;
  const content = toContent(bytes);
  const sha256 = declareSha256 ? { sha256: sha256Of(content) } : {};
  return expectMember(
    "UploadTicket",
    await createUploadUrl(api, user, { ...input, ...sha256, size: content.sizeBytes }),
  );
}

/** URLs for the parts of a ticket, with digests where the ticket wants them. */
export async function signPartsOf(
  api: Api,
  user: string,
  ticket: UploadTicket,
  bytes: Content | Uint8Array | string,
  numbers: readonly number[],
): Promise<SignedPart[]> {
  const parts = numbers.map((number) => ({
    number,
    ...(ticket.partChecksum === "SHA256" ? { sha256: sha256Of(toContent(bytes), ...rangeOf(ticket, number)) } : {}),
  }));
  return expectMember("SignedParts", await signUploadParts(api, user, ticket.file.id, parts)).parts;
}

/** First byte of a part, and the one after its last. */
export function rangeOf(
  { partSize, file }: Pick<UploadTicket, "partSize"> & { file: { size: number } },
  number: number,
): [fromByte: number, toByte: number] {
  return [(number - 1) * partSize, Math.min(number * partSize, file.size)];
}

/** Step 2: every byte, as the ticket wants it. @throws Error when the store refuses a part */
export async function sendBytes(
  api: Api,
  user: string,
  ticket: UploadTicket,
  bytes: Content | Uint8Array | string,
  parallelParts = 2,
): Promise<void> {
  const content = toContent(bytes);
  if (ticket.transfer === "NONE") return;
  if (ticket.transfer === "SINGLE") {
    assertStored(await put({ url: ticket.uploadUrl!, headers: ticket.headers }, content));
    return;
  }
  const queue = Array.from({ length: ticket.partCount }, (_, index) => index + 1).values();
  const sendFromQueue = async (): Promise<void> => {
    for (const number of queue) {
      const [signed] = await signPartsOf(api, user, ticket, content, [number]);
      const [fromByte, toByte] = rangeOf(ticket, number);
      assertStored(await put(signed!, content, { fromByte, toByte }));
    }
  };
  await Promise.all(Array.from({ length: parallelParts }, sendFromQueue));
}

function assertStored(answer: { status: number; text: string }): void {
  if (answer.status !== 200) throw new Error(`the store answered ${answer.status}: ${answer.text}`);
}

/** All three steps. Answers the READY file. @throws Error for any problem on the way */
export async function upload(
  api: Api,
  user: string,
  bytes: Content | Uint8Array | string,
  options: UploadOptions = {},
): Promise<ApiFile> {
  const ticket = await openUpload(api, user, bytes, options);
  await sendBytes(api, user, ticket, bytes, options.parallelParts);
  return expectMember("ConfirmedUpload", await confirmUpload(api, user, ticket.file.id)).file;
}
