import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { BatchSizeDocument } from "../gql/graphql.js";
import { ApiError, createExecute } from "./execute.js";
import type { Execute } from "./execute.js";
import { createSession } from "./session.js";
import type { Session } from "./session.js";

interface Call {
  readonly authorization: string | undefined;
  readonly body: unknown;
}

let server: Server;
let endpoint: string;
let calls: Call[];
let answer: (call: Call, response: ServerResponse) => void;

beforeEach(async () => {
  calls = [];
  server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const call = { authorization: request.headers.authorization, body };
      calls.push(call);
      answer(call, response);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`;
});

afterEach(async () => {
  server.closeAllConnections();
  if (server.listening) await new Promise((resolve) => server.close(resolve));
});

async function bodyOf(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString("utf8"));
}

function send(response: ServerResponse, status: number, body: unknown, headers: Record<string, string> = {}): void {
  response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
}

const data = { limits: { batchSize: 100 } };
const memory = (): Parameters<typeof createSession>[1] => {
  const kept = new Map<string, string>();
  return {
    getItem: (key) => kept.get(key) ?? null,
    setItem: (key, value) => void kept.set(key, value),
    removeItem: (key) => void kept.delete(key),
  };
};
const withToken = (...tokens: string[]): Session => createSession(() => Promise.resolve(tokens.shift()), memory());

async function failure(execute: Execute, options: Parameters<Execute>[2] = {}): Promise<ApiError> {
  const error: unknown = await execute(BatchSizeDocument, {}, options).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof ApiError)) throw new Error(`expected an ApiError, not ${String(error)}`);
  return error;
}

describe("the executor", () => {
  test("sends the document, the variables and the token, and gives the data", async () => {
    answer = (_, response) => send(response, 200, { data });
    const result = await createExecute(endpoint, withToken("t1"))(BatchSizeDocument, {});
    expect(result.limits.batchSize).toBe(100);
    expect(calls).toEqual([
      { authorization: "Bearer t1", body: { query: BatchSizeDocument.toString(), variables: {} } },
    ]);
  });

  test("after a 401 the token is replaced and the call repeated, once", async () => {
    answer = (call, response) =>
      call.authorization === "Bearer good"
        ? send(response, 200, { data })
        : send(response, 401, { errors: [{ message: "who?", extensions: { code: "UNAUTHENTICATED" } }] });
    await createExecute(endpoint, withToken("old", "good"))(BatchSizeDocument, {});
    expect(calls.map((call) => call.authorization)).toEqual(["Bearer old", "Bearer good"]);

    const error = await failure(createExecute(endpoint, withToken("bad", "worse", "never asked for")));
    expect(error).toMatchObject({ code: "UNAUTHENTICATED", status: 401, retryable: false });
    expect(calls).toHaveLength(4);
  });

  test("many refused calls cost one token", async () => {
    answer = (call, response) =>
      call.authorization === "Bearer good" ? send(response, 200, { data }) : send(response, 401, {});
    const execute = createExecute(endpoint, withToken("old", "good", "wasted"));
    await Promise.all(Array.from({ length: 5 }, () => execute(BatchSizeDocument, {})));
    expect(calls.filter((call) => call.authorization === "Bearer wasted")).toEqual([]);
  });

  test("errors carry code, request id and whether to try again", async () => {
    const execute = createExecute(endpoint, withToken("t"));
    answer = (_, response) =>
      send(response, 200, {
        data: null,
        errors: [{ message: "no", extensions: { code: "BAD_USER_INPUT", requestId: "r-1" } }],
      });
    expect(await failure(execute)).toMatchObject({
      code: "BAD_USER_INPUT",
      requestId: "r-1",
      retryable: false,
      message: "no",
    });
    answer = (_, response) => send(response, 429, {}, { "retry-after": "17" });
    expect(await failure(execute)).toMatchObject({
      code: "RATE_LIMITED",
      retryAfterSeconds: 17,
      retryable: true,
      status: 429,
    });
    answer = (_, response) => void response.writeHead(503, { "retry-after": "60" }).end("<html>busy</html>");
    expect(await failure(execute)).toMatchObject({
      code: "SERVICE_UNAVAILABLE",
      retryAfterSeconds: 60,
      retryable: true,
      status: 503,
    });
    answer = (_, response) =>
      send(response, 200, { data: null, errors: [{ message: "no", extensions: { code: "SERVICE_UNAVAILABLE" } }] });
    expect(await failure(execute)).toMatchObject({ code: "SERVICE_UNAVAILABLE", retryable: true });
    answer = (_, response) => void response.writeHead(502).end("<html>bad gateway</html>");
    expect(await failure(execute)).toMatchObject({ code: "HTTP", status: 502, retryable: true });
    answer = (_, response) => void response.writeHead(200).end("not json");
    expect(await failure(execute)).toMatchObject({ code: "HTTP", status: 200, retryable: false });
  });

  test("a busy server is asked again when it says so, twice and no more; not when that is long, and not once stopped", async () => {
    const execute = createExecute(endpoint, withToken("t"));
    const busy = (response: ServerResponse, seconds: number): void =>
      send(
        response,
        503,
        { errors: [{ message: "busy", extensions: { code: "SERVICE_UNAVAILABLE" } }] },
        { "retry-after": String(seconds) },
      );
    answer = (_, response) => (calls.length === 1 ? busy(response, 1) : send(response, 200, { data }));
    const begunAt = performance.now();
    expect(await execute(BatchSizeDocument, {})).toEqual(data);
    expect(calls).toHaveLength(2);
    expect(calls[1]!.body).toEqual(calls[0]!.body);
    // Timers may be a millisecond early.
    expect(performance.now() - begunAt).toBeGreaterThan(990);

    calls.length = 0;
    answer = (_, response) => busy(response, 1);
    expect(await failure(execute)).toMatchObject({ code: "SERVICE_UNAVAILABLE", retryAfterSeconds: 1 });
    expect(calls).toHaveLength(3);

    calls.length = 0;
    answer = (_, response) => busy(response, 11);
    expect(await failure(execute)).toMatchObject({ retryAfterSeconds: 11 });
    expect(calls).toHaveLength(1);

    calls.length = 0;
    const stop = new AbortController();
    answer = (_, response) => {
      busy(response, 10);
      setTimeout(() => stop.abort(new Error("stopped")), 20);
    };
    await expect(execute(BatchSizeDocument, {}, { signal: stop.signal })).rejects.toThrow("stopped");
    expect(calls).toHaveLength(1);
  });

  test("a caller who asks too often waits and goes on", async () => {
    const execute = createExecute(endpoint, withToken("t"));
    const tooMany = { errors: [{ message: "slow", extensions: { code: "RATE_LIMITED" } }] };
    answer = (_, response) =>
      calls.length === 1 ? send(response, 429, tooMany, { "retry-after": "1" }) : send(response, 200, { data });
    const begunAt = performance.now();
    expect(await execute(BatchSizeDocument, {})).toEqual(data);
    expect(calls).toHaveLength(2);
    // Timers may be a millisecond early.
    expect(performance.now() - begunAt).toBeGreaterThan(990);

    // A change is repeated by whoever wants it, and says so.
    calls.length = 0;
    answer = (_, response) => send(response, 429, tooMany, { "retry-after": "1" });
    const mutation =
      "fragment F on File { id }\n  mutation Rename { serverTime }" as unknown as typeof BatchSizeDocument;
    expect(await execute(mutation, {}).catch((error: unknown) => error)).toMatchObject({ code: "RATE_LIMITED" });
    expect(calls).toHaveLength(1);

    // For one item of a batch it is data of the answer, and no refusal of the call.
    calls.length = 0;
    answer = (_, response) => send(response, 200, tooMany, { "retry-after": "1" });
    expect(await failure(execute)).toMatchObject({ code: "RATE_LIMITED", retryable: true, status: 200 });
    expect(calls).toHaveLength(1);
  });

  test("no answer: NETWORK; no answer in time: TIMEOUT; no more patience: the signal's reason", async () => {
    const execute = createExecute(endpoint, withToken("t"));
    answer = () => undefined;
    expect(await failure(execute, { timeoutMs: 50 })).toMatchObject({ code: "TIMEOUT", retryable: true });
    const controller = new AbortController();
    const call = execute(BatchSizeDocument, {}, { signal: controller.signal });
    controller.abort(new Error("enough"));
    await expect(call).rejects.toThrow("enough");
    answer = (_, response) => void response.destroy();
    expect(await failure(execute)).toMatchObject({ code: "NETWORK", retryable: true });
  });

  test("a token that cannot be had is a NETWORK failure, and the next call asks again", async () => {
    answer = (_, response) => send(response, 200, { data });
    let up = false;
    const issue = (): Promise<string> => (up ? Promise.resolve("t") : Promise.reject(new TypeError("fetch failed")));
    const execute = createExecute(endpoint, createSession(issue, memory()));
    expect(await failure(execute)).toMatchObject({ code: "NETWORK", retryable: true });
    up = true;
    expect((await execute(BatchSizeDocument, {})).limits.batchSize).toBe(100);
  });
});

describe("the session", () => {
  test("where nobody issues tokens a person is asked, and the token is kept for the tab", async () => {
    const store = memory();
    const session = createSession(() => Promise.resolve(undefined), store);
    const states: string[] = [];
    session.subscribe(() => states.push(session.getSnapshot()));
    const tokens = Promise.all([session.token(), session.token()]);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(session.getSnapshot()).toBe("ASKING");
    session.enter("typed");
    expect(await tokens).toEqual(["typed", "typed"]);
    expect(states).toEqual(["ASKING", "SIGNED_IN"]);

    session.reject("typed");
    const next = session.token();
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(session.getSnapshot()).toBe("ASKING_AGAIN");
    session.enter("typed better");
    expect(await next).toBe("typed better");

    const reloaded = createSession(() => Promise.reject(new Error("not needed")), store);
    expect(await reloaded.token()).toBe("typed better");
  });

  test("a refused token is forgotten; an older refusal changes nothing", async () => {
    const session = withToken("one", "two");
    expect(await session.token()).toBe("one");
    session.reject("one");
    expect(await session.token()).toBe("two");
    session.reject("one");
    expect(await session.token()).toBe("two");
  });
});
