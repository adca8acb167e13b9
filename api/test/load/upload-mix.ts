import { mintToken } from "../api-process.js";
import { createUploadUrls, upload } from "../operations.js";
import type { Api, UploadTicket } from "../operations.js";
import { put } from "../store-client.js";
import type { RequestKind } from "./load-plan.js";

/** What people do with the service: most look, some upload. */

const LIST = "{ files(first: 25) { nodes { id filename size status url } pageInfo { hasNextPage } } }";
const FILE = "query ($id: ID!) { file(id: $id) { id status url } }";
const CREATE =
  "mutation ($input: CreateUploadUrlInput!) { createUploadUrl(input: $input) { __typename ... on UploadTicket { file { id } uploadUrl headers { name value } } ... on Problem { code } ... on TemporaryFailure { retryAfterSeconds } } }";
const CONFIRM =
  "mutation ($fileId: ID!) { confirmUpload(fileId: $fileId) { __typename ... on ConfirmedUpload { file { id status } } ... on Problem { code } ... on FileBusy { retryAfterSeconds } ... on TemporaryFailure { retryAfterSeconds } } }";

const OWNERS = Array.from({ length: 8 }, (_, n) => `owner-${n}`);
/** A page of the list has 25. */
const READY_EACH = 30;
const SIZE_BYTES = 1024;
const BATCH = 100;

/** 35 % pages of the list with 25 signed URLs, 35 % one file with its URL, 20 % creates, 10 % confirms of sent bytes. */
export async function prepareMix(api: Api & { readonly url: string }, confirms: number): Promise<RequestKind[]> {
  const files: { owner: string; id: string }[] = [];
  for (const owner of OWNERS) {
    for (let n = 0; n < READY_EACH; n += 1) files.push({ owner, id: (await upload(api, owner, `content ${n}`)).id });
  }
  const sent: { owner: string; id: string }[] = [];
  let round = 0;
  while (sent.length < confirms) {
    if (round > (2 * confirms) / BATCH + 5) throw new Error("the service opens too few uploads");
    const owner = OWNERS[(round += 1) % OWNERS.length]!;
    const inputs = Array.from({ length: BATCH }, (_, n) => ({ filename: `${n}.bin`, size: SIZE_BYTES }));
    // On a busy machine some are told to come back later; the next round makes up for them.
    const answers = await createUploadUrls(api, owner, inputs);
    const tickets = answers.filter((answer): answer is UploadTicket => answer.__typename === "UploadTicket");
    const queue = tickets.values();
    const sender = async (): Promise<void> => {
      for (const { file, uploadUrl, headers } of queue) {
        const { status } = await put({ url: uploadUrl!, headers }, Buffer.alloc(SIZE_BYTES, sent.length));
        if (status !== 200) throw new Error(`the store answered ${status}`);
        sent.push({ owner, id: file.id });
      }
    };
    await Promise.all(Array.from({ length: 8 }, sender));
  }

  const token = new Map(await Promise.all(OWNERS.map(async (owner) => [owner, await mintToken(owner)] as const)));
  const request = (owner: string, query: string, variables: object): string => {
    const body = JSON.stringify({ query, variables });
    const { host } = new URL(api.url);
    return `POST /graphql HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\nauthorization: Bearer ${token.get(owner)!}\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`;
  };
  const input = { filename: "new.bin", contentType: "application/octet-stream", size: SIZE_BYTES };
  return [
    { name: "list", share: 0.35, once: false, requests: OWNERS.map((owner) => request(owner, LIST, {})) },
    { name: "file", share: 0.35, once: false, requests: files.map(({ owner, id }) => request(owner, FILE, { id })) },
    { name: "create", share: 0.2, once: false, requests: OWNERS.map((owner) => request(owner, CREATE, { input })) },
    {
      name: "confirm",
      share: 0.1,
      once: true,
      requests: sent.map(({ owner, id }) => request(owner, CONFIRM, { fileId: id })),
    },
  ];
}
