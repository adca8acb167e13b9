import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { BOMBS } from "./bombs.js";
import { openRange } from "./measure-bombs.js";
import type { Range } from "./measure-bombs.js";

/** Small to send, large to work on: refused before a resolver runs, and before much else. `npm run prove -- R14` measures it. */

/** Machines that run tests are slow and do something else at the same time; without the limits these are seconds. */
const CPU_MS_HERE = 100;

let range: Range;
beforeAll(async () => {
  range = await openRange();
});
afterAll(() => range.stop());

test("the counter counts: what is no bomb is resolved", async () => {
  const [plain] = await range.send(JSON.stringify({ query: "{ viewer { id } }" }), 1);
  expect(plain).toMatchObject({ status: 200, resolved: 1 });
});

test.each(BOMBS)("$name", async ({ query, variables = {} }) => {
  for (const { path, status, body, cpuMs, resolved } of await range.send(JSON.stringify({ query, variables }), 3)) {
    // On the stream's path it is the one result of a stream.
    expect(path === "/graphql" ? [400, 413] : [200, 400, 413]).toContain(status);
    expect(body).toMatch(/"code":"(BAD_USER_INPUT|BAD_REQUEST|GRAPHQL_VALIDATION_FAILED)"/);
    expect(body).not.toMatch(/INTERNAL_SERVER_ERROR|"data":\{/);
    expect(body.length).toBeLessThan(60_000);
    expect(resolved).toBe(0);
    expect(cpuMs).toBeLessThan(CPU_MS_HERE);
  }
});

test("of many values that do not fit the first is told, and no error made for the others", async () => {
  const query = "mutation ($x: [CreateUploadUrlInput!]!) { createUploadUrls(inputs: $x) { __typename } }";
  const variables = { x: Array.from({ length: 100 }, () => ({})) };
  const [blast] = await range.send(JSON.stringify({ query, variables }), 1);
  const { errors } = JSON.parse(blast!.body) as { errors: { message: string }[] };
  expect(errors.map(({ message }) => message)).toEqual([expect.stringContaining('at "x[0]"')]);
});
