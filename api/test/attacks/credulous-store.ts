import { createHash, randomUUID } from "node:crypto";
import { createServer } from "node:net";
import type { AddressInfo, Socket } from "node:net";

/**
 * An S3 that believes everything, in memory: no signature is checked, every header counts wherever it stands, and bodies
 * end where the last word about it says. It exists to be attacked: what does no harm here cannot be seen to do none
 * elsewhere.
 */
export interface CredulousStore {
  readonly endpoint: string;
  /** Opens an object to everybody. */
  publish(bucket: string, key: string): void;
  stop(): Promise<void>;
}

interface Thing {
  bytes: Buffer;
  headers: Map<string, string>;
  isPublic: boolean;
}
interface Upload extends Thing {
  readonly key: string;
  readonly parts: Map<number, Buffer>;
}
interface Bucket {
  readonly objects: Map<string, Thing>;
  readonly uploads: Map<string, Upload>;
}
interface Asked {
  readonly method: string;
  readonly bucket: string;
  readonly key: string;
  readonly query: Map<string, string>;
  readonly headers: Map<string, string>;
  readonly body: Buffer;
}
interface Answer {
  readonly status: number;
  readonly headers?: Iterable<readonly [string, string]>;
  readonly body?: Buffer | string;
}

const FRAMING = new Set(["host", "connection", "content-length", "transfer-encoding", "expect"]);
const METHOD_HEADERS = ["x-http-method-override", "x-http-method", "x-method-override"];
const md5 = (bytes: Buffer): string => `"${createHash("md5").update(bytes).digest("hex")}"`;

export async function startCredulousStore(): Promise<CredulousStore> {
  const buckets = new Map<string, Bucket>();
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    let pending: Buffer = Buffer.alloc(0);
    const serve = (ended: boolean): void => {
      for (
        let next = readRequest(pending, ended, buckets);
        next !== null;
        next = readRequest(pending, ended, buckets)
      ) {
        pending = next.rest;
        if (!socket.destroyed) socket.write(written(answerTo(buckets, next.asked), next.asked.method));
        if (next.asked.headers.get("connection") === "close") return void socket.end();
      }
    };
    socket.on("data", (data) => {
      pending = Buffer.concat([pending, data]);
      serve(false);
    });
    socket.on("end", () => {
      serve(true);
      socket.end();
    });
    socket.on("error", () => serve(true));
    socket.on("close", () => sockets.delete(socket));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    publish(bucket, key) {
      buckets.get(bucket)!.objects.get(key)!.isPublic = true;
    },
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

/** The next request in what has come in; null when more has to come. */
function readRequest(
  bytes: Buffer,
  ended: boolean,
  buckets: ReadonlyMap<string, Bucket>,
): { asked: Asked; rest: Buffer } | null {
  const headEnd = bytes.indexOf("\r\n\r\n");
  if (headEnd < 0) return null;
  const [first = "", ...lines] = bytes
    .subarray(0, headEnd)
    .toString("latin1")
    .split(/\r\n|\r|\n/);
  const headers = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(":");
    if (colon > 0) headers.set(line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim());
  }
  const after = bytes.subarray(headEnd + 4);
  const framed = readBody(after, headers, ended);
  if (framed === null) return null;
  const [method = "", target = ""] = first.split(" ");
  const said = METHOD_HEADERS.map((name) => headers.get(name)).find((name) => name !== undefined);
  const place = placeOf(target, headers, buckets);
  const asked = { ...place, method: said ?? method, headers, body: framed.body };
  return { asked, rest: after.subarray(framed.length) };
}

/** A length counts before chunks, whatever it looks like; a client that has gone has sent all there is. */
function readBody(after: Buffer, headers: ReadonlyMap<string, string>, ended: boolean) {
  const length = headers.get("content-length");
  if (length === undefined && headers.has("transfer-encoding")) {
    const end = after.indexOf("\r\n0\r\n\r\n");
    if (end < 0) return null;
    const start = after.indexOf("\r\n") + 2;
    return { body: after.subarray(start, end), length: end + 7 };
  }
  const wanted = Math.max(0, Number.parseInt(length ?? "0", 10) || 0);
  if (after.length < wanted && !ended) return null;
  return { body: after.subarray(0, wanted), length: Math.min(wanted, after.length) };
}

/** Bucket, key and query, by whatever names them: a forwarded host, a rewritten path, dots, encodings. */
function placeOf(target: string, headers: ReadonlyMap<string, string>, buckets: ReadonlyMap<string, Bucket>) {
  const absolute = /^http:\/\/([^/]+)(.*)$/.exec(target);
  const host = headers.get("x-forwarded-host") ?? absolute?.[1] ?? headers.get("host") ?? "";
  const [path = "", search = ""] = (absolute?.[2] ?? target).split("?", 2);
  const segments: string[] = [];
  const spelt = headers.get("x-original-url") ?? path;
  for (const segment of decodeURIComponent(spelt.replaceAll("%00", "")).split("/")) {
    if (segment === "..") segments.pop();
    else if (segment !== "") segments.push(segment);
  }
  const virtual = host.split(".", 1)[0]!;
  const bucket = buckets.has(virtual) ? virtual : (segments.shift() ?? "");
  const query = new Map<string, string>();
  for (const pair of search.split(/[&;]/).filter((text) => text !== "")) {
    const [name = "", value = ""] = pair.split("=", 2);
    const known = decodeURIComponent(name).toLowerCase();
    if (!query.has(known)) query.set(known, decodeURIComponent(value));
  }
  return { bucket, key: segments.join("/"), query };
}

function answerTo(buckets: Map<string, Bucket>, asked: Asked): Answer {
  const { method, key, query } = asked;
  const bucket = buckets.get(asked.bucket);
  if (asked.bucket === "") return { status: 200, body: xml("ListAllMyBucketsResult", [...buckets.keys()].join(" ")) };
  if (key === "" && method === "PUT" && bucket === undefined) {
    buckets.set(asked.bucket, { objects: new Map(), uploads: new Map() });
    return { status: 200 };
  }
  if (bucket === undefined) return failure(404, "NoSuchBucket");
  if (key === "") return method === "GET" ? listing(bucket, query) : { status: 200 };
  switch (method) {
    case "GET":
    case "HEAD":
      return read(bucket, asked);
    case "DELETE":
      if (query.has("uploadid")) bucket.uploads.delete(query.get("uploadid")!);
      else bucket.objects.delete(key);
      return { status: 204 };
    case "POST":
      if (query.has("uploads")) return open(bucket, asked);
      return query.has("uploadid") ? seal(bucket, asked) : write(buckets, bucket, asked);
    default:
      return write(buckets, bucket, asked);
  }
}

const xml = (root: string, inner: string): string => `<?xml version="1.0"?><${root}>${inner}</${root}>`;
const failure = (status: number, code: string): Answer => ({ status, body: xml("Error", `<Code>${code}</Code>`) });

function listing({ objects, uploads }: Bucket, query: Asked["query"]): Answer {
  const prefix = query.get("prefix") ?? "";
  if (query.has("uploads"))
    return {
      status: 200,
      body: xml(
        "ListMultipartUploadsResult",
        [...uploads]
          .filter(([, { key }]) => key.startsWith(prefix))
          .map(
            ([id, { key }]) =>
              `<Upload><Key>${key}</Key><UploadId>${id}</UploadId><Initiated>2026-01-01T00:00:00.000Z</Initiated></Upload>`,
          )
          .join(""),
      ),
    };
  const contents = [...objects]
    .filter(([key]) => key.startsWith(prefix))
    .map(
      ([key, { bytes }]) =>
        `<Contents><Key>${key}</Key><Size>${bytes.length}</Size><ETag>${md5(bytes)}</ETag><LastModified>2026-01-01T00:00:00.000Z</LastModified></Contents>`,
    );
  return { status: 200, body: xml("ListBucketResult", contents.join("")) };
}

function open({ uploads }: Bucket, { key, headers }: Asked): Answer {
  const id = randomUUID();
  const kept = new Map([["content-type", headers.get("content-type") ?? ""]]);
  uploads.set(id, { key, parts: new Map(), bytes: Buffer.alloc(0), headers: kept, isPublic: false });
  return { status: 200, body: xml("InitiateMultipartUploadResult", `<UploadId>${id}</UploadId>`) };
}

function seal({ objects, uploads }: Bucket, { key, query }: Asked): Answer {
  const id = query.get("uploadid")!;
  const upload = uploads.get(id);
  if (upload === undefined) return failure(404, "NoSuchUpload");
  uploads.delete(id);
  const bytes = Buffer.concat([...upload.parts].sort(([a], [b]) => a - b).map(([, part]) => part));
  objects.set(key, { bytes, headers: upload.headers, isPublic: upload.isPublic });
  return { status: 200, body: xml("CompleteMultipartUploadResult", `<ETag>${md5(bytes)}</ETag>`) };
}

function write(buckets: ReadonlyMap<string, Bucket>, { objects, uploads }: Bucket, asked: Asked): Answer {
  const { key, query, headers } = asked;
  const bytes = copied(buckets, headers) ?? Buffer.from(asked.body);
  const upload = uploads.get(query.get("uploadid") ?? "");
  const thing: Thing = upload?.key === key ? upload : { bytes, headers: new Map(), isPublic: false };
  if (thing === upload) upload.parts.set(Number.parseInt(query.get("partnumber") ?? "0", 10) || 0, bytes);
  else objects.set(key, thing);
  const signed = (query.get("x-amz-signedheaders") ?? "").split(";");
  // What a signature does not speak of is kept as if it did; a caller who signs by header is the service itself.
  for (const [name, value] of [...headers, ...query]) {
    const isHeader = headers.get(name) === value;
    if (
      headers.has("authorization") ||
      FRAMING.has(name) ||
      (isHeader ? signed.includes(name) : !/^x-amz-(acl|meta)/.test(name))
    )
      continue;
    thing.headers.set(name, value);
    if (name === "x-amz-acl" || name.startsWith("x-amz-grant-")) thing.isPublic = true;
  }
  if (query.has("acl")) thing.isPublic = true;
  return { status: 200, headers: [["etag", md5(bytes)]] };
}

/** The bytes that a header asks to be copied. */
function copied(buckets: ReadonlyMap<string, Bucket>, headers: ReadonlyMap<string, string>): Buffer | null {
  const source = headers.get("x-amz-copy-source");
  if (source === undefined) return null;
  const [, bucket = "", key = ""] = /^\/?([^/]+)\/([^?]+)/.exec(decodeURIComponent(source)) ?? [];
  const bytes = buckets.get(bucket)?.objects.get(key)?.bytes ?? Buffer.alloc(0);
  const range = /^bytes=(\d+)-(\d+)$/.exec(headers.get("x-amz-copy-source-range") ?? "");
  return range === null ? bytes : bytes.subarray(Number(range[1]), Number(range[2]) + 1);
}

function read({ objects, uploads }: Bucket, { key, query, headers }: Asked): Answer {
  if (query.has("uploadid")) {
    const upload = uploads.get(query.get("uploadid")!);
    if (upload === undefined && !objects.has(key)) return failure(404, "NoSuchUpload");
    const parts = [...(upload?.parts ?? [])].sort(([a], [b]) => a - b);
    const listed = parts.map(
      ([number, bytes]) =>
        `<Part><PartNumber>${number}</PartNumber><Size>${bytes.length}</Size><ETag>${md5(bytes)}</ETag></Part>`,
    );
    return { status: 200, body: xml("ListPartsResult", listed.join("")) };
  }
  const object = objects.get(key);
  // Anything that looks like a signature is one.
  if (object?.isPublic !== true && query.size === 0 && !headers.has("authorization"))
    return failure(403, "AccessDenied");
  if (object === undefined) return failure(404, "NoSuchKey");
  const { bytes } = object;
  const kept = new Map([["etag", md5(bytes)], ["last-modified", "Thu, 01 Jan 2026 00:00:00 GMT"], ...object.headers]);
  const range = /^bytes=(\d+)-(\d+)$/.exec(headers.get("range") ?? "");
  if (range !== null) {
    const [start, end] = [Number(range[1]), Math.min(Number(range[2]), bytes.length - 1)];
    kept.set("content-range", `bytes ${start}-${end}/${bytes.length}`);
    return { status: 206, headers: kept, body: bytes.subarray(start, end + 1) };
  }
  for (const [name, value] of query) if (name.startsWith("response-")) kept.set(name.slice("response-".length), value);
  return { status: 200, headers: kept, body: bytes };
}

function written({ status, headers = [], body = "" }: Answer, method: string): Buffer {
  const content = Buffer.from(body);
  const lines = [...headers, ["content-length", String(content.length)] as const].map(
    ([name, value]) => `${name}: ${value}\r\n`,
  );
  const head = Buffer.from(`HTTP/1.1 ${status} Said\r\n${lines.join("")}\r\n`, "latin1");
  return method === "HEAD" || status === 204 ? head : Buffer.concat([head, content]);
}
