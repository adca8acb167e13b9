import { expect, test } from "@jest/globals";
import { planUpload } from "./schedule.js";
import type { UploadPlan } from "./schedule.js";
import { createStories, endsOf } from "./story.js";
import type { FileStory } from "./story.js";

const PLAN: UploadPlan = {
  ...planUpload(
    { seed: "s", uploads: 1, kills: 1, processes: 1, sizes: "SMALL", strikeEveryMs: [1, 2], leaseMs: 1000 },
    0,
  ),
  wrongType: false,
};

function story(change: Partial<FileStory>, sent: readonly number[] = [], stored: readonly number[] = []): FileStory {
  const begun = createStories().of(PLAN, "file_1", { partCount: 2, confirmByMs: 0 });
  return { ...begun, ...change, sent: new Set(sent), stored: new Set(stored) };
}

test("what its owner was told is the only end that a file may have", () => {
  for (const told of ["READY", "REJECTED", "EXPIRED", "DELETED", "PURGED"] as const)
    expect(endsOf(story({ told }, [1, 2], [1, 2]))).toEqual([told]);
});

test("an upload that nobody confirmed is promoted when the store has said that all of it is there", () => {
  expect(endsOf(story({}, [1, 2], [1, 2]))).toEqual(["READY"]);
  expect(endsOf(story({ plan: { ...PLAN, wrongType: true } }, [1, 2], [1, 2]))).toEqual(["REJECTED"]);
  expect(endsOf(story({ partCount: 0 }))).toEqual(["READY"]);
});

test("it expires when something was never sent; an answer that was lost leaves both open", () => {
  expect(endsOf(story({}))).toEqual(["EXPIRED"]);
  expect(endsOf(story({}, [1], [1]))).toEqual(["EXPIRED"]);
  expect(endsOf(story({}, [1, 2], [1]))).toEqual(["READY", "EXPIRED"]);
});

test("a file has one story, however often its ticket is asked for", () => {
  const stories = createStories();
  const first = stories.of(PLAN, "file_1", { partCount: 1, confirmByMs: 1 });
  expect(stories.of(PLAN, "file_1", { partCount: 1, confirmByMs: 2 })).toBe(first);
  expect(stories.find("file_2")).toBeUndefined();
  expect([...stories.all]).toEqual([first]);
});
