import { keepPreviousData, useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import type { QueryClient } from "@tanstack/react-query";
import { useEffect } from "react";
import type { FileRow } from "../api/file-calls.js";
import { withFile, withoutFile } from "./file-pages.js";
import type { FilePages } from "./file-pages.js";
import { useServices } from "./services.js";

/** Cache key of the list; the second entry is the search. */
export const FILES_KEY = ["files"] as const;

/** The list, page by page. While a new search is under way the old rows stay. */
export function useFiles(search: string) {
  const { files } = useServices();
  return useInfiniteQuery({
    queryKey: [...FILES_KEY, search],
    queryFn: ({ pageParam, signal }) => files.files({ search, after: pageParam, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ pageInfo }) => (pageInfo.hasNextPage ? (pageInfo.endCursor ?? undefined) : undefined),
    placeholderData: keepPreviousData,
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

/** Asks after files that will not stay as they are: every 2 s at first, then more and more slowly, never in a hidden tab. */
export function useStatusPolling(rows: readonly FileRow[], batchSize: number): void {
  const { files } = useServices();
  const client = useQueryClient();
  const ids = rows
    .filter((row) => row.status === "PENDING" || row.status === "VERIFYING")
    .slice(0, batchSize)
    .map((row) => row.id);

  const { data } = useQuery({
    queryKey: ["statuses", ...ids],
    queryFn: ({ signal }) => files.byIds(ids, signal),
    enabled: ids.length > 0,
    refetchInterval: ({ state }) => Math.min(10_000, 2_000 * 1.25 ** state.dataUpdateCount),
    gcTime: 0,
  });

  useEffect(() => {
    if (!data) return;
    const found = new Map(data.map((row) => [row.id, row]));
    for (const row of rows) {
      const now = found.get(row.id);
      if (now && now.status !== row.status) patchFile(client, now);
    }
    // Rows that changed by other means need no look at old answers.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [data, client]);
}
