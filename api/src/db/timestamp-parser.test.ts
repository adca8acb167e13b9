import { expect, test } from "@jest/globals";
import fc from "fast-check";
import pg from "pg";
import { parseTimestamp } from "./timestamp-parser.js";

const parseAny = pg.types.getTypeParser(pg.types.builtins.TIMESTAMPTZ, "text") as (text: string) => Date;

test.each([
  "2026-01-02 03:04:05+00",
  "2026-01-02 03:04:05.6+00",
  "2026-01-02 03:04:05.678+00",
  "2026-01-02 03:04:05.678+05:30",
  "2026-01-02 03:04:05-08",
  "0099-12-31 23:59:59.999+00",
  "10000-01-01 00:00:00+00",
  "0001-01-01 00:00:00+00 BC",
])("%s is the instant that node-postgres reads", (text) => {
  expect(parseTimestamp(text)).toEqual(parseAny(text));
});

test("so is every other one", () => {
  const instants = fc.date({ min: new Date("0001-01-01"), max: new Date("9999-12-31"), noInvalidDate: true });
  fc.assert(
    fc.property(instants, (instant) => {
      const text = `${instant.toISOString().replace("T", " ").replace("Z", "")}+00`;
      expect(parseTimestamp(text)).toEqual(instant);
      expect(parseTimestamp(text)).toEqual(parseAny(text));
    }),
  );
});
