/** What happens to the loaded pages of the list when one file changes. PURE; nothing is refetched for it. */
import type { InfiniteData } from "@tanstack/react-query";
import type { FileRow, FilesPage } from "../api/file-calls.js";

/** The list as it is cached: one entry a page. */
export type FilePages = InfiniteData<FilesPage, string | undefined>;

/** All rows that are loaded, newest first. */
export function rowsOf(data: Pick<FilePages, "pages"> | undefined): readonly FileRow[] {
  return (data?.pages ?? []).flatMap((page) => page.nodes);
}

/** The pages without the file. The same object when it was not there. */
export function withoutFile(data: FilePages, id: string): FilePages {
  if (!data.pages.some((page) => page.nodes.some((node) => node.id === id))) return data;
  return {
    ...data,
    pages: data.pages.map((page) => ({
      ...page,
      nodes: page.nodes.filter((node) => node.id !== id),
      totalCount: page.totalCount === null ? null : page.totalCount - 1,
    })),
  };
}

/**
 * The pages with the file as it is now: in its place, or, if new and matching `search`, on top: the list begins with the
 * newest. A file that no longer belongs into the list leaves it.
 */
export function withFile(data: FilePages, row: FileRow, search: string): FilePages {
  const rest = withoutFile(data, row.id);
  if (row.status === "DELETED" || row.status === "EXPIRED") return rest;
  if (rest !== data) {
    const swap = (node: FileRow): FileRow => (node.id === row.id ? row : node);
    return { ...data, pages: data.pages.map((page) => ({ ...page, nodes: page.nodes.map(swap) })) };
  }
  if (!row.filename.toLowerCase().includes(search.toLowerCase())) return data;
  return {
    ...data,
    pages: data.pages.map((page, index) => ({
      ...page,
      nodes: index === 0 ? [row, ...page.nodes] : page.nodes,
      totalCount: page.totalCount === null ? null : page.totalCount + 1,
    })),
  };
}
