import { keepPreviousData, useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import type { QueryClient } from "@tanstack/react-query";
import { useSyncExternalStore } from "react";
import type { FileRow, FilesPage } from "../api/file-calls.js";
import { rowsOf, withFile, withoutFile } from "./file-pages.js";
import type { FilePages } from "./file-pages.js";
import { requestOf } from "./list-view.js";
import type { ListView } from "./list-view.js";
import { usePageDeps } from "./page-deps.js";

/** Cache key of the lists; the second entry is the {@link ListView}. */
export const FILES_KEY = ["files"] as const;

/**
 * The list, page by page. While another view is under way the old rows stay.
 * While changes do not arrive by themselves, files that will not stay as they are make it ask again: every 2 s while one of
 * them is young, every 10 s later, never in a hidden tab.
 * @param watchedElsewhere files that are open but need no asking: this tab's own uploads
 */
export function useFiles(view: ListView, watchedElsewhere: ReadonlySet<string>) {
  const { files, live } = usePageDeps();
  const client = useQueryClient();
  const isLive = useSyncExternalStore(live.subscribe, live.getSnapshot);
  return useInfiniteQuery({
    queryKey: [...FILES_KEY, view],
    queryFn: async ({ pageParam, signal }) =>
      withoutHeldBack(client, await files.files({ ...requestOf(view), after: pageParam, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ pageInfo }) => (pageInfo.hasNextPage ? (pageInfo.endCursor ?? undefined) : undefined),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => {
      if (isLive) return false;
      const born = rowsOf(state.data)
        .filter(({ id, status }) => (status === "PENDING" || status === "VERIFYING") && !watchedElsewhere.has(id))
        .map(({ createdAt }) => Date.parse(createdAt));
      return born.length > 0 ? Math.min(10_000, Math.max(2_000, (Date.now() - Math.max(...born)) / 5)) : false;
    },
  });
}

const heldBack = new WeakMap<QueryClient, Map<string, number>>();

/**
 * Keeps files out of every list that is asked for from now on, or is under way: their deletion has not been answered, and a
 * server that has not come to it yet would bring them back for a moment.
 * @returns how to end it; ask for the lists again afterwards. To be called once
 */
export function holdBack(client: QueryClient, ids: readonly string[]): () => void {
  const held = heldBack.get(client) ?? new Map<string, number>();
  heldBack.set(client, held);
  for (const id of ids) held.set(id, (held.get(id) ?? 0) + 1);
  return () => {
    for (const id of ids) {
      const left = (held.get(id) ?? 0) - 1;
      if (left > 0) held.set(id, left);
      else held.delete(id);
    }
  };
}

/** A page as it came, without the files that are held back. PURE but for those. */
export function withoutHeldBack(client: QueryClient, page: FilesPage): FilesPage {
  const held = heldBack.get(client);
  if (!held?.size || !page.nodes.some(({ id }) => held.has(id))) return page;
  const nodes = page.nodes.filter(({ id }) => !held.has(id));
  return { ...page, nodes };
}

/** Writes what is known about a file into every loaded list. */
export function patchFile(client: QueryClient, row: FileRow): void {
  for (const [key, data] of client.getQueriesData<FilePages>({ queryKey: FILES_KEY })) {
    if (data) client.setQueryData(key, withFile(data, row, key[1] as ListView));
  }
}

/** Takes a file out of every loaded list. */
export function dropFile(client: QueryClient, id: string): void {
  client.setQueriesData<FilePages>({ queryKey: FILES_KEY }, (data) => data && withoutFile(data, id));
}
