import { keepPreviousData, useInfiniteQuery } from "@tanstack/react-query";
import type { QueryClient } from "@tanstack/react-query";
import type { FileRow } from "../api/file-calls.js";
import { rowsOf, withFile, withoutFile } from "./file-pages.js";
import type { FilePages } from "./file-pages.js";
import { usePageDeps } from "./page-deps.js";

/** Cache key of the list; the second entry is the search. */
export const FILES_KEY = ["files"] as const;

/**
 * The list, page by page. While a new search is under way the old rows stay.
 * Files that will not stay as they are make it ask again by itself: every 2 s while one of them is young, every 10 s later,
 * never in a hidden tab.
 * @param watchedElsewhere files that are open but need no asking: this tab's own uploads
 */
export function useFiles(search: string, watchedElsewhere: ReadonlySet<string>) {
  const { files } = usePageDeps();
  return useInfiniteQuery({
    queryKey: [...FILES_KEY, search],
    queryFn: ({ pageParam, signal }) => files.files({ search, after: pageParam, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ pageInfo }) => (pageInfo.hasNextPage ? (pageInfo.endCursor ?? undefined) : undefined),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => {
      // Newest first: the first open file is the youngest.
      const open = rowsOf(state.data).find(
        ({ id, status }) => (status === "PENDING" || status === "VERIFYING") && !watchedElsewhere.has(id),
      );
      return open ? Math.min(10_000, Math.max(2_000, (Date.now() - Date.parse(open.createdAt)) / 5)) : false;
    },
  });
}

/** Writes what is known about a file into every loaded list. */
export function patchFile(client: QueryClient, row: FileRow): void {
  for (const [key, data] of client.getQueriesData<FilePages>({ queryKey: FILES_KEY })) {
    if (data) client.setQueryData(key, withFile(data, row, String(key[1])));
  }
}

/** Takes a file out of every loaded list. */
export function dropFile(client: QueryClient, id: string): void {
  client.setQueriesData<FilePages>({ queryKey: FILES_KEY }, (data) => data && withoutFile(data, id));
}
