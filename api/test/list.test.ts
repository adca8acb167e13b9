import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { PNG } from "./content.js";
import { abortUpload, createUploadUrls, deleteFile, expectMember, openUpload, upload } from "./operations.js";
import type { UploadTicket } from "./operations.js";
import { startTestApp } from "./test-app.js";
import type { TestApp } from "./test-app.js";

/** Query.files: pages, orders, filters. */

interface Listed {
  readonly id: string;
  readonly filename: string;
  readonly size: number;
  readonly status: string;
  readonly createdAt: string;
}

interface Page {
  readonly edges: readonly { readonly cursor: string; readonly node: Listed }[];
  readonly nodes: readonly Listed[];
  readonly pageInfo: {
    readonly hasNextPage: boolean;
    readonly hasPreviousPage: boolean;
    readonly startCursor: string | null;
    readonly endCursor: string | null;
  };
  readonly totalCount: number | null;
}

const FILES = `query ($first: Int! = 25, $after: String, $filter: FileFilter, $orderBy: FileOrder) {
  files(first: $first, after: $after, filter: $filter, orderBy: $orderBy) {
    edges { cursor node { id } } nodes { id filename size status createdAt }
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor } totalCount } }`;

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

async function list(user: string, variables: Record<string, unknown> = {}): Promise<Page> {
  const { data, errors } = await app.call<{ files: Page }>(user, FILES, variables);
  expect(errors).toBeUndefined();
  const page = data.files;
  expect(page.edges.map(({ node }) => node.id)).toEqual(page.nodes.map(({ id }) => id));
  expect(page.pageInfo).toMatchObject({
    hasPreviousPage: false,
    startCursor: page.edges[0]?.cursor ?? null,
    endCursor: page.edges.at(-1)?.cursor ?? null,
  });
  return page;
}

const namesOf = async (user: string, filter: Record<string, unknown>): Promise<string[]> =>
  (await list(user, { filter, first: 100 })).nodes.map(({ filename }) => filename).sort();

/** Every page to the last one, `first` at a time. */
async function listAll(user: string, first: number, variables: Record<string, unknown> = {}): Promise<Listed[]> {
  const found: Listed[] = [];
  for (let after: string | null = null, more = true; more;) {
    const page: Page = await list(user, { ...variables, first, after });
    expect(page.nodes.length).toBe(page.pageInfo.hasNextPage ? first : page.nodes.length);
    found.push(...page.nodes);
    expect(found.length).toBeLessThan(1000);
    ({ endCursor: after, hasNextPage: more } = page.pageInfo);
  }
  return found;
}

/** Uploads that are opened only: they are listed like any file. */
async function open(user: string, names: readonly string[], sizeOf: (index: number) => number): Promise<Listed[]> {
  const inputs = names.map((filename, index) => ({ filename, size: sizeOf(index) }));
  const answers = await createUploadUrls(app, user, inputs);
  return answers.map((answer) => expectMember<UploadTicket>("UploadTicket", answer).file);
}

describe("pages", () => {
  const user = "pager";
  const names = Array.from({ length: 23 }, (_, index) => `${"bca"[index % 3]}-${index % 5}.txt`);
  beforeAll(() => open(user, names, (index) => index % 4));

  const KEYS = {
    CREATED_AT: ({ createdAt }: Listed) => createdAt,
    FILENAME: ({ filename }: Listed) => filename,
    SIZE: ({ size }: Listed) => size,
  };
  const orders = (["CREATED_AT", "FILENAME", "SIZE"] as const).flatMap((field) =>
    (["ASC", "DESC"] as const).map((direction) => ({ field, direction })),
  );

  test.each(orders)("in the order of $field $direction, ties by id, each file once", async (orderBy) => {
    const whole = (await list(user, { first: 100, orderBy })).nodes;
    const keyOf = KEYS[orderBy.field];
    const sorted = [...whole].sort((a, b) => {
      const [x, y] = [keyOf(a), keyOf(b)];
      const order = x === y ? (a.id < b.id ? -1 : 1) : x < y ? -1 : 1;
      return orderBy.direction === "ASC" ? order : -order;
    });
    expect(whole).toHaveLength(23);
    expect(whole).toEqual(sorted);
    for (const first of [1, 7, 22, 23, 24]) expect(await listAll(user, first, { orderBy })).toEqual(whole);
  });

  test("newest first, 25 of them, when nothing is asked for", async () => {
    const page = await list(user);
    expect(page).toMatchObject({ totalCount: 23, pageInfo: { hasNextPage: false } });
    expect(page.nodes).toEqual(
      (await list(user, { first: 100, orderBy: { field: "CREATED_AT", direction: "DESC" } })).nodes,
    );
    expect((await list(user, { orderBy: {} })).nodes).toEqual(page.nodes);
  });

  test("nobody's list is empty", async () => {
    const page = await list("nobody");
    expect(page).toEqual({
      edges: [],
      nodes: [],
      pageInfo: { hasNextPage: false, hasPreviousPage: false, startCursor: null, endCursor: null },
      totalCount: 0,
    });
  });

  test("what comes and goes between two pages is neither skipped nor told twice", async () => {
    const mover = "mover";
    await open(mover, ["1", "2", "3", "4", "5", "6"], () => 1);
    const before = (await list(mover)).nodes;
    const first = await list(mover, { first: 3 });
    await open(mover, ["7"], () => 1);
    await abortUpload(app, mover, first.nodes[2]!.id);
    const second = await list(mover, { first: 3, after: first.pageInfo.endCursor });
    expect([...first.nodes, ...second.nodes].map(({ id }) => id)).toEqual(before.map(({ id }) => id));
  });

  test("a filename's case and accents do not split the pages", async () => {
    const writer = "writer";
    const odd = ["b", "B", "a", "A", "ä", "é", "É", "ß", "_", "10", "9", "日本", "😀", " space", "it's"];
    await open(writer, odd, () => 0);
    for (const direction of ["ASC", "DESC"]) {
      const orderBy = { field: "FILENAME", direction };
      const whole = (await list(writer, { first: 100, orderBy })).nodes;
      expect(whole.map(({ filename }) => filename).sort()).toEqual([...odd].sort());
      expect(await listAll(writer, 1, { orderBy })).toEqual(whole);
      const letters = whole.map(({ filename }) => filename.toLowerCase()).filter((name) => /^[ab]$/.test(name));
      expect(letters).toEqual(direction === "ASC" ? ["a", "a", "b", "b"] : ["b", "b", "a", "a"]);
    }
  });

  describe("BAD_USER_INPUT", () => {
    const expectRefused = async (variables: Record<string, unknown>): Promise<void> => {
      const { data, errors } = await app.call(user, FILES, variables);
      expect(errors).toMatchObject([{ extensions: { code: "BAD_USER_INPUT" } }]);
      expect(data ?? null).toBeNull();
    };
    test.each([0, -1, 101, 2 ** 31 - 1])("first: %s", (first) => expectRefused({ first }));

    test("a cursor of another ordering, direction or filter", async () => {
      const orderBy = { field: "SIZE", direction: "ASC" };
      const filter = { minSize: 1 };
      const { endCursor } = (await list(user, { first: 3, orderBy, filter })).pageInfo;
      await list(user, { first: 3, orderBy, filter, after: endCursor });
      await expectRefused({ after: endCursor, orderBy: { ...orderBy, direction: "DESC" }, filter });
      await expectRefused({ after: endCursor, orderBy: { ...orderBy, field: "CREATED_AT" }, filter });
      await expectRefused({ after: endCursor, orderBy, filter: { minSize: 2 } });
      await expectRefused({ after: endCursor, orderBy });
      await expectRefused({ after: endCursor });
    });

    test.each(["", "x", "bm9uZQ", "💥", "W10", "x".repeat(100_000)])("a cursor that nobody has made: %#", (after) =>
      expectRefused({ after }),
    );
  });

  test("somebody else's cursor opens no door", async () => {
    const { endCursor } = (await list(user, { first: 3 })).pageInfo;
    expect((await list("stranger", { after: endCursor })).nodes).toEqual([]);
  });
});

describe("filters", () => {
  const user = "filterer";
  let photo: Listed;
  beforeAll(async () => {
    await upload(app, user, "plain text", { filename: "100%_sure.txt", contentType: "text/plain" });
    photo = await upload(app, user, PNG, { filename: "Photo.PNG", contentType: "image/png" });
    const trashed = await upload(app, user, "old", { filename: "trashed.txt", contentType: "text/plain" });
    expectMember("DeletedFile", await deleteFile(app, user, trashed.id));
    await openUpload(app, user, "12345", { filename: "100 sure.jpg", contentType: "image/jpeg" });
    const aborted = await openUpload(app, user, "x", { filename: "aborted.bin" });
    expectMember("AbortedUpload", await abortUpload(app, user, aborted.file.id));
    const purged = await upload(app, user, "gone", { filename: "purged.txt", contentType: "text/plain" });
    expectMember("DeletedFile", await deleteFile(app, user, purged.id, true));
  });

  test.each<[what: string, filter: Record<string, unknown>, names: string[]]>([
    ["nothing: all but EXPIRED and DELETED", {}, ["100 sure.jpg", "100%_sure.txt", "Photo.PNG"]],
    ["the trash", { status: ["DELETED"] }, ["trashed.txt"]],
    ["what was aborted", { status: ["EXPIRED"] }, ["aborted.bin"]],
    ["open uploads", { status: ["PENDING"] }, ["100 sure.jpg"]],
    ["several", { status: ["READY", "DELETED"] }, ["100%_sure.txt", "Photo.PNG", "trashed.txt"]],
    ["no status at all", { status: [] }, []],
    ["part of a name, in any case", { filenameContains: "pHoTo" }, ["Photo.PNG"]],
    ["a literal percent sign", { filenameContains: "%" }, ["100%_sure.txt"]],
    ["a literal underscore", { filenameContains: "0%_S" }, ["100%_sure.txt"]],
    ["a literal backslash", { filenameContains: "\\" }, []],
    ["a quote", { filenameContains: "'; --" }, []],
    ["an exact type", { contentType: ["image/png"] }, ["Photo.PNG"]],
    ["a type in capitals", { contentType: ["IMAGE/PNG"] }, ["Photo.PNG"]],
    ["a range of types", { contentType: ["image/*"] }, ["100 sure.jpg", "Photo.PNG"]],
    ["either type", { contentType: ["image/jpeg", "text/*"] }, ["100 sure.jpg", "100%_sure.txt"]],
    ["a type that only begins like it", { contentType: ["image/pn"] }, []],
    ["at least so large", { minSize: 10 }, ["100%_sure.txt", "Photo.PNG"]],
    ["at most so large", { maxSize: 10 }, ["100 sure.jpg", "100%_sure.txt"]],
    ["exactly so large", { minSize: 5, maxSize: 5 }, ["100 sure.jpg"]],
    [
      "everything at once",
      { status: ["READY"], contentType: ["image/*"], filenameContains: "p", minSize: 1 },
      ["Photo.PNG"],
    ],
  ])("%s", async (_what, filter, names) => {
    expect(await namesOf(user, filter)).toEqual(names);
    expect((await list(user, { filter, first: 1 })).totalCount).toBe(names.length);
  });

  test("createdAfter takes its instant in, createdBefore leaves it out", async () => {
    const at = Date.parse(photo.createdAt);
    const iso = (ms: number): string => new Date(ms).toISOString();
    expect(await namesOf(user, { createdAfter: iso(at), createdBefore: iso(at + 1) })).toEqual(["Photo.PNG"]);
    expect(await namesOf(user, { createdAfter: iso(at + 1), filenameContains: "photo" })).toEqual([]);
    expect(await namesOf(user, { createdBefore: iso(at), filenameContains: "photo" })).toEqual([]);
    // The same instant in another zone.
    const elsewhere = `${iso(at + 3_600_000).slice(0, -1)}+01:00`;
    expect(await namesOf(user, { createdAfter: elsewhere, createdBefore: iso(at + 1) })).toEqual(["Photo.PNG"]);
  });

  test("a name that was changed is found under the new one only", async () => {
    const { file } = await openUpload(app, user, "x", { filename: "before" });
    await app.call(user, `mutation { renameFile(id: "${file.id}", filename: "after") { __typename } }`);
    expect(await namesOf(user, { filenameContains: "before" })).toEqual([]);
    expect(await namesOf(user, { filenameContains: "after" })).toEqual(["after"]);
  });
});
