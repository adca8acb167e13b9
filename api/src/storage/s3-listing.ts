/** Walks over a whole bucket, a page at a time: however much there is, one page of it is held. */

import { ListMultipartUploadsCommand, ListObjectsV2Command } from "@aws-sdk/client-s3";
import type { ListedObject, ListedUpload, ObjectStorage } from "./object-storage.js";
import { answer, unreadable } from "./s3-answer.js";
import type { S3Line } from "./s3-client.js";

/** Keys may hold what XML cannot: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
const ENCODED = { EncodingType: "url" } as const;

export function listingCalls(
  { client, untilStopped }: S3Line,
  bucket: string,
): Pick<ObjectStorage, "listObjects" | "listOpenUploads"> {
  return {
    async *listObjects({ prefix }) {
      let token: string | undefined;
      do {
        const command = new ListObjectsV2Command({
          ...{ Bucket: bucket, Prefix: prefix, ...ENCODED },
          ...(token === undefined ? {} : { ContinuationToken: token }),
        });
        const page = await answer("ListObjectsV2", () => client.send(command, untilStopped));
        const read = keyReader(page.EncodingType);
        const objects = (page.Contents ?? []).map(({ Key, Size, ETag, LastModified }): ListedObject => {
          if (Key === undefined || Size === undefined || ETag === undefined || LastModified === undefined)
            throw unreadable("ListObjectsV2", "half an object");
          return { key: read(Key), sizeBytes: Size, etag: ETag, lastModified: LastModified };
        });
        if (objects.length > 0) yield objects;
        token = next("ListObjectsV2", page.IsTruncated, page.NextContinuationToken, token);
      } while (token !== undefined);
    },

    async *listOpenUploads({ prefix }) {
      let marker: string | undefined;
      let at: { KeyMarker?: string; UploadIdMarker?: string } = {};
      do {
        const command = new ListMultipartUploadsCommand({ Bucket: bucket, Prefix: prefix, ...ENCODED, ...at });
        const page = await answer("ListMultipartUploads", () => client.send(command, untilStopped));
        const read = keyReader(page.EncodingType);
        const uploads = (page.Uploads ?? []).map(({ Key, UploadId, Initiated }): ListedUpload => {
          if (Key === undefined || UploadId === undefined || Initiated === undefined)
            throw unreadable("ListMultipartUploads", "half an upload");
          return { key: read(Key), uploadId: UploadId, initiatedAt: Initiated };
        });
        if (uploads.length > 0) yield uploads;
        const { NextKeyMarker, NextUploadIdMarker } = page;
        const following = NextKeyMarker === undefined ? undefined : JSON.stringify([NextKeyMarker, NextUploadIdMarker]);
        marker = next("ListMultipartUploads", page.IsTruncated, following, marker);
        if (NextKeyMarker !== undefined)
          at = {
            KeyMarker: read(NextKeyMarker),
            ...(NextUploadIdMarker === undefined ? {} : { UploadIdMarker: NextUploadIdMarker }),
          };
      } while (marker !== undefined);
    },
  };
}

/** Where the next page begins; undefined after the last one. @throws UNAVAILABLE when a page leads nowhere new */
function next(
  operation: string,
  truncated: boolean | undefined,
  following: string | undefined,
  before: string | undefined,
): string | undefined {
  if (truncated !== true) return undefined;
  if (following === undefined || following === "" || following === before)
    throw unreadable(operation, "a page that is not the last one names no next one");
  return following;
}

/** A store that knows no encoding says so by naming none. */
function keyReader(encoding: string | undefined): (key: string) => string {
  return encoding === "url" ? (key) => decodeURIComponent(key.replaceAll("+", " ")) : (key) => key;
}
