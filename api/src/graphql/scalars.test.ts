import { describe, expect, test } from "@jest/globals";
import { parseValue } from "graphql";
import type { GraphQLScalarType } from "graphql";
import { ByteCount, DateTime, Sha256, Url } from "./scalars.js";

const fromLiteral = (scalar: GraphQLScalarType, literal: string): unknown => scalar.parseLiteral(parseValue(literal));

describe("ByteCount", () => {
  test.each([0, 1, 2 ** 31, 2 ** 53 - 1])("takes %p", (value) => {
    expect(ByteCount.parseValue(value)).toBe(value);
    expect(fromLiteral(ByteCount, String(value))).toBe(value);
    expect(ByteCount.serialize(value)).toBe(value);
  });

  test.each([-1, 0.5, 2 ** 53, Number.NaN, Infinity, "1", "", true, null, undefined, [], {}, 1n])(
    "refuses %p as a variable",
    (value) => {
      expect(() => ByteCount.parseValue(value)).toThrow("whole JSON number");
    },
  );

  test.each(["1e3", "1.0", "1.5", '"1"', "-1", "true", "null", "9007199254740992", "[1]", "{a: 1}", "A"])(
    "refuses the literal %s",
    (literal) => {
      expect(() => fromLiteral(ByteCount, literal)).toThrow("whole JSON number");
    },
  );

  test("never answers what a client could not read", () => {
    for (const value of [-1, 1.5, 2 ** 53, "1", null]) expect(() => ByteCount.serialize(value)).toThrow(TypeError);
    expect(Object.is(ByteCount.parseValue(-0), 0)).toBe(true);
  });
});

describe("DateTime", () => {
  test.each([
    ["2026-01-31T12:00:00Z", "2026-01-31T12:00:00.000Z"],
    ["2026-01-31T12:00:00.5+02:00", "2026-01-31T10:00:00.500Z"],
    ["2024-02-29T23:59:59.999-00:30", "2024-03-01T00:29:59.999Z"],
  ])("reads %s", (text, instant) => {
    expect(DateTime.serialize(DateTime.parseValue(text))).toBe(instant);
    expect(DateTime.serialize(fromLiteral(DateTime, JSON.stringify(text)))).toBe(instant);
  });

  test.each([
    "2026-02-30T00:00:00Z",
    "2025-02-29T00:00:00Z",
    "2026-13-01T00:00:00Z",
    "2026-01-01T24:30:00Z",
    "2026-01-01T00:00:00",
    "2026-01-01",
    "yesterday",
    "",
  ])("refuses %p", (text) => {
    expect(() => DateTime.parseValue(text)).toThrow("ISO 8601");
  });

  test("refuses numbers", () => {
    expect(() => DateTime.parseValue(0)).toThrow("string");
    expect(() => fromLiteral(DateTime, "0")).toThrow("string");
    expect(() => DateTime.serialize("2026-01-01T00:00:00Z")).toThrow(TypeError);
  });
});

describe("Sha256", () => {
  const digest = "E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855";

  test("takes either case and answers lower", () => {
    expect(Sha256.parseValue(digest)).toBe(digest.toLowerCase());
    expect(fromLiteral(Sha256, JSON.stringify(digest))).toBe(digest.toLowerCase());
    expect(Sha256.serialize(digest)).toBe(digest.toLowerCase());
  });

  test.each([digest.slice(1), `${digest}0`, `${digest.slice(1)}g`, ` ${digest.slice(1)}`, `${digest}\n`, ""])(
    "refuses %p",
    (text) => {
      expect(() => Sha256.parseValue(text)).toThrow("64 hex digits");
    },
  );

  test("refuses what is no string", () => {
    expect(() => Sha256.parseValue(7)).toThrow("string");
    expect(() => fromLiteral(Sha256, "7")).toThrow("string");
    expect(() => Sha256.serialize(7)).toThrow(TypeError);
  });
});

describe("URL", () => {
  test("hands a signed one on letter by letter", () => {
    const signed = "http://127.0.0.1:4001/b/f/a%20b?X-Amz-Signature=00&x=%2f";
    expect(Url.serialize(signed)).toBe(signed);
    expect(Url.parseValue(signed)).toBe(signed);
  });

  test("refuses relative ones and numbers", () => {
    expect(() => Url.parseValue("/files/1")).toThrow("absolute");
    expect(() => Url.parseValue(7)).toThrow("string");
    expect(() => Url.serialize(7)).toThrow(TypeError);
  });
});
