import { expect, test } from "@jest/globals";
import { UploadError } from "./upload-error.js";

test("whether another try helps goes by the code, unless said otherwise", () => {
  expect(new UploadError("STORAGE").retryable).toBe(true);
  expect(new UploadError("FILE_CHANGED").retryable).toBe(false);
  expect(new UploadError("CHECKSUM", { retryable: false }).retryable).toBe(false);
});

test("the message holds what the code does not", () => {
  const problem = { code: "RATE_LIMITED", message: "slow down", retryable: true, requestId: "r-1" };
  const error = new UploadError("API", { status: 429, problem, cause: new Error("inner") });
  expect(error.message).toBe("API: 429: slow down");
  expect(error).toMatchObject({ name: "UploadError", code: "API", status: 429, requestId: "r-1", problem });
  expect(error.cause).toEqual(new Error("inner"));
  expect(new UploadError("GONE").message).toBe("GONE");
});
