import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { firstRow, rowsOf } from "../../src/db/query.js";
import { newFileUuid } from "../../src/files/file-id.js";
import { createFileStore } from "../../src/files/file.store.js";
import { noise } from "../content.js";
import { checkInvariants } from "../invariants.js";
import { percentile } from "../load/percentiles.js";
import {
  abortUpload,
  confirmUpload,
  createUploadUrl,
  createUploadUrls,
  deleteFile,
  readUsage,
  sendBytes,
} from "../operations.js";
import type { UploadTicket } from "../operations.js";
import { accountOf, ownerOf, until, uuidOf } from "../records.js";
import { startReplicas } from "../replicas.js";
import type { Replica, Replicas } from "../replicas.js";
import { randomOf } from "../storm/schedule.js";

import { withServers } from "./proof-servers.js";
import type { ProofServers } from "./proof-servers.js";
import { reached } from "./proof.js";
import type { Figure, Proof } from "./proof.js";

const OPERATIONS = { small: 300, full: 10_000 };
const OWNERS = { small: 4, full: 20 };
const CLIENTS = 100;
const PROCESSES = 3;
/** Small beside what is created: an owner is at the quota most of the time. */
const QUOTA_BYTES = 64 * 1024;
const MAX_SIZE_BYTES = 4 * 1024;
const WATCH_EVERY_MS = 50;
const HOT_SECONDS = { small: 2, full: 15 };
const BATCH = 100;
const GOAL_CREATES_PER_SECOND = 500;

/** 100 clients create, confirm, abort, delete and let expire, for 20 owners who are at their quota; then one hot owner. */
export const proof: Proof = {
  id: "R4",
  title: "quota: 100 clients at once over three processes, exact to the byte; creates a second for one owner",
  run: ({ small, seed, say }) =>
    withServers(async (servers): Promise<readonly Figure[]> => [
      ...(await mixed(servers, { small, seed, say })),
      ...(await hotOwner(servers, { small, say })),
    ]),
};

interface Options {
  readonly small: boolean;
  readonly say: (line: string) => void;
}

function start({ postgres, bucket, store }: ProofServers, env: Readonly<Record<string, string>>): Promise<Replicas> {
  return startReplicas(PROCESSES, { databaseUrl: postgres.url, bucket, store, env });
}

/** What the clients were told, and so what the accounts must hold. */
interface Ledger {
  readonly tickets: Map<string, UploadTicket>;
  readonly ready: Map<string, number>;
}

async function mixed(servers: ProofServers, { small, seed, say }: Options & { seed: string }): Promise<Figure[]> {
  const replicas = servers.own(
    await start(servers, {
      OWNER_QUOTA_BYTES: String(QUOTA_BYTES),
      SWEEP_EVERY_SECONDS: "1",
      // A creation that a busy machine did not finish is over after five of them.
      LEASE_SECONDS: "4",
      MAX_PENDING_UPLOADS: "1000000",
    }),
  );
  const operations = small ? OPERATIONS.small : OPERATIONS.full;
  const owners = Array.from({ length: small ? OWNERS.small : OWNERS.full }, (_, index) => `owner-${index}`);
  const ledgers = new Map(owners.map((owner): [string, Ledger] => [owner, { tickets: new Map(), ready: new Map() }]));
  const counts: Record<string, number> = {};
  const watch = watchQuota(servers);
  let begun = 0;
  const client = async (index: number): Promise<void> => {
    const random = randomOf(`${seed} ${index}`);
    while (begun < operations) {
      begun += 1;
      if (begun % (operations / 10) === 0) say(`${begun} operations: ${JSON.stringify(counts)}`);
      const owner = owners[Math.floor(random() * owners.length)]!;
      const what = await operate(servers, replicas.all[index % PROCESSES]!, owner, ledgers.get(owner)!, random);
      counts[what] = (counts[what] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, index) => client(index)));
  const { looks, over } = await watch.stop();
  say(`${looks} looks at all accounts, ${over} over the quota`);

  const off = await offTheLedger(servers, replicas, ledgers, say);
  await until(() => settled(servers), 120_000).catch(() => checkInvariants(servers, { settled: true }));
  await replicas.stop();
  const full = counts["create: QuotaExceeded"] ?? 0;
  return [
    {
      what: `bytes over the quota in any of ${looks} looks beside ${operations} operations (${full} refused for the quota)`,
      ...{ figure: String(over), must: "0", goal: "", holds: reached(over === 0 && full > 0, true) },
    },
    {
      what: `accounts of ${owners.length} that differ from what the clients were answered, or from the rows (I4)`,
      ...{ figure: String(off), must: "0", goal: "", holds: reached(off === 0, true) },
    },
  ];
}

/** One random step with one owner's uploads. @returns what came of it */
async function operate(
  { db }: ProofServers,
  replica: Replica,
  owner: string,
  ledger: Ledger,
  random: () => number,
): Promise<string> {
  // With nothing to confirm, abort or delete, one more is created.
  const draw = pickable(ledger, random());
  if (draw < 0.5) {
    const size = 1 + Math.floor(random() * MAX_SIZE_BYTES);
    const answer = await createUploadUrl(replica, owner, { size });
    if (answer.__typename === "UploadTicket") {
      const ticket = answer as UploadTicket;
      ledger.tickets.set(ticket.file.id, ticket);
    }
    return `create: ${answer.__typename}`;
  }
  if (draw < 0.85) {
    const ticket = take(ledger.tickets, random);
    const { id, size } = ticket.file;
    if (draw < 0.7) {
      await sendBytes(replica, owner, ticket, noise(size, id));
      const answer = await decided(() => confirmUpload(replica, owner, id));
      if (answer.__typename === "ConfirmedUpload") ledger.ready.set(id, size);
      return `confirm: ${answer.__typename}`;
    }
    if (draw < 0.8) return `abort: ${(await decided(() => abortUpload(replica, owner, id))).__typename}`;
    // Its time is over, and no byte was sent: the next sweep ends it.
    await rowsOf(db, "update files set expires_at = now() where id = $1", [uuidOf(id)]);
    return "expire";
  }
  const id = [...ledger.ready.keys()][Math.floor(random() * ledger.ready.size)]!;
  ledger.ready.delete(id);
  return `delete: ${(await decided(() => deleteFile(replica, owner, id, true))).__typename}`;
}

/** A client that is told to ask again does. @throws Error when it is told so for ever */
async function decided<Answer extends { readonly __typename: string }>(ask: () => Promise<Answer>): Promise<Answer> {
  for (let tries = 0; tries < 100; tries += 1) {
    const answer = await ask();
    if (!("retryable" in answer) || answer.retryable !== true) return answer;
    await new Promise((again) => setTimeout(again, 200));
  }
  throw new Error("no verdict after 100 calls");
}

const pickable = ({ tickets, ready }: Ledger, draw: number): number =>
  (draw < 0.85 ? tickets : ready).size === 0 ? 0 : draw;

/** Out of the ledger: nobody else will work on it. */
function take(tickets: Map<string, UploadTicket>, random: () => number): UploadTicket {
  const [id, ticket] = [...tickets][Math.floor(random() * tickets.size)]!;
  tickets.delete(id);
  return ticket;
}

/** Looks at accounts and rows all the time, each look one snapshot. */
function watchQuota({ db }: ProofServers): { stop(): Promise<{ looks: number; over: number }> } {
  let going = true;
  let looks = 0;
  let over = 0;
  const watching = (async () => {
    while (going) {
      const worst = await firstRow<{ over: string }>(
        db,
        `select greatest(
           (select coalesce(max(used_bytes + reserved_bytes), 0) from owner_usage),
           (select coalesce(max(sum), 0) from (
              select sum(size_bytes) from files
              where status in ('PENDING', 'VERIFYING', 'READY') or (status = 'DELETED' and collected_at is null)
              group by owner_id) as sums)) - $1::bigint as over`,
        [QUOTA_BYTES],
      );
      looks += 1;
      over = Math.max(over, Number(worst!.over));
      await new Promise((wake) => setTimeout(wake, WATCH_EVERY_MS));
    }
  })();
  // Told by stop.
  watching.catch(() => undefined);
  return {
    async stop() {
      going = false;
      await watching;
      return { looks, over: Math.max(0, over) };
    },
  };
}

/** Accounts that do not hold exactly what their owner's clients were answered, once nothing is on its way. */
async function offTheLedger(
  servers: ProofServers,
  replicas: Replicas,
  ledgers: ReadonlyMap<string, Ledger>,
  say: (line: string) => void,
): Promise<number> {
  let off = 0;
  for (const [owner, { tickets, ready }] of ledgers) {
    const used = [...ready.values()].reduce((sum, size) => sum + size, 0);
    const reserved = [...tickets.values()].reduce((sum, { file }) => sum + file.size, 0);
    const holds = async (): Promise<boolean> => {
      const account = await accountOf(servers, owner);
      return account.used === used && account.reserved === reserved && account.uncollected === 0;
    };
    const told = async (): Promise<boolean> => {
      const usage = await readUsage(replicas.all[0]!, owner);
      return usage.usedBytes === used && usage.reservedBytes === reserved;
    };
    if (await until(holds, 60_000).then(told, () => false)) continue;
    off += 1;
    say(
      `${owner}: answers say ${used} used, ${reserved} reserved; its account ${JSON.stringify(await accountOf(servers, owner))}`,
    );
  }
  return off;
}

const settled = (servers: ProofServers): Promise<boolean> =>
  checkInvariants(servers, { settled: true }).then(
    () => true,
    () => false,
  );

interface Rate {
  readonly refused: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** How many uploads a second one owner can open: every one of them waits for that owner's account. */
async function hotOwner(servers: ProofServers, { small, say }: Options): Promise<Figure[]> {
  const replicas = servers.own(
    await start(servers, { SWEEP_EVERY_SECONDS: "3600", MAX_PENDING_UPLOADS: "1000000", LOG_LEVEL: "error" }),
  );
  const seconds = small ? HOT_SECONDS.small : HOT_SECONDS.full;
  const api = (index: number): Replica => replicas.all[index % PROCESSES]!;
  const bare = await rateOf(seconds, CLIENTS, 1, reserveWith(servers, "hot-bare"));
  say(`the statement alone, ${CLIENTS} at once on 10 connections: ${told(bare)}`);
  const one = await withShares(replicas, seconds, () =>
    rateOf(seconds, CLIENTS, 1, async (index) => {
      const answer = await createUploadUrl(api(index), "hot", { size: 1 });
      return answer.__typename === "UploadTicket" ? 1 : 0;
    }),
  );
  say(`createUploadUrl, ${CLIENTS} at once: ${told(one.rate)}; ${one.shares}`);
  const batch = await withShares(replicas, seconds, () =>
    rateOf(seconds, 6, BATCH, async (index) => {
      const answers = await createUploadUrls(
        api(index),
        "hot-batch",
        Array.from({ length: BATCH }, () => ({ size: 1 })),
      );
      return answers.filter(({ __typename }) => __typename === "UploadTicket").length;
    }),
  );
  say(`createUploadUrls of ${BATCH}, 6 at once: ${told(batch.rate)}; ${batch.shares}`);
  await replicas.stop();
  const best = Math.max(one.rate.perSecond, batch.rate.perSecond);
  return [
    {
      what: `creates a second for one owner, the better of: one a call (${Math.round(one.rate.perSecond)}/s, p99 ${Math.round(one.rate.p99Ms)} ms), ${BATCH} a call (${Math.round(batch.rate.perSecond)}/s); the statement alone: ${Math.round(bare.perSecond)}/s`,
      figure: `${Math.round(best)}/s`,
      must: "> 0",
      goal: `>= ${GOAL_CREATES_PER_SECOND}/s`,
      holds: reached(best > 0, best >= GOAL_CREATES_PER_SECOND),
    },
  ];
}

/** As the service does it, without all that stands around it. */
function reserveWith({ db }: ProofServers, owner: string): () => Promise<number> {
  const files = createFileStore(db);
  return async () => {
    const file = {
      ...{ id: newFileUuid(Date.now(), randomBytes(10)), ownerId: ownerOf(owner), filename: "data.bin" },
      ...{ declaredType: "application/octet-stream", sizeBytes: 1, declaredSha256: null },
      partChecksum: "NONE" as const,
      ...{ policy: "default", partSizeBytes: 1, partCount: 1, idempotencyKey: null, inputDigest: "0".repeat(64) },
    };
    const limits = { quotaBytes: 2 ** 40, maxPendingUploads: 1_000_000, uploadTtlSeconds: 86_400 };
    return (await files.reserve(file, limits, 60_000)).outcome === "RESERVED" ? 1 : 0;
  };
}

/** Calls all the time, so many at once. @param work answers how many of `batch` it has created */
async function rateOf(
  seconds: number,
  clients: number,
  batch: number,
  work: (client: number) => Promise<number>,
): Promise<Rate> {
  const begun = performance.now();
  const end = begun + seconds * 1_000;
  const took: number[] = [];
  let created = 0;
  const client = async (index: number): Promise<void> => {
    while (performance.now() < end) {
      const asked = performance.now();
      const answered = await work(index);
      created += answered;
      took.push(performance.now() - asked);
    }
  };
  await Promise.all(Array.from({ length: clients }, (_, index) => client(index)));
  return {
    // By a machine that cannot keep up: TemporaryFailure, to be asked again.
    refused: took.length * batch - created,
    perSecond: (created * 1_000) / (performance.now() - begun),
    p50Ms: percentile(took, 0.5),
    p99Ms: percentile(took, 0.99),
  };
}

const told = ({ perSecond, p50Ms, p99Ms, refused }: Rate): string =>
  `${Math.round(perSecond)}/s, p50 ${Math.round(p50Ms)} ms, p99 ${Math.round(p99Ms)} ms, ${refused} refused`;

/** Where the time goes: how much of a core the API processes, this client, and everything on the machine took. */
async function withShares(
  replicas: Replicas,
  seconds: number,
  work: () => Promise<Rate>,
): Promise<{ rate: Rate; shares: string }> {
  const before = await cpuTicks(replicas);
  const own = process.cpuUsage();
  const rate = await work();
  const after = await cpuTicks(replicas);
  const { user, system } = process.cpuUsage(own);
  // 100 ticks a second, https://man7.org/linux/man-pages/man5/proc.5.html (USER_HZ)
  const apis = after.map((ticks, index) => ((ticks - before[index]!) / seconds).toFixed(0));
  return {
    rate,
    shares: `CPU of a core: API ${apis.join(" + ")} %, client ${((user + system) / 1e4 / seconds).toFixed(0)} %`,
  };
}

/** User and system time of each API process, in USER_HZ; 0 where there is no /proc. */
function cpuTicks({ all }: Replicas): Promise<number[]> {
  return Promise.all(
    all.map(async (replica) => {
      const text = await readFile(`/proc/${replica.process().pid}/stat`, "utf8").catch(() => "");
      const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
      return Number(fields[11] ?? 0) + Number(fields[12] ?? 0);
    }),
  );
}
