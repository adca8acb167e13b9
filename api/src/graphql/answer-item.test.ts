import { describe, expect, test } from "@jest/globals";
import { AppError } from "../errors.js";
import { StorageError } from "../storage/object-storage.js";
import { createLogger } from "../telemetry/logger.js";
import { answerItem } from "./answer-item.js";

function context(): { lines: string[]; requestId: string; log: ReturnType<typeof createLogger> } {
  const lines: string[] = [];
  return { lines, requestId: "request-1", log: createLogger({ level: "warn", write: (line) => lines.push(line) }) };
}

const failing = (error: unknown) => async (): Promise<never> => {
  throw error;
};

describe("one item of a mutation", () => {
  test("answers what the use case answers", async () => {
    const { lines, ...rest } = context();
    expect(await answerItem(rest, async () => 7)).toBe(7);
    expect(lines).toEqual([]);
  });

  test.each([
    ["StorageError", new StorageError("UNAVAILABLE", "CreateMultipartUpload", "SlowDown")],
    ["AppError STORAGE_UNAVAILABLE", new AppError("STORAGE_UNAVAILABLE", "still opening")],
  ])("%s is this item's TemporaryFailure", async (_name, error) => {
    const { lines, ...rest } = context();
    expect(await answerItem(rest, failing(error))).toEqual({
      typeName: "TemporaryFailure",
      code: "STORAGE_UNAVAILABLE",
      message: expect.any(String),
      retryable: true,
      retryAfterSeconds: 2,
      requestId: "request-1",
    });
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0]!)).toMatchObject({ level: "warn", requestId: "request-1" });
  });

  test("AppError SERVICE_UNAVAILABLE too, told in its own words and logged by whoever found it out", async () => {
    const { lines, ...rest } = context();
    const error = new AppError("SERVICE_UNAVAILABLE", "The database does not answer. Try again.");
    expect(await answerItem(rest, failing(error))).toEqual({
      typeName: "TemporaryFailure",
      code: "SERVICE_UNAVAILABLE",
      message: error.message,
      retryable: true,
      retryAfterSeconds: 2,
      requestId: "request-1",
    });
    expect(lines).toEqual([]);
  });

  test("anything unexpected too, logged once and not told", async () => {
    const { lines, ...rest } = context();
    const answer = await answerItem(rest, failing(new Error("select secret from table")));
    expect(answer).toMatchObject({ code: "INTERNAL", retryable: true, requestId: "request-1" });
    expect(JSON.stringify(answer)).not.toContain("secret");
    expect(lines).toHaveLength(1);
    expect(lines[0]).toContain("select secret from table");
  });

  test.each(["BAD_USER_INPUT", "UNAUTHENTICATED", "RATE_LIMITED"] as const)("%s fails the whole call", async (code) => {
    const { lines, ...rest } = context();
    const error = new AppError(code, "no");
    await expect(answerItem(rest, failing(error))).rejects.toBe(error);
    expect(lines).toEqual([]);
  });
});
