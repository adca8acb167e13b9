import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

/**
 * Which suites run against a given store (`npm run test:radosgw`): all that ask the run's store for something, but for
 * those that are named here.
 */

/** Each with what it needs of its store. Compiled paths below `dist`, without `.test.js`. */
export const ON_EMBEDDED_STORE_ONLY: Readonly<Record<string, string>> = {
  "test/crash": "kills the process of the store and looks at its folder",
  "test/crash-errors": "kills processes on the embedded servers at each point of failure",
  "test/crash-failover": "kills processes on the embedded servers at each point of failure",
  "test/crash-points": "kills processes on the embedded servers at each point of failure",
  "test/faults/database-faults": "is about the database",
  "test/faults/postgres-faults": "is about the database",
  "test/faults/store-faults": "starts stores of its own, to break them",
  "test/faults/tcp-proxy": "is about the proxy that other suites break connections with",
  "test/killable-servers": "kills and freezes the process of the store",
  "test/live": "is about streams and the database, for a minute; asks the store for nothing that other suites do not",
  "test/overload": "fills the machine with calls to see the service refuse some: a slower store would answer for it",
  "test/ports": "1 GiB in a store that keeps its data in memory here, and a meter of the process' own memory",
  "test/proofs/proofs": "runs a proof, which starts its own servers and radosgw by itself (R5)",
  "test/reconcile-live": "starts processes under load on the embedded servers",
  "test/reconcile-volume": "starts processes under load on the embedded servers",
  "test/several-processes": "kills and freezes replicas, with time limits that assume a store of 1 ms",
  "test/stopping": "stops processes with time limits that assume a store of 1 ms",
  "test/store-breaker": "takes the store away",
  "test/store-outage": "takes the store away",
  "test/storm": "kills the process of the store",
  "test/storm-findings": "breaks connections to the store between two answers",
  "test/tutorial": "follows the README on the servers that `npm start` embeds",
  "test/weak-store": "plays the store by hand",
};

const SUFFIX = ".test.js";
/** How a suite comes by the run's store. */
const ASKS_THE_STORE = /from "(?:\.{1,2}\/)+(?:[\w-]+\/)*(?:test-app|servers)\.js"/;

/**
 * Every suite that asks the run's store and that any store can stand under, in order.
 * @param dist the compiled tests: api/dist
 */
export async function suitesForAnyStore(dist: string): Promise<string[]> {
  const names = await readdir(dist, { recursive: true });
  const suites: string[] = [];
  for (const name of names.filter((each) => each.endsWith(SUFFIX)))
    if (ASKS_THE_STORE.test(await readFile(join(dist, name), "utf8"))) suites.push(name.slice(0, -SUFFIX.length));
  return suites.filter((suite) => !(suite in ON_EMBEDDED_STORE_ONLY)).sort();
}
