/** What a Range header asks of an object: a run of bytes, all of it, or something it cannot give. */
export type RangeResult =
  { kind: "all" } | { kind: "part"; start: number; /** inclusive */ end: number } | { kind: "unsatisfiable" };

/**
 * Reads a Range header for an object of `sizeBytes`. Several ranges at once and anything malformed are ignored (the whole object is answered), as S3
 * does and RFC 9110 section 14.2 allows.
 * @see https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
export function parseRange(header: string | undefined, sizeBytes: number): RangeResult {
  const match = /^bytes=(\d{0,16})-(\d{0,16})$/i.exec(header?.trim() ?? "");
  if (!match) return { kind: "all" };
  const [first, last] = [match[1] ?? "", match[2] ?? ""];
  if (first === "") {
    if (last === "") return { kind: "all" };
    const suffixBytes = Math.min(Number(last), sizeBytes);
    if (suffixBytes === 0) return { kind: "unsatisfiable" };
    return { kind: "part", start: sizeBytes - suffixBytes, end: sizeBytes - 1 };
  }
  const start = Number(first);
  const end = last === "" ? sizeBytes - 1 : Math.min(Number(last), sizeBytes - 1);
  if (last !== "" && Number(last) < start) return { kind: "all" };
  return start >= sizeBytes ? { kind: "unsatisfiable" } : { kind: "part", start, end };
}
