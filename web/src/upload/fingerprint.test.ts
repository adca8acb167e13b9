import { describe, expect, test } from "@jest/globals";
import { randomBytes } from "node:crypto";
import { fileSource } from "./blob-source.js";
import { fingerprintOf } from "./fingerprint.js";

const MB = 1_000_000;
const content = randomBytes(3 * MB);

const fileOf = (bytes: Uint8Array<ArrayBuffer>, name = "film.mp4", lastModified = 1_700_000_000_000): File =>
  new File([bytes], name, { lastModified });

/** The content with one byte changed. */
function changedAt(index: number): Uint8Array<ArrayBuffer> {
  const copy = new Uint8Array(content);
  copy[index] = (copy[index] ?? 0) ^ 1;
  return copy;
}

describe("a fingerprint", () => {
  test("is the same for the same file, whoever opens it", async () => {
    const first = await fingerprintOf(fileOf(content));
    expect(first).toMatch(/^[0-9a-f]{64}$/);
    expect(await fingerprintOf(fileOf(new Uint8Array(content)))).toBe(first);
  });

  test.each([
    ["another name", fileOf(content, "film (1).mp4")],
    ["saved at another time", fileOf(content, "film.mp4", 1_700_000_000_001)],
    ["a longer end", fileOf(Buffer.concat([content, Buffer.of(0)]))],
    ["another first byte", fileOf(changedAt(0))],
    ["another byte at the end of the first 64 KiB", fileOf(changedAt(65_535))],
    ["another byte at the start of the last 64 KiB", fileOf(changedAt(3 * MB - 65_536))],
    ["another last byte", fileOf(changedAt(3 * MB - 1))],
  ])("differs for %s", async (_what, other) => {
    expect(await fingerprintOf(other)).not.toBe(await fingerprintOf(fileOf(content)));
  });

  test("does not read the middle of a large file", async () => {
    const file = fileOf(content);
    const read: number[] = [];
    const watched = {
      name: file.name,
      size: file.size,
      lastModified: file.lastModified,
      slice: (start = 0, end = file.size) => {
        read.push(end - start);
        return file.slice(start, end);
      },
    };
    expect(await fingerprintOf(watched)).toBe(await fingerprintOf(file));
    expect(read).toEqual([65_536, 65_536]);
  });

  test("is plain text for small files and where there is no WebCrypto", async () => {
    const small = fileOf(new Uint8Array(content.subarray(0, 1_048_576)), "a photo.jpg");
    expect(await fingerprintOf(small)).toBe("1048576 1700000000000 a photo.jpg");
    expect(await fingerprintOf(fileOf(content), undefined)).toMatch(/^[0-9a-f]{64}$/);
    const subtle = globalThis.crypto.subtle;
    Object.defineProperty(globalThis.crypto, "subtle", { value: undefined, configurable: true });
    try {
      expect(await fingerprintOf(fileOf(content))).toBe("3000000 1700000000000 film.mp4");
    } finally {
      Object.defineProperty(globalThis.crypto, "subtle", { value: subtle, configurable: true });
    }
  });
});

describe("a chosen file as a source", () => {
  test("equal files of two folders have two names", async () => {
    const inPhotos = fileSource(fileOf(content), { path: "Photos/film.mp4" });
    const inVideos = fileSource(fileOf(content), { path: "Videos/film.mp4" });
    expect(await inPhotos.fingerprint()).not.toBe(await inVideos.fingerprint());
    expect(await inPhotos.fingerprint()).toBe(`Photos/film.mp4 ${await fingerprintOf(fileOf(content))}`);
  });

  test("is hashed ahead where the browser does not notice changes", () => {
    expect(fileSource(fileOf(content), { noticesChanges: true }).hashAhead).toBe(false);
    expect(fileSource(fileOf(content), { noticesChanges: false }).hashAhead).toBe(true);
    // Node has no DataTransferItem, so nobody promises anything.
    expect(fileSource(fileOf(content)).hashAhead).toBe(true);
  });
});
