import { beforeEach, describe, expect, test } from "@jest/globals";
import type { S3Credentials } from "./s3-client.js";
import { createSigningCredentials } from "./signing-credentials.js";

const HOUR_MS = 3_600_000;

let nowMs: number;
let calls: ({ forceRefresh?: boolean } | undefined)[];
let answer: () => Promise<S3Credentials>;

beforeEach(() => {
  nowMs = 1_800_000_000_000;
  calls = [];
  answer = () => Promise.resolve(lastingUntil(nowMs + HOUR_MS));
});

function lastingUntil(endMs: number): S3Credentials {
  return { accessKeyId: `key-${endMs}`, secretAccessKey: "secret", expiration: new Date(endMs) };
}

function open() {
  return createSigningCredentials(
    (options) => {
      calls.push(options);
      return answer();
    },
    () => nowMs,
  ).fetch;
}

describe("credentials for signing", () => {
  test("are fetched once while they outlive what they sign, and by one call for many callers", async () => {
    const credentialsFor = open();
    await Promise.all(Array.from({ length: 20 }, () => credentialsFor(nowMs + 600_000)));
    await credentialsFor(nowMs + HOUR_MS);
    expect(calls).toEqual([{}]);
  });

  test("without an end are fetched once, for ever", async () => {
    answer = () => Promise.resolve({ accessKeyId: "k", secretAccessKey: "s" });
    const credentialsFor = open();
    await credentialsFor(nowMs);
    nowMs += 10_000 * HOUR_MS;
    await credentialsFor(nowMs + HOUR_MS);
    expect(calls).toHaveLength(1);
  });

  test("are refreshed by force as soon as they are too short", async () => {
    const credentialsFor = open();
    const first = await credentialsFor(nowMs + 600_000);
    nowMs += HOUR_MS - 500_000;
    const second = await credentialsFor(nowMs + 600_000);
    expect(calls).toEqual([{}, { forceRefresh: true }]);
    expect(second).not.toBe(first);
  });

  test("that the source does not renew yet go on, and the source is asked once a minute", async () => {
    const same = lastingUntil(nowMs + 300_000);
    answer = () => Promise.resolve(same);
    const credentialsFor = open();
    for (let second = 0; second < 240; second += 1) {
      expect(await credentialsFor(nowMs + 600_000)).toBe(same);
      nowMs += 1000;
    }
    expect(calls).toHaveLength(4);
  });

  test("that are still good survive a failing source", async () => {
    const credentialsFor = open();
    const first = await credentialsFor(nowMs);
    nowMs += HOUR_MS - 120_000;
    answer = () => Promise.reject(new Error("no route to the metadata service"));
    expect(await credentialsFor(nowMs + 600_000)).toBe(first);
  });

  test("that cannot be had, or have ended, are an error that says so, until the source is back", async () => {
    answer = () => Promise.reject(new Error("no credentials"));
    const credentialsFor = open();
    const failure = { name: "StorageError", kind: "UNAVAILABLE" };
    await expect(credentialsFor(nowMs)).rejects.toMatchObject(failure);
    answer = () => Promise.resolve(lastingUntil(nowMs - 1));
    await expect(credentialsFor(nowMs)).rejects.toMatchObject(failure);
    answer = () => Promise.resolve(lastingUntil(nowMs + HOUR_MS));
    await expect(credentialsFor(nowMs)).resolves.toMatchObject({ secretAccessKey: "secret" });
  });
});
