import { describe, expect, test } from "@jest/globals";
import type { FileRow } from "../api/file-calls.js";
import type { FilePages } from "./file-pages.js";
import { withFile, withoutFile } from "./file-pages.js";

const row = (id: string, facts: Partial<FileRow> = {}): FileRow => ({
  id,
  filename: `${id}.txt`,
  size: 1,
  status: "READY",
  createdAt: "2026-11-22T12:00:00.000Z",
  permalink: `http://localhost/files/${id}`,
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
  test("replaces in place", () => {
    const data = withFile(pages(["a", "b"], ["c"]), row("c", { status: "VERIFYING" }), "");
    expect(idsOf(data)).toEqual([["a", "b"], ["c"]]);
    expect(data.pages[1]?.nodes[0]?.status).toBe("VERIFYING");
    expect(counts(data)).toEqual([3, 3]);
  });

  test("puts a new one on top and counts it", () => {
    const data = withFile(pages(["a"], ["b"]), row("new"), "");
    expect(idsOf(data)).toEqual([["new", "a"], ["b"]]);
    expect(counts(data)).toEqual([3, 3]);
  });

  test("a new one that does not match the search stays out; case does not matter", () => {
    const data = pages(["a"]);
    expect(withFile(data, row("new"), "other")).toBe(data);
    expect(idsOf(withFile(data, row("new"), "NEW.T"))).toEqual([["new", "a"]]);
  });

  test("what has ended leaves; an unknown status stays", () => {
    expect(idsOf(withFile(pages(["a", "b"]), row("a", { status: "EXPIRED" }), ""))).toEqual([["b"]]);
    const tomorrow = row("a", { status: "ARCHIVED" as FileRow["status"] });
    expect(idsOf(withFile(pages(["a", "b"]), tomorrow, ""))).toEqual([["a", "b"]]);
  });
});
