import { openConnection } from "./http-connection.js";
import type { HttpConnection, RawAnswer } from "./http-connection.js";
import type { LoadPlan, LoadResult, Outcome, RequestKind, Sample } from "./load-plan.js";
import { randomOf } from "../storm/schedule.js";

/**
 * The load's own process: reads a LoadPlan from stdin, carries it out, writes a LoadResult to stdout.
 *
 * Latency counts from the instant at which a request was due, not from when it could be sent: a server that stalls would
 * otherwise hold up its own measuring ("coordinated omission", https://github.com/giltene/wrk2#readme).
 */

/** Callers come over the kept connections of a proxy, not each over one of its own. */
const MAX_CONNECTIONS = 500;
/** What is not answered so long after the last request was due has no answer. */
const DRAIN_MS = 15_000;
const MAX_FAULTS = 5;

async function carryOut(plan: LoadPlan): Promise<LoadResult> {
  const random = randomOf(plan.seed);
  const sources = plan.mix.map(createSource);
  const samples: Sample[] = [];
  const faults: string[] = [];
  const idle: HttpConnection[] = [];
  const queue: ((connection: HttpConnection) => void)[] = [];
  let connections = 0;
  if (plan.load.kind === "OPEN") {
    for (; connections < MAX_CONNECTIONS; connections += 1) idle.push(openConnection(plan.origin));
    await Promise.all(idle.map(({ opened }) => opened));
  }
  const beganAt = performance.now();
  const elapsed = (): number => performance.now() - beganAt;
  const endMs = plan.seconds * 1000;

  const pick = (): Source => {
    let rest = random();
    return sources.find(({ kind }) => (rest -= kind.share) < 0) ?? sources.at(-1)!;
  };
  const connection = (): Promise<HttpConnection> | HttpConnection => {
    for (let free = idle.pop(); free !== undefined; free = idle.pop()) {
      if (free.usable) return free;
      connections -= 1;
    }
    if (connections >= MAX_CONNECTIONS) return new Promise((resolve) => queue.push(resolve));
    connections += 1;
    return openConnection(plan.origin);
  };
  const giveBack = (used: HttpConnection): void => {
    const next = queue.shift();
    if (next !== undefined) next(used.usable ? used : openConnection(plan.origin));
    else idle.push(used);
  };

  const shoot = async (dueMs: number): Promise<void> => {
    const source = pick();
    const request = source.take();
    const used = await connection();
    const lateMs = elapsed() - dueMs;
    let outcome: Outcome;
    try {
      const answer = await used.send(Buffer.from(request, "latin1"));
      outcome = judge(answer);
      if ((outcome === "WRONG" || outcome === "UNTYPED") && faults.length < MAX_FAULTS)
        faults.push(`${source.kind.name} ${outcome}: ${answer.head.split("\r\n")[0]} ${answer.body.slice(0, 300)}`);
    } catch (error) {
      outcome = "WRONG";
      if (faults.length < MAX_FAULTS) faults.push(`${source.kind.name}: ${String(error)}`);
    }
    const latencyMs = elapsed() - dueMs;
    samples.push({ kind: source.kind.name, dueMs, lateMs, latencyMs, outcome });
    if (outcome !== "SERVED") source.putBack(request);
    giveBack(used);
  };

  if (plan.load.kind === "CLOSED") {
    const client = async (): Promise<void> => {
      while (elapsed() < endMs) await shoot(elapsed());
    };
    await Promise.all(Array.from({ length: plan.load.clients }, client));
  } else {
    const { perSecond } = plan.load;
    const underWay = new Set<Promise<void>>();
    let dueMs = 0;
    while (dueMs < endMs) {
      const waitMs = dueMs - elapsed();
      if (waitMs > 1) await new Promise((wake) => setTimeout(wake, waitMs));
      else if (waitMs > 0) await new Promise((wake) => setImmediate(wake));
      for (; dueMs <= elapsed() && dueMs < endMs; dueMs += (-Math.log(1 - random()) * 1000) / perSecond) {
        const shot = shoot(dueMs).finally(() => underWay.delete(shot));
        underWay.add(shot);
      }
      // Answers come in between, however far behind it is.
      await new Promise((wake) => setImmediate(wake));
    }
    const drained = new Promise((resolve) => setTimeout(resolve, DRAIN_MS).unref());
    await Promise.race([Promise.all(underWay), drained]);
    for (let lost = underWay.size; lost > 0; lost -= 1)
      samples.push({ kind: "unknown", dueMs: endMs, lateMs: 0, latencyMs: DRAIN_MS, outcome: "WRONG" });
  }
  for (const used of idle) used.close();
  const left = sources.filter(({ kind }) => kind.once).map((source) => [source.kind.name, source.rest()]);
  return { samples, faults, left: Object.fromEntries(left) as LoadResult["left"] };
}

interface Source {
  readonly kind: RequestKind;
  take(): string;
  putBack(request: string): void;
  rest(): readonly string[];
}

function createSource(kind: RequestKind): Source {
  const fresh = [...kind.requests];
  let next = 0;
  return {
    kind,
    take() {
      const request = kind.once ? fresh.shift() : fresh[next++ % fresh.length];
      if (request === undefined) throw new Error(`there are no more requests of ${kind.name}: make more of them`);
      return request;
    },
    putBack: (request) => void (kind.once && fresh.push(request)),
    rest: () => fresh,
  };
}

function judge({ status, head, body }: RawAnswer): Outcome {
  const typed = body.includes('"SERVICE_UNAVAILABLE"') || body.includes('"STORAGE_UNAVAILABLE"');
  if (status === 503) return typed && /\r\nretry-after: *\d+/i.test(head) ? "REFUSED" : "UNTYPED";
  if (status !== 200 || body.includes('"errors"')) return "WRONG";
  if (body.includes('"TemporaryFailure"') || body.includes('"FileBusy"'))
    return typed || body.includes('"FILE_BUSY"')
      ? /"retryAfterSeconds":\d/.test(body)
        ? "REFUSED"
        : "UNTYPED"
      : "WRONG";
  return body.includes('"code"') ? "WRONG" : "SERVED";
}

const input: Buffer[] = [];
for await (const chunk of process.stdin) input.push(chunk as Buffer);
const result = await carryOut(JSON.parse(Buffer.concat(input).toString()) as LoadPlan);
process.stdout.write(JSON.stringify(result), () => process.exit(0));
