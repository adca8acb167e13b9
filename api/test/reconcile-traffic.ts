import { deepEqual, ok } from "node:assert/strict";
import type { Breach, ReconcileOptions, ReconcileReport } from "../src/reconcile/breach.js";
import { rowsOf } from "../src/db/query.js";
import { noise } from "./content.js";
import {
  abortUpload,
  confirmUpload,
  createUploadUrl,
  deleteFile,
  openUpload,
  restoreFile,
  sendBytes,
  upload,
} from "./operations.js";
import type { Api } from "./operations.js";
import type { Holdings } from "./invariants.js";
import { eachOf, openStrange, plantOpen, plantReady, putObject, strangeKey } from "./plant.js";
import { ownerOf } from "./records.js";

export interface TrafficSizes {
  readonly live: { readonly ready: number; readonly open: number };
  readonly orphans: { readonly objects: number; readonly uploads: number };
}

/** One run; what it told, and its report. */
export type RunReconcile = (
  options: Pick<ReconcileOptions, "fix" | "deleteUnknown" | "readBack">,
) => Promise<{ readonly breaches: readonly Breach[]; readonly report: ReconcileReport }>;

/**
 * Orphans among live uploads, and traffic in every way that there is all the while: no run tells anything but the orphans,
 * the last one takes them away, and the number of steps that the traffic made is answered. Unknown things are taken
 * whatever their age: `run` must say so.
 * @throws AssertionError otherwise
 */
export async function reconcileAmongTraffic(
  holdings: Holdings & Api,
  { live, orphans }: TrafficSizes,
  run: RunReconcile,
  say: (line: string) => void = () => undefined,
): Promise<number> {
  const check = { fix: false, deleteUnknown: null, readBack: false };
  say("planting what is live");
  await plantReady(holdings, ownerOf("ann"), live.ready);
  await plantOpen(holdings, ownerOf("ann"), live.open);
  const traffic = ["bea", "cy"].map((user) => startTraffic(holdings, user));
  let steps = 0;
  try {
    say("checking, with traffic");
    for (const readBack of [true, false, false]) deepEqual((await run({ ...check, readBack })).breaches, []);

    say("planting orphans");
    const keys = Array.from({ length: orphans.objects + orphans.uploads }, strangeKey);
    await eachOf(keys.slice(0, orphans.objects), (key) => putObject(holdings, key, `orphan ${key}`));
    await eachOf(keys.slice(orphans.objects), (key) => openStrange(holdings, key));
    const keysOf = (breaches: readonly Breach[]): string[] => breaches.map(({ key }) => key!).sort();
    const found = await run(check);
    deepEqual(keysOf(found.breaches), keys.toSorted());
    deepEqual([found.report.unknown, found.report.byInvariant.I3], [keys.length, keys.length]);

    say("taking them away, with traffic");
    // And one account that is wrong while it changes.
    await rowsOf(holdings.db, "update owner_usage set used_bytes = used_bytes + 7 where owner_id = $1", [
      ownerOf("bea"),
    ]);
    const mended = await run({ fix: true, deleteUnknown: keys.length, readBack: false });
    deepEqual(
      mended.breaches.filter(({ fixed }) => !fixed),
      [],
    );
    deepEqual(keysOf(mended.breaches.filter(({ invariant }) => invariant === "I3")), keys.toSorted());
    deepEqual([mended.report.breaches, mended.report.byInvariant.I4], [keys.length + 1, 1]);
    deepEqual(mended.report.quarantine.objects, orphans.objects);
    deepEqual((await run({ ...check, readBack: true })).breaches, []);
  } finally {
    for (const { stop } of traffic) steps += await stop();
  }
  ok(steps > 0, "there was traffic");
  return steps;
}

/** One upload after the other, and what can be done with it, until it is told to stop. Answers how many steps it made. */
function startTraffic(api: Api, user: string): { stop(): Promise<number> } {
  const bytes = noise(300, user);
  const open = (): Promise<string> => openUpload(api, user, bytes).then(({ file }) => file.id);
  const sent = async (): Promise<string> => {
    const ticket = await openUpload(api, user, bytes);
    await sendBytes(api, user, ticket, bytes);
    return ticket.file.id;
  };
  const ready = (): Promise<string> => upload(api, user, bytes).then(({ id }) => id);
  const steps: readonly (() => Promise<unknown>)[] = [
    ready,
    async () => deleteFile(api, user, await ready(), true),
    async () => abortUpload(api, user, await sent()),
    async () => deleteFile(api, user, await open()),
    async () => confirmUpload(api, user, await open()),
    async () => {
      const id = await sent();
      await Promise.all([confirmUpload(api, user, id), confirmUpload(api, user, id)]);
    },
    async () => {
      const id = await ready();
      await deleteFile(api, user, id);
      await restoreFile(api, user, id);
      await deleteFile(api, user, id);
    },
    async () => {
      const input = { size: 300, idempotencyKey: `${user} ${Math.random()}` };
      await Promise.all([createUploadUrl(api, user, input), createUploadUrl(api, user, input)]);
    },
    // Not of the type that was said: REJECTED.
    async () => {
      const ticket = await openUpload(api, user, PDF, { contentType: "image/png" });
      await sendBytes(api, user, ticket, PDF);
      await confirmUpload(api, user, ticket.file.id);
    },
  ];
  let stopping = false;
  let made = 0;
  const work = async (): Promise<void> => {
    // A machine that is busy refuses some: that is no matter here.
    for (; !stopping; made += 1) await steps[made % steps.length]!().catch(() => undefined);
  };
  const working = work();
  return {
    async stop() {
      stopping = true;
      await working;
      return made;
    },
  };
}

const PDF = "%PDF-1.7\n1 0 obj\n<<>>\nendobj\n";
