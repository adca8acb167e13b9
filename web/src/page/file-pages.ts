/** What happens to the loaded pages of the list when one file changes. PURE; nothing is refetched for it. */
import type { InfiniteData } from "@tanstack/react-query";
import type { FileRow, FilesPage } from "../api/file-calls.js";
import { belongsTo, compareIn } from "./list-view.js";
import type { ListView } from "./list-view.js";

/** The list as it is cached: one entry a page. */
export type FilePages = InfiniteData<FilesPage, string | undefined>;

/** All rows that are loaded, in the list's order. */
export function rowsOf(data: Pick<FilePages, "pages"> | undefined): readonly FileRow[] {
  return (data?.pages ?? []).flatMap((page) => page.nodes);
}

/** The pages without the file. The same object when it was not there. */
export function withoutFile(data: FilePages, id: string): FilePages {
  if (!data.pages.some((page) => page.nodes.some((node) => node.id === id))) return data;
  return withNodes(data, (nodes) => nodes.filter((node) => node.id !== id), -1);
}

/**
 * The pages with the file as it is now: in its place, or, if it is new here and belongs here, where the order puts it. One
 * that comes after all that is loaded is only counted: the page that it stands on will bring it. A file that no longer
 * belongs here leaves.
 */
export function withFile(data: FilePages, row: FileRow, view: ListView): FilePages {
  const rest = withoutFile(data, row.id);
  if (!belongsTo(view, row)) return rest;
  if (rest !== data) return withNodes(data, (nodes) => nodes.map((node) => (node.id === row.id ? row : node)), 0);

  const isBehind = (node: FileRow): boolean => compareIn(view, row, node) <= 0;
  const behind = data.pages.findIndex((page) => page.nodes.some(isBehind));
  const isWhole = data.pages.at(-1)?.pageInfo.hasNextPage === false;
  const target = behind >= 0 ? behind : isWhole ? data.pages.length - 1 : undefined;
  return withNodes(data, (nodes, page) => (page === target ? inserted(nodes, row, isBehind) : nodes), 1);
}

function inserted(nodes: FilesPage["nodes"], row: FileRow, isBehind: (node: FileRow) => boolean): FilesPage["nodes"] {
  const at = nodes.findIndex(isBehind);
  return at < 0 ? [...nodes, row] : [...nodes.slice(0, at), row, ...nodes.slice(at)];
}

function withNodes(
  data: FilePages,
  change: (nodes: FilesPage["nodes"], page: number) => FilesPage["nodes"],
  more: -1 | 0 | 1,
): FilePages {
  const pages = data.pages.map((page, index) => ({
    ...page,
    nodes: change(page.nodes, index),
    totalCount: page.totalCount === null ? null : page.totalCount + more,
  }));
  return { ...data, pages };
}
