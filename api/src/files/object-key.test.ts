import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { objectKeyOf, uuidOfKey } from "./object-key.js";

const UUID = "019b0c3e-7d4a-7c31-9a2f-0123456789ab";

test("a key is spread by the last two digits, the ones that differ from file to file", () => {
  expect(objectKeyOf(UUID)).toBe(`f/ab/${UUID}`);
});

test("a key and its UUID are one to one", () => {
  fc.assert(fc.property(fc.uuid(), (uuid) => expect(uuidOfKey(objectKeyOf(uuid))).toBe(uuid)));
});

test.each(["../etc/passwd", "", "f", UUID.toUpperCase(), `${UUID}/..`, `${UUID}\n`, `file_${UUID}`, `${UUID}?x=1`])(
  "no key is made of %j",
  (text) => {
    expect(() => objectKeyOf(text)).toThrow(RangeError);
  },
);

test.each([
  `f/ac/${UUID}`,
  `f/AB/${UUID}`,
  `/f/ab/${UUID}`,
  `f/ab/${UUID}/`,
  `f//${UUID}`,
  `g/ab/${UUID}`,
  `f/ab/${UUID.replaceAll("-", "0")}`,
  `f/--/${"-".repeat(36)}`,
  "",
])("%j is nobody's key", (key) => {
  expect(uuidOfKey(key)).toBeNull();
});

test("any text at all is refused or is a UUID's own key", () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const uuid = uuidOfKey(text);
      if (uuid !== null) expect(objectKeyOf(uuid)).toBe(text);
    }),
  );
});
