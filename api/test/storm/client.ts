import type { ApiFile, UploadTicket } from "../operations.js";
import { digestOf } from "./bytes.js";
import type { Calls } from "./calls.js";
import type { History } from "./history.js";
import type { UploadPlan } from "./schedule.js";
import type { FileStory, Stories } from "./story.js";
import type { World } from "./world.js";

/** What every client of a storm works with. */
export interface ClientDeps {
  readonly world: World;
  readonly history: History;
  readonly calls: Calls;
  readonly stories: Stories;
}

/** A success that names the file. */
export interface WithFile {
  readonly __typename: string;
  readonly file: ApiFile;
}

/** The row's times are those of the database's clock, on this machine. */
const CLOCK_TOLERANCE_MS = 1_000;

/** The story of a ticket's file. */
export function storyOf(
  { stories }: ClientDeps,
  plan: UploadPlan,
  ticket: Pick<UploadTicket, "partCount" | "confirmBy"> & { file: { id: string } },
): FileStory {
  const { partCount, confirmBy } = ticket;
  return stories.of(plan, ticket.file.id, { partCount, confirmByMs: Date.parse(confirmBy) });
}

/** Whether it is told that its time is over, and that is so. */
export function isExpired(answer: { readonly __typename: string }, confirmByMs: number): boolean {
  return answer.__typename === "UploadExpired" && Date.now() + CLOCK_TOLERANCE_MS >= confirmByMs;
}

/** A file that was answered READY: it is whole, and from now on it must never be lost. */
export function noteReady({ history }: Pick<ClientDeps, "history">, story: FileStory, file: ApiFile): void {
  const { plan } = story;
  story.ready = true;
  story.told = "READY";
  const wrong =
    file.id !== story.fileId ||
    file.status !== "READY" ||
    file.size !== plan.sizeBytes ||
    plan.wrongType ||
    (file.sha256 !== null && file.sha256 !== digestOf(plan)) ||
    // The engine declares no digest of a large file's whole.
    (plan.declareSha256 && plan.by === "RAW" && file.sha256 === null);
  if (wrong) history.unexplained(plan.index, `READY, but not as sent: ${JSON.stringify(file)}`);
}

/** What the owner does with a READY file. */
export async function afterwards(deps: ClientDeps, story: FileStory): Promise<void> {
  const { plan, fileId } = story;
  const id = fileId;
  if (plan.newName !== null) {
    story.names = [plan.filename, plan.newName];
    await expectDone(deps, story, "renameFile", { id, filename: plan.newName }, "RenamedFile");
    story.names = [plan.newName];
  }
  const { fate } = plan;
  if (fate === "TRASH" || fate === "RESTORE" || fate === "PURGE_FROM_TRASH") {
    await expectDone(deps, story, "deleteFile", { id }, "DeletedFile");
    story.told = "DELETED";
  }
  if (fate === "RESTORE") {
    await expectDone(deps, story, "restoreFile", { id }, "RestoredFile");
    story.told = "READY";
  }
  if (fate === "PURGE" || fate === "PURGE_FROM_TRASH") {
    await expectDone(deps, story, "deleteFile", { id, permanently: true }, "DeletedFile");
    story.told = "PURGED";
  }
}

async function expectDone(
  { calls, history }: ClientDeps,
  { plan }: FileStory,
  operation: "renameFile" | "deleteFile" | "restoreFile",
  variables: Record<string, unknown>,
  done: string,
): Promise<void> {
  const { answer, repeated } = await calls.ask<WithFile>(plan, operation, variables);
  if (answer.__typename === done) return;
  // The first try has purged it, and there is nothing left to name.
  if (repeated && variables["permanently"] === true && answer.__typename === "FileNotFound") return;
  history.unexplained(plan.index, `${operation} answered ${JSON.stringify(answer)}`);
}
