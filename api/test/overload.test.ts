import { afterAll, afterEach, beforeAll, expect, test } from "@jest/globals";
import { IN_LINE_PER_PLACE } from "../src/http/gate.js";
import type { RequestKind } from "./load/load-plan.js";
import { runLoad } from "./load/run-load.js";
import { checkInvariants } from "./invariants.js";
import { DOCUMENTS, readUsage, upload } from "./operations.js";
import { until } from "./records.js";
import { testServers } from "./servers.js";
import { startStoreProxy } from "./store-proxy.js";
import type { Fate, StoreProxy } from "./store-proxy.js";
import { startTestApp } from "./test-app.js";
import type { TestApp } from "./test-app.js";

/** More callers than one process serves. The figures are R7's (npm run prove -- R7); here is what has to hold at any size. */

const USER = "crowd";
/** With two places, one of them for mutations: one at work, the others in line. */
const FULL = 1 + IN_LINE_PER_PLACE;

let proxy: StoreProxy;
let app: TestApp;

beforeAll(async () => {
  proxy = await startStoreProxy(testServers().s3.endpoint);
  app = await startTestApp({ storeEndpoint: proxy.endpoint, env: { MAX_CONCURRENT_OPERATIONS: "2" } });
});
afterAll(async () => {
  await app.stop();
  await proxy.stop();
});
afterEach(async () => {
  proxy.onCall(null);
  await checkInvariants(app);
});

test("mutations that wait for the store fill their places alone: the next is refused, reads and health answer, all is served after", async () => {
  let letGo = (): void => undefined;
  const held = new Promise<void>((resolve) => (letGo = resolve));
  proxy.onCall(async ({ operation }): Promise<Fate> => {
    if (operation === "CreateMultipartUpload") await held;
    return "FORWARD";
  });
  const answers: Response[] = [];
  const authorization = `Bearer ${await app.tokenOf(USER)}`;
  const create = async (): Promise<void> => {
    const input = { filename: "x", contentType: "text/plain", size: 1 };
    const answer = await fetch(`${app.url}/graphql`, {
      method: "POST",
      headers: { "content-type": "application/json", authorization },
      body: JSON.stringify({ query: DOCUMENTS.createUploadUrl, variables: { input } }),
    });
    answers.push(answer);
  };
  const all = Promise.all(Array.from({ length: FULL + 1 }, create));
  await until(() => answers.length > 0);
  expect(await readUsage(app, USER)).toMatchObject({ usedBytes: 0 });
  for (const path of ["/healthz", "/readyz"]) expect((await fetch(`${app.url}${path}`)).status).toBe(200);
  letGo();
  await all;

  // Who was in line gives up after two seconds, which a busy machine can take to come here.
  const refused = answers.filter(({ status }) => status === 503);
  expect(answers.filter(({ status }) => status === 200).length + refused.length).toBe(FULL + 1);
  expect(refused.length).toBeGreaterThanOrEqual(1);
  expect(refused.length).toBeLessThanOrEqual(FULL);
  for (const answer of refused) {
    expect(answer.headers.get("retry-after")).toMatch(/^[123]$/);
    const extensions = { code: "SERVICE_UNAVAILABLE", requestId: answer.headers.get("x-request-id") };
    expect(await answer.json()).toMatchObject({ errors: [{ extensions }] });
  }
  await upload(app, USER, "all is well");
});

test("a crowd in open loop: everybody is served or told when to come back, and afterwards it is calm", async () => {
  const owner = "crowd-2";
  await upload(app, owner, "hello");
  const body = JSON.stringify({ query: "{ files(first: 25) { nodes { id url } } }" });
  const list = `POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\nauthorization: Bearer ${await app.tokenOf(owner)}\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
  const mix: RequestKind[] = [{ name: "list", share: 1, once: false, requests: [list] }];
  const plan = { origin: app.url, seed: "overload", mix };
  const busy = await runLoad({ ...plan, seconds: 1, load: { kind: "OPEN", perSecond: 1_500 } });
  expect(busy.faults).toEqual([]);
  const countOf = (outcome: string): number => busy.samples.filter((each) => each.outcome === outcome).length;
  expect(countOf("SERVED")).toBeGreaterThan(0);
  expect(countOf("REFUSED")).toBeGreaterThan(10);
  expect(countOf("SERVED") + countOf("REFUSED")).toBe(busy.samples.length);
  const { status, data } = await app.call<{ files: { nodes: unknown[] } }>(owner, "{ files { nodes { id } } }");
  expect([status, data.files.nodes.length]).toEqual([200, 1]);
});
