import { expect, test } from "@jest/globals";
import { BATCH_SIZE, MAX_PART_SIZE_BYTES, MAX_VERIFIED_SIZE_BYTES, PAGE_SIZE } from "./limits.js";

test("the numbers that clients were promised", () => {
  expect({ BATCH_SIZE, PAGE_SIZE, MAX_PART_SIZE_BYTES, MAX_VERIFIED_SIZE_BYTES }).toEqual({
    BATCH_SIZE: 100,
    PAGE_SIZE: 100,
    MAX_PART_SIZE_BYTES: 5_368_709_120,
    MAX_VERIFIED_SIZE_BYTES: 67_108_864,
  });
});
