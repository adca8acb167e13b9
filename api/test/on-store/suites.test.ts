import { existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "@jest/globals";
import { ON_EMBEDDED_STORE_ONLY, suitesForAnyStore } from "./suites.js";

const DIST = fileURLToPath(new URL("../../", import.meta.url));

test("whatever asks a store runs on any, unless it is named with a reason", async () => {
  const named = Object.keys(ON_EMBEDDED_STORE_ONLY);
  expect(named.filter((suite) => !existsSync(join(DIST, `${suite}.test.js`)))).toEqual([]);
  const suites = await suitesForAnyStore(DIST);
  expect(suites).toEqual(expect.arrayContaining(["src/storage/s3-storage", "test/attacks", "test/replay"]));
  expect(suites.filter((suite) => named.includes(suite))).toEqual([]);
});
