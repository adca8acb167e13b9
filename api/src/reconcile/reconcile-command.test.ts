import { describe, expect, test } from "@jest/globals";
import type { Breach, ReconcileOptions, ReconcileReport } from "./breach.js";
import { parseReconcileCommand, runReconcile } from "./reconcile-command.js";

const parse = (words: string) => parseReconcileCommand(words.split(" ").filter((word) => word !== ""));
const DEFAULTS = { deleteUnknown: null, unknownAfterHours: 48, purgeQuarantineOlderThanDays: null, settled: false };

describe("the words", () => {
  test("mean what they say, and nothing by default", () => {
    expect(parse("--check --json")).toEqual({
      kind: "RECONCILE",
      progress: false,
      options: { ...DEFAULTS, fix: false, readBack: false },
    });
    expect(
      parse(
        "--fix --delete-unknown 3 --unknown-after-hours 0 --purge-quarantine-older-than-days 30 --settled --read-back --progress",
      ),
    ).toEqual({
      kind: "RECONCILE",
      progress: true,
      options: {
        ...{ fix: true, deleteUnknown: 3, unknownAfterHours: 0, purgeQuarantineOlderThanDays: 30 },
        ...{ settled: true, readBack: true },
      },
    });
    expect(parse("--bring-back quarantine/2026-01-02/f/ab/x")).toEqual({
      kind: "BRING_BACK",
      quarantineKey: "quarantine/2026-01-02/f/ab/x",
    });
  });

  test.each([
    ["", /one of --check, --fix and --bring-back/],
    ["--check --fix", /one of/],
    ["--fix --bring-back k", /one of/],
    ["--chekc", /Unknown option '--chekc'/],
    ["--check now", /Unexpected argument 'now'/],
    ["--fix --delete-unknown", /--delete-unknown/],
    ["--fix --delete-unknown all", /--delete-unknown needs a whole number; it is "all"/],
    ["--fix --delete-unknown=-1", /--delete-unknown needs a whole number/],
    ["--check --delete-unknown 1", /need --fix/],
    ["--check --purge-quarantine-older-than-days 1", /need --fix/],
  ])("%s is refused, with the usage", (words, why) => {
    expect(parse(words)).toEqual({ kind: "USAGE", why: expect.stringMatching(why) });
    expect(parse(words)).toEqual({ kind: "USAGE", why: expect.stringContaining("--unknown-after-hours H") });
  });
});

const BREACH: Breach = {
  ...{ invariant: "I3", fileUuid: null, key: "f/x", what: "an object of 1 bytes without a row" },
  ...{ mend: "abort it", fixed: false },
};
const REPORT: ReconcileReport = {
  ...{ rows: 7, objects: 5, openUploads: 1, breaches: 1, fixed: 0, unknown: 1, interrupted: false },
  byInvariant: { I1: 0, I2: 0, I3: 1, I4: 0, I5: 0, I6: 0, JOB: 0 },
  quarantine: { objects: 2, bytes: 30, purged: 1 },
};

async function run(words: string, report: ReconcileReport, isTerminal = false) {
  let [out, progress] = ["", ""];
  let asked: ReconcileOptions | null = null;
  const app = {
    async reconcile(options: ReconcileOptions) {
      asked = options;
      if (report.breaches > 0) options.onBreach({ ...BREACH, fixed: report.fixed > 0 });
      return report;
    },
    bringBack: async (key: string) => key.slice("quarantine/2026-01-02/".length),
  };
  const code = await runReconcile(app, parse(words), {
    json: words.includes("--json"),
    signal: new AbortController().signal,
    out: (text) => (out += text),
    progress: (text) => (progress += text),
    isTerminal,
  });
  return { code, out, progress, asked: asked as ReconcileOptions | null };
}

describe("what is printed, and the exit code", () => {
  test("a breach, a summary and 1", async () => {
    const { code, out } = await run("--check", REPORT);
    expect(code).toBe(1);
    expect(out).toBe(
      "BREACH I3 f/x: an object of 1 bytes without a row\n       abort it\n" +
        "7 rows, 5 objects, 1 open uploads: 1 breaches (I3 1), 0 fixed\n" +
        "1 of them without a row and old enough: --fix --delete-unknown 1\n" +
        "quarantine: 2 objects, 30 bytes; 1 purged\n",
    );
  });

  test("0 when all was mended, and when there is nothing", async () => {
    expect(await run("--fix", { ...REPORT, fixed: 1 })).toMatchObject({
      code: 0,
      out: expect.stringMatching(/^fixed I3/),
    });
    const clean = { ...REPORT, breaches: 0, unknown: 0, quarantine: { objects: 0, bytes: 0, purged: 0 } };
    expect(await run("--check", clean)).toMatchObject({
      code: 0,
      out: "7 rows, 5 objects, 1 open uploads: no breach\n",
    });
  });

  test("one object a line with --json", async () => {
    const { out } = await run("--check --json", REPORT);
    expect(
      out
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as unknown),
    ).toEqual([{ breach: BREACH }, { report: REPORT }]);
  });

  test("the key that is back", async () => {
    expect(await run("--bring-back quarantine/2026-01-02/f/x", REPORT)).toMatchObject({
      code: 0,
      out: "f/x is back.\n",
    });
  });

  test("progress where somebody watches, or asked for it", async () => {
    expect((await run("--check", REPORT)).asked).not.toHaveProperty("onProgress");
    for (const { asked } of [await run("--check", REPORT, true), await run("--check --progress", REPORT)])
      expect(asked).toHaveProperty("onProgress");
  });
});
