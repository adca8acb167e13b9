import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "@jest/globals";
import { StorageError } from "../storage/object-storage.js";
import { openTestServer, STORE_ORIGIN } from "./server.fixture.js";
import type { TestServer } from "./server.fixture.js";
import type { HttpServerParts } from "./server.js";

const open: TestServer[] = [];
let pageDir = "";

async function serverWith(changes: Partial<HttpServerParts> = {}): Promise<TestServer> {
  const server = await openTestServer({}, changes);
  open.push(server);
  return server;
}

beforeAll(async () => {
  pageDir = await mkdtemp(join(tmpdir(), "signet-page-"));
  await mkdir(join(pageDir, "assets"));
  await writeFile(join(pageDir, "index.html"), "<!doctype html><title>The page</title>");
  await writeFile(join(pageDir, "assets", "index-0a1b2c.js"), "1;");
  await writeFile(join(pageDir, "favicon.svg"), "<svg/>");
});

afterEach(async () => {
  await Promise.all(open.splice(0).map((server) => server.stop()));
});

afterAll(async () => {
  await rm(pageDir, { recursive: true, force: true });
});

const HTML = { accept: "text/html" };

describe("every answer", () => {
  test.each(["/healthz", "/nope", "/graphql", "/files/x", "/dev/token", "/", "/explorer"])(
    "has a request id, and what keeps browsers safe: %s",
    async (url) => {
      const server = await serverWith();
      const { headers } = await server.inject({ url });
      expect(headers["x-request-id"]).toMatch(/^[\w-]{36}$/);
      expect(headers["x-content-type-options"]).toBe("nosniff");
      expect(headers["referrer-policy"]).toBe("no-referrer");
      expect(headers["content-security-policy"]).toContain("frame-ancestors 'none'");
      expect(headers).not.toHaveProperty("set-cookie");
      expect(headers).not.toHaveProperty("x-powered-by");
    },
  );

  test("keeps a caller's request id when it is one", async () => {
    const server = await serverWith();
    const idFor = async (id: string) =>
      (await server.inject({ url: "/healthz", headers: { "x-request-id": id } })).headers["x-request-id"];
    expect(await idFor("abc-123")).toBe("abc-123");
    for (const bad of ["", "a b", "a_b", "a".repeat(65), "<script>", "ä"]) expect(await idFor(bad)).not.toBe(bad);
  });

  test("of an unknown path is 404 in JSON", async () => {
    const server = await serverWith();
    for (const request of [{ url: "/nope" }, { url: "/dev/token/x" }, { method: "PUT" as const, url: "/" }]) {
      const answer = await server.inject(request);
      expect(answer.statusCode).toBe(404);
      const requestId = answer.headers["x-request-id"];
      expect(answer.json()).toEqual({ error: { code: "NOT_FOUND", message: expect.any(String), requestId } });
    }
  });

  test.each(["/files/%zz", "/%zz", `/files/${"a".repeat(200)}`])(
    "of a path that is none is JSON too: %s",
    async (url) => {
      const server = await serverWith();
      const answer = await server.inject({ url });
      expect([400, 414]).toContain(answer.statusCode);
      const requestId = answer.headers["x-request-id"];
      expect(answer.json()).toEqual({ error: { code: "BAD_REQUEST", message: expect.any(String), requestId } });
    },
  );

  test("asks for https only where the service is reached by it", async () => {
    const plain = await serverWith();
    expect((await plain.inject({ url: "/healthz" })).headers).not.toHaveProperty("strict-transport-security");
    const secure = await serverWith({ publicUrl: "https://files.example" });
    expect((await secure.inject({ url: "/healthz" })).headers).toHaveProperty("strict-transport-security");
  });
});

describe("health", () => {
  test("alive is alive", async () => {
    const server = await serverWith({ readiness: async () => ({ database: false, storage: false }) });
    expect((await server.inject({ url: "/healthz" })).statusCode).toBe(200);
  });

  test.each([
    [{ database: true, storage: true }, 200, "ok"],
    [{ database: false, storage: true }, 503, "unavailable"],
    [{ database: false, storage: false }, 503, "unavailable"],
    // Reads are answered without the store: taking every process out would make a total outage of a store's.
    [{ database: true, storage: false }, 200, "degraded"],
  ])("ready says which part does not answer: %p", async (readiness, status, word) => {
    const server = await serverWith({ readiness: async () => readiness });
    const answer = await server.inject({ url: "/readyz" });
    expect(answer.statusCode).toBe(status);
    expect(answer.json()).toEqual({ status: word, ...readiness });
    expect("retry-after" in answer.headers).toBe(status === 503);
  });

  test("who has asked before a stop was announced, and is answered after, is told of it", async () => {
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const server = await serverWith({ readiness: () => held.then(() => ({ database: true, storage: true })) });
    const asked = server.inject({ url: "/readyz" });
    await new Promise((wake) => setImmediate(wake));
    server.announceStop();
    release();
    const answer = await asked;
    expect([answer.statusCode, answer.json()]).toEqual([503, { status: "stopping" }]);
  });

  test("a readiness that cannot be told is not ready", async () => {
    const server = await serverWith({ readiness: () => Promise.reject(new Error("secret")) });
    const answer = await server.inject({ url: "/readyz" });
    expect(answer.statusCode).toBe(503);
    expect(answer.body).not.toContain("secret");
  });
});

describe("/dev/token", () => {
  const ask = (server: TestServer, headers: Record<string, string> = {}, query = "") =>
    server.inject({ url: `/dev/token${query}`, headers });

  test("gives a token for the local user, or for another", async () => {
    const server = await serverWith();
    const answer = await ask(server, { origin: "https://app.example" });
    expect(answer.statusCode).toBe(200);
    expect(answer.headers["cache-control"]).toBe("no-store");
    expect(Object.keys(answer.headers).filter((name) => name.startsWith("access-control"))).toEqual([]);
    const { token } = answer.json<{ token: string }>();
    const other = (await ask(server, {}, "?user=ann.b_c-D")).json<{ token: string }>().token;
    const me = await server.graphql("{ viewer { id } }", {}, { token });
    const her = await server.graphql("{ viewer { id } }", {}, { token: other });
    expect(me.body.data).toHaveProperty("viewer.id");
    expect(her.body.data).toHaveProperty("viewer.id");
    expect(her.body).not.toEqual(me.body);
  });

  test.each(["localhost", "localhost:5173", "LOCALHOST:1", "127.0.0.1", "127.0.0.1:4000", "[::1]", "[::1]:4000"])(
    "knows %s as this machine",
    async (host) => {
      expect((await ask(await serverWith(), { host })).statusCode).toBe(200);
    },
  );

  test.each<Record<string, string>>([
    { host: "evil.example" },
    { host: "localhost.evil.example" },
    { host: "127.0.0.1.nip.io" },
    { host: "localhost:4000@evil" },
    { host: "127.0.0.2" },
    { "x-forwarded-for": "127.0.0.1" },
    { "x-forwarded-host": "localhost" },
    { "x-forwarded-proto": "https" },
    { forwarded: "for=127.0.0.1" },
    { "sec-fetch-site": "cross-site" },
  ])("is not there for %p", async (headers) => {
    expect((await ask(await serverWith(), headers)).statusCode).toBe(404);
  });

  test.each([
    "?user=",
    "?user=a%20b",
    "?user=a%0ab",
    "?user=a/b",
    `?user=${"a".repeat(65)}`,
    "?user=a&user=b",
    "?user=%00",
  ])("is not there for %s", async (query) => {
    expect((await ask(await serverWith(), {}, query)).statusCode).toBe(404);
  });

  test("is not there for a peer elsewhere, a wide bind, or in production", async () => {
    const server = await serverWith();
    const elsewhere = await server.inject({ url: "/dev/token", remoteAddress: "10.0.0.7" });
    expect(elsewhere.statusCode).toBe(404);
    expect((await ask(await serverWith({ host: "0.0.0.0" }))).statusCode).toBe(404);
    expect((await ask(await serverWith({ devTokens: null }))).statusCode).toBe(404);
  });

  test("does not answer a preflight", async () => {
    const server = await serverWith();
    const headers = { origin: "https://app.example", "access-control-request-method": "GET" };
    const answer = await server.inject({ method: "OPTIONS", url: "/dev/token", headers });
    expect(answer.statusCode).toBe(404);
    expect(answer.headers).not.toHaveProperty("access-control-allow-origin");
  });
});

describe("permalinks", () => {
  const URL_OF_FILE = `${STORE_ORIGIN}/bucket/key?X-Amz-Signature=00`;
  const permalink: HttpServerParts["permalink"] = async ({ ownerId }, id) =>
    ownerId.endsWith("|local") && id === "file_1" ? URL_OF_FILE : null;

  test("with a token redirect to the store, and nobody keeps the answer", async () => {
    const server = await serverWith({ permalink });
    const authorization = `Bearer ${await server.tokenOf("local")}`;
    const answer = await server.inject({ url: "/files/file_1", headers: { authorization, ...HTML } });
    expect(answer.statusCode).toBe(302);
    expect(answer.headers).toMatchObject({ location: URL_OF_FILE, "cache-control": "no-store" });
    expect(String(answer.headers["vary"])).toMatch(/Accept.*Authorization.*Origin/);
    expect(answer.body).toBe("");
  });

  test("of somebody else's file and of none are the same 404", async () => {
    const server = await serverWith({ permalink });
    const ask = async (user: string, id: string) => {
      const headers = { authorization: `Bearer ${await server.tokenOf(user)}`, "x-request-id": "same" };
      const { statusCode, body } = await server.inject({ url: `/files/${id}`, headers });
      return { statusCode, body };
    };
    const foreign = await ask("eve", "file_1");
    expect(foreign.statusCode).toBe(404);
    expect(await ask("local", "file_2")).toEqual(foreign);
    expect(await ask("local", "..%2f..%2fetc")).toEqual(foreign);
  });

  test("without a token give a browser the page, and others 401", async () => {
    const server = await serverWith({ permalink, pageDir });
    const page = await server.inject({ url: "/files/file_1", headers: HTML });
    expect(page.statusCode).toBe(200);
    expect(page.body).toContain("The page");
    expect(page.headers["content-security-policy"]).toContain(STORE_ORIGIN);
    const refused: Record<string, string>[] = [
      {},
      { accept: "*/*" },
      { authorization: "Bearer nonsense", ...HTML },
      { authorization: "Basic eA==" },
    ];
    for (const headers of refused) {
      const answer = await server.inject({ url: "/files/file_1", headers });
      expect(answer.statusCode).toBe(401);
      expect(answer.headers["www-authenticate"]).toBe("Bearer");
      expect(answer.json()).toMatchObject({ error: { code: "UNAUTHENTICATED" } });
    }
  });

  test("say 503 when the store fails, and nothing about it", async () => {
    const server = await serverWith({
      permalink: () => Promise.reject(new StorageError("UNAVAILABLE", "GetObject", "InternalError")),
    });
    const authorization = `Bearer ${await server.tokenOf("local")}`;
    const answer = await server.inject({ url: "/files/file_1", headers: { authorization } });
    expect(answer.statusCode).toBe(503);
    expect(answer.headers["retry-after"]).toBe("2");
    expect(answer.body).not.toMatch(/GetObject|InternalError/);
  });
});

describe("the page", () => {
  test("is served with its policy; what has a hash in its name never changes", async () => {
    const server = await serverWith({ pageDir });
    const page = await server.inject({ url: "/" });
    expect(page.headers).toMatchObject({
      "content-type": "text/html; charset=utf-8",
      "cache-control": "no-cache",
      "content-security-policy": expect.stringContaining(`connect-src 'self' blob: ${STORE_ORIGIN}`),
    });
    const directives = String(page.headers["content-security-policy"]).split("; ");
    expect(directives).toEqual(
      expect.arrayContaining([
        "default-src 'self'",
        `media-src 'self' blob: ${STORE_ORIGIN}`,
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
      ]),
    );
    const asset = await server.inject({ url: "/assets/index-0a1b2c.js" });
    expect(asset.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
    expect(asset.headers["content-type"]).toContain("javascript");
    expect((await server.inject({ url: "/favicon.svg" })).headers["cache-control"]).toBe("no-cache");
    expect((await server.inject({ url: "/index.html" })).headers["content-security-policy"]).toContain(STORE_ORIGIN);
  });

  test.each([
    "/../package.json",
    "/..%2fpackage.json",
    "/%2e%2e/package.json",
    "/assets/..%2f..%2fetc/passwd",
    "/assets/",
    "/.env",
    "/%00",
  ])("does not leave its folder: %s", async (url) => {
    const server = await serverWith({ pageDir });
    const answer = await server.inject({ url });
    expect([400, 403, 404]).toContain(answer.statusCode);
    expect(answer.headers["content-type"]).toContain("json");
  });

  test("says how to go on when it was not built", async () => {
    const server = await serverWith();
    const answer = await server.inject({ url: "/" });
    expect(answer.statusCode).toBe(200);
    expect(answer.body).toContain('href="/explorer/"');
  });
});

describe("the explorer", () => {
  test("comes from here alone, with a token that works", async () => {
    const server = await serverWith();
    expect((await server.inject({ url: "/explorer" })).headers["location"]).toBe("/explorer/");
    const page = await server.inject({ url: "/explorer/" });
    expect(page.statusCode).toBe(200);
    expect(page.headers["cache-control"]).toBe("no-store");
    expect(page.body).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
    const token = /Bearer (eyJ[\w.-]+)/.exec(page.body)?.[1] ?? null;
    expect((await server.graphql("{ serverTime }", {}, { token })).status).toBe(200);
    const scripts = [...page.body.matchAll(/src="([^"]+\.js)"/g)].map((match) => match[1]);
    expect(scripts.length).toBeGreaterThan(1);
    for (const script of scripts) {
      const asset = await server.inject({ url: `/explorer/${script}` });
      expect(asset.statusCode).toBe(200);
      expect(asset.headers["content-type"]).toContain("javascript");
    }
  });

  test("runs people's scripts in a frame without an origin, which nobody else may hold", async () => {
    const server = await serverWith();
    const frame = await server.inject({ url: "/explorer/iframe-sandbox/index.html" });
    expect(frame.statusCode).toBe(200);
    expect(frame.headers).toMatchObject({
      "content-security-policy": "sandbox allow-scripts; frame-ancestors 'self'",
      "x-frame-options": "SAMEORIGIN",
    });
    const page = await server.inject({ url: "/explorer/" });
    expect(page.headers["x-frame-options"]).toBe("DENY");
  });

  test("shows no token to anybody else", async () => {
    const server = await serverWith();
    const page = await server.inject({ url: "/explorer/", headers: { host: "evil.example" } });
    expect(page.body).not.toContain("eyJ");
    expect(page.body).toContain("Bearer TOKEN");
  });
});
