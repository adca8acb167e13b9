import assert from "node:assert/strict";
import { ListObjectsV2Command, PutObjectCommand, type ListObjectsV2CommandInput } from "@aws-sdk/client-s3";
import { DOC, type Check } from "./check.js";
import { md5Hex } from "./content.js";
import { expectRefusal, type Subject } from "./subject.js";

/** Stores `names` below a fresh prefix and returns a lister that takes that prefix off again. */
async function fill(subject: Subject, names: readonly string[]) {
  const prefix = `${subject.key("list")}/`;
  for (const name of names)
    await subject.s3.send(new PutObjectCommand({ Bucket: subject.bucket, Key: prefix + name, Body: name }));
  const list = async (input: Partial<ListObjectsV2CommandInput> = {}) => {
    const answer = await subject.s3.send(
      new ListObjectsV2Command({ Bucket: subject.bucket, ...input, Prefix: prefix + (input.Prefix ?? "") }),
    );
    const strip = (key: string | undefined) => (key ?? "").slice(prefix.length);
    return {
      answer,
      keys: (answer.Contents ?? []).map(({ Key }) => strip(Key)),
      prefixes: (answer.CommonPrefixes ?? []).map((common) => strip(common.Prefix)),
    };
  };
  return { prefix, list };
}

/** All pages of a listing. */
async function listAll(
  list: Awaited<ReturnType<typeof fill>>["list"],
  input: Partial<ListObjectsV2CommandInput>,
): Promise<{ keys: string[]; prefixes: string[]; pages: number }> {
  const all = { keys: [] as string[], prefixes: [] as string[], pages: 0 };
  let token: string | undefined;
  do {
    const page = await list({ ...input, ContinuationToken: token });
    all.keys.push(...page.keys);
    all.prefixes.push(...page.prefixes);
    all.pages++;
    assert.equal(page.answer.KeyCount, page.keys.length + page.prefixes.length);
    token = page.answer.IsTruncated ? page.answer.NextContinuationToken : undefined;
  } while (token !== undefined && all.pages < 20);
  return all;
}

/** ListObjectsV2. */
export const listChecks: Check[] = [
  {
    id: "list.order",
    title: "keys come in the order of their UTF-8 bytes",
    source: DOC.list,
    async run(subject) {
      const names = ["b", "B", "a/1", "a", "ä", "～", "😀", "a-", "10", "9"];
      const { list } = await fill(subject, names);
      const expected = [...names].sort((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
      assert.deepEqual((await list()).keys, expected);
    },
  },
  {
    id: "list.contents",
    title: "an entry holds size, ETag and time; the listing its counts",
    source: DOC.list,
    async run(subject) {
      const { list } = await fill(subject, ["four"]);
      const { answer } = await list();
      const entry = answer.Contents?.[0];
      assert.deepEqual([entry?.Size, entry?.ETag], [4, `"${md5Hex(Buffer.from("four"))}"`]);
      assert.ok(Math.abs((entry?.LastModified?.getTime() ?? 0) - Date.now()) < 3_600_000);
      assert.deepEqual(
        [answer.KeyCount, answer.MaxKeys, answer.IsTruncated, answer.Name],
        [1, 1000, false, subject.bucket],
      );
    },
  },
  {
    id: "list.prefix",
    title: "a prefix is any beginning, not a folder",
    source: DOC.list,
    async run(subject) {
      const { list } = await fill(subject, ["photo1", "photo2", "phone", "x"]);
      assert.deepEqual((await list({ Prefix: "photo" })).keys, ["photo1", "photo2"]);
      assert.deepEqual((await list({ Prefix: "none" })).keys, []);
    },
  },
  {
    id: "list.delimiter",
    title: "a delimiter rolls keys up into common prefixes, each once",
    source: DOC.list,
    async run(subject) {
      const { list } = await fill(subject, ["a/1", "a/2", "b/1/2", "c", "d"]);
      const found = await list({ Delimiter: "/" });
      assert.deepEqual(
        [found.keys, found.prefixes],
        [
          ["c", "d"],
          ["a/", "b/"],
        ],
      );
      const below = await list({ Delimiter: "/", Prefix: "b/" });
      assert.deepEqual([below.keys, below.prefixes], [[], ["b/1/"]]);
    },
  },
  {
    id: "list.paging",
    title: "pages of two hold every key once, in order",
    source: DOC.list,
    async run(subject) {
      const names = ["a", "b", "c", "d", "e"];
      const { list } = await fill(subject, names);
      const { keys, pages } = await listAll(list, { MaxKeys: 2 });
      assert.deepEqual([keys, pages], [names, 3]);
    },
  },
  {
    id: "list.paging-exact",
    title: "a page that holds just all is not truncated",
    source: DOC.list,
    async run(subject) {
      const { list } = await fill(subject, ["a", "b"]);
      const { answer } = await list({ MaxKeys: 2 });
      assert.equal(answer.IsTruncated, false);
    },
  },
  {
    id: "list.paging-delimiter",
    title: "pages with a delimiter repeat no common prefix and lose no key",
    source: DOC.list,
    async run(subject) {
      const { list } = await fill(subject, ["a/1", "a/2", "a/3", "b", "c/1", "c/2", "d"]);
      const { keys, prefixes } = await listAll(list, { MaxKeys: 1, Delimiter: "/" });
      assert.deepEqual(
        [keys, prefixes],
        [
          ["b", "d"],
          ["a/", "c/"],
        ],
      );
    },
  },
  {
    id: "list.start-after",
    title: "start-after leaves out everything up to and including that key",
    source: DOC.list,
    async run(subject) {
      const { prefix, list } = await fill(subject, ["a", "b", "c"]);
      assert.deepEqual((await list({ StartAfter: `${prefix}b` })).keys, ["c"]);
      assert.deepEqual((await list({ StartAfter: `${prefix}aa` })).keys, ["b", "c"]);
    },
  },
  {
    id: "list.max-keys-zero",
    title: "max-keys 0 answers nothing and is not truncated",
    source: DOC.list,
    async run(subject) {
      const { list } = await fill(subject, ["a"]);
      const { answer, keys } = await list({ MaxKeys: 0 });
      assert.deepEqual([keys, answer.IsTruncated], [[], false]);
    },
  },
  {
    id: "list.encoding",
    title: "encoding-type=url percent-encodes keys, prefixes and delimiters",
    source: DOC.list,
    async run(subject) {
      const prefix = `${subject.key("list")}/`;
      const name = "a b+ü&<x>/c\u0001";
      const plain = { method: "PUT", path: subject.path(prefix + name), body: Buffer.from("x") };
      assert.equal((await subject.signed(plain)).status, 200);
      const answer = await subject.signed({
        method: "GET",
        path: `/${subject.bucket}`,
        query: { "list-type": "2", prefix, "encoding-type": "url" },
      });
      const text = answer.body.toString();
      assert.match(text, /<EncodingType>url<\/EncodingType>/);
      const key = /<Key>([^<]*)<\/Key>/.exec(text)?.[1] ?? "";
      assert.equal(decodeURIComponent(key.replaceAll("+", " ")), prefix + name);
      assert.ok(!key.includes(" ") && !key.includes("<"));
    },
  },
  {
    id: "list.encoding-unknown",
    title: "another encoding-type is 400 InvalidArgument",
    source: DOC.list,
    run: (subject) =>
      expectRefusal(
        subject.s3.send(new ListObjectsV2Command({ Bucket: subject.bucket, EncodingType: "base64" as "url" })),
        400,
        "InvalidArgument",
      ),
  },
  {
    id: "list.bad-token",
    title: "a continuation token that is none is 400 InvalidArgument",
    source: DOC.list,
    run: (subject) =>
      expectRefusal(
        subject.s3.send(new ListObjectsV2Command({ Bucket: subject.bucket, ContinuationToken: "not a token" })),
        400,
        "InvalidArgument",
      ),
  },
  {
    id: "list.bad-max-keys",
    title: "a max-keys that is no number is 400 InvalidArgument",
    source: DOC.list,
    async run(subject) {
      const answer = await subject.signed({
        method: "GET",
        path: `/${subject.bucket}`,
        query: { "list-type": "2", "max-keys": "many" },
      });
      assert.deepEqual([answer.status, answer.code], [400, "InvalidArgument"]);
    },
  },
  {
    id: "list.owner",
    title: "the owner is answered only when asked for",
    source: DOC.list,
    async run(subject) {
      const { list } = await fill(subject, ["a"]);
      assert.equal((await list()).answer.Contents?.[0]?.Owner, undefined);
      assert.ok((await list({ FetchOwner: true })).answer.Contents?.[0]?.Owner?.ID);
    },
  },
];
