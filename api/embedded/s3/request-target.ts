import { S3Error } from "./errors.js";

/** Query parameters in the order sent, names and values decoded. */
export type QueryParameters = readonly (readonly [name: string, value: string])[];

/** What a request line addresses, path-style: `/bucket/key?query`. */
export interface RequestTarget {
  /** Undefined addresses the service itself (ListBuckets). */
  bucket: string | undefined;
  /** Undefined addresses the bucket. */
  key: string | undefined;
  /** The decoded path, slashes and dots untouched: `a/../b` is a key like any other. */
  path: string;
  parameters: QueryParameters;
}

/** S3's limit for a key, in bytes of UTF-8: https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html */
const MAX_KEY_BYTES = 1024;

/**
 * Takes the raw request line apart without any normalisation: a URL class would resolve `..` and so change the key and the signature.
 * @throws S3Error `InvalidURI` for a target that is not origin-form, not ASCII, or not UTF-8 once decoded
 * @throws S3Error `KeyTooLongError` for a key of more than 1024 bytes
 */
export function parseRequestTarget(rawTarget: string): RequestTarget {
  if (!rawTarget.startsWith("/") || !/^[\x21-\x7e]*$/.test(rawTarget)) throw new S3Error("InvalidURI");
  const questionMark = rawTarget.indexOf("?");
  const rawPath = questionMark < 0 ? rawTarget : rawTarget.slice(0, questionMark);
  const rawQuery = questionMark < 0 ? "" : rawTarget.slice(questionMark + 1);
  const path = decode(rawPath);
  const slash = path.indexOf("/", 1);
  const bucket = slash < 0 ? path.slice(1) : path.slice(1, slash);
  const key = slash < 0 ? "" : path.slice(slash + 1);
  if (bucket === "" && key !== "") throw new S3Error("InvalidBucketName", { details: { BucketName: "" } });
  const sizeBytes = Buffer.byteLength(key);
  if (sizeBytes > MAX_KEY_BYTES)
    throw new S3Error("KeyTooLongError", { details: { Size: sizeBytes, MaxSizeAllowed: MAX_KEY_BYTES } });
  return { bucket: bucket || undefined, key: key || undefined, path, parameters: parseQuery(rawQuery) };
}

function parseQuery(rawQuery: string): QueryParameters {
  return rawQuery
    .split("&")
    .filter((pair) => pair !== "")
    .map((pair) => {
      const equals = pair.indexOf("=");
      const [name, value] = equals < 0 ? [pair, ""] : [pair.slice(0, equals), pair.slice(equals + 1)];
      // In a query, S3 reads "+" as a space; a literal plus travels as %2B.
      return [decode(name.replaceAll("+", " ")), decode(value.replaceAll("+", " "))] as const;
    });
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3Error("InvalidURI");
  }
}

/** The first value of `name`, exactly spelt, or undefined. */
export function queryValue(parameters: QueryParameters, name: string): string | undefined {
  return parameters.find(([candidate]) => candidate === name)?.[1];
}
