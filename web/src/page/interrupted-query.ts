import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useCallback, useEffect, useMemo } from "react";
import { useUploadQueueValue } from "../react/use-upload-queue.js";
import type { InterruptedUpload } from "./interrupted-uploads.js";
import { usePageDeps } from "./page-deps.js";

/** Cache key of what was interrupted; the second entry is whose. */
export const INTERRUPTED_KEY = ["interrupted"] as const;

const NONE: readonly InterruptedUpload[] = [];

/** What was interrupted, as it is known now. */
export interface Interrupted {
  /** A person has to choose what becomes of them. */
  readonly stopped: readonly InterruptedUpload[];
  /** Another tab has them in its hands. */
  readonly elsewhere: readonly InterruptedUpload[];
  /** Takes one off the list that needs no more. */
  remove(upload: InterruptedUpload): void;
}

/**
 * What an earlier session began and did not end; asked for anew when the page comes back into view, and when another tab
 * ends what it had in its hands. Uploads that this tab has taken are left out.
 * @param owner the viewer's id, once it is known
 */
export function useInterrupted(owner: string | undefined): Interrupted {
  const { interrupted, queue } = usePageDeps();
  const client = useQueryClient();
  const { data } = useQuery({
    queryKey: [...INTERRUPTED_KEY, owner],
    queryFn: ({ signal }) => interrupted.find(owner ?? "", signal),
    enabled: owner !== undefined,
    staleTime: 0,
  });

  const refresh = useCallback(() => void client.invalidateQueries({ queryKey: INTERRUPTED_KEY }), [client]);
  const remove = useCallback(
    ({ record }: InterruptedUpload) => {
      client.setQueriesData<readonly InterruptedUpload[]>({ queryKey: INTERRUPTED_KEY }, (uploads) =>
        uploads?.filter((upload) => upload.record.fileId !== record.fileId),
      );
    },
    [client],
  );

  useEffect(() => {
    const watching = new AbortController();
    for (const upload of data ?? NONE) {
      if (upload.elsewhere) interrupted.whenFree(upload, watching.signal).then(refresh, () => undefined);
    }
    return () => watching.abort();
  }, [interrupted, data, refresh]);

  const idsInQueue = useUploadQueueValue(queue, ({ items }) => items.flatMap((item) => item.fileId ?? []).join(" "));
  const uploads = useMemo(() => {
    const here = new Set(idsInQueue.split(" "));
    return data?.filter(({ record }) => !here.has(record.fileId));
  }, [data, idsInQueue]);

  const stopped = useMemo(() => (uploads ?? NONE).filter((upload) => !upload.elsewhere), [uploads]);
  const elsewhere = useMemo(() => (uploads ?? NONE).filter((upload) => upload.elsewhere), [uploads]);

  return { stopped, elsewhere, remove };
}
