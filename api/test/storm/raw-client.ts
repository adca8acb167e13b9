import { expectMember, rangeOf } from "../operations.js";
import type { ApiFile, Problem, SignedPart, UploadTicket } from "../operations.js";
import { sha256Of } from "../content.js";
import { contentOf, digestOf, sendPart } from "./bytes.js";
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

interface WithFile {
  readonly __typename: string;
  readonly file: ApiFile;
}

/** SEALED: READY or REJECTED. OVER: this row is done with and its bytes are nowhere. */
type Course = "SEALED" | "OVER";

const MAX_GENERATIONS = 12;
const PARTS_AT_ONCE = 2;
/** Rounds of signing, sending and confirming for one row. */
const MAX_ROUNDS = 40;
/** The row's times are those of the database's clock, on this machine. */
const CLOCK_TOLERANCE_MS = 1_000;

/** One upload from its ticket to what its owner has in mind for it, by HTTP and nothing else. */
export async function uploadByHand(deps: ClientDeps, plan: UploadPlan): Promise<void> {
  for (let generation = 0; generation < MAX_GENERATIONS; generation += 1) {
    const ticket = await openUpload(deps, plan, generation);
    if (ticket === null) continue;
    const story = storyOf(deps, plan, ticket);
    const course = await followFate(deps, story, ticket);
    if (course === "SEALED") return;
    deps.history.count("uploads begun anew");
  }
  deps.history.unexplained(plan.index, `not uploaded in ${MAX_GENERATIONS} tries`);
}

export function storyOf(
  { stories }: ClientDeps,
  plan: UploadPlan,
  ticket: Pick<UploadTicket, "partCount" | "confirmBy"> & { file: { id: string } },
): FileStory {
  const { partCount, confirmBy } = ticket;
  return stories.of(plan, ticket.file.id, { partCount, confirmByMs: Date.parse(confirmBy) });
}

/** Null: begin anew with another key. */
async function openUpload(deps: ClientDeps, plan: UploadPlan, generation: number): Promise<UploadTicket | null> {
  const { filename, contentType, sizeBytes: size, partChecksum } = plan;
  const input = {
    ...{ filename, contentType, size, partChecksum },
    ...(plan.declareSha256 ? { sha256: digestOf(plan) } : {}),
    ...(plan.withKey ? { idempotencyKey: keyOf(plan, generation) } : {}),
  };
  const { answer, repeated } = await deps.calls.ask<UploadTicket>(plan, "createUploadUrl", { input });
  if (answer.__typename === "UploadTicket") {
    const ticket = answer as UploadTicket;
    const fits = ticket.file.size === size && ticket.file.filename === filename;
    if (!fits) deps.history.unexplained(plan.index, `a ticket for something else: ${JSON.stringify(ticket.file)}`);
    return ticket;
  }
  // A call that was not answered has opened an upload, and it ended before the repeat: promoted or expired.
  const ended = answer.__typename === "IdempotencyConflict" && repeated;
  if (!ended) deps.history.unexplained(plan.index, `createUploadUrl answered ${JSON.stringify(answer)}`);
  return null;
}

const keyOf = (plan: UploadPlan, generation: number): string => `${plan.contentSeed}:${generation}`;

async function followFate(deps: ClientDeps, story: FileStory, ticket: UploadTicket): Promise<Course> {
  const { plan } = story;
  if (plan.confirmEarly) await confirmEarly(deps, story);
  switch (plan.fate) {
    case "ABORT_EARLY":
      return abort(deps, story);
    case "ABANDON_EARLY":
      return "SEALED";
    case "ABANDON_HALF":
      await sendParts(deps, story, ticket, numbersUpTo(Math.floor(story.partCount / 2)));
      return "SEALED";
    case "ABANDON_SENT":
      await sendParts(deps, story, ticket, numbersUpTo(story.partCount));
      return "SEALED";
    case "ABORT_LATE":
      await sendParts(deps, story, ticket, numbersUpTo(story.partCount));
      return abort(deps, story);
    default: {
      const course = await bringHome(deps, story, ticket);
      if (course === "SEALED" && story.told === "READY") await afterwards(deps, story);
      return course;
    }
  }
}

const numbersUpTo = (count: number): number[] => Array.from({ length: count }, (_, index) => index + 1);

/** Before any byte: whatever is answered, it must not be a verdict. */
async function confirmEarly(
  { calls, history }: ClientDeps,
  { plan, fileId, partCount, confirmByMs }: FileStory,
): Promise<void> {
  const { answer } = await calls.ask<WithFile>(plan, "confirmUpload", { fileId });
  const missing = answer.__typename === "PartsMissing" && (answer as Problem)["numbers"];
  const all = Array.isArray(missing) && missing.length === partCount;
  if (!all && !isExpired(answer, confirmByMs))
    history.unexplained(plan.index, `confirmed without bytes: ${JSON.stringify(answer)}`);
}

/** Sends and confirms until there is a verdict. */
async function bringHome(deps: ClientDeps, story: FileStory, ticket: UploadTicket): Promise<Course> {
  const { plan, fileId } = story;
  let wanted = numbersUpTo(story.partCount);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    await sendParts(deps, story, ticket, wanted);
    const confirming = Array.from({ length: plan.confirmers }, () =>
      deps.calls.ask<WithFile>(plan, "confirmUpload", { fileId }),
    );
    const [first, ...others] = (await Promise.all(confirming)).map(({ answer }) => answer);
    const course = judge(deps, story, first!);
    for (const other of others) compare(deps, story, first!, other);
    if (course !== "AGAIN") return course;
    wanted = numbersUpTo(story.partCount).filter((number) => !story.stored.has(number));
  }
  deps.history.unexplained(plan.index, `no verdict in ${MAX_ROUNDS} rounds`);
  return "SEALED";
}

function judge({ history }: ClientDeps, story: FileStory, answer: WithFile | Problem): Course | "AGAIN" {
  const { plan, stored, confirmByMs } = story;
  switch (answer.__typename) {
    case "ConfirmedUpload":
      noteReady({ history }, story, (answer as WithFile).file);
      return "SEALED";
    case "ContentMismatch":
      if (!plan.wrongType) break;
      story.told = "REJECTED";
      return "SEALED";
    case "PartsMissing": {
      const lost = ((answer as Problem)["numbers"] as number[]).filter((number) => stored.has(number));
      if (lost.length > 0) break;
      return "AGAIN";
    }
    case "UploadExpired":
      if (!isExpired(answer, confirmByMs)) break;
      story.told = "EXPIRED";
      return "OVER";
  }
  history.unexplained(plan.index, `confirmUpload answered ${JSON.stringify(answer)}`);
  return "OVER";
}

function isExpired(answer: WithFile | Problem, confirmByMs: number): boolean {
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
    (plan.declareSha256 && file.sha256 === null);
  if (wrong) history.unexplained(plan.index, `READY, but not as sent: ${JSON.stringify(file)}`);
}

/** Two clients that confirm the same upload are told the same. */
function compare(
  { history }: ClientDeps,
  { plan }: FileStory,
  one: WithFile | Problem,
  other: WithFile | Problem,
): void {
  const facts = (answer: WithFile | Problem): string =>
    JSON.stringify([
      answer.__typename,
      (answer as Partial<WithFile>).file?.id,
      (answer as Partial<WithFile>).file?.readyAt,
    ]);
  // Before the verdict both may see what is missing at their moment.
  const open = (answer: WithFile | Problem): boolean => answer.__typename === "PartsMissing";
  if (!open(one) && !open(other) && facts(one) !== facts(other))
    history.unexplained(plan.index, `two confirms, two answers: ${facts(one)} and ${facts(other)}`);
}

/** Sends these parts, or stops when the upload takes no more; the verdict then says why. */
async function sendParts(
  deps: ClientDeps,
  story: FileStory,
  ticket: UploadTicket,
  numbers: readonly number[],
): Promise<void> {
  const queue = numbers.values();
  let closed = false;
  const sendFromQueue = async (): Promise<void> => {
    for (const number of queue) {
      if (closed) return;
      closed ||= !(await sendOne(deps, story, ticket, number));
    }
  };
  await Promise.all(Array.from({ length: PARTS_AT_ONCE }, sendFromQueue));
}

/** False: the upload is closed. */
async function sendOne(deps: ClientDeps, story: FileStory, ticket: UploadTicket, number: number): Promise<boolean> {
  const { plan } = story;
  const range = rangeOf({ partSize: ticket.partSize, file: { size: plan.sizeBytes } }, number);
  let signed: SignedPart | null = partOfTicket(ticket);
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    signed ??= await signPart(deps, story, ticket, number, range);
    if (signed === null) return false;
    story.sent.add(number);
    const outcome = await sendPart(deps, plan, signed, range);
    if (outcome === "STORED") {
      story.stored.add(number);
      return true;
    }
    if (outcome === "CLOSED") return false;
    signed = null;
  }
  deps.history.unexplained(plan.index, `part ${number} was not stored in ${MAX_ROUNDS} rounds`);
  return false;
}

/** The URL that came with the ticket; null when its time is over or parts are signed one by one. */
function partOfTicket({ transfer, uploadUrl, headers, urlExpiresAt }: UploadTicket): SignedPart | null {
  if (transfer !== "SINGLE" || Date.parse(urlExpiresAt!) <= Date.now()) return null;
  return { number: 1, url: uploadUrl!, headers, expiresAt: urlExpiresAt! };
}

/** Null: the upload is closed. */
async function signPart(
  { calls, history }: ClientDeps,
  { plan, fileId, confirmByMs }: FileStory,
  { partChecksum }: UploadTicket,
  number: number,
  range: readonly [number, number],
): Promise<SignedPart | null> {
  const parts = [{ number, ...(partChecksum === "SHA256" ? { sha256: sha256Of(contentOf(plan), ...range) } : {}) }];
  const { answer } = await calls.ask<{ __typename: "SignedParts"; parts: SignedPart[] }>(plan, "signUploadParts", {
    fileId,
    parts,
  });
  if (answer.__typename === "SignedParts")
    return expectMember("SignedParts", answer as never as { __typename: "SignedParts"; parts: SignedPart[] }).parts[0]!;
  // The sweeper looks at it, or has sealed it: confirming tells.
  const closed = answer.__typename === "UploadNotOpen" || isExpired(answer as Problem, confirmByMs);
  if (!closed) history.unexplained(plan.index, `signUploadParts answered ${JSON.stringify(answer)}`);
  return null;
}

async function abort({ calls, history }: ClientDeps, story: FileStory): Promise<Course> {
  const { plan, fileId, partCount, sent } = story;
  const { answer } = await calls.ask<WithFile>(plan, "abortUpload", { fileId });
  if (answer.__typename === "AbortedUpload") story.told = "EXPIRED";
  else {
    // The sweeper was faster and has sealed it: then it stays.
    const sealed = answer.__typename === "UploadNotOpen" && sent.size === partCount;
    if (!sealed) history.unexplained(plan.index, `abortUpload answered ${JSON.stringify(answer)}`);
  }
  return "SEALED";
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
  switch (plan.fate) {
    case "TRASH":
    case "RESTORE":
    case "PURGE_FROM_TRASH":
      await expectDone(deps, story, "deleteFile", { id }, "DeletedFile");
      story.told = "DELETED";
      if (plan.fate === "RESTORE") {
        await expectDone(deps, story, "restoreFile", { id }, "RestoredFile");
        story.told = "READY";
      }
      if (plan.fate === "PURGE_FROM_TRASH") await purge(deps, story);
      return;
    case "PURGE":
      await purge(deps, story);
      return;
  }
}

async function purge(deps: ClientDeps, story: FileStory): Promise<void> {
  await expectDone(deps, story, "deleteFile", { id: story.fileId, permanently: true }, "DeletedFile");
  story.told = "PURGED";
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
