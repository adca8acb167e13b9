import { setTimeout as sleep } from "node:timers/promises";
import { rowsOf } from "../src/db/query.js";
import { toFileId } from "../src/files/file-id.js";
import type { Content } from "./content.js";
import { sha256Of } from "./content.js";
import { historyOf } from "./invariants.js";
import type { Holdings } from "./invariants.js";
import {
  abortUpload,
  confirmUpload,
  createUploadUrl,
  deleteFile,
  openUpload,
  rangeOf,
  readFile,
  sendBytes,
  signPartsOf,
  upload,
} from "./operations.js";
import type { Api, CreateInput, Problem, UploadTicket } from "./operations.js";
import { headOf, keyOf, openUploadKeys, ownerOf, rowOf, uuidOf } from "./records.js";
import { download, put } from "./store-client.js";

/** What goes on with a file whose process has died. */
export const FOLLOW_UPS = ["retry", "sweeper", "second confirm", "delete"] as const;
export type FollowUp = (typeof FOLLOW_UPS)[number];

/** The call that never gets an answer. */
export type DoomedCall = "create" | "confirm" | "delete" | "abort";

/** One file that meets a death, as its client knows it. */
export interface Subject {
  readonly content: Content;
  /** All of what createUploadUrl is asked. */
  readonly input: CreateInput & { readonly idempotencyKey: string };
  /** Null: the client was never told. */
  fileId: string | null;
}

export const USER = "crash";

/** A client tries again for so long, as the engine does. */
const PERSISTS_MS = 15_000;
const TRY_AGAIN_MS = 100;

type Answer = { readonly __typename: string } | Problem;

/** Brings a subject to just before the call that is going to die. */
export async function prepare(api: Api, call: DoomedCall, subject: Subject): Promise<void> {
  const { content, input } = subject;
  if (call === "create") return;
  if (call === "delete") {
    subject.fileId = (await upload(api, USER, content, input)).id;
    return;
  }
  const ticket = await openUpload(api, USER, content, input);
  subject.fileId = ticket.file.id;
  if (call === "confirm") await sendBytes(api, USER, ticket, content);
}

/** The call itself. */
export function callOf(api: Api, call: DoomedCall, { input, fileId }: Subject): Promise<Answer> {
  switch (call) {
    case "create":
      return createUploadUrl(api, USER, input);
    case "confirm":
      return confirmUpload(api, USER, fileId!);
    case "delete":
      return deleteFile(api, USER, fileId!, true);
    case "abort":
      return abortUpload(api, USER, fileId!);
  }
}

/** The same call until it is no longer answered "try again", as a client does it. */
export async function persist(call: () => Promise<Answer>): Promise<Answer> {
  const deadline = Date.now() + PERSISTS_MS;
  for (;;) {
    const answer = await call();
    if (!("retryable" in answer && answer.retryable)) return answer;
    if (Date.now() > deadline) throw new Error(`still ${JSON.stringify(answer)}`);
    await sleep(TRY_AGAIN_MS);
  }
}

/** The same call again, and whatever is then left to do until the file is there. Answers the last answer's name. */
export async function retry(api: Api, call: DoomedCall, subject: Subject): Promise<string> {
  const answer = await persist(() => callOf(api, call, subject));
  if (answer.__typename !== "UploadTicket") return answer.__typename;
  const ticket = answer as UploadTicket;
  // The row that the dead process has made, if it came that far, is the one that goes on.
  if (subject.fileId !== null && ticket.file.id !== subject.fileId) throw new Error("another file was made");
  subject.fileId = ticket.file.id;
  await sendBytes(api, USER, ticket, subject.content);
  return (await persist(() => confirmUpload(api, USER, ticket.file.id))).__typename;
}

/** Two clients confirm at once. What the store turns out to lack is sent, and they do so again. */
export async function confirmTwice(api: Api, subject: Subject): Promise<string> {
  const fileId = subject.fileId ?? NOBODYS;
  const both = async (): Promise<string> => {
    const confirm = (): Promise<Answer> => persist(() => confirmUpload(api, USER, fileId));
    const [first, second] = await Promise.all([confirm(), confirm()]);
    if (first.__typename !== second.__typename)
      throw new Error(`two verdicts: ${JSON.stringify(first)} and ${JSON.stringify(second)}`);
    return first.__typename;
  };
  const answer = await both();
  if (answer !== "PartsMissing") return answer;
  await sendAll(api, subject);
  return both();
}

/** A file id that no file has. */
const NOBODYS = toFileId("01900000-0000-7000-8000-000000000000");

/** Deletes without `permanently`: what is READY goes to the trash. */
export const deleteIt = (api: Api, { fileId }: Subject): Promise<Answer> => deleteFile(api, USER, fileId ?? NOBODYS);

async function sendAll(api: Api, { content, fileId }: Subject): Promise<void> {
  const file = (await readFile(api, USER, fileId!))!;
  const row = { size: file.size, id: file.id };
  const { upload: ticket } = await ticketOf(api, fileId!);
  for (let number = 1; number <= ticket.partCount; number += 1) {
    const whole = { ...ticket, file: row } as unknown as UploadTicket;
    const [signed] = await signPartsOf(api, USER, whole, content, [number]);
    const [fromByte, toByte] = rangeOf(whole, number);
    const { status, text } = await put(signed!, content, { fromByte, toByte });
    if (status !== 200) throw new Error(`the store answered ${status}: ${text}`);
  }
}

async function ticketOf(api: Api, id: string) {
  const { data } = await api.call<{ file: { upload: Pick<UploadTicket, "partCount" | "partSize" | "partChecksum"> } }>(
    USER,
    "query ($id: ID!) { file(id: $id) { upload { partCount partSize partChecksum } } }",
    { id },
  );
  return data.file;
}

/** What stands where, for one file: as the death has left it. */
export interface Remains {
  /** Null: no row. */
  readonly status: string | null;
  /** The row knows its multipart upload. */
  readonly open: boolean;
  /** The row says that a Complete was sent. */
  readonly completeSent: boolean;
  readonly claimed: boolean;
  readonly collected: boolean;
  /** The store holds the sealed object. */
  readonly object: boolean;
  /** Open multipart uploads of its key. */
  readonly uploads: number;
}

export const NOTHING: Remains = {
  status: null,
  open: false,
  completeSent: false,
  claimed: false,
  collected: false,
  object: false,
  uploads: 0,
};

export async function remainsOf(scene: Holdings, { fileId }: Subject): Promise<Remains> {
  const row = fileId === null ? null : await rowOf(scene, fileId);
  if (row === null) return NOTHING;
  const keys = await openUploadKeys(scene);
  return {
    status: String(row["status"]),
    open: row["upload_id"] !== null,
    completeSent: row["complete_sent_at"] !== null,
    claimed: row["collecting_at"] !== null,
    collected: row["collected_at"] !== null,
    object: (await headOf(scene, fileId!)) !== null,
    uploads: keys.filter((key) => key === keyOf(fileId!)).length,
  };
}

/** The id of the row that the client was never told of; null when there is none. */
export async function idByKey(scene: Holdings, idempotencyKey: string): Promise<string | null> {
  const [row] = await rowsOf<{ id: string }>(
    scene.db,
    "select id from files where owner_id = $1 and idempotency_key = $2",
    [ownerOf(USER), idempotencyKey],
  );
  return row === undefined ? null : toFileId(row.id);
}

/** The states a file has been through; "nothing" when there never was one. */
export const pathOf = async (scene: Holdings, { fileId }: Subject): Promise<string> =>
  fileId === null ? "nothing" : historyOf(scene, uuidOf(fileId));

/** Nothing is left to do for this one: it is open, sealed, or ended without a byte. */
export async function isSettled(scene: Holdings, { fileId }: Subject): Promise<boolean> {
  const row = fileId === null ? null : await rowOf(scene, fileId);
  if (row === null || row["collected_at"] !== null) return true;
  const purged = row["purge_at"] !== null && (row["purge_at"] as Date).getTime() <= Date.now();
  return row["status"] === "READY" || (row["status"] === "DELETED" && !purged);
}

/** I7: what is READY is read back over its URL and hashed. @throws Error for any other byte */
export async function readBack(api: Api, { fileId, content }: Subject): Promise<void> {
  const file = fileId === null ? null : await readFile(api, USER, fileId);
  if (file === null || file.status !== "READY") return;
  const { status, sha256 } = await download(file.url!);
  if (status !== 200 || sha256 !== sha256Of(content)) throw new Error(`${fileId} is READY with other bytes`);
}
