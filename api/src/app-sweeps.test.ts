import { expect, test } from "@jest/globals";
import type { DataSource } from "typeorm";
import { createSweeps } from "./app-sweeps.js";
import { guardStatements } from "./db/query.js";
import type { FileRecords } from "./files/file-records.js";
import { createLogger } from "./telemetry/logger.js";

/** Sweeps that find nothing, and each of which waits until it is let go. */
function heldSweeps() {
  const begun: (() => void)[] = [];
  const none = async (): Promise<[]> => [];
  const files: Partial<FileRecords> = {
    stuckCreations: () => new Promise((resolve) => begun.push(() => resolve([]))),
    ...{ dueTwins: none, dueUploads: none, dueForCollecting: none, dueTombstones: none },
    pruneHistories: async () => 0,
  };
  const deps = {
    apiKeys: { prune: async () => 0 },
    ...{ files, leaseMs: 60_000, stopping: new AbortController().signal, now: () => new Date() },
    sleep: async () => undefined,
  } as unknown as Parameters<typeof createSweeps>[0];
  const client = { query: async () => ({ rows: [], rowCount: 0 }), release: () => undefined };
  const pool = { waitingCount: 0, idleCount: 1, connect: async () => client };
  const db = { driver: { master: pool } } as unknown as DataSource;
  guardStatements(db, { maxWaiting: 1, watch: null });
  const faults: string[] = [];
  const log = createLogger({ level: "error", write: (line) => faults.push(line) });
  return { sweeps: createSweeps(deps, db, log), begun, faults };
}

const aMoment = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 20));

test("a store that comes and goes has one sweep at a time, and one after what it said last", async () => {
  const { sweeps, begun, faults } = heldSweeps();
  const told: Promise<void>[] = [];
  for (let time = 0; time < 5; time += 1) {
    told.push(sweeps.sweepAfterOutage());
    await aMoment();
  }
  expect(begun).toHaveLength(1);
  begun[0]!();
  await aMoment();
  expect(begun).toHaveLength(2);
  begun[1]!();
  await Promise.all(told);
  // And again, once all is done.
  const later = sweeps.sweepAfterOutage();
  await aMoment();
  expect(begun).toHaveLength(3);
  begun[2]!();
  await later;
  expect(faults).toEqual([]);
});
