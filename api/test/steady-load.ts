import { mintToken } from "./api-process.js";
import { noise } from "./content.js";
import { confirmUpload, createUploadUrl, readFile } from "./operations.js";
import type { Api, Problem, UploadTicket } from "./operations.js";
import { put } from "./store-client.js";

/** How a request of the load ended. */
export interface LoadAnswer {
  readonly operation: "list" | "file" | "create" | "confirm";
  /**
   * DONE: the answer that was hoped for. AGAIN: a typed problem that says the same call may be repeated. BUSY: 503
   * SERVICE_UNAVAILABLE with Retry-After, nothing was done. LOST: no answer, or anything else.
   */
  readonly end: "DONE" | "AGAIN" | "BUSY" | "LOST";
  /** The problem's code, or what was lost and how. */
  readonly what: string;
  /** Since the load began, when the request was due. */
  readonly atMs: number;
  /** From when it was due. */
  readonly tookMs: number;
}

export interface SteadyLoad {
  /** On the clock of `performance.now`. */
  readonly beganAt: number;
  readonly answers: readonly LoadAnswer[];
  /** Tickets that somebody holds, by id. */
  readonly opened: ReadonlyMap<string, UploadTicket>;
  /** Ids that were answered READY. */
  readonly ready: ReadonlySet<string>;
  /** Begins no more requests and waits for those under way. Repeatable. */
  stop(): Promise<void>;
  /** As their clients would: sends and confirms every upload that was opened until each one is READY. */
  finish(): Promise<void>;
}

export interface SteadyLoadOptions {
  /** Where the service is reached, without a slash at its end. */
  readonly url: string;
  readonly user: string;
  /** Begun in each second, whatever becomes of those before (open loop). */
  readonly requestsPerSecond: number;
  /** Of all requests; half of these open uploads, the others confirm them. Default 0.3. */
  readonly uploadShare?: number;
}

const SIZE_BYTES = 2_048;
const TICK_MS = 10;
const ANSWER_WITHIN_MS = 30_000;
const FINISH_AGAIN_MS = 100;
const FINISH_AT_ONCE = 8;
const LIST = "query { files(first: 5) { edges { node { id filename status url } } } }";

/** Lists, reads, creates, PUTs and confirms at a steady rate. PUTs go to the store and are not counted as requests. */
export function startSteadyLoad(options: SteadyLoadOptions): SteadyLoad {
  const { url, user, requestsPerSecond, uploadShare = 0.3 } = options;
  const answers: LoadAnswer[] = [];
  const tickets = new Map<string, UploadTicket>();
  const sent = new Set<string>();
  const ready = new Set<string>();
  const toConfirm: string[] = [];
  const underWay = new Set<Promise<void>>();
  const content = noise(SIZE_BYTES, user);
  const beganAt = performance.now();
  let begun = 0;
  // Once: signing one for each request would be a load of its own.
  const token = mintToken(user);

  const api: Api = {
    async call(_user, query, variables = {}) {
      const response = await fetch(`${url}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${await token}` },
        body: JSON.stringify({ query, variables }),
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
      const text = await response.text();
      if (response.status === 503 && response.headers.has("retry-after") && text.includes('"SERVICE_UNAVAILABLE"'))
        throw new Busy();
      if (response.status !== 200) throw new Error(`HTTP ${response.status} ${text.slice(0, 200)}`);
      return { status: response.status, ...(JSON.parse(text) as { data: never }) };
    },
  };

  const work: Record<LoadAnswer["operation"], () => Promise<string>> = {
    async list() {
      const { errors } = await api.call(user, LIST);
      if (errors !== undefined) throw new Error(JSON.stringify(errors));
      return "";
    },
    async file() {
      const id = ready.values().next().value;
      if (id === undefined) return work.list();
      const file = await readFile(api, user, id);
      if (file?.url == null) throw new Error(`READY ${id} has no URL: ${JSON.stringify(file)}`);
      return "";
    },
    async create() {
      const answer = await createUploadUrl(api, user, { size: SIZE_BYTES });
      if (answer.__typename !== "UploadTicket") return again(answer as Problem);
      const ticket = answer as UploadTicket;
      tickets.set(ticket.file.id, ticket);
      const send = sendAll(ticket);
      underWay.add(send);
      void send.finally(() => underWay.delete(send));
      return "";
    },
    async confirm() {
      const id = toConfirm.shift();
      if (id === undefined) return work.create();
      const answer = await confirmUpload(api, user, id).catch((error: unknown) => {
        toConfirm.push(id);
        throw error;
      });
      if (answer.__typename === "ConfirmedUpload") {
        ready.add(id);
        return "";
      }
      toConfirm.push(id);
      return again(answer as Problem);
    },
  };

  /** The store may be away as well: what it has not taken is nobody's request to the service. */
  async function sendAll(ticket: UploadTicket): Promise<void> {
    const answer = await put({ url: ticket.uploadUrl!, headers: ticket.headers }, content).catch(() => null);
    if (answer?.status !== 200) return;
    sent.add(ticket.file.id);
    toConfirm.push(ticket.file.id);
  }

  async function run(operation: LoadAnswer["operation"], dueAt: number): Promise<void> {
    const settle = (end: LoadAnswer["end"], what: string): void => {
      const now = performance.now();
      answers.push({ operation, end, what, atMs: dueAt - beganAt, tookMs: now - dueAt });
    };
    try {
      const code = await work[operation]();
      settle(code === "" ? "DONE" : "AGAIN", code);
    } catch (error) {
      if (error instanceof Busy) return settle("BUSY", "SERVICE_UNAVAILABLE");
      const { message, cause } = error as Error & { cause?: { code?: string } };
      settle("LOST", `${operation}: ${cause?.code ?? ""} ${message}`);
    }
  }

  const pick = (): LoadAnswer["operation"] => {
    const dice = Math.random();
    if (dice < uploadShare / 2) return "create";
    if (dice < uploadShare) return "confirm";
    return dice < uploadShare + (1 - uploadShare) * 0.7 ? "list" : "file";
  };
  const timer = setInterval(() => {
    const dueCount = Math.floor(((performance.now() - beganAt) / 1000) * requestsPerSecond);
    for (; begun < dueCount; begun += 1) {
      const one = run(pick(), beganAt + (begun / requestsPerSecond) * 1000);
      underWay.add(one);
      void one.finally(() => underWay.delete(one));
    }
  }, TICK_MS);

  const stop = async (): Promise<void> => {
    clearInterval(timer);
    while (underWay.size > 0) await Promise.all(underWay);
  };

  async function finishOne(ticket: UploadTicket): Promise<void> {
    const { id } = ticket.file;
    while (!ready.has(id)) {
      if (!sent.has(id)) await sendAll(ticket);
      const answer = sent.has(id) ? await confirmUpload(api, user, id).catch(() => null) : null;
      if (answer?.__typename === "ConfirmedUpload") ready.add(id);
      else await new Promise((wake) => setTimeout(wake, FINISH_AGAIN_MS));
    }
  }

  return {
    beganAt,
    answers,
    opened: tickets,
    ready,
    stop,
    async finish() {
      await stop();
      const queue = [...tickets.values()].values();
      const worker = async (): Promise<void> => {
        for (const ticket of queue) await finishOne(ticket);
      };
      await Promise.all(Array.from({ length: FINISH_AT_ONCE }, worker));
    },
  };
}

class Busy extends Error {}

/** @throws Error when the problem is none that the same call may get over */
function again(problem: Problem): string {
  if (!problem.retryable) throw new Error(JSON.stringify(problem));
  return problem.code;
}

/** The value below which `share` (0..1) of them lie. PURE. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}
