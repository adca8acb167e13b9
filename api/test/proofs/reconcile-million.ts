import { reconcileAmongTraffic } from "../reconcile-traffic.js";
import { checkVolume, HEAP_MIB, runReconcileProcess } from "../reconcile-volume.js";
import type { VolumeRun } from "../reconcile-volume.js";
import { withServers } from "./proof-servers.js";
import { reached } from "./proof.js";
import type { Figure, Proof } from "./proof.js";

const FEW = 20_000;
const MANY = 1_000_000;
const LOSSES = 100;
/** More than a process that holds one page of each listing needs; far less than a million of anything. */
const MUST_GROW_MIB = 64;
const GOAL_GROW_MIB = 32;
const MUST_ROWS_A_SECOND = 2_000;
const GOAL_ROWS_A_SECOND = 10_000;

const TRAFFIC = { live: { ready: 1500, open: 500 }, orphans: { objects: 900, uploads: 100 } };
const SMALL_TRAFFIC = { live: { ready: 150, open: 50 }, orphans: { objects: 90, uploads: 10 } };

/**
 * `reconcile --check` over a million rows and nearly as many objects, against itself over a fiftieth of them; and orphans
 * found and taken away among live uploads and traffic, by processes of their own.
 */
export const proof: Proof = {
  id: "RECONCILE",
  title: "reconcile holds a page, however much there is, and tells what is wrong and nothing else",
  async run({ small, say }): Promise<readonly Figure[]> {
    const [few, many] = small ? [2_000, 20_000] : [FEW, MANY];
    const over = (rows: number): Promise<VolumeRun> =>
      withServers(({ db, postgres }) => checkVolume({ db, databaseUrl: postgres.url }, { rows, losses: LOSSES, say }));
    const little = await over(few);
    const much = await over(many);
    for (const { breaches, lost } of [little, much]) {
      const told = breaches.map(({ invariant, fileUuid }) => `${invariant} ${fileUuid}`).sort();
      if (
        told.join() !==
        lost
          .map((id) => `I1 ${id}`)
          .sort()
          .join()
      )
        throw new Error(`told: ${told.join("; ")}`);
    }
    const traffic = small ? SMALL_TRAFFIC : TRAFFIC;
    const steps = await withServers(async (servers) => {
      const { postgres, store, bucket } = servers;
      const api = await servers.startApi();
      const environment = { databaseUrl: postgres.url, bucket, store };
      return reconcileAmongTraffic(
        { ...servers, call: api.call },
        traffic,
        ({ fix, deleteUnknown, readBack }) =>
          runReconcileProcess(environment, [
            ...(fix ? ["--fix", "--delete-unknown", String(deleteUnknown)] : ["--check"]),
            ...["--unknown-after-hours", "0", ...(readBack ? ["--read-back"] : [])],
          ]),
        say,
      );
    });
    const orphans = traffic.orphans.objects + traffic.orphans.uploads;
    const live = traffic.live.ready + traffic.live.open;
    const grownMib = Math.round(much.peakMib - little.peakMib);
    const rate = Math.round(much.report.rows / much.seconds);
    return [
      {
        what: `resident memory over ${many} rows and ${much.report.objects} objects, above that over ${few} rows, with a heap of ${HEAP_MIB} MiB`,
        figure: `+${grownMib} MiB (${Math.round(little.peakMib)} to ${Math.round(much.peakMib)} MiB)`,
        must: `+${MUST_GROW_MIB} MiB`,
        goal: `+${GOAL_GROW_MIB} MiB`,
        holds: reached(grownMib <= MUST_GROW_MIB, grownMib <= GOAL_GROW_MIB),
      },
      {
        what: "rows a second, with their objects and events",
        figure: `${rate} (${Math.round(much.seconds)} s in all)`,
        must: String(MUST_ROWS_A_SECOND),
        goal: String(GOAL_ROWS_A_SECOND),
        holds: reached(rate >= MUST_ROWS_A_SECOND, rate >= GOAL_ROWS_A_SECOND),
      },
      {
        what: `${LOSSES} objects missing among them: found`,
        figure: String(much.breaches.length),
        must: String(LOSSES),
        goal: "",
        holds: "goal",
      },
      {
        // Anything else would have thrown.
        what: `${orphans} orphans among ${live} live uploads, while ${steps} more are made: found, taken away; of the others told or touched`,
        figure: `${orphans}, ${orphans}; 0`,
        must: `${orphans}, ${orphans}; 0`,
        goal: "",
        holds: "goal",
      },
    ];
  },
};
