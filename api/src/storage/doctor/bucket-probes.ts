import {
  GetBucketLifecycleConfigurationCommand,
  GetBucketReplicationCommand,
  GetBucketVersioningCommand,
  GetObjectLockConfigurationCommand,
  HeadBucketCommand,
} from "@aws-sdk/client-s3";
import type { LifecycleRule } from "@aws-sdk/client-s3";
import type { Patient } from "./patient.js";
import { statusOf } from "./patient.js";
import { fail, notRun, pass, passUnless, told } from "./probe.js";
import type { Finding, Probe } from "./probe.js";

/** How the bucket is set up, and how the store behaves from here. */

/** Says whose the bucket is; written by the service's first start (reconcile/claim-bucket.ts). */
const MARKER_KEY = "signet/deployment";
const DAY_SECONDS = 86_400;
/** The store's rule is an abort that nobody here controls: it must come long after an upload's own end. */
const STALE_RULE_MARGIN_DAYS = 7;

/** Whole days after which the store may abort uploads by itself. PURE. */
export function staleRuleDays(uploadTtlSeconds: number): number {
  return Math.ceil(uploadTtlSeconds / DAY_SECONDS) + STALE_RULE_MARGIN_DAYS;
}

/** Asked before all others. */
export const bucketSeen: Probe = {
  id: "bucket",
  level: "MUST",
  proves: "The bucket is there, and the service's own key can see it.",
  mend: "`npm run storage -- setup` makes the bucket and prints what the key (AWS_ACCESS_KEY_ID) needs: s3:ListBucket here.",
  quick: true,
  async ask({ storage }) {
    await storage.checkBucket();
    return pass("seen");
  },
};

const marker: Probe = {
  id: "marker",
  level: "MUST",
  proves: "The bucket is this database's.",
  mend: "Check S3_BUCKET, S3_ENDPOINT and DATABASE_URL: two deployments on one bucket take each other's files for lost.",
  quick: false,
  async ask({ storage, deploymentId }) {
    if (deploymentId === null) return notRun("no database was asked");
    const text = (await storage.readText({ key: MARKER_KEY }))?.trim() ?? null;
    if (text === null) return notRun("not marked yet: the service's first start does that");
    return text === deploymentId
      ? pass("marked with this deployment's id")
      : fail("marked with another deployment's id");
  },
};

const NEEDS_TO_ASK = "see the janitor's policy that `npm run storage -- setup` prints";

/** What the store keeps after a delete. */
const keepsBytes: Probe = {
  id: "keeps-deleted-bytes",
  level: "MUST",
  proves: "Deleted bytes are gone: no versions, locks or replicas of them are kept.",
  mend: "Suspend versioning, Object Lock and replication for this bucket, or deleteFile(permanently) does not do what it says.",
  quick: false,
  async ask({ client, connection }) {
    const Bucket = connection.bucket;
    const kept: string[] = [];
    const hidden: string[] = [];
    const unknown: string[] = [];
    const look = async (what: string, work: () => Promise<boolean>): Promise<void> => {
      try {
        if (await work()) kept.push(what);
      } catch (error) {
        // 404: there is no such configuration. 403: nobody knows; what must hold has to be seen.
        if (statusOf(error) === 403) hidden.push(what);
        else if (statusOf(error) !== 404) unknown.push(what);
      }
    };
    await look(
      "versions",
      async () => (await client.send(new GetBucketVersioningCommand({ Bucket }))).Status === "Enabled",
    );
    await look("locks", async () => {
      const { ObjectLockConfiguration: lock } = await client.send(new GetObjectLockConfigurationCommand({ Bucket }));
      return lock?.ObjectLockEnabled === "Enabled";
    });
    await look("replicas", async () => {
      const { ReplicationConfiguration: replication } = await client.send(new GetBucketReplicationCommand({ Bucket }));
      return replication?.Rules?.some((rule) => rule.Status === "Enabled") === true;
    });
    if (kept.length > 0) return fail(`kept: ${kept.join(", ")}`);
    if (hidden.length > 0) return fail(`the service's key may not ask about ${hidden.join(", ")}: ${NEEDS_TO_ASK}`);
    if (unknown.length === 3) return notRun("the store does not say");
    return pass(unknown.length === 0 ? "none" : `none; not said: ${unknown.join(", ")}`);
  },
};

/** Days of the enabled rules that abort stale uploads of files; null: the store does not say. @throws Error when it may not be asked */
async function staleRules({ client, connection }: Patient): Promise<readonly number[] | null> {
  try {
    const { Rules = [] } = await client.send(new GetBucketLifecycleConfigurationCommand({ Bucket: connection.bucket }));
    return Rules.filter((rule) => rule.Status === "Enabled" && "f/".startsWith(prefixOf(rule).slice(0, 2)))
      .map((rule) => rule.AbortIncompleteMultipartUpload?.DaysAfterInitiation)
      .filter((days) => days !== undefined);
  } catch (error) {
    if (statusOf(error) === 403)
      throw new Error(`the service's key may not ask about lifecycle rules: ${NEEDS_TO_ASK}`);
    return statusOf(error) === 404 ? [] : null;
  }
}

const prefixOf = ({ Filter, Prefix }: LifecycleRule & { readonly Prefix?: string }): string =>
  Filter?.Prefix ?? Filter?.And?.Prefix ?? Prefix ?? "";

const staleRuleAge: Probe = {
  id: "stale-uploads-age",
  level: "MUST",
  proves: "The store does not abort uploads that are still open here.",
  mend: "A lifecycle rule aborts uploads too early: `npm run storage -- setup` prints what it must be.",
  quick: false,
  async ask(patient) {
    const least = staleRuleDays(patient.uploadTtlSeconds);
    const rules = await staleRules(patient);
    if (rules === null) return notRun("the store does not say");
    const early = rules.filter((days) => days < least);
    return passUnless(
      early.map((days) => `after ${days} days, must be ${least} or more`),
      rules.length === 0 ? "no rule" : `after ${Math.min(...rules)} days`,
    );
  },
};

const staleRule: Probe = {
  id: "stale-uploads",
  level: "SHOULD",
  proves: "The store itself removes uploads that everybody has forgotten.",
  mend: "`npm run storage -- setup` sets the rule. Without it a database that is lost leaves its open uploads for ever.",
  quick: false,
  async ask(patient) {
    const rules = await staleRules(patient);
    if (rules === null) return notRun("the store does not say");
    return rules.length > 0 ? pass(`after ${Math.min(...rules)} days`) : fail("no rule");
  },
};

const cors: Probe = {
  id: "cors",
  level: "SHOULD",
  proves: "Pages of the configured origins can upload, and no others.",
  mend: "`npm run storage -- setup` sets the rule; PUBLIC_URL and CORS_ORIGINS say for whom.",
  quick: false,
  async ask(patient) {
    if (patient.corsOrigins.length === 0) return notRun("no origin is configured: set PUBLIC_URL or CORS_ORIGINS");
    const upload = await patient.open("cors");
    const { url } = await patient.signPart(upload, 1);
    const allowed = async (origin: string): Promise<boolean> => {
      const headers: [string, string][] = [
        ["Origin", origin],
        ["Access-Control-Request-Method", "PUT"],
        ["Access-Control-Request-Headers", "content-type,x-amz-checksum-sha256"],
      ];
      const answer = await patient.send({ method: "OPTIONS", url, headers });
      return answer.status < 300 && ["*", origin].includes(answer.headers.get("access-control-allow-origin") ?? "");
    };
    const faults: string[] = [];
    for (const origin of patient.corsOrigins) if (!(await allowed(origin))) faults.push(`${origin} is refused`);
    if (await allowed("https://stranger.example")) faults.push("every origin is let through");
    return passUnless(faults, `${patient.corsOrigins.length} origins let through, a stranger's not`);
  },
};

const clock: Probe = {
  id: "clock",
  level: "SHOULD",
  proves: "This machine's clock and the store's agree within 5 s.",
  mend: "Set the clock (NTP): signed URLs begin and end by the store's.",
  quick: false,
  async ask(patient) {
    const { headers } = await patient.send({ method: "GET", url: await patient.bareUrl("") });
    const date = Date.parse(headers.get("date") ?? "");
    if (Number.isNaN(date)) return notRun("the store tells no time");
    const seconds = Math.round(Math.abs(Date.now() - date) / 1000);
    return seconds <= 5 ? pass(`${seconds} s apart`) : fail(`${seconds} s apart`);
  },
};

const LATENCY_CALLS = 15;
const SLOW_MS = 40;

const latency: Probe = {
  id: "latency",
  level: "SHOULD",
  proves: `A control call takes less than ${SLOW_MS} ms.`,
  mend: "Each upload takes several calls. Is the store near? Ceph: rgw_frontends needs tcp_nodelay=1.",
  quick: false,
  async ask({ client, connection }) {
    const taken: number[] = [];
    for (let call = 0; call < LATENCY_CALLS; call += 1) {
      const begun = performance.now();
      await client.send(new HeadBucketCommand({ Bucket: connection.bucket }));
      taken.push(performance.now() - begun);
    }
    const median = taken.sort((a, b) => a - b)[Math.floor(LATENCY_CALLS / 2)]!;
    const seen = `${median.toFixed(1)} ms, median of ${LATENCY_CALLS}`;
    return median < SLOW_MS ? pass(seen) : fail(seen);
  },
};

const isPlain = (url: string): boolean => {
  const { protocol, hostname } = new URL(url);
  return protocol === "http:" && !["localhost", "127.0.0.1", "[::1]"].includes(hostname);
};

const encryption: Probe = {
  id: "https",
  level: "SHOULD",
  proves: "Signed URLs and bytes go over https.",
  mend: "Whoever reads a plain connection reads the URL and may use it: put TLS in front, and set S3_PUBLIC_ENDPOINT.",
  quick: false,
  async ask({ signer }): Promise<Finding> {
    const plain = signer.origins().filter(isPlain);
    return plain.length === 0 ? told("yes, or on this machine only") : fail(plain.join(", "));
  },
};

export const BUCKET_PROBES: readonly Probe[] = [
  ...[bucketSeen, marker, keepsBytes, staleRuleAge, staleRule, cors, clock, latency, encryption],
];
