import assert from "node:assert/strict";
import { exists } from "./objects.js";
import type { Signing, Subject } from "./subject.js";

/** What presigned checks store. */
export const body = Buffer.from("presigned body");

/** A presigned PUT to a fresh key. */
export async function presignedPut(subject: Subject, headers: Record<string, string> = {}, signing: Signing = {}) {
  const key = subject.key("presigned");
  const presigned = await subject.presign({ method: "PUT", path: subject.path(key), headers }, signing);
  return { key, presigned };
}

/** Asserts a 403 that stored nothing. */
export async function expectRefused(
  subject: Subject,
  key: string,
  sent: Promise<{ status: number; code: string }>,
): Promise<void> {
  const answer = await sent;
  assert.equal(answer.status, 403, `got ${answer.status} ${answer.code}`);
  assert.equal(await exists(subject, key), false, "the refused object was stored");
}
