import { createServer } from "node:http";
import type { ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { DataSource } from "typeorm";
import { firstRow, rowsOf } from "../src/db/query.js";
import { objectKeyOf, uuidOfKey } from "../src/files/object-key.js";

/**
 * A store of any size that holds nothing: it lists, on the wire of S3, the objects and uploads that a database's rows
 * count on. For what no real store of a test could hold: a million objects.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html
 */
export interface ListingStore {
  readonly endpoint: string;
  stop(): Promise<void>;
}

interface ListedRow {
  readonly id: string;
  readonly size_bytes: string;
  readonly etag: string | null;
  readonly upload_id: string | null;
}

const PAGE = 1000;
const KEY_ORDER = `right(id::text, 2) collate "C", id`;
const LONG_AGO = "2024-01-02T03:04:05.000Z";

/** @param without ids of READY files whose objects it does not have */
export async function startListingStore(db: DataSource, without: ReadonlySet<string>): Promise<ListingStore> {
  const server = createServer((request, response) => {
    request.resume();
    const { pathname, searchParams } = new URL(request.url!, "http://store");
    const key = decodeURIComponent(pathname.split("/").slice(2).join("/"));
    const answered =
      request.method === "HEAD"
        ? head(key, response)
        : searchParams.get("list-type") === "2"
          ? listObjects(searchParams, response)
          : searchParams.has("uploads")
            ? listUploads(searchParams, response)
            : Promise.resolve(void response.writeHead(501).end());
    answered.catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async stop() {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };

  async function head(key: string, response: ServerResponse): Promise<void> {
    const id = uuidOfKey(key);
    const row =
      id === null || without.has(id)
        ? null
        : await firstRow<ListedRow>(db, "select * from files where id = $1 and status = 'READY'", [id]);
    if (row === null) return void response.writeHead(404).end();
    response.writeHead(200, { "content-length": row.size_bytes, etag: row.etag! }).end();
  }

  async function listObjects(query: URLSearchParams, response: ServerResponse): Promise<void> {
    const rows = await page("status = 'READY'", query.get("prefix")!, query.get("continuation-token"));
    const contents = rows
      .filter(({ id }) => !without.has(id))
      .map(
        ({ id, size_bytes, etag }) =>
          `<Contents><Key>${objectKeyOf(id)}</Key><LastModified>${LONG_AGO}</LastModified>` +
          `<ETag>${etag!.replaceAll('"', "&quot;")}</ETag><Size>${size_bytes}</Size></Contents>`,
      );
    const next = rows.length === PAGE ? `<NextContinuationToken>${rows.at(-1)!.id}</NextContinuationToken>` : "";
    xml(response, "ListBucketResult", `<IsTruncated>${next !== ""}</IsTruncated>${next}${contents.join("")}`);
  }

  async function listUploads(query: URLSearchParams, response: ServerResponse): Promise<void> {
    const marker = query.get("key-marker");
    const after = marker === null || marker === "" ? null : uuidOfKey(marker);
    const rows = await page("status = 'PENDING' and upload_id is not null", query.get("prefix")!, after);
    const uploads = rows.map(
      ({ id, upload_id }) =>
        `<Upload><Key>${objectKeyOf(id)}</Key><UploadId>${upload_id}</UploadId><Initiated>${LONG_AGO}</Initiated></Upload>`,
    );
    const truncated = rows.length === PAGE;
    const next = truncated
      ? `<NextKeyMarker>${objectKeyOf(rows.at(-1)!.id)}</NextKeyMarker><NextUploadIdMarker>${rows.at(-1)!.upload_id}</NextUploadIdMarker>`
      : "";
    xml(response, "ListMultipartUploadsResult", `<IsTruncated>${truncated}</IsTruncated>${next}${uploads.join("")}`);
  }

  async function page(which: string, prefix: string, after: string | null): Promise<ListedRow[]> {
    const only = uuidOfKey(prefix);
    if (only !== null) return rowsOf(db, `select * from files where id = $1 and ${which}`, [only]);
    if (prefix !== "f/") return [];
    const behind =
      after === null ? "$1::uuid is null" : `(${KEY_ORDER}) > (right($1::uuid::text, 2) collate "C", $1::uuid)`;
    return rowsOf(db, `select * from files where ${which} and ${behind} order by ${KEY_ORDER} limit ${PAGE}`, [after]);
  }
}

function xml(response: ServerResponse, root: string, content: string): void {
  response.writeHead(200, { "content-type": "application/xml" });
  response.end(`<?xml version="1.0" encoding="UTF-8"?><${root}>${content}</${root}>`);
}
