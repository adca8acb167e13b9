import { createHash } from "node:crypto";
import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { sha256ToBase64, sha256ToHex } from "./sha256-text.js";

test("the digest of nothing, in both spellings", () => {
  const hex = createHash("sha256").digest("hex");
  expect(sha256ToBase64(hex)).toBe("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
  expect(sha256ToBase64(hex.toUpperCase())).toBe(sha256ToBase64(hex));
});

test("every digest there and back", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (digest) => {
      const hex = Buffer.from(digest).toString("hex");
      expect(sha256ToHex(sha256ToBase64(hex))).toBe(hex);
    }),
  );
});

test("a composite, a short one, or nothing is no digest of the content", () => {
  const base64 = sha256ToBase64("ab".repeat(32));
  for (const text of [undefined, "", `${base64}-2`, base64.slice(1), ` ${base64}`, "AAAAAA=="]) {
    expect(sha256ToHex(text)).toBeNull();
  }
  for (const hex of ["", "ab", "zz".repeat(32), "ab".repeat(33), ` ${"ab".repeat(32)}`]) {
    expect(() => sha256ToBase64(hex)).toThrow(RangeError);
  }
});
