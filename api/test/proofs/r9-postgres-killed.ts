import { rowsOf } from "../../src/db/query.js";
import { timeReturn } from "../faults/when-back.js";
import { checkInvariants } from "../invariants.js";
import { readFile } from "../operations.js";
import { until } from "../records.js";
import { percentile, startSteadyLoad } from "../steady-load.js";
import { withServers } from "./proof-servers.js";
import { reached } from "./proof.js";
import type { Figure, Proof } from "./proof.js";

const RESTARTS = { small: 3, full: 100 };
/** Beside the requests that measure: uploads, lists and reads, so that Postgres dies in the middle of something. */
const REQUESTS_PER_SECOND = 20;
const USER = "r9";
/** Of a restart, before the proof is given up. */
const BACK_WITHIN_MS = 60_000;
const MUST_MS = 2_000;
const GOAL_P95_MS = 1_000;

const ms = (value: number): string => `${Math.round(value)} ms`;

/** kill -9 of Postgres under load, and a start on the same data: does the service live, and how soon does it serve? */
export const proof: Proof = {
  id: "R9",
  title: "Postgres is killed (-9) and comes back, under load",
  run: ({ small, say }) =>
    withServers(async (servers): Promise<readonly Figure[]> => {
      const { postgres, db } = servers;
      const restarts = small ? RESTARTS.small : RESTARTS.full;
      const api = await servers.startApi();
      let exits = 0;
      void api.exit.then(() => (exits += 1));
      const load = startSteadyLoad({ url: api.url, user: USER, requestsPerSecond: REQUESTS_PER_SECOND });
      const delaysMs: number[] = [];
      const downMs: number[] = [];
      try {
        for (let restart = 1; restart <= restarts; restart += 1) {
          // Everything works again, to the seal of an upload, before the next kill.
          const readyBefore = load.ready.size;
          await until(() => load.ready.size > readyBefore, BACK_WITHIN_MS);
          await postgres.kill();
          const returning = timeReturn({ databaseUrl: postgres.url, apiUrl: api.url }, BACK_WITHIN_MS);
          const [{ acceptedAtMs, servedAtMs }] = await Promise.all([returning, postgres.start()]);
          delaysMs.push(Math.max(0, servedAtMs - acceptedAtMs));
          downMs.push(acceptedAtMs);
          if (restart % 10 === 0 || restart === restarts)
            say(`${restart} restarts, p95 ${ms(percentile(delaysMs, 0.95))}, ${load.ready.size} files READY`);
        }
      } finally {
        await load.stop();
      }
      let lost = 0;
      for (const id of load.ready) if ((await readFile(api, USER, id))?.status !== "READY") lost += 1;
      // Jobs whose database died under them have failed for that reason; sweeps do what they were to do.
      await rowsOf(db, "delete from graphile_worker._private_jobs where last_error is not null");
      await checkInvariants(servers);

      const [p95, slowest] = [percentile(delaysMs, 0.95), Math.max(...delaysMs)];
      return [
        { what: "exits of the service", figure: String(exits), must: "0", goal: "", holds: reached(exits === 0, true) },
        {
          what: `first success after Postgres accepts, slowest of ${restarts} (Postgres itself was away for ${ms(percentile(downMs, 0.5))}, median)`,
          figure: ms(slowest),
          must: `<= ${ms(MUST_MS)}`,
          goal: "",
          holds: reached(slowest <= MUST_MS, true),
        },
        {
          what: `the same, p95 (median ${ms(percentile(delaysMs, 0.5))})`,
          figure: ms(p95),
          must: `<= ${ms(MUST_MS)}`,
          goal: `<= ${ms(GOAL_P95_MS)} over 100`,
          holds: reached(p95 <= MUST_MS, p95 <= GOAL_P95_MS && restarts >= RESTARTS.full),
        },
        {
          what: `files that were answered READY and are not, of ${load.ready.size}`,
          figure: String(lost),
          must: "0",
          goal: "",
          holds: reached(lost === 0 && load.ready.size > 0, true),
        },
      ];
    }),
};
