import { DeleteObjectCommand, GetObjectCommand, ListObjectsV2Command, PutObjectCommand } from "@aws-sdk/client-s3";
import { StorageError } from "../object-storage.js";
import { honestHeaders } from "./patient.js";
import type { OpenUpload, Patient } from "./patient.js";
import { fail, notRun, pass, passUnless, told } from "./probe.js";
import type { Finding, Probe } from "./probe.js";
import { isTaken } from "./send-raw.js";

/** What an upload URL can do, tried out. Bytes of the same length, so that no length gives them away. */
const HONEST = "honest-bytes-of-one-part";
const OTHERS = "others-bytes-of-one-part";
const CANARY = "canary-of-somebody-elses";

/** The part's PUT again with other bytes, and what is at its key then. */
async function replay(patient: Patient, upload: OpenUpload, end: () => Promise<unknown>) {
  const signed = await patient.signPart(upload, HONEST.length);
  const first = await patient.put(signed, HONEST);
  if (!isTaken(first)) return { usable: false, status: first.status, found: null, uploads: 0 } as const;
  await end();
  const { status } = await patient.send({
    ...{ method: "PUT", url: signed.url, body: OTHERS, headers: honestHeaders(signed, OTHERS) },
  });
  // If anything of it can still be sealed, it is.
  await patient.seal(upload).catch(() => undefined);
  const open = await patient.storage.listMultipartUploads(upload);
  return { usable: true, status, found: await patient.read(upload.key), uploads: open.length } as const;
}

const unusable = (status: number) => fail(`a signed part was answered ${status}: nothing can be uploaded`);

const afterSeal: Probe = {
  id: "replay-after-seal",
  level: "MUST",
  proves: "An upload URL changes nothing once the file is sealed.",
  mend: "This store keeps a multipart upload writable after Complete: sealed files are not safe here. Use another.",
  quick: true,
  async ask(patient) {
    const upload = await patient.open("replay-seal");
    const { usable, status, found } = await replay(patient, upload, () => patient.seal(upload));
    if (!usable) return unusable(status);
    return passUnless(found === HONEST ? [] : ["the sealed bytes changed"], `refused with ${status}`);
  },
};

const afterAbort: Probe = {
  id: "replay-after-abort",
  level: "MUST",
  proves: "An upload URL brings nothing back once the upload was aborted.",
  mend: "This store takes parts of aborted uploads: space is never given back. Use another.",
  quick: false,
  async ask(patient) {
    const upload = await patient.open("replay-abort");
    const seen = await replay(patient, upload, () => patient.storage.abortMultipartUpload(upload));
    if (!seen.usable) return unusable(seen.status);
    const faults = [
      ...(seen.found === null ? [] : ["an object came of it"]),
      ...(seen.uploads === 0 ? [] : ["the upload is open again"]),
    ];
    return passUnless(faults, `refused with ${seen.status}`);
  },
};

const afterDelete: Probe = {
  id: "replay-after-delete",
  level: "MUST",
  proves: "An upload URL brings nothing back once the file was deleted.",
  mend: "Deleted files come back on this store. Use another.",
  quick: false,
  async ask(patient) {
    const upload = await patient.open("replay-delete");
    const seen = await replay(patient, upload, async () => {
      await patient.seal(upload);
      await patient.storage.deleteObject(upload);
    });
    if (!seen.usable) return unusable(seen.status);
    return passUnless(seen.found === null ? [] : ["the object is back"], `refused with ${seen.status}`);
  },
};

const staleEtag: Probe = {
  id: "stale-etag",
  level: "MUST",
  proves: "Sealing takes the parts that were looked at, and no others.",
  mend: "This store seals parts that were swapped after they were listed: what is verified is not what is served. Use another.",
  quick: true,
  async ask(patient) {
    const upload = await patient.open("stale-etag");
    const signed = await patient.signPart(upload, HONEST.length);
    await patient.put(signed, HONEST);
    const listed = await patient.storage.listParts(upload);
    await patient.put(signed, OTHERS);
    const refusal = await patient.storage.completeMultipartUpload({ ...upload, parts: listed }).then(
      () => null,
      (error: unknown) => error,
    );
    const found = await patient.read(upload.key);
    // Sealing what was listed would be right as well: then the swap came to nothing.
    if (found === HONEST) return pass("sealed what was listed");
    if (found !== null) return fail("sealed a part that nobody looked at");
    return refusal instanceof StorageError
      ? pass(`refused (${refusal.s3Code ?? refusal.kind})`)
      : fail("no object, and no refusal");
  },
};

const invisible: Probe = {
  id: "invisible-until-sealed",
  level: "MUST",
  proves: "Nobody can read a file before it is sealed, and what a client says about it has no effect.",
  mend: "Parts show before Complete, or clients set an object's headers. Use another store.",
  quick: true,
  async ask(patient) {
    const upload = await patient.open("invisible");
    const signed = await patient.signPart(upload, HONEST.length);
    const additions: [string, string][] = [
      ["x-amz-meta-owner", "mallory"],
      ["Cache-Control", "max-age=31536000"],
      ["Content-Disposition", "inline"],
      ["x-amz-website-redirect-location", "https://evil.example/"],
    ];
    const headers = [...honestHeaders(signed, HONEST), ...additions];
    const answer = await patient.send({ method: "PUT", url: signed.url, headers, body: HONEST });
    if ((await patient.read(upload.key)) !== null) return fail("an object showed before it was sealed");
    if (!isTaken(answer)) return pass(`headers that were not signed: refused with ${answer.status}`);
    await patient.seal(upload);
    const { url } = await patient.signDownload(upload.key);
    const { headers: kept } = await patient.send({ method: "GET", url });
    const faults = ["x-amz-meta-owner", "x-amz-website-redirect-location"].filter((name) => kept.has(name));
    if (kept.get("content-disposition") === "inline") faults.push("content-disposition");
    return passUnless(faults, "headers that were not signed: ignored");
  },
};

const signedLength: Probe = {
  id: "signed-length",
  level: "MUST",
  proves: "An upload URL takes exactly the length that was signed.",
  mend: "Other lengths than the signed one are taken: quotas and limits do not hold. Use another store.",
  quick: true,
  async ask(patient) {
    const chunked = (text: string): string => `${text.length.toString(16)}\r\n${text}\r\n0\r\n\r\n`;
    const long = `${HONEST}!`;
    const type = ["Content-Type", "application/octet-stream"] as const;
    const attempts: readonly { what: string; headers: [string, string][]; body: string; hangUp?: boolean }[] = [
      { what: "shorter", headers: [["Content-Length", String(HONEST.length - 1)]], body: HONEST.slice(1) },
      { what: "longer", headers: [["Content-Length", String(long.length)]], body: long },
      { what: "ends early", headers: [["Content-Length", String(HONEST.length)]], body: HONEST.slice(9), hangUp: true },
      { what: "in chunks without a length", headers: [["Transfer-Encoding", "chunked"]], body: chunked(long) },
      {
        what: "in chunks beside a length",
        headers: [
          ["Transfer-Encoding", "chunked"],
          ["Content-Length", String(HONEST.length)],
        ],
        body: chunked(long),
      },
      {
        what: "in AWS's chunks",
        headers: [
          ["Content-Encoding", "aws-chunked"],
          ["x-amz-decoded-content-length", String(long.length)],
          ["x-amz-content-sha256", "STREAMING-UNSIGNED-PAYLOAD-TRAILER"],
          ["Content-Length", String(chunked(long).length)],
        ],
        body: chunked(long),
      },
    ];
    const tried = attempts.map(async ({ what, headers, body, hangUp = false }) => {
      const upload = await patient.open(`length-${what.replaceAll(/\W+/g, "-")}`);
      const { url } = await patient.signPart(upload, HONEST.length);
      await patient.send({ method: "PUT", url, headers: [type, ...headers], body, hangUp });
      const parts = await patient.storage.listParts(upload);
      return parts.every(({ sizeBytes }) => sizeBytes === HONEST.length) ? null : `${what}: taken`;
    });
    const faults = (await Promise.all(tried)).filter((fault) => fault !== null);
    const honest = await patient.put(
      await patient.signPart(await patient.open("length-honest"), HONEST.length),
      HONEST,
    );
    if (!isTaken(honest)) return unusable(honest.status);
    return passUnless(faults, `${attempts.length} other lengths and framings refused`);
  },
};

const copySource: Probe = {
  id: "copy-source",
  level: "MUST",
  proves: "A header that was not signed cannot copy somebody else's object into an upload.",
  mend:
    "This store obeys x-amz-copy-source though it is not signed (CVE-2026-54330 and its kin). Sign uploads with a key that " +
    "cannot read (S3_UPLOAD_ACCESS_KEY_ID, `npm run storage -- setup` prints its policy), and update the store.",
  quick: true,
  async ask(patient) {
    const canary = await patient.sealed("copy-canary", CANARY);
    const source = `/${patient.connection.bucket}/${canary.key}`;
    const variants: readonly { what: string; extra: [string, string][]; body: string; length: number }[] = [
      { what: "with a body", extra: [], body: HONEST, length: HONEST.length },
      {
        what: "with a range",
        extra: [["x-amz-copy-source-range", `bytes=0-${HONEST.length - 1}`]],
        body: HONEST,
        length: HONEST.length,
      },
      { what: "without a body", extra: [], body: "", length: 0 },
      { what: "with a body that never comes", extra: [], body: "", length: HONEST.length },
    ];
    const tried = variants.map(async ({ what, extra, body, length }) => {
      const upload = await patient.open(`copy-${what.replaceAll(/\W+/g, "-")}`);
      const signed = await patient.signPart(upload, HONEST.length);
      const answer = await patient.send({
        ...{ method: "PUT", url: signed.url, body, hangUp: body.length < length },
        headers: [
          ...signed.headers.map(({ name, value }): [string, string] => [name, value]),
          ["Content-Length", String(length)],
          ["x-amz-copy-source", source],
          ...extra,
        ],
      });
      await patient.seal(upload).catch(() => undefined);
      const found = await patient.read(upload.key);
      const leaked = found?.includes(CANARY) === true || answer.body.includes(CANARY);
      return leaked ? `${what}: somebody else's bytes were copied` : null;
    });
    const faults = (await Promise.all(tried)).filter((fault) => fault !== null);
    return passUnless(faults, `${variants.length} ways, no foreign byte`);
  },
};

const unsignedAcl: Probe = {
  id: "unsigned-acl",
  level: "MUST",
  proves: "A header that was not signed cannot publish a file.",
  mend: "x-amz-acl is obeyed though it is not signed. Set IgnorePublicAcls (`npm run storage -- setup`), or use another store.",
  quick: true,
  async ask(patient) {
    const upload = await patient.open("acl");
    const signed = await patient.signPart(upload, HONEST.length);
    const headers: [string, string][] = [...honestHeaders(signed, HONEST), ["x-amz-acl", "public-read"]];
    const sent = await patient.send({ method: "PUT", url: signed.url, headers, body: HONEST });
    if (!isTaken(sent)) await patient.put(signed, HONEST);
    await patient.seal(upload);
    const read = await patient.send({ method: "GET", url: await patient.bareUrl(upload.key) });
    if (isTaken(read) || read.body.includes(HONEST)) return fail("anybody can read it");
    return pass(isTaken(sent) ? "ignored" : `refused with ${sent.status}`);
  },
};

const NO_SIGNER = "none is configured: the service's own key signs uploads";

/** What the upload signer's own key is let do. */
async function tryWithSigner(attempts: Readonly<Record<string, () => Promise<unknown>>>): Promise<Finding> {
  const faults: string[] = [];
  for (const [what, attempt] of Object.entries(attempts))
    await attempt().then(
      () => faults.push(`it can ${what}`),
      () => undefined,
    );
  return passUnless(faults, "refused");
}

const signerReads: Probe = {
  id: "upload-signer-reads",
  level: "MUST",
  proves: "The upload signer's own key can read nothing, so that no header can make it copy anything.",
  mend: "Give that key no more than the first policy that `npm run storage -- setup` prints.",
  quick: false,
  async ask(patient) {
    const { uploadClient, connection } = patient;
    if (uploadClient === null) return notRun(NO_SIGNER);
    const { key } = await patient.sealed("signer-reads", CANARY);
    const Bucket = connection.bucket;
    return tryWithSigner({
      read: () => uploadClient.send(new GetObjectCommand({ Bucket, Key: key })),
      list: () => uploadClient.send(new ListObjectsV2Command({ Bucket })),
    });
  },
};

const signerWrites: Probe = {
  id: "upload-signer-writes",
  level: "SHOULD",
  proves: "The upload signer's own key can write files, and neither delete them nor write anything else.",
  mend: "Give that key no more than the first policy that `npm run storage -- setup` prints. It only ever signs parts.",
  quick: false,
  async ask(patient) {
    const { uploadClient, connection } = patient;
    if (uploadClient === null) return notRun(NO_SIGNER);
    const { key } = await patient.sealed("signer-writes", CANARY);
    const Bucket = connection.bucket;
    const outside = patient.keyOutside("signer-writes");
    return tryWithSigner({
      "write elsewhere": () => uploadClient.send(new PutObjectCommand({ Bucket, Key: outside, Body: OTHERS })),
      delete: () => uploadClient.send(new DeleteObjectCommand({ Bucket, Key: key })),
    });
  },
};

const resealing: Probe = {
  id: "complete-again",
  level: "SHOULD",
  proves: "A Complete whose answer was lost can be asked for again, or HEAD tells what became of it.",
  mend: "Confirms that were cut off may take longer to settle here.",
  quick: false,
  async ask(patient) {
    const upload = await patient.open("complete-again");
    await patient.put(await patient.signPart(upload, HONEST.length), HONEST);
    const parts = await patient.seal(upload);
    const before = await patient.storage.headObject(upload);
    const again = await patient.storage.completeMultipartUpload({ ...upload, parts }).then(
      () => "taken",
      (error: unknown) => (error instanceof StorageError ? error.kind : String(error)),
    );
    const after = await patient.storage.headObject(upload);
    if (before === null || after?.etag !== before.etag) return fail("the object is another one afterwards");
    return again === "UNAVAILABLE" ? fail("answered as if the store were in trouble") : pass(again);
  },
};

const conditions: Probe = {
  id: "if-none-match",
  level: "INFO",
  proves: "Whether a plain PUT can be told not to overwrite.",
  mend: "",
  quick: false,
  async ask(patient) {
    const key = patient.key("if-none-match");
    await patient.putObject(key, HONEST);
    await patient.putObject(key, OTHERS, { ifNoneMatch: true }).catch(() => undefined);
    return told((await patient.read(key)) === HONEST ? "yes" : "no, the header is ignored");
  },
};

export const PART_PROBES: readonly Probe[] = [
  ...[afterSeal, afterAbort, afterDelete, staleEtag, invisible, signedLength, copySource, unsignedAcl, signerReads],
  ...[signerWrites, resealing, conditions],
];
