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

test("the rest of a signed URL stays readable", () => {
  expect(redactSecrets(SIGNED)).toBe(
    "http://127.0.0.1:4001/b/k?X-Amz-Credential=[redacted]&X-Amz-Expires=600&X-Amz-Signature=[redacted]",
  );
});
