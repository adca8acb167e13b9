import { expect, test } from "@jest/globals";
import { parse } from "graphql";
import { createDocumentStore } from "./document-store.js";

test("keeps the last hundred documents that were used, and no long ones", async () => {
  const store = createDocumentStore();
  for (let n = 0; n < 100; n += 1) await store.set(`k${n}`, parse(`{ a${n} }`));
  expect(await store.get("k0")).toMatchObject({ kind: "Document" });
  await store.set("k100", parse("{ b }"));
  expect(await store.get("k0")).toBeDefined();
  expect(await store.get("k1")).toBeUndefined();
  expect(await store.get("k2")).toBeDefined();
  await store.set("long", parse(`{ ${"a ".repeat(5_000)} }`));
  expect(await store.get("long")).toBeUndefined();
  expect(await store.delete("k0")).toBe(true);
  expect(await store.get("k0")).toBeUndefined();
});
