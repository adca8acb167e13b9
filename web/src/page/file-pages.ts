/** What happens to the loaded pages of the list when one file changes. PURE; nothing is refetched for it. */
import type { InfiniteData } from "@tanstack/react-query";
import type { FileRow, FilesPage } from "../api/file-calls.js";

/** The list as it is cached: one entry a page. */
export type FilePages = InfiniteData<FilesPage, string | undefined>;

const LISTED: ReadonlySet<string> = new Set(["PENDING", "VERIFYING", "READY", "REJECTED"]);

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
 * The pages with the file as it is now: in its place, or, if new and matching `search`, among the others by age.
 * A file that no longer belongs into the list leaves it.
 */
export function withFile(data: FilePages, row: FileRow, search: string): FilePages {
  if (!LISTED.has(row.status)) return withoutFile(data, row.id);
  if (data.pages.some((page) => page.nodes.some((node) => node.id === row.id))) {
    const swap = (node: FileRow): FileRow => (node.id === row.id ? row : node);
    return { ...data, pages: data.pages.map((page) => ({ ...page, nodes: page.nodes.map(swap) })) };
  }
  if (!row.filename.toLowerCase().includes(search.toLowerCase())) return data;

  const last = data.pages.length - 1;
  let placed = false;
  return {
    ...data,
    pages: data.pages.map((page, index) => {
      const totalCount = page.totalCount === null ? null : page.totalCount + 1;
      const at = placed ? -1 : page.nodes.findIndex((node) => node.createdAt <= row.createdAt);
      // Older than all that is loaded: it stands on a page to come, unless there is none.
      const atEnd = !placed && at === -1 && index === last && !page.pageInfo.hasNextPage;
      if (at === -1 && !atEnd) return { ...page, totalCount };
      placed = true;
      return { ...page, totalCount, nodes: page.nodes.toSpliced(atEnd ? page.nodes.length : at, 0, row) };
    }),
  };
}
