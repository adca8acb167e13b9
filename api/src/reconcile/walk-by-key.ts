import { objectKeyOf, OBJECT_KEY_PREFIX } from "../files/object-key.js";
import type { ListedObject, ListedUpload, ObjectStorage } from "../storage/object-storage.js";
import type { Patience, ReconcileRecords, ReconcileRow } from "./reconcile-records.js";

/** Everything that database and bucket hold under one key. */
export interface KeyHolding {
  readonly key: string;
  readonly object: ListedObject | null;
  readonly uploads: readonly ListedUpload[];
  readonly row: ReconcileRow | null;
}

const ROWS_A_PAGE = 1000;

/**
 * Walks over rows, objects and open uploads at once, in the order of their keys: a page of each is held, however many
 * there are. What it pairs was not read at one moment: whatever looks wrong is to be looked at again. A page of rows is
 * read after the pages of the bucket beside it, so that traffic makes few such cases (lifecycle rule 4). A store that
 * lists in another order (radosgw 16: uploads of odd keys) makes more of them, and hides nothing.
 */
export async function* walkByKey(
  { storage, records }: { storage: Pick<ObjectStorage, "listObjects" | "listOpenUploads">; records: ReconcileRecords },
  patience: Patience,
): AsyncGenerator<KeyHolding> {
  const prefix = OBJECT_KEY_PREFIX;
  const objects = new Cursor(storage.listObjects({ prefix }));
  const uploads = new Cursor(storage.listOpenUploads({ prefix }));
  const rows = new Cursor(rowPages(records, patience));
  try {
    for (;;) {
      await objects.load();
      await uploads.load();
      await rows.load();
      const key = least(objects.current?.key, uploads.current?.key, keyOf(rows.current));
      if (key === null) return;
      const object = objects.current?.key === key ? objects.take() : null;
      const ofKey: ListedUpload[] = [];
      while (uploads.current?.key === key) {
        ofKey.push(uploads.take());
        await uploads.load();
      }
      yield { key, object, uploads: ofKey, row: keyOf(rows.current) === key ? rows.take() : null };
    }
  } finally {
    for (const cursor of [objects, uploads, rows]) await cursor.close();
  }
}

const keyOf = (row: ReconcileRow | undefined): string | undefined =>
  row === undefined ? undefined : objectKeyOf(row.id);

async function* rowPages(records: ReconcileRecords, patience: Patience): AsyncGenerator<readonly ReconcileRow[]> {
  let after: string | null = null;
  for (;;) {
    const page: ReconcileRow[] = await records.rowsInKeyOrder(after, ROWS_A_PAGE, patience);
    if (page.length === 0) return;
    yield page;
    after = page.at(-1)!.id;
  }
}

/** Pages read one item at a time. */
class Cursor<Item> {
  private readonly pages: AsyncIterator<readonly Item[]>;
  private page: readonly Item[] = [];
  private index = 0;
  private ended = false;

  constructor(pages: AsyncIterable<readonly Item[]>) {
    this.pages = pages[Symbol.asyncIterator]();
  }

  /** The item to take next; undefined after the last one. Right after {@link load} only. */
  get current(): Item | undefined {
    return this.page[this.index];
  }

  async load(): Promise<void> {
    while (this.index >= this.page.length && !this.ended) {
      const { done, value } = await this.pages.next();
      this.ended = done === true;
      this.page = done === true ? [] : value;
      this.index = 0;
    }
  }

  take(): Item {
    return this.page[this.index++]!;
  }

  async close(): Promise<void> {
    if (!this.ended) await this.pages.return?.();
  }
}

function least(...keys: (string | undefined)[]): string | null {
  let first: string | null = null;
  for (const key of keys) if (key !== undefined && (first === null || comesBefore(key, first))) first = key;
  return first;
}

/** As S3 lists: by UTF-8 bytes, which UTF-16's order breaks for characters beyond U+FFFF. Ours are ASCII. */
function comesBefore(key: string, other: string): boolean {
  const plain = !SURROGATE.test(key) && !SURROGATE.test(other);
  return plain ? key < other : Buffer.compare(Buffer.from(key), Buffer.from(other)) < 0;
}

const SURROGATE = /[\ud800-\udfff]/;
