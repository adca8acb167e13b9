import type { Problem, UploadTicket } from "../operations.js";
import { digestOf } from "./bytes.js";
import { afterwards, isExpired, noteReady, storyOf } from "./client.js";
import type { ClientDeps, WithFile } from "./client.js";
import type { UploadPlan } from "./schedule.js";
import { sendParts } from "./send-parts.js";
import type { FileStory } from "./story.js";

/** SEALED: READY or REJECTED. OVER: this row is done with and its bytes are nowhere. */
type Course = "SEALED" | "OVER";

const MAX_GENERATIONS = 12;
/** Rounds of signing, sending and confirming for one row. */
const MAX_ROUNDS = 40;

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
