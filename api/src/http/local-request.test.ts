import type { IncomingHttpHeaders } from "node:http";
import { Socket } from "node:net";
import { describe, expect, test } from "@jest/globals";
import { isLocalRequest, isLoopbackHost } from "./local-request.js";

test.each(["127.0.0.1", "127.8.9.10", "localhost", "::1"])("%s is bound on this machine alone", (host) => {
  expect(isLoopbackHost(host)).toBe(true);
});

test.each(["0.0.0.0", "::", "", "192.168.1.1", "127.0.0.1.example", "localhost.example", "1270.0.0.1"])(
  "%s can be reached from elsewhere",
  (host) => {
    expect(isLoopbackHost(host)).toBe(false);
  },
);

describe("a request", () => {
  const from = (
    remoteAddress: string | undefined,
    headers: IncomingHttpHeaders = { host: "localhost:4000" },
  ): boolean => {
    const socket = Object.create(Socket.prototype, { remoteAddress: { value: remoteAddress } }) as Socket;
    return isLocalRequest({ socket, headers });
  };

  test.each(["127.0.0.1", "::1", "::ffff:127.0.0.1"])("of %s is local", (address) => {
    expect(from(address)).toBe(true);
  });

  test.each([undefined, "", "10.0.0.1", "::ffff:10.0.0.1", "::ffff:7f00:1x", "127.0.0.1.example", "fe80::1"])(
    "of %p is not",
    (address) => {
      expect(from(address)).toBe(false);
    },
  );

  test("without a Host, or with an empty one, is not", () => {
    expect(from("127.0.0.1", {})).toBe(false);
    expect(from("127.0.0.1", { host: "" })).toBe(false);
    expect(from("127.0.0.1", { host: "localhost:123456" })).toBe(false);
  });
});
