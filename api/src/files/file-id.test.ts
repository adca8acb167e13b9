import { randomBytes } from "node:crypto";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { isUuid, newFileUuid, parseFileId, toFileId } from "./file-id.js";

const UUID = "019b0c3e-7d4a-7c31-9a2f-0123456789ab";

describe("newFileUuid", () => {
  test("is the example of RFC 9562, appendix A.6", () => {
    // unix_ts_ms 0x017F22E279B0, rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F
    const random = Uint8Array.from([0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f]);
    expect(newFileUuid(0x017f22e279b0, random)).toBe("017f22e2-79b0-7cc3-98c4-dc0c0c07398f");
  });

  test("always has version 7, variant 10, and its millisecond in front", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 2 ** 48 - 1 }),
        fc.uint8Array({ minLength: 10, maxLength: 16 }),
        (nowMs, random) => {
          const uuid = newFileUuid(nowMs, random);
          expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
          expect(Number.parseInt(uuid.replaceAll("-", "").slice(0, 12), 16)).toBe(nowMs);
        },
      ),
    );
  });

  test("leaves the caller's bytes as they were, and takes neither fewer bytes nor another clock", () => {
    const random = new Uint8Array(10).fill(0xff);
    newFileUuid(1, random);
    expect(random).toEqual(new Uint8Array(10).fill(0xff));
    expect(() => newFileUuid(1, new Uint8Array(9))).toThrow(RangeError);
    for (const nowMs of [-1, 0.5, 2 ** 48, Number.NaN]) expect(() => newFileUuid(nowMs, random)).toThrow(RangeError);
  });

  test("sorts by time and does not repeat", () => {
    const ids = Array.from({ length: 2000 }, (_, index) => newFileUuid(1_700_000_000_000 + index, randomBytes(10)));
    expect([...ids].sort()).toEqual(ids);
    expect(new Set(Array.from({ length: 2000 }, () => newFileUuid(5, randomBytes(10)))).size).toBe(2000);
  });
});

describe("parseFileId", () => {
  test("takes back what toFileId made", () => {
    expect(parseFileId(toFileId(UUID))).toBe(UUID);
  });

  test.each([
    ["no prefix", UUID],
    ["another prefix", `user_${UUID}`],
    ["prefix in capitals", `FILE_${UUID}`],
    ["digits in capitals", `file_${UUID.toUpperCase()}`],
    ["braces", `file_{${UUID}}`],
    ["no dashes", `file_${UUID.replaceAll("-", "")}`],
    ["space before", ` file_${UUID}`],
    ["newline after", `file_${UUID}\n`],
    ["more after", `file_${UUID}0`],
    ["empty", ""],
    ["prefix alone", "file_"],
    ["full-width digits", `file_${UUID.replace("0", "０")}`],
  ])("refuses: %s", (_, id) => {
    expect(parseFileId(id)).toBeNull();
  });

  test("whatever it takes is one spelling of one UUID", () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.uuid().map(toFileId)), (text) => {
        const uuid = parseFileId(text);
        if (uuid !== null) expect([toFileId(uuid), isUuid(uuid)]).toEqual([text, true]);
      }),
    );
  });
});
