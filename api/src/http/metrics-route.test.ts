import { afterEach, describe, expect, test } from "@jest/globals";
import { FILE_UUID, openTestServer } from "./server.fixture.js";
import type { TestServer } from "./server.fixture.js";
import type { HttpServerParts } from "./server.js";
import { createMetrics } from "../telemetry/metrics.js";

const open: TestServer[] = [];
async function serverWith(changes: Partial<HttpServerParts> = {}): Promise<TestServer> {
  const server = await openTestServer({ files: { find: async () => null } }, changes);
  open.push(server);
  return server;
}
afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.stop()));
});

const TOKEN = "0123456789abcdef-metrics";
const bearer = (token: string) => ({ authorization: `Bearer ${token}` });

describe("who may read /metrics", () => {
  test("in development without a token: this machine", async () => {
    const server = await serverWith();
    expect((await server.inject({ url: "/metrics" })).statusCode).toBe(200);
    expect((await server.inject({ url: "/metrics", remoteAddress: "10.0.0.7" })).statusCode).toBe(404);
    expect((await server.inject({ url: "/metrics", headers: { host: "evil.example" } })).statusCode).toBe(404);
    const wide = await serverWith({ host: "0.0.0.0" });
    expect((await wide.inject({ url: "/metrics" })).statusCode).toBe(404);
  });

  test("in production without a token: nobody", async () => {
    const server = await serverWith({ metricsAccess: { token: null, openToThisMachine: false } });
    for (const headers of [{}, bearer(TOKEN), bearer(await server.tokenOf("local"))])
      expect((await server.inject({ url: "/metrics", headers })).statusCode).toBe(404);
  });

  test("with a token: its bearer, from anywhere", async () => {
    const server = await serverWith({ metricsAccess: { token: TOKEN, openToThisMachine: true } });
    const right = await server.inject({ url: "/metrics", headers: bearer(TOKEN), remoteAddress: "10.0.0.7" });
    expect(right.statusCode).toBe(200);
    expect(right.headers).toMatchObject({
      "content-type": expect.stringContaining("text/plain"),
      "cache-control": "no-store",
    });
    const local = await server.tokenOf("local");
    for (const headers of [{}, bearer(`${TOKEN}x`), bearer(TOKEN.slice(1)), bearer(local), { authorization: TOKEN }]) {
      const refused = await server.inject({ url: "/metrics", headers });
      expect(refused.statusCode).toBe(401);
      expect(refused.body).not.toContain("signet_");
    }
  });
});

test("counts by what is ours, whatever callers send", async () => {
  const server = await serverWith({ rates: { perOwnerPerMinute: 6 * 4, perAddressPerMinute: 0 } });
  await server.graphql("{ evil_alias: serverTime }");
  await server.graphql(`{ file(id: "file_${FILE_UUID}") { id } }`);
  await server.graphql("{ evil_field }");
  await server.graphql("query EvilName { files(first: 0) { nodes { id } } }");
  await server.graphql("{ serverTime }");
  await server.graphql("{ serverTime }");
  await server.graphql("{ serverTime }", {}, { token: "evil-token" });
  await server.inject({ url: "/evil-path?evil=1" });
  await server.inject({ method: "PROPFIND" as "GET", url: "/files/evil" });
  const { body } = await server.inject({ url: "/metrics" });
  expect(body).not.toMatch(/evil|local|file_0/i);
  expect(body).toMatch(/signet_http_request_duration_seconds_count\{route="\/graphql",method="POST",status="2xx"\} \d/);
  expect(body).toMatch(/signet_http_request_duration_seconds_count\{route="none",method="GET",status="4xx"\} 1/);
  expect(body).toContain('signet_refusals_total{reason="RATE_OWNER"} 1');
  expect(body).toContain('signet_refusals_total{reason="UNAUTHENTICATED"} 1');
  for (const name of ["process_cpu_user_seconds_total", "nodejs_eventloop_lag_seconds"]) expect(body).toContain(name);
});

describe("the registry", () => {
  test("belongs to one application", async () => {
    const [one, other] = [createMetrics(), createMetrics()];
    one.refused("BUSY");
    expect(await one.text()).toContain('signet_refusals_total{reason="BUSY"} 1');
    expect(await other.text()).not.toContain('reason="BUSY"');
    expect(await one.text()).toContain("nodejs_heap_size_total_bytes");
  });

  test("holds what is told to it, in bounded series", async () => {
    const metrics = createMetrics();
    metrics.answered({ route: "/graphql", method: "BREW", status: 418, seconds: 0.02 });
    metrics.field({ field: "confirmUpload", outcome: "PARTS_MISSING", seconds: 0.1 });
    metrics.storeCall({ operation: "ListParts", outcome: "UNAVAILABLE", seconds: 1 });
    metrics.uploadEnded("REJECTED", "CONTENT_MISMATCH");
    metrics.job({ task: "sweep", outcome: "FAILED", seconds: 2 });
    metrics.watchPool(() => ({ open: 3, idle: 1, waiting: 2 }));
    const text = await metrics.text();
    for (const line of [
      'signet_http_request_duration_seconds_count{route="/graphql",method="OTHER",status="4xx"} 1',
      'signet_graphql_field_duration_seconds_count{field="confirmUpload",outcome="PARTS_MISSING"} 1',
      'signet_store_call_duration_seconds_count{operation="ListParts",outcome="UNAVAILABLE"} 1',
      'signet_uploads_ended_total{verdict="REJECTED",code="CONTENT_MISMATCH"} 1',
      'signet_job_duration_seconds_count{task="sweep",outcome="FAILED"} 1',
      'signet_database_pool{state="waiting"} 2',
    ])
      expect(text).toContain(line);
  });

  test("costs a request next to nothing", () => {
    const metrics = createMetrics();
    const before = process.cpuUsage();
    for (let n = 0; n < 10_000; n += 1) {
      metrics.answered({ route: "/graphql", method: "POST", status: 200, seconds: 0.01 });
      metrics.field({ field: "files", outcome: "OK", seconds: 0.01 });
    }
    const { user, system } = process.cpuUsage(before);
    // Microseconds a request; 4 where it was measured.
    expect((user + system) / 10_000).toBeLessThan(100);
  });
});
