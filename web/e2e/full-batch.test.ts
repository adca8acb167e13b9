import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { createHash } from "node:crypto";
import { createUploadApi } from "../src/api/upload-calls.js";
import { createExecute } from "../src/api/execute.js";
import { createSession } from "../src/api/session.js";
import { batchCalls, UploadQueue } from "../src/upload/index.js";
import { bytesSource, createNodePut, nodeHash } from "../src/upload/node.js";
import { openAccount } from "./account.js";
import { startProduct } from "./product.js";
import type { Product } from "./product.js";

let product: Product;
beforeAll(async () => {
  product = await startProduct();
}, 90_000);
afterAll(() => product.stop());

const never = new AbortController().signal;

/** The client of an account, with every operation that it sends. */
async function openClient(user: string): Promise<{ api: ReturnType<typeof createUploadApi>; sent: string[] }> {
  const { token } = await openAccount(product, user);
  const nothing = { getItem: () => null, setItem: () => undefined, removeItem: () => undefined };
  const execute = createExecute(
    product.graphql,
    createSession(() => Promise.resolve(token), nothing),
  );
  const sent: string[] = [];
  const api = createUploadApi((document, variables, options) => {
    sent.push(/(?:query|mutation) (\w+)/.exec(document.toString())?.[1] ?? "?");
    return execute(document, variables, options);
  });
  return { api, sent };
}

test("the server takes batches as large as it says, also with everything that the page asks for", async () => {
  const { api } = await openClient("full-batch");
  const batchSize = await api.batchSize(never);
  const inputs = Array.from({ length: batchSize }, (_, n) => ({
    filename: `empty-${n}.txt`,
    contentType: "text/plain",
    sizeBytes: 0,
    sha256: createHash("sha256").digest("hex"),
    partChecksum: "SHA256" as const,
    idempotencyKey: `full-batch-${n}`,
  }));
  const created = await api.createMany(inputs);
  const ids = created.map((answer) => (answer.ok ? answer.value.fileId : answer.problem.code));
  expect(new Set(ids).size).toBe(batchSize);
  const confirmed = await api.confirmMany(ids);
  const names = confirmed.map((answer) => (answer.ok ? answer.value.filename : answer.problem.code));
  expect(names).toEqual(inputs.map(({ filename }) => filename));
}, 120_000);

test("one item that is refused leaves the others of its batch alone", async () => {
  const { api } = await openClient("one-refused");
  const input = (filename: string): Parameters<typeof api.create>[0] => ({
    filename,
    contentType: "text/plain",
    sizeBytes: 1,
    partChecksum: "NONE",
    idempotencyKey: filename,
  });
  const answers = await api.createMany([input("a.txt"), input("b/c.txt"), input("d.txt")]);
  expect(answers.map((answer) => (answer.ok ? "OK" : answer.problem.code))).toEqual(["OK", "FILENAME_INVALID", "OK"]);
});

test("200 small files: all arrive, in the order of adding, in a fraction of the calls", async () => {
  const { api, sent } = await openClient("small-files");
  const names: string[] = [];
  const queue = new UploadQueue({
    api: batchCalls({
      ...api,
      createMany: (inputs) => {
        names.push(...inputs.map(({ filename }) => filename));
        return api.createMany(inputs);
      },
      create: (input) => {
        names.push(input.filename);
        return api.create(input);
      },
    }),
    put: createNodePut(),
    hash: nodeHash,
  });
  const wanted = Array.from({ length: 200 }, (_, n) => `note-${n}.txt`);
  queue.add(wanted.map((name) => bytesSource(Buffer.from(name.repeat(20)), name, "text/plain")));
  await new Promise<void>((resolve) => {
    queue.subscribe(() => queue.getSnapshot().activeCount === 0 && resolve());
  });
  expect(queue.getSnapshot()).toMatchObject({ doneCount: 200, failedCount: 0 });
  expect(names).toEqual(wanted);
  expect(sent.length).toBeLessThan(200);
}, 120_000);
