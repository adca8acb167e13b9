import { describe, expect, test } from "@jest/globals";
import { ApiError } from "../../src/api/execute.js";
import { UploadError } from "../../src/upload/index.js";
import { CommandError, EXIT_CODE, worstOf } from "./exit-code.js";
import { explain } from "./explain.js";

describe("an error becomes an exit code and words", () => {
  test.each<[Error, number, RegExp]>([
    [new ApiError("NETWORK"), 4, /does not answer.*SIGNET_URL/],
    [new ApiError("TIMEOUT"), 4, /in time/],
    [new ApiError("HTTP", { status: 404 }), 4, /404.*not a Signet server/],
    [new ApiError("UNAUTHENTICATED", { status: 401 }), 3, /refuses the token.*SIGNET_TOKEN/],
    [new ApiError("RATE_LIMITED", { status: 429 }), 1, /Wait/],
    [new ApiError("INTERNAL_SERVER_ERROR", { requestId: "r1" }), 4, /in trouble.*request r1/],
    [new ApiError("SERVICE_UNAVAILABLE", { status: 503, requestId: "r1" }), 4, /in trouble.*request r1/],
    [new UploadError("NETWORK"), 4, /run the same command again to go on/],
    [new UploadError("API", { cause: new ApiError("NETWORK") }), 4, /server does not answer/],
    [new UploadError("SIGNED_OUT"), 3, /fresh one/],
    [new UploadError("FILE_CHANGED"), 1, /changed.*from the beginning/],
    [new UploadError("CHECKSUM"), 1, /damaged/],
    [new CommandError(EXIT_CODE.usage, "USAGE", "no"), 2, /^no$/],
    [Object.assign(new Error("ENOENT: x"), { code: "ENOENT" }), 1, /^There is no such file\.$/],
    [Object.assign(new Error("ENOSPC: x"), { code: "ENOSPC" }), 1, /^The disk is full\.$/],
  ])("%s", (error, exitCode, words) => {
    const explanation = explain(error);
    expect(explanation.exitCode).toBe(exitCode);
    expect(explanation.message).toMatch(words);
  });

  test("a refusal of the server is told with its facts", () => {
    const problem = { code: "FILE_TOO_LARGE", message: "", retryable: false, maxSize: 5_000_000 };
    expect(explain(new UploadError("REFUSED", { problem }))).toMatchObject({ code: "FILE_TOO_LARGE", exitCode: 1 });
    expect(explain(new UploadError("REFUSED", { problem })).message).toContain("5 MB at most");
  });

  test("malware is told with its name", () => {
    const problem = { code: "MALWARE_FOUND", message: "", retryable: false, signature: "Win.Test.EICAR_HDB-1" };
    const told = explain(new UploadError("REJECTED", { problem }));
    expect(told).toMatchObject({ code: "MALWARE_FOUND", exitCode: 1 });
    expect(told.message).toMatch(/scanner knows its bytes as Win\.Test\.EICAR_HDB-1\. It was deleted/);
  });

  test("a refusal of tomorrow is told in the server's own words", () => {
    const problem = { code: "MOON_PHASE", message: "The moon is full.", retryable: false, requestId: "r2" };
    expect(explain(new UploadError("REFUSED", { problem })).message).toBe("The moon is full. (request r2)");
  });
});

test("of several outcomes the one that concerns most counts", () => {
  expect(worstOf([])).toBe(0);
  expect(worstOf([0, 0])).toBe(0);
  expect(worstOf([0, 1, 4])).toBe(4);
  expect(worstOf([4, 3, 1])).toBe(3);
  expect(worstOf([3, 130])).toBe(130);
});
