import { sha256Of } from "../content.js";
import { rangeOf } from "../operations.js";
import type { SignedPart, UploadTicket } from "../operations.js";
import { contentOf, sendPart } from "./bytes.js";
import { isExpired } from "./client.js";
import type { ClientDeps } from "./client.js";
import type { FileStory } from "./story.js";

interface SignedParts {
  readonly __typename: string;
  readonly parts: readonly SignedPart[];
}

const PARTS_AT_ONCE = 2;
/** URLs that are tried for one part. */
const MAX_ROUNDS = 40;

/** Sends these parts, or stops when the upload takes no more; the verdict then says why. */
export async function sendParts(
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
  const { answer } = await calls.ask<SignedParts>(plan, "signUploadParts", { fileId, parts });
  if (answer.__typename === "SignedParts") return (answer as SignedParts).parts[0]!;
  // The sweeper looks at it, or has sealed it: confirming tells.
  const closed = answer.__typename === "UploadNotOpen" || isExpired(answer, confirmByMs);
  if (!closed) history.unexplained(plan.index, `signUploadParts answered ${JSON.stringify(answer)}`);
  return null;
}
