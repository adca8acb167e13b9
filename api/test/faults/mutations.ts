import { noise } from "../content.js";
import type { Content } from "../content.js";
import { DOCUMENTS, openUpload, sendBytes, upload } from "../operations.js";
import type { Api, Problem, UploadTicket } from "../operations.js";
import { accountOf, uuidOf } from "../records.js";
import { historyOf } from "../invariants.js";
import type { TestApp } from "../test-app.js";

/** One mutation of the API: what it is tried on, how it is called, and what must be so when it was answered. */
export interface MutationCase {
  readonly name: string;
  /** Makes what the call is about, by a way that works. Answers the call's variables. */
  prepare(scene: Scene): Promise<Record<string, unknown>>;
  readonly query: string;
  /** Names of members that say "done"; the second ones when a call before this has done it all. */
  readonly done: readonly string[];
  /** Becomes true, for the caller and in the books. */
  holds(scene: Scene): Promise<boolean>;
}

/** A user of their own with one file, for one call. */
export interface Scene {
  readonly healthy: TestApp;
  readonly user: string;
  readonly content: Content;
  fileId: string;
  /** The answer that counts. */
  answer: unknown;
}

export const SIZE_BYTES = 1_000;

export function newScene(healthy: TestApp, user: string): Scene {
  return { healthy, user, content: noise(SIZE_BYTES, user), fileId: "", answer: null };
}

const create = (input: Record<string, unknown>) => ({
  input: { filename: "a.bin", contentType: "application/octet-stream", size: SIZE_BYTES, ...input },
});

async function opened(scene: Scene): Promise<UploadTicket> {
  const ticket = await openUpload(scene.healthy, scene.user, scene.content);
  scene.fileId = ticket.file.id;
  return ticket;
}

async function ready(scene: Scene): Promise<string> {
  scene.fileId = (await upload(scene.healthy, scene.user, scene.content)).id;
  return scene.fileId;
}

async function inTrash(scene: Scene): Promise<string> {
  const id = await ready(scene);
  await succeed(scene.healthy, scene.user, DOCUMENTS.deleteFile, { id });
  return id;
}

async function succeed(api: Api, user: string, query: string, variables: Record<string, unknown>): Promise<void> {
  const { data, errors } = await api.call<Record<string, Problem>>(user, query, variables);
  if (errors !== undefined || Object.values(data)[0]!.code !== undefined)
    throw new Error(JSON.stringify(data ?? errors));
}

/** The books say exactly this. */
async function accountIs(
  { healthy, user }: Scene,
  bytes: { used?: number; reserved?: number; open?: number },
): Promise<boolean> {
  const account = await accountOf(healthy, user);
  const { used = 0, reserved = 0, open = 0 } = bytes;
  return account.used === used && account.reserved === reserved && account.open === open && account.uncollected === 0;
}

/** The last answer is a ticket for the one upload that is left, and its bytes can be sent and confirmed. */
async function ticketWorks(scene: Scene): Promise<boolean> {
  // Reservations of calls that were not answered are undone.
  if (!(await accountIs(scene, { reserved: SIZE_BYTES, open: 1 }))) return false;
  const { healthy, user, content } = scene;
  const ticket = scene.answer as UploadTicket;
  await sendBytes(healthy, user, ticket, content);
  await succeed(healthy, user, DOCUMENTS.confirmUpload, { fileId: ticket.file.id });
  return accountIs(scene, { used: SIZE_BYTES });
}

const wasOnce = async ({ healthy, fileId }: Scene, history: string): Promise<boolean> =>
  (await historyOf(healthy, uuidOf(fileId))) === history;

export const MUTATIONS: readonly MutationCase[] = [
  {
    name: "createUploadUrl",
    prepare: async () => create({}),
    query: DOCUMENTS.createUploadUrl,
    done: ["UploadTicket"],
    holds: ticketWorks,
  },
  {
    name: "createUploadUrl with a key",
    prepare: async () => create({ idempotencyKey: "once" }),
    query: DOCUMENTS.createUploadUrl,
    done: ["UploadTicket"],
    holds: ticketWorks,
  },
  {
    name: "signUploadParts",
    prepare: async (scene) => ({ fileId: (await opened(scene)).file.id, parts: [{ number: 1 }] }),
    query: DOCUMENTS.signUploadParts,
    done: ["SignedParts"],
    holds: (scene) => accountIs(scene, { reserved: SIZE_BYTES, open: 1 }),
  },
  {
    name: "confirmUpload",
    async prepare(scene) {
      const ticket = await opened(scene);
      await sendBytes(scene.healthy, scene.user, ticket, scene.content);
      return { fileId: ticket.file.id };
    },
    query: DOCUMENTS.confirmUpload,
    done: ["ConfirmedUpload"],
    holds: async (scene) => (await wasOnce(scene, "PENDING>VERIFYING>READY")) && accountIs(scene, { used: SIZE_BYTES }),
  },
  {
    name: "abortUpload",
    prepare: async (scene) => ({ fileId: (await opened(scene)).file.id }),
    query: DOCUMENTS.abortUpload,
    done: ["AbortedUpload"],
    holds: async (scene) => (await wasOnce(scene, "PENDING>EXPIRED")) && accountIs(scene, {}),
  },
  {
    name: "renameFile",
    prepare: async (scene) => ({ id: await ready(scene), filename: "b.bin" }),
    query: DOCUMENTS.renameFile,
    done: ["RenamedFile"],
    holds: (scene) => accountIs(scene, { used: SIZE_BYTES }),
  },
  {
    name: "deleteFile, into the trash",
    prepare: async (scene) => ({ id: await ready(scene) }),
    query: DOCUMENTS.deleteFile,
    done: ["DeletedFile"],
    holds: async (scene) =>
      (await wasOnce(scene, "PENDING>VERIFYING>READY>DELETED")) && accountIs(scene, { used: SIZE_BYTES }),
  },
  {
    name: "deleteFile of an open upload",
    prepare: async (scene) => ({ id: (await opened(scene)).file.id }),
    query: DOCUMENTS.deleteFile,
    done: ["DeletedFile", "FileNotFound"],
    holds: async (scene) => (await wasOnce(scene, "PENDING>EXPIRED")) && accountIs(scene, {}),
  },
  {
    name: "deleteFile, permanently",
    prepare: async (scene) => ({ id: await ready(scene), permanently: true }),
    query: DOCUMENTS.deleteFile,
    done: ["DeletedFile", "FileNotFound"],
    holds: async (scene) => (await wasOnce(scene, "PENDING>VERIFYING>READY>DELETED")) && accountIs(scene, {}),
  },
  {
    name: "restoreFile",
    prepare: async (scene) => ({ id: await inTrash(scene) }),
    query: DOCUMENTS.restoreFile,
    done: ["RestoredFile"],
    holds: async (scene) =>
      (await wasOnce(scene, "PENDING>VERIFYING>READY>DELETED>READY")) && accountIs(scene, { used: SIZE_BYTES }),
  },
];
