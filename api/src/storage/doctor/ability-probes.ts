import { UploadPartCommand } from "@aws-sdk/client-s3";
import { sha256ToBase64 } from "../sha256-text.js";
import { StorageError } from "../object-storage.js";
import { honestHeaders, sha256Hex } from "./patient.js";
import type { Patient } from "./patient.js";
import { fail, pass, told } from "./probe.js";
import type { Probe } from "./probe.js";
import { isTaken } from "./send-raw.js";

/** What a store does beyond what every store must: signing adapts to it. */

const BODY = "bytes-with-a-digest";
const OTHER = "other-with-no-digest";

/** A part bound to a digest that its bytes do not have. Null: the store refuses digests altogether. */
async function sendWrongDigest(patient: Patient): Promise<{ status: number; isStored: boolean } | null> {
  const upload = await patient.open("part-sha256", "SHA256").catch((error: unknown) => {
    if (error instanceof StorageError && error.kind === "REFUSED") return null;
    throw error;
  });
  if (upload === null) return null;
  const wrong = await patient.signPart(upload, BODY.length, sha256Hex(OTHER));
  const { status } = await patient.send({
    ...{ method: "PUT", url: wrong.url, body: BODY, headers: honestHeaders(wrong, BODY) },
  });
  const parts = await patient.storage.listParts(upload).catch(() => []);
  return { status, isStored: parts.length > 0 };
}

export const partSha256: Probe = {
  id: "part-sha256",
  level: "SHOULD",
  proves: "The store refuses bytes whose SHA-256 is not the one in their URL.",
  mend:
    "Tickets say partChecksum NONE here: a declared sha256 is compared by reading the file back after sealing, up to " +
    "limits.maxVerifiedSize, and larger files are SIZE_ONLY.",
  quick: true,
  async ask(patient) {
    const wrong = await sendWrongDigest(patient);
    if (wrong === null) return fail("an upload with digests cannot even be opened");
    const { status, isStored } = wrong;
    if (isStored) return fail("the digest is not looked at");
    const upload = await patient.open("part-sha256-right", "SHA256");
    const right = await patient.put(await patient.signPart(upload, BODY.length, sha256Hex(BODY)), BODY);
    return isTaken(right)
      ? pass(`refused with ${status}`)
      : fail(`right digests are refused too, with ${right.status}`);
  },
};

const plainDigest: Probe = {
  id: "digest-on-plain-upload",
  level: "INFO",
  proves: "Whether a digest is taken by an upload that was opened without digests, and the reverse.",
  mend: "",
  quick: false,
  async ask(patient) {
    const plain = await patient.open("digest-plain", "NONE");
    const withDigest = await patient.put(await patient.signPart(plain, BODY.length, sha256Hex(BODY)), BODY);
    const bound = await patient.open("digest-bound", "SHA256");
    const without = await patient.put(await patient.signPart(bound, BODY.length), BODY);
    const word = (status: number): string => (status < 300 ? "taken" : `refused with ${status}`);
    return told(
      `digest on a plain upload: ${word(withDigest.status)}; none on one with digests: ${word(without.status)}`,
    );
  },
};

const emptyPart: Probe = {
  id: "empty-part",
  level: "SHOULD",
  proves: "An empty file can be sealed like any other: one part of 0 bytes.",
  mend: "Empty files cannot be confirmed on this store.",
  quick: true,
  async ask(patient) {
    const upload = await patient.open("empty", "NONE");
    const { connection, client } = patient;
    const part = { Bucket: connection.bucket, Key: upload.key, UploadId: upload.uploadId, PartNumber: 1 };
    try {
      await client.send(new UploadPartCommand({ ...part, Body: new Uint8Array(0), ContentLength: 0 }));
      await patient.seal(upload);
    } catch (error) {
      return fail(error instanceof Error ? error.name : String(error));
    }
    return (await patient.storage.headObject(upload))?.sizeBytes === 0
      ? pass("sealed")
      : fail("no empty object came of it");
  },
};

const wholeDigest: Probe = {
  id: "sealed-sha256",
  level: "INFO",
  proves: "Whether the store still shows the parts' digests after sealing.",
  mend: "",
  quick: false,
  async ask(patient) {
    const upload = await patient.open("sealed-sha256", "SHA256");
    const sent = await patient.put(await patient.signPart(upload, BODY.length, sha256Hex(BODY)), BODY);
    if (!isTaken(sent)) return told(`no: such a part is refused with ${sent.status}`);
    await patient.seal(upload);
    const shown = (await patient.storage.headObject(upload))?.checksumSha256 ?? null;
    const expected = `${sha256ToBase64(sha256Hex(Buffer.from(sha256Hex(BODY), "hex")))}-1`;
    return told(shown === null ? "no" : shown === expected ? "yes, their composite" : `something else: ${shown}`);
  },
};

export const ABILITY_PROBES: readonly Probe[] = [partSha256, plainDigest, emptyPart, wholeDigest];
