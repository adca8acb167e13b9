import { pass, fail, passUnless } from "./probe.js";
import type { Probe } from "./probe.js";
import { isTaken } from "./send-raw.js";

/** Who can read what, and how. */
const CONTENT = "only-for-who-was-given-a-url";

const anonymous: Probe = {
  id: "anonymous",
  level: "MUST",
  proves: "Without a signature nothing can be read or listed.",
  mend: "The bucket is open to everybody: take its public policy or ACL away, and block public access.",
  quick: true,
  async ask(patient) {
    const { key } = await patient.sealed("anonymous", CONTENT);
    const bucketUrl = await patient.bareUrl("");
    const [read, list, uploads] = await Promise.all([
      patient.send({ method: "GET", url: await patient.bareUrl(key) }),
      patient.send({ method: "GET", url: `${bucketUrl}?list-type=2` }),
      patient.send({ method: "GET", url: `${bucketUrl}?uploads` }),
    ]);
    const faults = [
      ...(isTaken(read) || read.body.includes(CONTENT) ? ["objects can be read"] : []),
      ...(isTaken(list) ? ["objects can be listed"] : []),
      ...(isTaken(uploads) ? ["uploads can be listed"] : []),
    ];
    return passUnless(faults, `refused with ${read.status}, ${list.status}, ${uploads.status}`);
  },
};

const downloads: Probe = {
  id: "signed-download",
  level: "MUST",
  proves: "A download URL serves the file as it was signed, and nothing else.",
  mend: "Download URLs can be changed by who holds them: types and names that browsers are told are theirs. Use another store.",
  quick: true,
  async ask(patient) {
    const { key } = await patient.sealed("download", CONTENT);
    const other = await patient.sealed("download-other", "somebody-elses");
    const { url } = await patient.signDownload(key);
    const honest = await patient.send({ method: "GET", url });
    if (!isTaken(honest) || !honest.body.includes(CONTENT)) return fail(`an honest GET is answered ${honest.status}`);
    const served = honest.headers;
    const faults = [
      ...(served.get("content-type") === "text/plain; charset=utf-8" ? [] : ["the signed type is not served"]),
      ...(served.get("content-disposition") === 'attachment; filename="x"' ? [] : ["the signed name is not served"]),
    ];
    const edited = (name: string, value: string | null): string => {
      const address = new URL(url);
      if (value === null) address.searchParams.delete(name);
      else address.searchParams.set(name, value);
      return address.href.replaceAll("+", "%20");
    };
    const attempts: readonly (readonly [what: string, method: string, url: string])[] = [
      ["another type", "GET", edited("response-content-type", "text/html")],
      ["no type", "GET", edited("response-content-type", null)],
      ["inline", "GET", edited("response-content-disposition", "inline")],
      ["no disposition", "GET", edited("response-content-disposition", null)],
      ["an encoding beside", "GET", edited("response-content-encoding", "gzip")],
      ["a longer life", "GET", edited("X-Amz-Expires", "604800")],
      ["another object", "GET", url.replace(key, other.key)],
      ["deleting", "DELETE", url],
      ["writing", "PUT", url],
      ["its ACL", "GET", `${url}&acl`],
      ["no signature", "GET", edited("X-Amz-Signature", null)],
    ];
    const tried = attempts.map(async ([what, method, target]) => {
      const answer = await patient.send({
        method,
        url: target,
        ...(method === "GET" ? {} : { headers: [["Content-Length", "0"]] }),
      });
      return isTaken(answer) ? `${what}: taken` : null;
    });
    faults.push(...(await Promise.all(tried)).filter((fault) => fault !== null));
    if ((await patient.read(key)) !== CONTENT) faults.push("the file is not what it was");
    return passUnless(faults, `served as signed; ${attempts.length} changes refused`);
  },
};

const missingKey: Probe = {
  id: "missing-key",
  level: "MUST",
  proves: "An object that is not there is told apart from one that may not be seen.",
  mend: "HEAD of a missing key must be 404: let the service's own key list the bucket (s3:ListBucket).",
  quick: true,
  async ask({ storage, key }) {
    const head = await storage.headObject({ key: key("missing") }).catch((error: unknown) => String(error));
    return head === null ? pass("404") : fail(typeof head === "string" ? head : "an object is there");
  },
};

export const READ_PROBES: readonly Probe[] = [anonymous, downloads, missingKey];
