import type { FileStatus } from "../../src/files/file.js";
import type { UploadPlan } from "./schedule.js";

/** What a storm knows of one row, and what it must be at the end. */
export interface FileStory {
  readonly fileId: string;
  readonly plan: UploadPlan;
  /** After this instant (Date.now) it may end by itself, having been given up by nobody. */
  readonly confirmByMs: number;
  /** Names that it may have. */
  names: readonly string[];
  /** Part numbers that were sent, and those whose arrival the store has confirmed. */
  readonly sent: Set<number>;
  readonly stored: Set<number>;
  readonly partCount: number;
  /** Answered READY at least once. */
  ready: boolean;
  /** The end that its owner was told of last; null: none yet. */
  told: End | null;
}

/** PURGED: deleted permanently. */
export type End = Extract<FileStatus, "READY" | "REJECTED" | "EXPIRED" | "DELETED"> | "PURGED";

/** Every row that a client was told of. */
export interface Stories {
  /** The story of this file, begun when it is new. */
  of(plan: UploadPlan, fileId: string, facts: { partCount: number; confirmByMs: number }): FileStory;
  readonly all: Iterable<FileStory>;
  find(fileId: string): FileStory | undefined;
}

export function createStories(): Stories {
  const stories = new Map<string, FileStory>();
  return {
    of(plan, fileId, { partCount, confirmByMs }) {
      const known = stories.get(fileId);
      if (known !== undefined) return known;
      const story: FileStory = {
        ...{ fileId, plan, partCount, confirmByMs },
        names: [plan.filename],
        sent: new Set(),
        stored: new Set(),
        ready: false,
        told: null,
      };
      stories.set(fileId, story);
      return story;
    },
    all: { [Symbol.iterator]: () => stories.values() },
    find: (fileId) => stories.get(fileId),
  };
}

/** PURE. The ends that a settled row may have come to: one, wherever its owner was answered. */
export function endsOf({ plan, sent, stored, partCount, told }: FileStory): readonly End[] {
  if (told !== null) return [told];
  const sealed = plan.wrongType ? "REJECTED" : "READY";
  if (stored.size === partCount) return [sealed];
  return sent.size === partCount ? [sealed, "EXPIRED"] : ["EXPIRED"];
}
