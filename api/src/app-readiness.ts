import { setTimeout as after } from "node:timers/promises";
import type { DataSource } from "typeorm";
import type { AnsweringWatch } from "./db/database-watch.js";
import { rowsOf } from "./db/query.js";
import type { Readiness } from "./http/health-routes.js";
import type { ObjectStorage } from "./storage/object-storage.js";

/** What has not answered by then does not. */
const PROBE_WITHIN_MS = 2_000;
/** An answer of so long ago still says that the database is there. */
const RECENT_ANSWER_MS = 500;

/** Asks both parts that this service stands on; for `/readyz`. */
export function createReadiness(parts: {
  dataSource: DataSource;
  storage: Pick<ObjectStorage, "checkBucket">;
  watch: AnsweringWatch;
}): () => Promise<Readiness> {
  const { dataSource, storage, watch } = parts;
  return async () => {
    const askedAt = performance.now();
    const probes = [rowsOf(dataSource, "select 1"), storage.checkBucket()].map(answersInTime);
    const [probed = false, storageAnswers = false] = await Promise.all(probes);
    // A probe that found no free connection meanwhile: busy is not away, and fewer processes would make it busier.
    return { database: probed || watch.lastAnsweredAt() >= askedAt - RECENT_ANSWER_MS, storage: storageAnswers };
  };
}

function answersInTime(work: Promise<unknown>): Promise<boolean> {
  const answered = work.then(
    () => true,
    () => false,
  );
  return Promise.race([answered, after(PROBE_WITHIN_MS, false, { ref: false })]);
}
