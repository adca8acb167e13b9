import {
  CreateBucketCommand,
  GetBucketCorsCommand,
  GetBucketLifecycleConfigurationCommand,
  GetPublicAccessBlockCommand,
  HeadBucketCommand,
  PutBucketCorsCommand,
  PutBucketLifecycleConfigurationCommand,
  PutPublicAccessBlockCommand,
  S3Client,
} from "@aws-sdk/client-s3";
import type {
  BucketLocationConstraint,
  CORSRule,
  LifecycleRule,
  PublicAccessBlockConfiguration,
} from "@aws-sdk/client-s3";
import { corsRule } from "./bucket-cors.js";
import { staleRuleDays } from "./doctor/bucket-probes.js";
import { admitPatient, statusOf } from "./doctor/patient.js";
import type { PatientOptions } from "./doctor/patient.js";
import { isTaken } from "./doctor/send-raw.js";
import { StorageError } from "./object-storage.js";
import { s3Identity } from "./s3-client.js";

/** What became of one step. UNSUPPORTED: this store knows nothing like it, which is told and is no failure. */
export interface SetupStep {
  readonly what: string;
  readonly outcome: "DONE" | "ALREADY" | "UNSUPPORTED" | "FAILED" | "WOULD_DO";
  readonly detail: string;
}

export interface SetupOptions extends PatientOptions {
  /** Looks and says what it would do. */
  readonly dryRun: boolean;
  readonly onStep: (step: SetupStep) => void;
}

/** Our rules among others: only these are ever replaced. */
const RULE_ID = "signet";
/** Where this service opens uploads, and the rule of each: a bucket may be shared, and uploads of others are not ours to end. */
const STALE_RULES: Readonly<Record<string, string>> = { [RULE_ID]: "f/", [`${RULE_ID}-quarantine`]: "quarantine/" };
/** What stores answer to a setting that they do not have. */
const UNKNOWN_SETTING = new Set(["NotImplemented", "MethodNotAllowed", "NotSupported", "UnknownError"]);

type Outcome = Pick<SetupStep, "outcome" | "detail">;

/**
 * Makes a bucket and sets it up: CORS, a lifecycle rule for stale uploads, no public access. Repeatable: what is so already is
 * left alone, and so are rules of others. @throws what the SDK throws when the store cannot be reached
 */
export async function setupBucket(options: SetupOptions): Promise<readonly SetupStep[]> {
  const { connection, dryRun } = options;
  const client = new S3Client({ ...s3Identity(connection), maxAttempts: 3 });
  const Bucket = connection.bucket;
  const steps: SetupStep[] = [];
  const step = async (what: string, work: () => Promise<Outcome>): Promise<void> => {
    const outcome = await work().catch((error: unknown): Outcome => failure(error));
    steps.push({ what, ...outcome });
    options.onStep({ what, ...outcome });
  };
  /** Changes a setting unless it is as it should be, or this is only a look. */
  const settle = async (isSo: boolean, detail: string, change: () => Promise<unknown>): Promise<Outcome> => {
    if (isSo) return { outcome: "ALREADY", detail };
    if (dryRun) return { outcome: "WOULD_DO", detail };
    await change();
    return { outcome: "DONE", detail };
  };
  try {
    await step("bucket", makeBucket);
    if (steps.at(-1)!.outcome === "FAILED" || steps.at(-1)!.outcome === "WOULD_DO") return steps;
    await step("cors", setCors);
    await step("stale uploads", setLifecycle);
    await step("public access", blockPublicAccess);
    return steps;
  } finally {
    client.destroy();
  }

  async function makeBucket(): Promise<Outcome> {
    const exists = await client.send(new HeadBucketCommand({ Bucket })).then(
      () => true,
      (error: unknown) => {
        if (statusOf(error) === 404) return false;
        throw error;
      },
    );
    // us-east-1 is where a bucket goes that names no place, and naming it is an error on AWS.
    const place =
      connection.region === "us-east-1" || connection.endpoint !== undefined
        ? {}
        : { CreateBucketConfiguration: { LocationConstraint: connection.region as BucketLocationConstraint } };
    return settle(exists, `${Bucket} in ${connection.region}`, () =>
      client.send(new CreateBucketCommand({ Bucket, ...place })),
    );
  }

  async function setCors(): Promise<Outcome> {
    const { corsOrigins } = options;
    if (corsOrigins.length === 0)
      return { outcome: "FAILED", detail: "no origin is configured: set PUBLIC_URL or CORS_ORIGINS" };
    const rules = await valueOr404(async () => (await client.send(new GetBucketCorsCommand({ Bucket }))).CORSRules);
    const wanted: CORSRule = { ...corsRule(corsOrigins), ID: RULE_ID };
    const own = (rules ?? []).filter((rule) => isOurs(rule.ID) || sameRule(rule, wanted));
    const isSo = own.some((rule) => sameRule(rule, wanted));
    const others = (rules ?? []).filter((rule) => !own.includes(rule));
    return settle(isSo, corsOrigins.join(", "), () =>
      client.send(new PutBucketCorsCommand({ Bucket, CORSConfiguration: { CORSRules: [...others, wanted] } })),
    );
  }

  async function setLifecycle(): Promise<Outcome> {
    const days = staleRuleDays(options.uploadTtlSeconds);
    const before = await valueOr404(() => client.send(new GetBucketLifecycleConfigurationCommand({ Bucket })));
    const rules = before?.Rules ?? [];
    const wanted = Object.entries(STALE_RULES).map(([ID, Prefix]): LifecycleRule => ({
      ...{ ID, Status: "Enabled", Filter: { Prefix } },
      AbortIncompleteMultipartUpload: { DaysAfterInitiation: days },
    }));
    const isSo = wanted.every((one) => rules.some((rule) => sameStaleRule(rule, one)));
    const others = rules.filter(({ ID }) => ID === undefined || !(ID in STALE_RULES));
    // A Put replaces the whole configuration: what stands beside the rules goes with it.
    const { TransitionDefaultMinimumObjectSize } = before ?? {};
    return settle(isSo, `aborted after ${days} days`, () =>
      client.send(
        new PutBucketLifecycleConfigurationCommand({
          ...{ Bucket, LifecycleConfiguration: { Rules: [...others, ...wanted] } },
          ...(TransitionDefaultMinimumObjectSize === undefined ? {} : { TransitionDefaultMinimumObjectSize }),
        }),
      ),
    );
  }

  /**
   * BlockPublicAcls makes some stores (radosgw 16) refuse every presigned PUT; IgnorePublicAcls does the same good. So it is
   * tried, and taken back where uploads no longer work.
   */
  async function blockPublicAccess(): Promise<Outcome> {
    const wanted = {
      BlockPublicAcls: false,
      IgnorePublicAcls: true,
      BlockPublicPolicy: true,
      RestrictPublicBuckets: true,
    };
    const before = await valueOr404(
      async () => (await client.send(new GetPublicAccessBlockCommand({ Bucket }))).PublicAccessBlockConfiguration,
    );
    const isSo =
      before?.IgnorePublicAcls === true && before.BlockPublicPolicy === true && before.RestrictPublicBuckets === true;
    const put = (PublicAccessBlockConfiguration: PublicAccessBlockConfiguration): Promise<unknown> =>
      client.send(new PutPublicAccessBlockCommand({ Bucket, PublicAccessBlockConfiguration }));
    // Only what it has broken can tell against it.
    const worked = !isSo && !dryRun && (await uploadsWork());
    const outcome = await settle(isSo, "public ACLs and policies have no effect", () =>
      // What was set stricter stays so.
      put({ ...wanted, BlockPublicAcls: before?.BlockPublicAcls === true }),
    );
    if (outcome.outcome !== "DONE" || !worked || (await uploadsWork())) return outcome;
    await put(
      before ?? {
        BlockPublicAcls: false,
        IgnorePublicAcls: false,
        BlockPublicPolicy: false,
        RestrictPublicBuckets: false,
      },
    );
    return { outcome: "UNSUPPORTED", detail: "with it this store refuses presigned uploads: taken back" };
  }

  async function uploadsWork(): Promise<boolean> {
    const patient = admitPatient(options);
    try {
      const upload = await patient.open("setup");
      return isTaken(await patient.put(await patient.signPart(upload, 1), "x"));
    } catch (error) {
      if (error instanceof StorageError) return false;
      throw error;
    } finally {
      await patient.close();
    }
  }
}

const isOurs = (id: string | undefined): boolean => id === RULE_ID;

function sameStaleRule(one: LifecycleRule, other: LifecycleRule): boolean {
  const text = ({ ID, Status, Filter, AbortIncompleteMultipartUpload: abort }: LifecycleRule): string =>
    JSON.stringify([ID, Status, Filter?.Prefix, abort?.DaysAfterInitiation]);
  return text(one) === text(other);
}

function sameRule(one: CORSRule, other: CORSRule): boolean {
  const text = ({ AllowedOrigins = [], AllowedMethods = [], AllowedHeaders = [], MaxAgeSeconds }: CORSRule): string =>
    JSON.stringify([[...AllowedOrigins].sort(), [...AllowedMethods].sort(), [...AllowedHeaders].sort(), MaxAgeSeconds]);
  return text(one) === text(other);
}

/** What is not configured is a 404. */
async function valueOr404<Value>(read: () => Promise<Value>): Promise<Value | undefined> {
  try {
    return await read();
  } catch (error) {
    if (statusOf(error) === 404) return undefined;
    throw error;
  }
}

/** @throws the error itself when there was no answer at all */
function failure(error: unknown): Outcome {
  if (!(error instanceof Error) || statusOf(error) === null) throw error;
  const status = statusOf(error);
  const detail = `${error.name} (${status})`;
  if (status === 501 || status === 405 || UNKNOWN_SETTING.has(error.name)) return { outcome: "UNSUPPORTED", detail };
  return { outcome: "FAILED", detail: status === 403 ? `${detail}: this key may not do that` : detail };
}
