import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { launchBrowser } from "./browser.js";
import type { TestBrowser } from "./browser.js";
import { startProduct } from "./product.js";
import type { Product } from "./product.js";
import { uploadTogether, writeSmallFiles } from "./small-files.js";

/**
 * How fast it is, `npm run prove:browser` measures: here is counted why it is fast. One by one it would be 400 calls
 * and more; a quiet machine needs fewer than 25, a busy one has less company in each call.
 */
const MOST_CALLS = 60;

let product: Product;
let chromium: TestBrowser;
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "signet-small-"));
  [product, chromium] = await Promise.all([startProduct(), launchBrowser()]);
}, 120_000);

afterAll(async () => {
  await chromium?.close();
  await product?.stop();
  await rm(folder, { recursive: true, force: true });
}, 60_000);

test("200 small files, chosen at once: all arrive, in fewer than 60 calls", async () => {
  const paths = (await writeSmallFiles(folder)).slice(0, 200);
  const { calls } = await uploadTogether(product, chromium, paths, 0);
  // Usage is asked for as time goes by; all else is the files'.
  const { Account: _usage, ...ofFiles } = calls;
  const count = Object.values(ofFiles).reduce((sum, each) => sum + each, 0);
  // Named when there are too many.
  expect(count < MOST_CALLS ? {} : ofFiles).toEqual({});
}, 120_000);
