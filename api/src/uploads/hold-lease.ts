import type { FileRecords, Lease } from "../files/file-records.js";

/**
 * Runs `work` under a lease and renews it meanwhile; `signal` is aborted when the lease is lost or the process stops.
 * Losing it is harmless: every change under it names its attempt and would find no row.
 */
export async function holdLease<Result>(
  { files, leaseMs, stopping }: { files: Pick<FileRecords, "renewLease">; leaseMs: number; stopping: AbortSignal },
  lease: Lease,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const lost = new AbortController();
  const renewal = setInterval(() => {
    files.renewLease(lease, leaseMs).then(
      (held) => {
        if (!held) lost.abort();
      },
      // The database does not answer: the lease runs out by itself if that lasts.
      () => undefined,
    );
  }, leaseMs / 3);
  renewal.unref();
  try {
    return await work(AbortSignal.any([lost.signal, stopping]));
  } finally {
    clearInterval(renewal);
  }
}
