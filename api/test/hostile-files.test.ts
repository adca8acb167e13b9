import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { hostileFiles, servedAs } from "./hostile-files.js";
import type { Outcome } from "./hostile-files.js";
import { confirmUpload, openUpload, sendBytes } from "./operations.js";
import { startTestApp } from "./test-app.js";
import type { TestApp } from "./test-app.js";

/** What becomes of files that mean harm; web/e2e/hostile-files.test.ts opens those that are accepted. */

const FILES = hostileFiles("http://127.0.0.1:1");

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

interface Confirmed {
  readonly __typename: string;
  readonly file?: { readonly contentType: string; readonly inlineAllowed: boolean; readonly url: string };
}

async function outcomeOf(name: string, contentType: string, bytes: Uint8Array): Promise<Outcome> {
  const ticket = await openUpload(app, "mallory", bytes, { filename: name, contentType });
  await sendBytes(app, "mallory", ticket, bytes);
  const answer = (await confirmUpload(app, "mallory", ticket.file.id)) as Confirmed;
  if (answer.__typename === "ContentMismatch") return "REJECTED";
  const { contentType: found, inlineAllowed, url } = answer.file!;
  // What the store sends is what was signed, and nothing else says anything about the type.
  const { headers, body } = await fetch(url, { method: "GET" });
  await body?.cancel();
  expect(headers.get("content-type")).toBe(servedAs(found));
  expect(headers.get("content-encoding")).toBeNull();
  expect(headers.get("content-disposition")).toMatch(inlineAllowed ? /^inline; / : /^attachment; /);
  return inlineAllowed ? { shown: found } : { saved: found };
}

test("there are thirty of them and more, each with a name of its own", () => {
  expect(FILES.length).toBeGreaterThanOrEqual(30);
  expect(new Set(FILES.map(({ name }) => name)).size).toBe(FILES.length);
});

describe("a file that means harm", () => {
  test.each(FILES.map((file) => [file.name, file.what, file] as const))("%s: %s", async (_name, _what, file) => {
    const found: Record<string, Outcome> = {};
    for (const declared of Object.keys(file.outcomes))
      found[declared] = await outcomeOf(file.name, declared, file.bytes);
    expect(found).toEqual(file.outcomes);
  });
});

test("none took so long that the service gave up on it", () => {
  expect(app.logLines.filter((line) => /timeout|time-out|TIMEOUT/i.test(line))).toEqual([]);
});
