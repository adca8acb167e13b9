import { afterEach, describe, expect, jest, test } from "@jest/globals";
import { StorageError } from "./object-storage.js";
import type { StorageErrorKind } from "./object-storage.js";
import { toStorageError } from "./s3-errors.js";
import type { StoreChange } from "./store-breaker.js";
import { createStoreGuard } from "./store-guard.js";
import type { CallKind, StoreGuard, StoreGuardOptions } from "./store-guard.js";

const CALL_WITHIN_MS = 400;
/** Time for a busy machine; every wait below ends as soon as what it waits for is there. */
const LATE_MS = 2_000;

let guard: StoreGuard;
let changes: StoreChange[];
let probes: number;
/** How the store answers a probe. */
let onProbe: () => Promise<unknown>;

function open(change: Partial<StoreGuardOptions> = {}): void {
  changes = [];
  probes = 0;
  onProbe = () => Promise.resolve();
  guard = createStoreGuard({
    ...{ callWithinMs: CALL_WITHIN_MS, tryWithinMs: 200, maxAttempts: 1, callsAtOnce: 4 },
    probe: () => {
      probes += 1;
      return onProbe();
    },
    onChange: (one) => changes.push(one),
    ...change,
  });
}

afterEach(() => guard.stop());

/** What the SDK throws when the store answers so. */
const answered = (status: number, code: string): Error =>
  Object.assign(new Error(code), { name: code, $metadata: { httpStatusCode: status } });
/** What Node throws when it does not answer. */
const broken = (code: string): Error =>
  Object.assign(new Error(code), { code, syscall: code === "ECONNREFUSED" ? "connect" : "read" });

const call = <Output>(attempt: () => Promise<Output>, kind: CallKind = "SWIFT") =>
  guard.call("HeadObject", kind, attempt).then(({ output }) => output);
const fail = (error: Error, kind: CallKind = "SWIFT") => call(() => Promise.reject(error), kind);
const failureOf = async (work: Promise<unknown>): Promise<StorageError> => {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  return toStorageError("HeadObject", error);
};
const failTimes = async (times: number, error = broken("ECONNRESET")): Promise<void> => {
  for (let time = 0; time < times; time += 1) await fail(error).catch(() => undefined);
};
const until = async (condition: () => boolean): Promise<void> => {
  const deadline = Date.now() + LATE_MS * 5;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`never: ${condition.toString()}`);
    await new Promise((wake) => setTimeout(wake, 5));
  }
};

describe("a store that is away", () => {
  test("after five failures in a row nothing is sent any more, at once, and it is told once", async () => {
    open();
    onProbe = () => Promise.reject(broken("ECONNREFUSED"));
    await failTimes(4);
    expect(changes).toEqual([]);
    await failTimes(1);
    expect(changes).toEqual([{ answers: false, reason: "ECONNRESET" }]);
    let sent = 0;
    const begun = performance.now();
    for (const kind of ["SWIFT", "PATIENT", "LONG"] as const) {
      const failure = await failureOf(call(async () => (sent += 1), kind));
      expect(failure).toMatchObject({ kind: "UNAVAILABLE", unsent: true });
    }
    expect(performance.now() - begun).toBeLessThan(100);
    expect(sent).toBe(0);
    expect(changes).toHaveLength(1);
  });

  test("is found again by a probe of its own, without anybody's request", async () => {
    open();
    onProbe = () => Promise.reject(answered(503, "SlowDown"));
    await failTimes(5);
    await until(() => probes >= 2);
    expect((await failureOf(call(async () => 1))).unsent).toBe(true);
    onProbe = () => Promise.resolve();
    await until(() => changes.length === 2);
    expect(changes[1]).toEqual({ answers: true, awayMs: expect.any(Number) });
    expect(await call(async () => "there")).toBe("there");
  });

  test("is back when the probe is answered at all, even by a refusal", async () => {
    open();
    onProbe = () => Promise.reject(answered(403, "AccessDenied"));
    await failTimes(5);
    await until(() => changes.length === 2);
    expect(await call(async () => "there")).toBe("there");
  });

  test("that goes away again at once is asked less and less often, once a second in the end", async () => {
    open();
    const askedAt: number[] = [];
    onProbe = async () => {
      askedAt.push(performance.now());
      throw broken("ECONNREFUSED");
    };
    await failTimes(5);
    await until(() => askedAt.length === 4);
    const gaps = askedAt.slice(1).map((at, index) => at - askedAt[index]!);
    expect(gaps[0]).toBeGreaterThan(450);
    expect(gaps[2]).toBeGreaterThan(950);
  });

  test("is found again although the clock was set back meanwhile", async () => {
    open();
    await failTimes(5);
    const now = Date.now;
    const clock = jest.spyOn(Date, "now").mockImplementation(() => now() - 3_600_000);
    try {
      await until(() => changes.length === 2);
    } finally {
      clock.mockRestore();
    }
    expect(await call(async () => "there")).toBe("there");
  });

  test("is not said to be back because a probe was cut off by stopping", async () => {
    open();
    let cut = (_reason: Error): void => undefined;
    onProbe = () => new Promise((_, reject) => (cut = reject));
    await failTimes(5);
    await until(() => probes === 1);
    guard.stop();
    cut(Object.assign(new Error("aborted"), { name: "AbortError" }));
    await new Promise((wake) => setTimeout(wake, 20));
    expect(changes).toEqual([{ answers: false, reason: "ECONNRESET" }]);
  });

  test("is not probed once the guard is stopped", async () => {
    open();
    await failTimes(5);
    guard.stop();
    await new Promise((wake) => setTimeout(wake, 400));
    expect([probes, changes.length]).toEqual([0, 1]);
  });
});

describe("a store that is there", () => {
  test.each<[number, string, StorageErrorKind]>([
    [403, "AccessDenied", "REFUSED"],
    [404, "NoSuchUpload", "NO_SUCH_UPLOAD"],
    [404, "NotFound", "REFUSED"],
    [400, "InvalidPart", "INVALID_PART"],
  ])("says so by answering, be it %d %s", async (status, code, kind) => {
    open();
    const operation = kind === "INVALID_PART" ? "CompleteMultipartUpload" : "ListParts";
    for (let time = 0; time < 20; time += 1) {
      const refused = guard.call(operation, "SWIFT", () => Promise.reject(answered(status, code)));
      expect(toStorageError(operation, await refused.catch((error: unknown) => error)).kind).toBe(kind);
    }
    await failTimes(4);
    await fail(answered(status, code)).catch(() => undefined);
    await failTimes(4);
    expect(changes).toEqual([]);
  });

  test("is not judged by calls that take long, nor by those that nobody wanted any more", async () => {
    open();
    for (let time = 0; time < 20; time += 1) {
      expect(await failureOf(fail(answered(500, "InternalError"), "LONG"))).toMatchObject({ unsent: false });
      await fail(Object.assign(new Error("aborted"), { name: "AbortError" })).catch(() => undefined);
    }
    expect(changes).toEqual([]);
  });
});

describe("one call", () => {
  test("that nobody answers is given up in time, and may have been heard", async () => {
    open();
    const begun = performance.now();
    expect(await failureOf(call(() => new Promise(() => undefined)))).toMatchObject({
      kind: "UNAVAILABLE",
      unsent: false,
    });
    expect(performance.now() - begun).toBeGreaterThan(CALL_WITHIN_MS - 50);
    expect(performance.now() - begun).toBeLessThan(CALL_WITHIN_MS + LATE_MS);
  });

  test("that takes long is not given up", async () => {
    open();
    const slowly = new Promise((resolve) => setTimeout(() => resolve("done"), 2 * CALL_WITHIN_MS));
    expect(await call(() => slowly, "LONG")).toBe("done");
  });

  test("is tried again, but not when it takes long, and each try has less time", async () => {
    open({ maxAttempts: 3, callWithinMs: 2_000, tryWithinMs: 1_500 });
    const given: (number | null)[] = [];
    const failing = guard.call("ListParts", "SWIFT", async (withinMs) => {
      given.push(withinMs);
      throw answered(503, "SlowDown");
    });
    expect(await failureOf(failing)).toMatchObject({ kind: "UNAVAILABLE" });
    expect(given).toHaveLength(3);
    expect(given[0]).toBe(1_500);
    let tries = 0;
    await call(async () => {
      tries += 1;
      throw broken("ECONNRESET");
    }, "LONG").catch(() => undefined);
    expect(tries).toBe(1);
  });

  test("tells how many tries the store may have heard", async () => {
    open({ maxAttempts: 3, callWithinMs: 2_000 });
    const failures = [broken("ECONNREFUSED"), broken("ECONNRESET")];
    const attempt = async (): Promise<string> => {
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      return "opened";
    };
    expect(await guard.call("CreateMultipartUpload", "SWIFT", attempt)).toEqual({ output: "opened", tries: 2 });
  });

  test.each([
    [["ECONNREFUSED", "ECONNREFUSED"], true],
    [["ECONNRESET", "ECONNREFUSED"], false],
    [["ECONNREFUSED", "ECONNRESET"], false],
    // A host that vanished while it was read from: the connection had been made.
    [["EHOSTUNREACH", "EHOSTUNREACH"], false],
  ])("that met %j: unsent is %p", async (codes, unsent) => {
    open({ maxAttempts: 2, callWithinMs: 2_000 });
    const failures = codes.map(broken);
    expect(await failureOf(call(() => Promise.reject(failures.shift()!)))).toMatchObject({
      kind: "UNAVAILABLE",
      unsent,
    });
  });
});

describe("many calls", () => {
  test("retries are a fifth of them at most, but for what was saved up", async () => {
    open({ maxAttempts: 3, callWithinMs: 60_000, callsAtOnce: 400 });
    let tries = 0;
    // Every other try fails, so that it is never taken to be away.
    const attempt = async (): Promise<void> => {
      tries += 1;
      if (tries % 2 === 0) throw answered(503, "SlowDown");
    };
    const calls = 400;
    await Promise.allSettled(Array.from({ length: calls }, () => call(attempt)));
    expect(tries).toBeLessThanOrEqual(calls * 1.2 + 20);
    expect(tries).toBeGreaterThan(calls);
  });

  test("no more than agreed are under way, twice as many wait, the others are refused at once", async () => {
    open({ callWithinMs: 60_000 });
    let underWay = 0;
    let most = 0;
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const calls = Array.from({ length: 20 }, () =>
      call(async () => {
        most = Math.max(most, (underWay += 1));
        await held;
        underWay -= 1;
      }),
    );
    const failures = await Promise.all(calls.slice(12).map((refused) => failureOf(refused)));
    expect(failures.every(({ kind, unsent }) => kind === "UNAVAILABLE" && unsent)).toBe(true);
    release();
    await Promise.all(calls.slice(0, 12));
    expect(most).toBe(4);
    expect(changes).toEqual([]);
  });

  test("one whose time is over before there was a place for it was never sent", async () => {
    open();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const busy = Array.from({ length: 4 }, () => call(() => held).catch(() => undefined));
    let sent = false;
    expect(await failureOf(call(async () => (sent = true)))).toMatchObject({ unsent: true });
    release();
    await Promise.all(busy);
    await new Promise((wake) => setTimeout(wake, 20));
    expect(sent).toBe(false);
  });

  test("those whose time was over before there was a place keep nobody behind them from one", async () => {
    open();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const busy = Array.from({ length: 4 }, () => call(() => held).catch(() => undefined));
    await Promise.all(Array.from({ length: 4 }, () => failureOf(call(async () => "late"))));
    const inTime = call(async () => "in time");
    release();
    expect(await inTime).toBe("in time");
    await Promise.all(busy);
  });

  test("those that take long leave the places of the others free", async () => {
    open();
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const long = Array.from({ length: 8 }, () => call(() => held, "LONG"));
    expect(await call(async () => "swift")).toBe("swift");
    release();
    await Promise.all(long);
  });
});
