import { describe, expect, test } from "@jest/globals";
import type { FileRow } from "../api/file-calls.js";
import type { FilePages } from "./file-pages.js";
import { withFile, withoutFile } from "./file-pages.js";
import { EVERYTHING } from "./list-view.js";
import type { ListView } from "./list-view.js";

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

const pages = (...ids: string[][]): FilePages => ({
  pageParams: ids.map(() => undefined),
  pages: ids.map((page, index) => ({
    nodes: page.map((id) => row(id)),
    totalCount: ids.flat().length,
    pageInfo: { hasNextPage: index < ids.length - 1, endCursor: null },
  })),
});

const idsOf = (data: FilePages): string[][] => data.pages.map((page) => page.nodes.map((node) => node.id));
const counts = (data: FilePages): (number | null)[] => data.pages.map((page) => page.totalCount);

describe("withoutFile", () => {
  test("takes it out of its page and counts it off everywhere", () => {
    const data = withoutFile(pages(["a", "b"], ["c"]), "c");
    expect(idsOf(data)).toEqual([["a", "b"], []]);
    expect(counts(data)).toEqual([2, 2]);
  });

  test("a stranger changes nothing, not even the object", () => {
    const data = pages(["a"]);
    expect(withoutFile(data, "z")).toBe(data);
  });
});

describe("withFile", () => {
  const view = (facts: Partial<ListView> = {}): ListView => ({ ...EVERYTHING, ...facts });

  test("replaces in place", () => {
    const data = withFile(pages(["a", "b"], ["c"]), row("c", { status: "VERIFYING" }), view());
    expect(idsOf(data)).toEqual([["a", "b"], ["c"]]);
    expect(data.pages[1]?.nodes[0]?.status).toBe("VERIFYING");
    expect(counts(data)).toEqual([3, 3]);
  });

  test("puts a new one on top and counts it", () => {
    const data = withFile(pages(["a"], ["b"]), row("new"), view());
    expect(idsOf(data)).toEqual([["new", "a"], ["b"]]);
    expect(counts(data)).toEqual([3, 3]);
  });

  test("one that is back goes where the order has it", () => {
    const born = (id: string, minute: number): FileRow =>
      row(id, { createdAt: `2026-11-22T12:0${minute}:00.000Z`, size: minute });
    const data: FilePages = { ...pages(["x"], ["y"]) };
    data.pages = [
      { ...data.pages[0]!, nodes: [born("e", 5), born("d", 4)] },
      { ...data.pages[1]!, nodes: [born("b", 2)] },
    ];
    expect(idsOf(withFile(data, born("c", 3), view()))).toEqual([
      ["e", "d"],
      ["c", "b"],
    ]);
    expect(idsOf(withFile(data, born("a", 1), view()))).toEqual([
      ["e", "d"],
      ["b", "a"],
    ]);
    const open = { ...data, pages: [data.pages[0]!] };
    expect(open.pages[0]!.pageInfo.hasNextPage).toBe(true);
    const later = withFile(open, born("a", 1), view());
    expect([idsOf(later), counts(later)]).toEqual([[["e", "d"]], [3]]);
    expect(idsOf(withFile(open, born("z", 9), view({ order: "largest" })))).toEqual([["z", "e", "d"]]);
  });

  test("a new one that does not match the search stays out; case does not matter", () => {
    const data = pages(["a"]);
    expect(withFile(data, row("new"), view({ search: "other" }))).toBe(data);
    expect(idsOf(withFile(data, row("new"), view({ search: "NEW.T" })))).toEqual([["new", "a"]]);
  });

  test("what has ended leaves; an unknown status stays", () => {
    expect(idsOf(withFile(pages(["a", "b"]), row("a", { status: "EXPIRED" }), view()))).toEqual([["b"]]);
    const tomorrow = row("a", { status: "ARCHIVED" as FileRow["status"] });
    expect(idsOf(withFile(pages(["a", "b"]), tomorrow, view()))).toEqual([["a", "b"]]);
  });

  test("the trash takes what is deleted and lets go what is restored", () => {
    const trash = view({ filter: "deleted" });
    expect(idsOf(withFile(pages(["a"]), row("b", { status: "DELETED" }), trash))).toEqual([["b", "a"]]);
    expect(idsOf(withFile(pages(["a", "b"]), row("b"), trash))).toEqual([["a"]]);
  });
});
