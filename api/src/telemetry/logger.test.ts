import { expect, test } from "@jest/globals";
import { createLogger, redactSecrets } from "./logger.js";

const JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJl";
const SIGNED = "http://127.0.0.1:4001/b/k?X-Amz-Credential=AKIA%2F20260101&X-Amz-Expires=600&X-Amz-Signature=0a1b2c";

function logging(): { lines: string[]; log: ReturnType<typeof createLogger> } {
  const lines: string[] = [];
  return { lines, log: createLogger({ level: "info", write: (line) => lines.push(line) }) };
}

test("lines are JSON with a level, an instant and a message", () => {
  const { lines, log } = logging();
  log.info({ requestId: "r-1" }, "hello");
  log.debug("too quiet");
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/\n$/);
  expect(JSON.parse(lines[0]!)).toEqual({
    level: "info",
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    requestId: "r-1",
    msg: "hello",
  });
});

test.each([
  ["a field", (log: ReturnType<typeof createLogger>) => log.error({ url: SIGNED }, "x")],
  ["a message", (log: ReturnType<typeof createLogger>) => log.error(`fetch ${SIGNED} failed`)],
  [
    "an error's message and stack",
    (log: ReturnType<typeof createLogger>) => log.error({ err: new Error(`GET ${SIGNED}`) }, "x"),
  ],
  [
    "the cause of an error",
    (log: ReturnType<typeof createLogger>) => log.error({ err: new Error("x", { cause: new Error(SIGNED) }) }, "x"),
  ],
  [
    "a header",
    (log: ReturnType<typeof createLogger>) => log.error({ headers: { authorization: `Bearer ${JWT}` } }, "x"),
  ],
  ["a bare token", (log: ReturnType<typeof createLogger>) => log.error({ got: JWT, token: "opaque-token" }, "x")],
  ["text about a header", (log: ReturnType<typeof createLogger>) => log.error(`authorization: bearer ${JWT}`)],
])("a secret does not get out by way of %s", (_name, write) => {
  const { lines, log } = logging();
  write(log);
  expect(lines).toHaveLength(1);
  expect(lines[0]).not.toMatch(/0a1b2c|AKIA|eyJ|opaque-token/);
  expect(lines[0]).toContain("[redacted]");
  expect(() => JSON.parse(lines[0]!) as unknown).not.toThrow();
});

const KEY = "signet_0192-ab_s3cretS3cret-s3cret_x";

test.each([
  ["an API key", KEY, "signet_0192-ab_[redacted]"],
  ["an API key behind a sign of an address", `/x%20${KEY}`, "/x%20signet_0192-ab_[redacted]"],
  ["a token behind one", "/x%3DeyJhbGciOiJub25lIn0.eyJzdWIiOiJ4In0.c2ln", "/x%3D[redacted]"],
  ["a database's address", "postgres://signet:hunter2@db:5432/x", "postgres://signet:[redacted]@db:5432/x"],
  [
    "a signed header",
    "AWS4-HMAC-SHA256 Credential=AKIA/x/s3, SignedHeaders=host, Signature=0a1b2c",
    "AWS4-HMAC-SHA256 Credential=[redacted], SignedHeaders=host, Signature=[redacted]",
  ],
  ["an encrypted token", "got eyJhbGciOiJkaXIifQ..aXY.Y2lwaGVy.dGFn", "got [redacted]"],
  ["a bearer in a query", "/x?authorization=Bearer%20abc.def", "/x?authorization=Bearer%20[redacted]"],
])("%s is taken out", (_name, text, clean) => {
  expect(redactSecrets(text)).toBe(clean);
});

test("of an error only what it is about gets out, never what somebody has sent", () => {
  const { lines, log } = logging();
  const failed = Object.assign(
    new Error("insert failed", { cause: new AggregateError([new Error("inner")], "both") }),
    {
      ...{ code: "23505", table: "files", constraint: "files_pkey" },
      ...{ query: "insert into files values ($1)", parameters: ["canary"], detail: "Key (filename)=(canary)" },
      ...{ input: "http://x/?query=canary", $response: { body: "canary" } },
    },
  );
  log.error({ err: failed }, "x");
  log.error({ err: { body: "canary" } }, "x");
  log.error({ err: "as text" }, "x");
  expect(lines.join("")).not.toMatch(/canary|insert into/);
  expect(JSON.parse(lines[0]!)).toMatchObject({
    err: {
      ...{ type: "Error", message: "insert failed", stack: expect.any(String), code: "23505", table: "files" },
      cause: { type: "AggregateError", message: "both", errors: [{ message: "inner" }] },
    },
  });
  expect(JSON.parse(lines[2]!)).toMatchObject({ err: { message: "as text" } });
});

test("an error that is its own cause ends", () => {
  const { lines, log } = logging();
  const error = new Error("round");
  error.cause = error;
  log.error({ err: error }, "x");
  expect(lines).toHaveLength(1);
});

test("the rest of a signed URL stays readable", () => {
  expect(redactSecrets(SIGNED)).toBe(
    "http://127.0.0.1:4001/b/k?X-Amz-Credential=[redacted]&X-Amz-Expires=600&X-Amz-Signature=[redacted]",
  );
});
