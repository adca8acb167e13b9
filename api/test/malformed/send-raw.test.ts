import { createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import { afterEach, expect, test } from "@jest/globals";
import { faultOf, sendRaw } from "./send-raw.js";

/** That the proof of malformed input can fail: servers that answer badly. */

let server: Server | null = null;
afterEach(() => void server?.close());

async function answered(text: string) {
  server = createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => socket.end(text, "latin1"));
  });
  await new Promise<void>((resolve) => server!.listen(0, "127.0.0.1", resolve));
  return sendRaw((server.address() as AddressInfo).port, Buffer.from("x"), 2_000);
}

const answer = (status: string, headers: string, body: string): string =>
  `HTTP/1.1 ${status}\r\n${headers}\r\n\r\n${body}`;

test.each([
  ["500 Internal Server Error", "A: b", "{}", "answered 500"],
  ["503 Service Unavailable", "A: b", "{}", "answered 503"],
  ["502 Bad Gateway", "Retry-After: 1", "", "answered 502"],
  ["200 OK", "A: b", '{"errors":[{"extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}', "answered an internal error"],
  ["200 OK", "A: b", '{"data":{"x":{"code":"INTERNAL"}}}', "answered an internal error"],
  ["400 Bad Request", "A: b", "Error\n    at run (file:///srv/x.js:1:2)", "told a stack"],
  ["400 Bad Request", "A: b", "select id from files where x", "told SQL"],
  ["400 Bad Request", "A: b", "/srv/node_modules/x", "told a path of this machine"],
])("%s with %s %j is a fault", async (status, headers, body, fault) => {
  expect(faultOf(await answered(answer(status, headers, body)))).toBe(fault);
});

test("each answer of a pipeline is looked at", async () => {
  const good = answer("200 OK", "A: b", "{}");
  const outcome = await answered(`${good}\r\n${answer("500 Oh", "A: b", "")}`);
  expect(outcome.answers.map(({ status }) => status)).toEqual([200, 500]);
  expect(faultOf(outcome)).toBe("answered 500");
});

test.each([
  ["503 Busy", "Retry-After: 2", "{}"],
  ["501 Not Implemented", "A: b", ""],
  ["400 Bad Request", "A: b", '{"errors":[]}'],
  ["429 Too Many Requests", "A: b", ""],
])("%s is none", async (status, headers, body) => {
  expect(faultOf(await answered(answer(status, headers, body)))).toBeNull();
});
