import { rowsOf } from "../../src/db/query.js";
import { noise, PNG } from "../content.js";
import { checkInvariants } from "../invariants.js";
import { percentile } from "../load/percentiles.js";
import { confirmUpload, openUpload, sendBytes } from "../operations.js";
import type { ApiFile, Problem } from "../operations.js";
import { keyOf, until } from "../records.js";
import { startReplicas } from "../replicas.js";
import type { Frozen, Replicas } from "../replicas.js";
import { randomOf } from "../storm/schedule.js";
import { withServers } from "./proof-servers.js";
import type { ProofServers } from "./proof-servers.js";
import { reached } from "./proof.js";
import type { Figure, Proof } from "./proof.js";

const FILES = { small: 20, full: 1_000 };
/** Whose times are not counted: processes that have just started are slower. */
const WARM_UP_FILES = 10;
const CLIENTS = 50;
const PROCESSES = 3;
const LEASE_SECONDS = 2;
/** Of every so many files one is confirmed while the process that holds its lease stands still. */
const FROZEN_EVERY = 20;
/** Of every so many files one is no JPEG, as it says: its verdict is a refusal. */
const REFUSED_EVERY = 10;
/** Where the holder of a lease is stopped. */
const MOMENTS = ["ListParts", "CompleteMultipartUpload", "HeadObject", "GetObject"] as const;
const ASK_AGAIN_MS = 100;
const USER = "r3";

/** What 50 clients got to hear of one file. */
interface Race {
  readonly frozen: boolean;
  /** One entry for each different final answer. */
  readonly verdicts: ReadonlySet<string>;
  /** Of each confirm by itself, in milliseconds. */
  readonly callMs: readonly number[];
  /** From the first confirm to the verdict, of each client. */
  readonly verdictMs: readonly number[];
  readonly busy: number;
  /** Answers that are neither a verdict nor FileBusy. */
  readonly wrong: readonly string[];
}

/** 50 clients confirm the same file, 1,000 times, over three processes of which one is stopped now and then. */
export const proof: Proof = {
  id: "R3",
  title: "50 clients confirm the same file over three processes, one frozen while it holds the lease",
  run: ({ small, seed, say }) =>
    withServers(async (servers): Promise<readonly Figure[]> => {
      const { postgres, bucket, store } = servers;
      const env = { LEASE_SECONDS: String(LEASE_SECONDS), SWEEP_EVERY_SECONDS: "10" };
      const replicas = servers.own(await startReplicas(PROCESSES, { databaseUrl: postgres.url, bucket, store, env }));
      const random = randomOf(seed);
      const count = small ? FILES.small : FILES.full;
      const races: Race[] = [];
      for (let index = 0; index < count; index += 1) {
        races.push(await race(replicas, index, random));
        if ((index + 1) % (count / 10) === 0) say(`${index + 1} files, ${told(races)}`);
      }
      const transitions = await wrongHistories(servers);
      await until(() => settled(servers), 60_000).catch(() => checkInvariants(servers, { settled: true }));
      const faults = replicas.all.flatMap((replica) =>
        replica
          .process()
          .log()
          .split("\n")
          .filter((line) => /"level":"(error|fatal)"/.test(line)),
      );
      for (const line of faults.slice(0, 5)) say(line);
      return figuresOf(races, { transitions, faults: faults.length, refusals: refusalsOf(replicas) });
    }),
};

async function race(replicas: Replicas, index: number, random: () => number): Promise<Race> {
  const refused = index % REFUSED_EVERY === REFUSED_EVERY - 1;
  const content = refused ? PNG : noise(1 + Math.floor(random() * 40_000), `${USER} ${index} ${random()}`);
  const [first] = replicas.all;
  const named = refused ? { filename: "a.jpg", contentType: "image/jpeg" } : {};
  const ticket = await openUpload(first!, USER, content, named);
  await sendBytes(first!, USER, ticket, content);
  const { id } = ticket.file;

  const frozen = index % FROZEN_EVERY === FROZEN_EVERY / 2;
  const moment = MOMENTS[Math.floor(random() * MOMENTS.length)]!;
  const held: { by: Frozen | null } = { by: null };
  if (frozen)
    void replicas
      .freezeAt(({ operation, key }) => operation === moment && key === keyOf(id))
      .then((stopped) => (held.by = stopped));

  const callMs: number[] = [];
  const verdictMs: number[] = [];
  const verdicts = new Set<string>();
  const wrong: string[] = [];
  let busy = 0;
  const begun = performance.now();
  const clients = Array.from({ length: CLIENTS }, async (_, client) => {
    for (let replica = replicas.all[client % PROCESSES]!; ; replica = replicas.all[(client + 1) % PROCESSES]!) {
      const asked = performance.now();
      const answer = await confirmUpload(replica, USER, id);
      callMs.push(performance.now() - asked);
      if (answer.__typename !== "FileBusy") {
        verdictMs.push(performance.now() - begun);
        if (answer.__typename === "ConfirmedUpload" || answer.__typename === "ContentMismatch")
          verdicts.add(factsOf(answer));
        else wrong.push(JSON.stringify(answer));
        // Somebody else has decided: the one that slept may wake up and find that out.
        if (held.by !== null && replica !== held.by.replica) held.by.wake();
        return;
      }
      busy += 1;
      await new Promise((again) => setTimeout(again, ASK_AGAIN_MS));
    }
  });
  await Promise.all(clients);
  if (frozen && held.by === null) throw new Error(`nobody made ${moment} for file ${index}: it was not frozen`);
  replicas.wakeAll();
  return { frozen, verdicts, callMs, verdictMs, busy, wrong };
}

/** What of an answer must be the same for everybody; its URL is signed anew each time. */
function factsOf(answer: { readonly __typename: string; readonly file?: ApiFile } | Problem): string {
  if (answer.__typename !== "ConfirmedUpload") return JSON.stringify(answer);
  const { id, status, size, contentType, integrity, sha256, readyAt, updatedAt } = answer.file as ApiFile;
  return JSON.stringify([id, status, size, contentType, integrity, sha256, readyAt, updatedAt]);
}

/** Files that did not go PENDING, VERIFYING and then to one end, once each. */
async function wrongHistories({ db }: ProofServers): Promise<number> {
  const rows = await rowsOf<{ history: string }>(
    db,
    `select string_agg(to_status, '>' order by id) as history from file_events group by file_id
     having string_agg(to_status, '>' order by id) not in ('PENDING>VERIFYING>READY', 'PENDING>VERIFYING>REJECTED')`,
  );
  return rows.length;
}

const settled = (servers: ProofServers): Promise<boolean> =>
  checkInvariants(servers, { settled: true }).then(
    () => true,
    () => false,
  );

const refusalsOf = ({ all }: Replicas): number => all.reduce((sum, replica) => sum + replica.refusals(), 0);

const ms = (value: number): string => `${Math.round(value)} ms`;

const told = (races: readonly Race[]): string => {
  const calls = races.filter(({ frozen }) => !frozen).flatMap(({ callMs }) => callMs);
  return `p50 ${ms(percentile(calls, 0.5))}, p99 ${ms(percentile(calls, 0.99))}`;
};

function figuresOf(
  races: readonly Race[],
  { transitions, faults, refusals }: { transitions: number; faults: number; refusals: number },
): Figure[] {
  const frozen = races.filter((each) => each.frozen);
  const calm = races.slice(WARM_UP_FILES).filter((each) => !each.frozen);
  const split = races.filter(({ verdicts }) => verdicts.size !== 1).length;
  const wrong = races.flatMap((each) => each.wrong);
  const busy = races.reduce((sum, each) => sum + each.busy, 0);
  const calmMs = calm.flatMap((each) => each.callMs);
  const p99 = percentile(calmMs, 0.99);
  const verdictP99 = percentile(
    frozen.flatMap((each) => each.verdictMs),
    0.99,
  );
  const goal = `across ${PROCESSES} processes, the holder frozen for ${frozen.length} of the files`;
  return [
    {
      what: `files with more than one transition to a verdict, of ${races.length}`,
      ...{ figure: String(transitions), must: "0", goal, holds: reached(transitions === 0, true) },
    },
    {
      what: `files whose ${CLIENTS} clients did not all get one and the same verdict`,
      ...{ figure: String(split), must: "0", goal, holds: reached(split === 0, true) },
    },
    {
      what: `answers but the verdict and FileBusy (${busy} of those; ${refusals} calls refused with Retry-After)`,
      ...{ figure: wrong[0] === undefined ? "0" : `${wrong.length}: ${wrong[0]}`, must: "0", goal: "" },
      holds: reached(wrong.length === 0, true),
    },
    {
      what: "server errors (logged as error or fatal)",
      ...{ figure: String(faults), must: "0", goal: "", holds: reached(faults === 0, true) },
    },
    {
      what: `one of ${CLIENTS} confirms at once, nobody frozen: p99 (p50 ${ms(percentile(calmMs, 0.5))})`,
      ...{ figure: ms(p99), must: "< 2500 ms", goal: "", holds: reached(p99 < 2_500, true) },
    },
    {
      what: `from the first confirm to the verdict, the holder frozen, a lease of ${LEASE_SECONDS} s: p99`,
      ...{ figure: ms(verdictP99), must: "< 20 s", goal: "", holds: reached(verdictP99 < 20_000, true) },
    },
  ];
}
