import { randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer, request as httpRequest } from "node:http";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import {
  CreateBucketCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  PutBucketCorsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutObjectCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { examinationOf } from "../src/app-storage.js";
import { rowsOf } from "../src/db/query.js";
import { ACTION_OF, DOCTOR_ACTION_OF, leastPrivileges } from "../src/storage/bucket-policies.js";
import { setupBucket } from "../src/storage/bucket-setup.js";
import { examine, PROBES } from "../src/storage/doctor/doctor.js";
import type { Report } from "../src/storage/doctor/doctor.js";
import type { PatientOptions } from "../src/storage/doctor/patient.js";
import { parseStorageCommand } from "../src/storage/storage-command.js";
import { spawnApi } from "./api-process.js";
import { startCredulousStore } from "./attacks/credulous-store.js";
import type { CredulousStore } from "./attacks/credulous-store.js";
import { sha256Of } from "./content.js";
import { confirmUpload, openUpload, sendBytes } from "./operations.js";
import { givenStore, testServers } from "./servers.js";
import { enforcesPartSha256 } from "./store-strength.js";
import { startTestApp } from "./test-app.js";

/** The doctor on a store that is sound, and each of its probes where it must find something. */

const ORIGIN = "https://files.example.com";
const { s3: store } = testServers();
const keys = { accessKeyId: store.accessKeyId, secretAccessKey: store.secretAccessKey };
const s3 = new S3Client({ ...store, credentials: keys, forcePathStyle: true });

const patientIn = (bucket: string, changes: Partial<PatientOptions> = {}): PatientOptions => ({
  connection: { bucket, region: store.region, endpoint: store.endpoint, forcePathStyle: true, credentials: keys },
  ...{ publicEndpoint: null, uploadSigner: null, corsOrigins: [ORIGIN], uploadTtlSeconds: 86_400 },
  ...{ deploymentId: null, production: false },
  ...changes,
});
const at = (endpoint: string, bucket: string, changes: Partial<PatientOptions> = {}): PatientOptions => {
  const options = patientIn(bucket, changes);
  return { ...options, connection: { ...options.connection, endpoint } };
};
const makeBucket = async (client = s3): Promise<string> => {
  const bucket = `doctor-${randomBytes(6).toString("hex")}`;
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  return bucket;
};
const verdictOf = (report: Report, id: string): string =>
  report.examined.find(({ probe }) => probe.id === id)!.finding.verdict;

let credulous: CredulousStore;
let credulousReport: Report;
beforeAll(async () => {
  credulous = await startCredulousStore();
  const client = new S3Client({ ...store, credentials: keys, forcePathStyle: true, endpoint: credulous.endpoint });
  const bucket = await makeBucket(client);
  client.destroy();
  credulousReport = await examine({ ...at(credulous.endpoint, bucket), quick: false });
});
afterAll(async () => {
  await credulous.stop();
  s3.destroy();
});

describe("a sound store", () => {
  test("is set up once, and is already so after that", async () => {
    const bucket = `doctor-${randomBytes(6).toString("hex")}`;
    const setup = async (dryRun: boolean): Promise<string[]> => {
      const seen: string[] = [];
      const onStep = ({ what, outcome }: { what: string; outcome: string }): void =>
        void seen.push(`${what}: ${outcome}`);
      await setupBucket({ ...patientIn(bucket), dryRun, onStep });
      return seen;
    };
    expect(await setup(true)).toEqual(["bucket: WOULD_DO"]);
    expect(await setup(false)).toEqual(["bucket: DONE", "cors: DONE", "stale uploads: DONE", "public access: DONE"]);
    expect(await setup(false)).toEqual(
      ["bucket", "cors", "stale uploads", "public access"].map((what) => `${what}: ALREADY`),
    );

    const report = await examine({ ...patientIn(bucket), quick: false });
    const enforces = await enforcesPartSha256(bucket);
    expect(report.failedMusts).toEqual([]);
    expect(report.examined.filter(({ finding }) => finding.verdict === "FAIL").map(({ probe }) => probe.id)).toEqual(
      enforces ? [] : ["part-sha256"],
    );
    const capabilities = { enforcesPartSha256: enforces };
    expect(report).toMatchObject({ leftBehind: 0, capabilities });
    // Nothing of it is left.
    expect((await s3.send(new ListObjectsV2Command({ Bucket: bucket }))).KeyCount).toBe(0);
    expect((await s3.send(new ListMultipartUploadsCommand({ Bucket: bucket }))).Uploads ?? []).toEqual([]);
  });

  test("finds nothing wrong with a signer that can only write", async () => {
    // The embedded store has one key; a given one may have told of another.
    if (store.uploadSigner === null) return expect(givenStore()).toBeNull();
    const report = await examine({
      ...patientIn(await makeBucket(), { uploadSigner: store.uploadSigner }),
      quick: false,
    });
    expect(report.failedMusts).toEqual([]);
    return expect(verdictOf(report, "upload-signer-reads")).toBe("PASS");
  });

  test("keeps the rules that others have set", async () => {
    const bucket = await makeBucket();
    const foreignCors = { AllowedOrigins: ["https://other.example"], AllowedMethods: ["GET"] };
    await s3.send(new PutBucketCorsCommand({ Bucket: bucket, CORSConfiguration: { CORSRules: [foreignCors] } }));
    await setupBucket({ ...patientIn(bucket), dryRun: false, onStep: () => undefined });
    const again = await examine({
      ...patientIn(bucket, { corsOrigins: [ORIGIN, "https://other.example"] }),
      quick: false,
    });
    // The foreign rule lets GET through, and no PUT: ours is beside it.
    expect(verdictOf(again, "cors")).toBe("FAIL");
    expect(verdictOf(await examine({ ...patientIn(bucket), quick: false }), "cors")).toBe("PASS");
  });

  test("is asked little at a start", async () => {
    const quick = PROBES.filter((probe) => probe.quick).map(({ id }) => id);
    const report = await examine({ ...patientIn(await makeBucket()), quick: true });
    expect(report.examined.map(({ probe }) => probe.id)).toEqual(quick);
    expect(quick.length).toBeLessThan(PROBES.length / 2);
  });
});

/** In front of the store, with one answer of its own. */
async function withProxy(
  answer: (request: IncomingMessage, response: ServerResponse) => boolean,
  use: (endpoint: string) => Promise<void>,
): Promise<void> {
  const { hostname, port } = new URL(store.endpoint);
  const proxy = createServer((request, response) => {
    if (answer(request, response)) return;
    const { method, url: path, headers } = request;
    const forwarded = httpRequest({ hostname, port, method, path, headers }, (answered) => {
      response.writeHead(answered.statusCode!, answered.headers);
      answered.pipe(response);
    });
    forwarded.on("error", () => response.destroy());
    request.pipe(forwarded);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  try {
    await use(`http://127.0.0.1:${(proxy.address() as AddressInfo).port}`);
  } finally {
    proxy.closeAllConnections();
    proxy.close();
  }
}

describe("each probe finds something where there is something", () => {
  /** On a store that believes everything. */
  const BY_CREDULITY = [
    ...["replay-after-seal", "replay-after-abort", "replay-after-delete", "stale-etag", "invisible-until-sealed"],
    ...["signed-length", "copy-source", "unsigned-acl", "anonymous", "signed-download"],
    ...["part-sha256", "cors", "stale-uploads"],
  ];
  const elsewhere: Readonly<Record<string, () => Promise<string>>> = {
    async "upload-signer-reads"() {
      const report = await examine({ ...patientIn(await makeBucket(), { uploadSigner: keys }), quick: false });
      expect(verdictOf(report, "upload-signer-writes")).toBe("FAIL");
      return verdictOf(report, "upload-signer-reads");
    },
    async bucket() {
      const report = await examine({ ...patientIn(`none-${randomBytes(6).toString("hex")}`), quick: false });
      expect(report.failedMusts.map(({ probe }) => probe.id)).toEqual(["bucket"]);
      return verdictOf(report, "bucket");
    },
    async marker() {
      const bucket = await makeBucket();
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key: "signet/deployment", Body: "another" }));
      const own = await examine({ ...patientIn(bucket, { deploymentId: "another" }), quick: false });
      expect(verdictOf(own, "marker")).toBe("PASS");
      return verdictOf(await examine({ ...patientIn(bucket, { deploymentId: "ours" }), quick: false }), "marker");
    },
    async "stale-uploads-age"() {
      const bucket = await makeBucket();
      const AbortIncompleteMultipartUpload = { DaysAfterInitiation: 7 };
      const rule = { ID: "theirs", Status: "Enabled" as const, Filter: { Prefix: "" }, AbortIncompleteMultipartUpload };
      await s3.send(
        new PutBucketLifecycleConfigurationCommand({ Bucket: bucket, LifecycleConfiguration: { Rules: [rule] } }),
      );
      return verdictOf(await examine({ ...patientIn(bucket), quick: false }), "stale-uploads-age");
    },
    async "missing-key"() {
      const bucket = await makeBucket();
      let verdict = "";
      const hides = (request: IncomingMessage, response: ServerResponse): boolean => {
        if (request.method !== "HEAD" || !request.url!.includes("missing")) return false;
        response.writeHead(403).end();
        return true;
      };
      await withProxy(hides, async (endpoint) => {
        verdict = verdictOf(await examine({ ...at(endpoint, bucket), quick: false }), "missing-key");
      });
      return verdict;
    },
    async "keeps-deleted-bytes"() {
      const bucket = await makeBucket();
      let verdict = "";
      const versions = (request: IncomingMessage, response: ServerResponse): boolean => {
        if (!request.url!.includes("versioning")) return false;
        response.setHeader("content-type", "application/xml");
        response.end("<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>");
        return true;
      };
      await withProxy(versions, async (endpoint) => {
        verdict = verdictOf(await examine({ ...at(endpoint, bucket), quick: false }), "keeps-deleted-bytes");
      });
      return verdict;
    },
  };

  /** Answers so instead of the store, where `on` says. */
  const answering = (status: number, on: (request: IncomingMessage) => boolean, code = "X") =>
    function answer(request: IncomingMessage, response: ServerResponse): boolean {
      if (!on(request)) return false;
      request.resume();
      response.writeHead(status, { "content-type": "application/xml" });
      response.end(request.method === "HEAD" ? "" : `<Error><Code>${code}</Code></Error>`);
      return true;
    };

  test("a bucket that the service's key cannot see fails, and nothing else is said of it", async () => {
    const bucket = await makeBucket();
    const hidden = answering(
      403,
      ({ method, url }) => method === "HEAD" && new URL(url!, "http://x").pathname.split("/").length < 4,
    );
    await withProxy(hidden, async (endpoint) => {
      const report = await examine({ ...at(endpoint, bucket), quick: true });
      expect(report.failedMusts.map(({ probe }) => probe.id)).toEqual(["bucket"]);
      expect(examinationOf(report).asked).toEqual(new Set(["bucket"]));
    });
  });

  test("settings that may not be asked for are not taken for good", async () => {
    const bucket = await makeBucket();
    const secret = answering(403, ({ url }) => /\?(versioning|object-lock|replication|lifecycle)/.test(url!));
    await withProxy(secret, async (endpoint) => {
      const report = await examine({ ...at(endpoint, bucket), quick: false });
      expect(report.failedMusts.map(({ probe }) => probe.id).sort()).toEqual([
        "keeps-deleted-bytes",
        "stale-uploads-age",
      ]);
    });
  });

  test("a store that knows no digests is promised none, and is judged all the same", async () => {
    const bucket = await makeBucket();
    const old = answering(501, ({ headers }) => headers["x-amz-checksum-algorithm"] !== undefined, "NotImplemented");
    await withProxy(old, async (endpoint) => {
      const report = await examine({ ...at(endpoint, bucket), quick: true });
      expect(report).toMatchObject({ failedMusts: [], capabilities: { enforcesPartSha256: false } });
    });
  });

  test("a moment's trouble is asked again, and no verdict", async () => {
    const bucket = await makeBucket();
    let left = 1;
    const busy = answering(503, ({ method, url }) => method === "PUT" && url!.includes("replay-seal") && left-- > 0);
    await withProxy(busy, async (endpoint) => {
      expect((await examine({ ...at(endpoint, bucket), quick: true })).failedMusts).toEqual([]);
    });
  });

  test("a store that goes away in between leaves no verdict, and no upload behind", async () => {
    const bucket = await makeBucket();
    const away = answering(503, ({ method, url }) => method === "PUT" && url!.includes("partNumber"));
    await withProxy(away, async (endpoint) => {
      await expect(examine({ ...at(endpoint, bucket), quick: true })).rejects.toMatchObject({ kind: "UNAVAILABLE" });
    });
    expect((await s3.send(new ListMultipartUploadsCommand({ Bucket: bucket }))).Uploads ?? []).toEqual([]);
  });

  test("where the public host cannot be reached from here, the store is asked under its name", async () => {
    const bucket = await makeBucket();
    const report = await examine({ ...patientIn(bucket, { publicEndpoint: "http://127.0.0.1:1" }), quick: true });
    expect(report.failedMusts).toEqual([]);
  });

  test("broken off, it has found what it has found, and nothing is kept of what it has not", async () => {
    const abort = new AbortController();
    const onAsked = (): void => abort.abort();
    const report = await examine({
      ...patientIn(await makeBucket()),
      ...{ quick: false, signal: abort.signal, onAsked },
    });
    expect(report).toMatchObject({ interrupted: true, capabilities: {} });
    expect(examinationOf(report).asked).toEqual(new Set(["bucket"]));
  });

  test("every must is shown to fail somewhere", () => {
    const musts = PROBES.filter(({ level }) => level === "MUST").map(({ id }) => id);
    const shown = [...BY_CREDULITY, ...Object.keys(elsewhere)];
    expect(musts.filter((id) => !shown.includes(id))).toEqual([]);
    expect(shown.filter((id) => !PROBES.some((probe) => probe.id === id))).toEqual([]);
  });

  test.each(BY_CREDULITY)("%s, on a store that believes everything", (id) => {
    expect(verdictOf(credulousReport, id)).toBe("FAIL");
  });

  test.each(Object.keys(elsewhere))("%s", async (id) => {
    expect(await elsewhere[id]!()).toBe("FAIL");
  });
});

describe("the least privileges", () => {
  const actions = { ...ACTION_OF, ...DOCTOR_ACTION_OF };
  const sources = ["s3-storage", "s3-copy", "s3-listing", "doctor/bucket-probes"].map((name) =>
    readFileSync(new URL(`../../src/storage/${name}.ts`, import.meta.url), "utf8"),
  );
  const used = new Set(sources.flatMap((text) => [...text.matchAll(/new (\w+)Command\(/g)].map((match) => match[1]!)));

  test("cover every operation of the service, and not one more", () => {
    expect(used.size).toBeGreaterThan(8);
    expect([...used].filter((operation) => actions[operation] === undefined)).toEqual([]);
    const [upload, download, janitor] = leastPrivileges("b").map(({ policy }) =>
      policy.Statement.flatMap(({ Action }) => Action).sort(),
    );
    const needed = new Set([...used].map((operation) => actions[operation]!));
    expect(janitor).toEqual([...needed].sort());
    expect([upload, download]).toEqual([["s3:PutObject"], ["s3:GetObject"]]);
  });
});

describe("the command", () => {
  test.each([
    [[], "What is to be done?"],
    [["cure"], "Unknown cure"],
    [["setup", "--quick"], "option that it does not have"],
    [["doctor", "twice"], "Unknown twice"],
    [["doctor", "--fast"], "Unknown option"],
  ])("%j is told what there is", (words, told) => {
    expect(parseStorageCommand(words)).toMatchObject({ kind: "USAGE", why: expect.stringContaining(told) });
  });

  test("sets up, examines, keeps what it found; and a start in production goes by it", async () => {
    const app = await startTestApp();
    try {
      const production = {
        NODE_ENV: "production",
        PUBLIC_URL: ORIGIN,
        STOP_DELAY_SECONDS: "0",
        CORS_ORIGINS: "https://app.example.com",
      };
      const run = async (words: string[], endpoint = store.endpoint) => {
        const options = { ...app, store: { ...store, endpoint }, env: production };
        const { child, exit, log } = spawnApi(options, words);
        let out = "";
        child.stdout.setEncoding("utf8").on("data", (text: string) => (out += text));
        return { ...(await exit), out, log: log() };
      };
      const setup = await run(["storage", "setup"]);
      expect(setup).toMatchObject({ code: 0 });
      expect(JSON.parse(setup.out)).toMatchObject({ principals: [{ name: "upload signer" }, {}, { name: "janitor" }] });
      const doctor = await run(["storage", "doctor"]);
      expect(doctor).toMatchObject({ code: 0 });
      const { probes } = JSON.parse(doctor.out) as { probes: { id: string; verdict: string }[] };
      expect(probes.find(({ id }) => id === "marker")).toMatchObject({ verdict: "PASS" });
      expect(await rowsOf(app.db, "select endpoint, failed_musts from storage_capabilities")).toEqual([
        { endpoint: store.endpoint, failed_musts: [] },
      ]);

      const away = await run(["storage", "doctor"], "http://127.0.0.1:1");
      expect(away).toMatchObject({ code: 69, log: expect.stringContaining("That is no verdict") });

      const client = new S3Client({ ...store, credentials: keys, forcePathStyle: true, endpoint: credulous.endpoint });
      await client.send(new CreateBucketCommand({ Bucket: app.bucket }));
      client.destroy();
      const refused = await run([], credulous.endpoint);
      expect(refused.code).toBe(1);
      expect(refused.log).toContain("Files are not safe in");
      expect(refused.log).toContain("copy-source: with a body: somebody else's bytes were copied");
      expect(refused.out).toBe("");
    } finally {
      await app.stop();
    }
  }, 60_000);
});

test("a store that does not look at digests is promised nothing, and a digest is proven all the same", async () => {
  const first = await startTestApp();
  const capabilities = JSON.stringify({ enforcesPartSha256: false });
  await rowsOf(
    first.db,
    `insert into storage_capabilities (endpoint, bucket, capabilities, failed_musts, probes_version)
     values ($1, $2, $3, '[]', 1)`,
    [store.endpoint, first.bucket, capabilities],
  );
  const app = await startTestApp({ beside: first });
  try {
    const sha256 = sha256Of("content");
    const ticket = await openUpload(app, "ann", "content", { declareSha256: true });
    expect(ticket.partChecksum).toBe("NONE");
    await sendBytes(app, "ann", ticket, "content");
    expect(await confirmUpload(app, "ann", ticket.file.id)).toMatchObject({ file: { integrity: "SHA256", sha256 } });
  } finally {
    await app.stop();
    await first.stop();
  }
});
