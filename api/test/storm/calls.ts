import { setTimeout as after } from "node:timers/promises";
import { mintToken } from "../api-process.js";
import { DOCUMENTS } from "../operations.js";
import type { Problem } from "../operations.js";
import type { History } from "./history.js";
import type { UploadPlan } from "./schedule.js";
import type { World } from "./world.js";

export type Operation = keyof typeof DOCUMENTS;

/** A member of an operation's union that another try would not change. */
export type Member<Success> = Success | Problem;

export interface Asked<Success> {
  readonly answer: Member<Success>;
  /** True: an earlier try of this very call was not answered, and may have done its work. */
  readonly repeated: boolean;
}

/** The API as a good client calls it: what may be repeated is, elsewhere and later; everything is written down. */
export interface Calls {
  /**
   * Asks until there is an answer that another try would not change.
   * @throws GaveUp when there is none for a long time
   */
  ask<Success>(upload: UploadPlan, operation: Operation, variables: Record<string, unknown>): Promise<Asked<Success>>;
  /** One try; throws what the engine understands as a fault. */
  once<Data>(
    upload: UploadPlan,
    operation: string,
    query: string,
    variables: Record<string, unknown>,
    signal?: AbortSignal,
  ): Promise<Data>;
}

/** Nobody has answered for so long: something is stuck. */
export class GaveUp extends Error {
  override readonly name = "GaveUp";
}

/** What an {@link Calls.once} throws; the shape is that of the engine's ApiFault. */
export class CallFault extends Error {
  readonly code: string;
  readonly retryable = true;
  readonly retryAfterSeconds: number | undefined;

  constructor(code: string, message: string, retryAfterSeconds?: number) {
    super(message);
    this.name = "CallFault";
    this.code = code;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

const CALL_TIMEOUT_MS = 30_000;
const GIVE_UP_AFTER_MS = 120_000;
/** Codes of whole calls that may be repeated. */
const RETRYABLE_CODES: ReadonlySet<string> = new Set(["STORAGE_UNAVAILABLE", "SERVICE_UNAVAILABLE", "RATE_LIMITED"]);
/** How long before a call a fault may lie that made a server hang until after it. */
const HANGS_FOR_MS = 15_000;

/** How often a caller is sent to any process, there or not. */
const STALE_CHOICES = 0.2;

interface GraphqlAnswer {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly { readonly message: string; readonly extensions?: { readonly code?: string } }[];
}

export function createCalls({ world, history }: { world: World; history: History }): Calls {
  const tokens = new Map<string, Promise<string>>();
  const tokenOf = (owner: string): Promise<string> => {
    if (!tokens.has(owner)) tokens.set(owner, mintToken(owner));
    return tokens.get(owner)!;
  };
  const calls: Calls = { ask, once };
  return calls;

  async function ask<Success>(
    upload: UploadPlan,
    operation: Operation,
    variables: Record<string, unknown>,
  ): Promise<Asked<Success>> {
    const deadlineMs = performance.now() + GIVE_UP_AFTER_MS;
    let repeated = false;
    for (let attempt = 0; performance.now() < deadlineMs; attempt += 1) {
      let waitSeconds: number;
      try {
        const data = await once<Record<string, Member<Success>>>(upload, operation, DOCUMENTS[operation], variables);
        const answer = Object.values(data)[0]!;
        if (!isRetryable(answer)) return { answer, repeated };
        waitSeconds = Number(answer["retryAfterSeconds"] ?? 0);
      } catch (error) {
        if (!(error instanceof CallFault)) throw error;
        waitSeconds = error.retryAfterSeconds ?? 0;
      }
      repeated = true;
      history.count("calls repeated");
      await after(waitSeconds * 1000 + Math.min(2000, 50 * 2 ** attempt) * Math.random());
    }
    throw new GaveUp(`${operation} was not answered for ${GIVE_UP_AFTER_MS / 1000} s`);
  }

  async function once<Data>(
    upload: UploadPlan,
    operation: string,
    query: string,
    variables: Record<string, unknown>,
    signal?: AbortSignal,
  ): Promise<Data> {
    const { url, instance } = choose(world.apis);
    const startedMs = performance.now();
    const told = (answer: string): void => {
      history.count(`answer ${operation}: ${answer}`);
      history.note({
        upload: upload.index,
        what: operation,
        via: instance,
        answer,
        tookMs: performance.now() - startedMs,
      });
    };
    let response: Response;
    let text: string;
    try {
      const timeout = AbortSignal.timeout(CALL_TIMEOUT_MS);
      response = await fetch(`${url}/graphql`, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${await tokenOf(upload.owner)}` },
        body: JSON.stringify({ query, variables }),
        signal: signal === undefined ? timeout : AbortSignal.any([timeout, signal]),
      });
      text = await response.text();
    } catch (error) {
      const what = brokenBy(error);
      told(what);
      const nowMs = performance.now();
      const excused =
        what === "no answer"
          ? world.faults.anything(startedMs - HANGS_FOR_MS, nowMs)
          : world.faults.struck([instance], startedMs, nowMs);
      if (!excused && signal?.aborted !== true)
        history.unexplained(upload.index, `${operation} at ${instance}: ${what}, and nothing was struck`);
      throw new CallFault("HTTP", what);
    }
    return read(response, text);

    function read({ status, headers }: Response, body: string): Data {
      const answer = parse(body);
      const retryAfter = headers.get("retry-after");
      const retryAfterSeconds = retryAfter === null ? undefined : Number(retryAfter);
      if (answer?.data !== null && answer?.data !== undefined && answer.errors === undefined) {
        for (const member of membersOf(answer.data)) toldMember(member);
        return answer.data as Data;
      }
      const code = answer?.errors?.[0]?.extensions?.code ?? "none";
      told(`HTTP ${status} ${answer === null ? "no JSON" : code}`);
      if (!RETRYABLE_CODES.has(code))
        history.unexplained(upload.index, `${operation} at ${instance}: HTTP ${status}: ${body.slice(0, 500)}`);
      else if (retryAfterSeconds === undefined)
        history.unexplained(upload.index, `${operation} at ${instance}: ${code} without Retry-After`);
      throw new CallFault(code, `HTTP ${status}`, retryAfterSeconds);
    }

    function toldMember(member: { __typename?: string; code?: string; status?: string } | null): void {
      const { __typename = member === null ? "nothing" : "an object", code } = member ?? {};
      told(code ?? __typename);
      if (code === "INTERNAL")
        history.unexplained(upload.index, `${operation} at ${instance}: ${JSON.stringify(member)}`);
    }
  }
}

/** As a balancer that looks at its targets now and then: mostly one that is there. */
function choose(apis: World["apis"]): World["apis"][number] {
  const there = apis.filter(({ isThere }) => isThere);
  const choice = there.length === 0 || Math.random() < STALE_CHOICES ? apis : there;
  return choice[Math.floor(Math.random() * choice.length)]!;
}

/** Problems and successes in the answer to a mutation; the one node of a query. */
function membersOf(data: Record<string, unknown>): ({ __typename?: string; code?: string } | null)[] {
  return Object.values(data).flatMap((value) => value as { __typename?: string } | { __typename?: string }[] | null);
}

function isRetryable(answer: unknown): answer is Problem {
  return (answer as Partial<Problem> | null)?.retryable === true;
}

function brokenBy(error: unknown): string {
  if (error instanceof DOMException && error.name === "TimeoutError") return "no answer";
  const { cause, message } = error as Error & { cause?: { code?: string } };
  return `broken connection (${cause?.code ?? message})`;
}

function parse(text: string): GraphqlAnswer | null {
  try {
    return JSON.parse(text) as GraphqlAnswer;
  } catch {
    return null;
  }
}
