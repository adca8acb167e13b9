import { describe, expect, test } from "@jest/globals";
import { AppError } from "../errors.js";
import { faultBehind, faultOfConnect, faultOfStatement, losesConnection, unavailable } from "./database-fault.js";

const withCode = (code: string): Error => Object.assign(new Error("of the server"), { code });

describe("an error of a statement", () => {
  test.each([
    ...["08000", "08006", "53300", "53200", "57P01", "57P02", "57P03", "25006", "25P03"],
    ...["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "EHOSTUNREACH"],
  ])("%s: the database is away, and the connection of no further use", (code) => {
    expect([faultOfStatement(withCode(code)), losesConnection(withCode(code))]).toEqual(["AWAY", true]);
  });

  test.each([
    "Connection terminated",
    "Connection terminated unexpectedly",
    "Connection terminated due to connection timeout",
    "Client has encountered a connection error and is not queryable",
    "Client was closed and is not queryable",
  ])("%s: the same", (message) => {
    expect([faultOfStatement(new Error(message)), losesConnection(new Error(message))]).toEqual(["AWAY", true]);
  });

  test("too slow: given up by the server the connection is as good as before, given up here it is not", () => {
    expect([faultOfStatement(withCode("57014")), losesConnection(withCode("57014"))]).toEqual(["SLOW", false]);
    const silent = new Error("Query read timeout");
    expect([faultOfStatement(silent), losesConnection(silent)]).toEqual(["SLOW", true]);
  });

  test.each(["23505", "23514", "42601", "40P01", "22P02", "XX000", "25P02"])(
    "%s: the statement's own fault",
    (code) => {
      expect([faultOfStatement(withCode(code)), losesConnection(withCode(code))]).toEqual([null, false]);
    },
  );

  test.each([undefined, null, "ECONNRESET", new TypeError("x is not a function")])("%s: no fault", (error) => {
    expect(faultOfStatement(error)).toBeNull();
  });
});

test("without a connection there is no database, whatever the reason", () => {
  expect(faultOfConnect(withCode("28P01"))).toBe("AWAY");
  expect(faultOfConnect(withCode("ENOTFOUND"))).toBe("AWAY");
  expect(faultOfConnect(new Error("timeout exceeded when trying to connect"))).toBe("BUSY");
});

test("callers read nothing of SQL or hosts, and know that they may try again", () => {
  for (const fault of ["AWAY", "SLOW", "BUSY"] as const) {
    const error = unavailable(fault);
    expect(error).toBeInstanceOf(AppError);
    expect(error.code).toBe("SERVICE_UNAVAILABLE");
    expect(error.message).toMatch(/^(The database|The service) .*Try again\.$/);
    expect(faultBehind(error)).toBe("AWAY");
  }
  expect(faultBehind(new AppError("STORAGE_UNAVAILABLE", "no"))).toBeNull();
  expect(faultBehind(new Error("a task failed", { cause: withCode("57P01") }))).toBe("AWAY");
});
