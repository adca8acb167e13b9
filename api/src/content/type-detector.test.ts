import { afterEach, describe, expect, test } from "@jest/globals";
import type { TypeDetector } from "./type-detector.js";
import { createTypeDetector } from "./type-detector.js";

const running: TypeDetector[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((detector) => detector.stop()));
});

function open(deadlineMs: number): TypeDetector {
  const detector = createTypeDetector({ deadlineMs });
  running.push(detector);
  return detector;
}

/** Far above what any sample here needs, however busy the machine is. */
const AMPLE_MS = 20_000;

const PNG = Buffer.from(
  "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c49444154789c6360606000000004000161" +
    "c8e4d30000000049454e44ae426082",
  "hex",
);

describe("detects", () => {
  test.each<[string, Buffer, string | null]>([
    ["PNG", PNG, "image/png"],
    ["JPEG", Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0]), "image/jpeg"],
    ["PDF", Buffer.from("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "latin1"), "application/pdf"],
    ["Opus, without its parameter", opus(), "audio/ogg"],
    ["MPEG program stream, in lower case", Buffer.from([0, 0, 1, 0xba, 0x44, 0, 4, 0, 4, 1]), "video/mp2p"],
    ["HTML: nothing that it knows", Buffer.from("<!doctype html><script>alert(1)</script>"), null],
    ["text", Buffer.from("just a text\n"), null],
    ["text in UTF-16, whose mark looks like sound", Buffer.from("\ufeffjust a text\n", "utf16le"), null],
    ["sound", Buffer.concat([Buffer.from([0xff, 0xfb, 0x90, 0x64]), Buffer.alloc(413)]), "audio/mpeg"],
    ["one byte", Buffer.from("a"), null],
    ["nothing", Buffer.alloc(0), null],
    ["64 KiB of zeros", Buffer.alloc(65_536), null],
  ])("%s", async (_, bytes, type) => {
    expect(await open(AMPLE_MS).detect(bytes)).toBe(type);
  });

  test("many samples at once, each with its own answer", async () => {
    const detector = open(AMPLE_MS);
    const samples = Array.from({ length: 60 }, (_, index) => (index % 3 === 0 ? PNG : Buffer.from(`text ${index}`)));
    const types = await Promise.all(samples.map((sample) => detector.detect(sample)));
    expect(types).toEqual(samples.map((sample) => (sample === PNG ? "image/png" : null)));
  });

  test("without touching the caller's bytes, nor what lies beside them in memory", async () => {
    const memory = Buffer.concat([Buffer.from("secret"), PNG, Buffer.from("secret")]);
    const view = memory.subarray(6, 6 + PNG.length);
    expect(await open(AMPLE_MS).detect(view)).toBe("image/png");
    expect(memory.toString("latin1")).toBe(`secret${PNG.toString("latin1")}secret`);
  });
});

test("every detectable type is bare and in lower case", () => {
  const { detectable } = open(AMPLE_MS);
  expect(detectable.size).toBeGreaterThan(150);
  expect([...detectable].filter((type) => !/^[a-z0-9.+_-]+\/[a-z0-9.+_-]+$/.test(type))).toEqual([]);
});

describe("a hostile sample", () => {
  test("is given up at the deadline, and the next sample is read by a fresh thread", async () => {
    const detector = open(5);
    // 1024 entries that each make the parser copy and search all that follows: 48 KiB keep it busy for 20 ms and more
    const bomb = zipOfEmptyEntries(1024);
    expect(await untilAnswer(detector, bomb, "TIMEOUT")).toBe("TIMEOUT");
    expect(await untilAnswer(detector, PNG, "image/png")).toBe("image/png");
    expect(await untilAnswer(detector, bomb, "TIMEOUT")).toBe("TIMEOUT");
    expect(await untilAnswer(detector, PNG, "image/png")).toBe("image/png");
  });

  test("is a zip when there is time: the deadline alone made the difference", async () => {
    expect(await open(AMPLE_MS).detect(zipOfEmptyEntries(1024))).toBe("application/zip");
  });

  test("leaves this thread free", async () => {
    const detector = open(AMPLE_MS);
    await detector.detect(PNG);
    let turns = 0;
    const ticking = setInterval(() => (turns += 1), 1);
    await Promise.all(Array.from({ length: 10 }, () => detector.detect(zipOfEmptyEntries(1024))));
    clearInterval(ticking);
    expect(turns).toBeGreaterThan(10);
  });
});

describe("stop", () => {
  test("refuses what waits and what comes", async () => {
    const detector = open(AMPLE_MS);
    const waiting = Array.from({ length: 5 }, () => detector.detect(zipOfEmptyEntries(1024)));
    const outcomes = Promise.allSettled(waiting);
    await detector.stop();
    await detector.stop();
    for (const outcome of await outcomes) expect(outcome.status).toBe("rejected");
    await expect(detector.detect(PNG)).rejects.toThrow("stopped");
  });
});

/** On a busy machine even a good sample can miss a deadline of 5 ms, and a bomb needs that long: some tries are allowed. */
async function untilAnswer(detector: TypeDetector, bytes: Uint8Array, wanted: string): Promise<string | null> {
  let answer: string | null = null;
  for (let tries = 0; tries < 50; tries += 1) {
    answer = await detector.detect(bytes);
    if (answer === wanted) break;
  }
  return answer;
}

/** Local headers with the flag for a data descriptor, a name of one letter, no data, and the descriptor. */
function zipOfEmptyEntries(count: number): Buffer {
  const entry = Buffer.alloc(31 + 16);
  entry.writeUInt32LE(0x0403_4b50, 0);
  entry.writeUInt16LE(8, 6);
  entry.writeUInt16LE(1, 26);
  entry.write("a", 30);
  entry.writeUInt32LE(0x0807_4b50, 31);
  return Buffer.concat(Array.from({ length: count }, () => entry));
}

function opus(): Buffer {
  const page = Buffer.alloc(64);
  page.write("OggS", 0);
  page.writeUInt8(2, 5);
  page.write("OpusHead", 28);
  return page;
}
