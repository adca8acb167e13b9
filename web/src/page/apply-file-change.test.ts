import { afterEach, describe, expect, test } from "@jest/globals";
import { QueryClient, QueryObserver } from "@tanstack/react-query";
import type { FileRow } from "../api/file-calls.js";
import type { UploadItem } from "../upload/index.js";
import { createFileChangeSink } from "./apply-file-change.js";
import { rowsOf } from "./file-pages.js";
import type { FilePages } from "./file-pages.js";
import { EVERYTHING } from "./list-view.js";
import { FILES_KEY, holdBack, withoutHeldBack } from "./use-files.js";

const row = (id: string, facts: Partial<FileRow> = {}): FileRow => ({
  id,
  filename: `${id}.txt`,
  size: 1,
  status: "READY",
  createdAt: "2026-11-22T12:00:00.000Z",
  permalink: `http://localhost/files/${id}`,
  contentType: "text/plain",
  inlineAllowed: true,
  deletedAt: null,
  purgeAt: null,
  rejection: null,
  ...facts,
});

let client: QueryClient | undefined;
afterEach(() => client?.clear());

function page(
  rows: readonly FileRow[],
  uploads: readonly Partial<UploadItem<FileRow>>[] = [],
  { hasNextPage = false } = {},
) {
  client = new QueryClient({ defaultOptions: { queries: { gcTime: Infinity } } });
  const key = [...FILES_KEY, EVERYTHING];
  const pageInfo = { hasNextPage, endCursor: null };
  const data = { pageParams: [undefined], pages: [{ nodes: rows, totalCount: rows.length, pageInfo }] };
  client.setQueryData(key, data);
  const items = uploads as readonly UploadItem<FileRow>[];
  const snapshot = { items } as ReturnType<Parameters<typeof createFileChangeSink>[1]["getSnapshot"]>;
  const sink = createFileChangeSink(client, { getSnapshot: () => snapshot });
  return {
    apply: sink.apply,
    isAskedFor: () => client!.getQueryState(key)!.isInvalidated,
    states: () => rowsOf(client!.getQueryData<FilePages>(key)).map(({ id, status }) => `${id} ${status}`),
  };
}

describe("a change", () => {
  test("puts a new file on top, changes one in its place, takes a purged one out", () => {
    const { apply, states } = page([row("a"), row("b")]);
    apply({ fileId: "c", file: row("c", { status: "PENDING", createdAt: "2026-11-22T13:00:00.000Z" }) });
    apply({ fileId: "b", file: row("b", { status: "REJECTED" }) });
    apply({ fileId: "a", file: null });
    expect(states()).toEqual(["c PENDING", "b REJECTED"]);
  });

  test("of a file that this tab sends is left to the panel; another of the same name is not", () => {
    const name = "c\u0308.txt";
    const opening = { phase: "sending", name, totalBytes: 1, fileId: undefined } as const;
    const opened = { phase: "confirming", name: "d.txt", totalBytes: 1, fileId: "d1" } as const;
    const over = { phase: "failed", name: "e.txt", totalBytes: 1, fileId: "e1" } as const;
    const { apply, states } = page([], [opening, opened, over]);
    apply({ fileId: "c1", file: row("c1", { status: "PENDING", filename: name.normalize() }) });
    apply({ fileId: "d1", file: row("d1", { status: "VERIFYING", filename: "d.txt" }) });
    expect(states()).toEqual([]);
    apply({ fileId: "c2", file: row("c2", { status: "PENDING", filename: name.normalize(), size: 2 }) });
    apply({ fileId: "d2", file: row("d2", { status: "PENDING", filename: "d.txt" }) });
    apply({ fileId: "e1", file: row("e1", { status: "REJECTED", filename: "e.txt" }) });
    expect(states().sort()).toEqual(["c2 PENDING", "d2 PENDING", "e1 REJECTED"]);
  });

  test("of a file on a page that is not loaded is asked for, not guessed", async () => {
    const { apply, states, isAskedFor } = page([row("a")], [], { hasNextPage: true });
    apply({ fileId: "a", file: row("a", { filename: "b.txt" }) });
    apply({ fileId: "old", file: row("old") });
    expect(states()).toEqual(["a READY"]);
    for (const deadline = Date.now() + 10_000; !isAskedFor(); await new Promise((wake) => setTimeout(wake, 20)))
      expect(Date.now()).toBeLessThan(deadline);
  });

  test("that was read before a verdict does not take it back", () => {
    const { apply, states } = page([row("a"), row("b", { status: "VERIFYING" })]);
    apply({ fileId: "a", file: row("a", { status: "VERIFYING" }) });
    apply({ fileId: "b", file: row("b", { status: "PENDING" }) });
    expect(states()).toEqual(["a READY", "b PENDING"]);
  });
});

test.each(["pushed", "of this tab's own upload"])(
  "a change %s that comes while the lists are under way: they are asked for once more, when they are here",
  async (whose) => {
    client = new QueryClient({ defaultOptions: { queries: { gcTime: Infinity } } });
    const pageInfo = { hasNextPage: false, endCursor: null };
    const answerOf = (status: FileRow["status"]): FilePages => ({
      pageParams: [undefined],
      pages: [{ nodes: [row("a", { status })], totalCount: 1, pageInfo }],
    });
    const open: ((data: FilePages) => void)[] = [];
    const lists = new QueryObserver<FilePages>(client, {
      queryKey: [...FILES_KEY, EVERYTHING],
      queryFn: () => new Promise((resolve) => open.push(resolve)),
    });
    const leave = lists.subscribe(() => undefined);
    try {
      // The panel still shows an upload as being checked when its verdict comes.
      const items = [{ id: "upload-1", fileId: "a", phase: "confirming" }];
      const own = whose !== "pushed";
      const sink = createFileChangeSink(client, { getSnapshot: () => ({ items: own ? items : [] }) as never });
      if (own) sink.done(row("a"));
      else sink.apply({ fileId: "a", file: row("a") });
      // Slower than the page is to ask again: asking must not interrupt it.
      await new Promise((wake) => setTimeout(wake, 1_300));
      expect(open).toHaveLength(1);
      open[0]!(answerOf("VERIFYING"));
      await until(() => open.length === 2);
      open[1]!(answerOf("READY"));
      await until(() => rowsOf(lists.getCurrentResult().data)[0]?.status === "READY");
    } finally {
      leave();
    }
  },
);

test("what is being deleted is in no list that comes meanwhile", () => {
  client = new QueryClient();
  const came = {
    nodes: [row("a"), row("b")],
    totalCount: 2,
    pageInfo: { hasNextPage: false, endCursor: null },
  };
  const ids = (): string[] => withoutHeldBack(client!, came).nodes.map(({ id }) => id);
  const [first, second] = [holdBack(client, ["a", "b"]), holdBack(client, ["a"])];
  expect(ids()).toEqual([]);
  first();
  expect(ids()).toEqual(["b"]);
  second();
  expect(ids()).toEqual(["a", "b"]);
});

async function until(holds: () => boolean): Promise<void> {
  for (const end = Date.now() + 10_000; !holds() && Date.now() < end;) {
    await new Promise((wake) => setTimeout(wake, 20));
  }
  expect(holds()).toBe(true);
}
