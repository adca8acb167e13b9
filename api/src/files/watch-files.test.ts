import { setTimeout as after } from "node:timers/promises";
import { describe, expect, test } from "@jest/globals";
import { SCOPES } from "../auth/scopes.js";
import { fileRow } from "../http/server.fixture.js";
import { toFileId } from "./file-id.js";
import type { FileRow } from "./file.js";
import { MAX_WAITING_FILES, watchFiles } from "./watch-files.js";
import type { FileChange } from "./watch-files.js";

const VIEWER = { ownerId: "signet-dev|ann", scopes: new Set(SCOPES) };
const NOW = new Date("2026-02-03T04:05:06.789Z");
const uuid = (number: number): string => `01890000-0000-7000-8000-${String(number).padStart(12, "0")}`;
const [A, B, C] = [uuid(1), uuid(2), uuid(3)];

/** A database of rows and a bell; `watch` starts watching. */
function world(rows: Record<string, FileRow | undefined> = {}, batchSize = 100) {
  let ring: ((id: string) => void) | null = null;
  const reads: (readonly string[])[] = [];
  const logged: string[] = [];
  let failures = 0;
  return {
    rows,
    reads,
    logged,
    failNext: (count: number) => (failures = count),
    ring: (id: string) => ring?.(id),
    isWatched: () => ring !== null,
    watch: (ids: readonly string[] | null = null) =>
      watchFiles(
        {
          files: {
            async findMany(ownerId, wanted) {
              expect(ownerId).toBe(VIEWER.ownerId);
              reads.push(wanted);
              if (failures > 0) {
                failures -= 1;
                throw new Error("no database");
              }
              return wanted.map((id) => rows[id] ?? null);
            },
          },
          changes: {
            subscribe(ownerId, onChange) {
              expect(ownerId).toBe(VIEWER.ownerId);
              ring = onChange;
              return () => (ring = null);
            },
          },
          limits: { batchSize },
          now: () => NOW,
          log: (message) => void logged.push(message),
          sleep: async () => undefined,
        },
        VIEWER,
        ids,
      ),
  };
}

const row = (id: string, changes: Partial<FileRow> = {}): FileRow =>
  fileRow({ id, ownerId: VIEWER.ownerId, ...changes });

async function take(changes: AsyncIterator<FileChange>, count: number): Promise<FileChange[]> {
  const taken: FileChange[] = [];
  while (taken.length < count) taken.push((await changes.next()).value as FileChange);
  return taken;
}

/** True when nothing comes. */
const isSilent = async (next: Promise<unknown>): Promise<boolean> =>
  (await Promise.race([next, after(20, "silence")])) === "silence";

describe("watching all files", () => {
  test("begins with silence; a change brings the file as it is when it is read", async () => {
    const { rows, ring, watch } = world({ [A]: row(A) });
    const changes = watch();
    const next = changes.next();
    expect(await isSilent(next)).toBe(true);
    rows[A] = row(A, { filename: "new.txt" });
    ring(A);
    expect((await next).value).toEqual({ uuid: A, file: rows[A], at: rows[A].updatedAt });
  });

  test("a file that changed five times before anybody read comes once; one more change, once more", async () => {
    const { rows, reads, ring, watch } = world({ [A]: row(A), [B]: row(B) });
    const changes = watch();
    for (let round = 0; round < 5; round += 1) ring(A);
    ring(B);
    expect((await take(changes, 2)).map((change) => change.uuid)).toEqual([A, B]);
    expect(reads).toEqual([[A, B]]);
    rows[A] = row(A, { status: "READY" });
    ring(A);
    expect((await take(changes, 1))[0]?.file?.status).toBe("READY");
  });

  test("a change while the row is being read is not lost", async () => {
    const { rows, ring, watch } = world({ [A]: row(A, { status: "VERIFYING" }) });
    const changes = watch();
    ring(A);
    const first = changes.next();
    ring(A);
    rows[A] = row(A, { status: "READY" });
    expect((await first).value?.file?.status).toBe("VERIFYING");
    expect((await take(changes, 1))[0]?.file?.status).toBe("READY");
  });

  test("what can no longer be seen is null: purged, hidden, or without a row", async () => {
    const purged = row(A, { status: "DELETED", collectedAt: NOW });
    const hidden = row(B, { status: "EXPIRED", deletedAt: NOW });
    const { ring, watch } = world({ [A]: purged, [B]: hidden });
    const changes = watch();
    for (const id of [A, B, C]) ring(id);
    expect(await take(changes, 3)).toEqual([
      { uuid: A, file: null, at: purged.updatedAt },
      { uuid: B, file: null, at: hidden.updatedAt },
      { uuid: C, file: null, at: NOW },
    ]);
  });

  test("reads a batch at a time", async () => {
    const { reads, ring, watch } = world({}, 2);
    const changes = watch();
    for (const id of [A, B, C]) ring(id);
    await take(changes, 3);
    expect(reads).toEqual([[A, B], [C]]);
  });

  test("a read that fails is repeated, and nothing is lost", async () => {
    const { failNext, logged, ring, watch } = world({ [A]: row(A), [B]: row(B) });
    failNext(3);
    const changes = watch();
    ring(A);
    ring(B);
    expect((await take(changes, 2)).map((change) => change.uuid)).toEqual([A, B]);
    expect(logged).toHaveLength(3);
  });
});

describe("watching chosen files", () => {
  test("begins with the state of each that is there, in order; says nothing of others", async () => {
    const { ring, watch } = world({ [A]: row(A), [C]: row(C) });
    const changes = watch([toFileId(C), "nonsense", toFileId(B), toFileId(A), toFileId(C)]);
    expect((await take(changes, 2)).map((change) => change.uuid)).toEqual([C, A]);
    ring(uuid(9));
    expect(await isSilent(changes.next())).toBe(true);
  });

  test("one that goes while it is watched is told of", async () => {
    const { rows, ring, watch } = world({ [A]: row(A) });
    const changes = watch([toFileId(A)]);
    await take(changes, 1);
    rows[A] = undefined;
    ring(A);
    expect(await take(changes, 1)).toEqual([{ uuid: A, file: null, at: NOW }]);
  });

  test("none of them: silence", async () => {
    const { ring, watch } = world({ [A]: row(A) });
    const changes = watch([]);
    ring(A);
    expect(await isSilent(changes.next())).toBe(true);
  });
});

describe("the end", () => {
  test("comes at once, also while a change is awaited, and nobody is listened to any more", async () => {
    const { isWatched, watch } = world();
    const changes = watch();
    const next = changes.next();
    expect(isWatched()).toBe(true);
    await changes.return!();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(isWatched()).toBe(false);
    expect(await changes.next()).toEqual({ done: true, value: undefined });
  });

  test("comes when too many files wait: its reader starts again from the list", async () => {
    const { ring, isWatched, watch } = world();
    const changes = watch();
    for (let number = 0; number <= MAX_WAITING_FILES; number += 1) ring(uuid(number));
    expect(isWatched()).toBe(false);
    expect(await changes.next()).toEqual({ done: true, value: undefined });
  });
});
