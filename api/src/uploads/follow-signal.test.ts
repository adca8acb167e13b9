import { getEventListeners } from "node:events";
import { isSet } from "node:util/types";
import { expect, test } from "@jest/globals";
import { fileRow } from "../http/server.fixture.js";
import { follow } from "./follow-signal.js";
import { holdLease } from "./hold-lease.js";
import type { LeaseDeps } from "./hold-lease.js";

test("a signal follows another one that is aborted, was aborted before, or is followed no more", () => {
  const [parent, own, late, done] = Array.from({ length: 4 }, () => new AbortController());
  follow(parent!.signal, own!);
  follow(parent!.signal, done!)();
  parent!.abort();
  follow(parent!.signal, late!);
  expect([own, late, done].map((each) => each!.signal.aborted)).toEqual([true, true, false]);
});

test("work under a lease leaves nothing behind in the signal that lives as long as the process", async () => {
  const stopping = new AbortController().signal;
  const files = { renewLease: async () => true, backOff: async () => null };
  const deps: LeaseDeps = { files, leaseMs: 60_000, stopping, sleep: async () => undefined, leasedWork: new Set() };
  const kept = (): number =>
    Object.getOwnPropertySymbols(stopping)
      .map((symbol) => (stopping as unknown as Record<symbol, unknown>)[symbol])
      .reduce<number>((sum, value) => sum + (isSet(value) ? value.size : 0), 0);
  for (let time = 0; time < 10; time += 1) {
    await holdLease(deps, fileRow(), async () => expect(getEventListeners(stopping, "abort")).toHaveLength(1));
  }
  expect([getEventListeners(stopping, "abort").length, kept()]).toEqual([0, 0]);
});
