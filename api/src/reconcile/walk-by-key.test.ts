import { expect, test } from "@jest/globals";
import { objectKeyOf } from "../files/object-key.js";
import type { ListedObject, ListedUpload } from "../storage/object-storage.js";
import type { Patience, ReconcileRecords, ReconcileRow } from "./reconcile-records.js";
import { walkByKey } from "./walk-by-key.js";

const PATIENCE: Patience = { leaseMs: 0, graceMs: 0, creationStuckMs: 0, tombstoneMs: 0, settled: false };
const uuid = (number: number): string => `01a20468-1e4c-76c9-81d3-${String(number).padStart(12, "0")}`;
const keys = (...numbers: number[]): string[] => numbers.map((number) => objectKeyOf(uuid(number)));

async function* pagesOf<Item>(items: readonly Item[], size = 2): AsyncGenerator<readonly Item[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}

/** What is walked over, as `key: object uploads row`. */
async function walked(objects: readonly string[], uploads: readonly string[], rows: readonly string[]) {
  const storage = {
    listObjects: () => pagesOf(objects.map((key) => ({ key }) as ListedObject)),
    listOpenUploads: () => pagesOf(uploads.map((key, index) => ({ key, uploadId: `u${index}` }) as ListedUpload)),
  };
  const records: Pick<ReconcileRecords, "rowsInKeyOrder"> = {
    async rowsInKeyOrder(after) {
      const from = after === null ? 0 : rows.indexOf(after) + 1;
      return rows.slice(from, from + 2).map((id) => ({ id }) as ReconcileRow);
    },
  };
  const seen: string[] = [];
  for await (const holding of walkByKey({ storage, records: records as ReconcileRecords }, PATIENCE))
    seen.push(
      `${holding.key}: ${holding.object === null ? "" : "o"}${"u".repeat(holding.uploads.length)}${holding.row === null ? "" : "r"}`,
    );
  return seen;
}

test("nothing is nothing", async () => {
  expect(await walked([], [], [])).toEqual([]);
});

test("what has one key is one holding, over any cut into pages", async () => {
  const [a, b, c, d, e] = keys(101, 102, 203, 204, 305) as [string, string, string, string, string];
  const inOrder = [a, b, c, d, e].sort();
  const ids = inOrder.map((key) => key.slice("f/00/".length));
  expect(await walked(inOrder, [], ids)).toEqual(inOrder.map((key) => `${key}: or`));
  expect(await walked([], inOrder, ids)).toEqual(inOrder.map((key) => `${key}: ur`));
  const [first, second, third, fourth, fifth] = inOrder as [string, string, string, string, string];
  expect(await walked([first, third], [first, first, first, fourth, fourth], [ids[0]!, ids[1]!, ids[4]!])).toEqual([
    `${first}: ouuur`,
    `${second}: r`,
    `${third}: o`,
    `${fourth}: uu`,
    `${fifth}: r`,
  ]);
});

test("keys that are none of ours, in the order of their bytes", async () => {
  const [ours] = keys(55) as [string];
  expect(await walked(["f/!", ours, "f/\uffee", "f/\u{1f600}"], ["f/no"], [uuid(55)])).toEqual([
    ...["f/!: o", `${ours}: or`, "f/no: u", "f/\uffee: o", "f/\u{1f600}: o"],
  ]);
});

test("a listing in another order is walked to its end, each thing once, and what it misses pairs with nothing", async () => {
  const [one, two, three] = keys(1, 2, 3) as [string, string, string];
  const seen = await walked([one, two, three], [three, one], [uuid(1), uuid(2), uuid(3)]);
  expect(seen).toEqual([`${one}: or`, `${two}: or`, `${three}: our`, `${one}: u`]);
});
