import { readFile } from "node:fs/promises";
import { parseArgs } from "node:util";
import type { CheckResult, KnownDifference } from "./check.js";
import { RADOSGW_16 } from "./radosgw-16.known.js";
import { runSuite } from "./run.js";

const USAGE = `usage: npm run test:store -- --endpoint URL --access-key ID --secret-key KEY
         [--region us-east-1] [--bucket NAME] [--known PROFILE|FILE] [--only PREFIX] [--json]

Runs the S3 conformance suite against any store. It writes only below a prefix of its own in --bucket (created when missing) and in buckets called
conformance-*, and removes what it made. --known declares differences: the profile radosgw-16, or a JSON file
[{"id","reason","atTimes"?},…].
Exit code: the number of failures that are not declared, at most 100.`;

const PROFILES: Record<string, readonly KnownDifference[]> = { "radosgw-16": RADOSGW_16 };
const LABELS: Record<CheckResult["outcome"], string> = {
  ok: "ok  ",
  failed: "FAIL",
  known: "known difference",
  "unexpected pass": "ok, though declared as a difference",
};

/** The suite as a command; see USAGE. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      endpoint: { type: "string" },
      "access-key": { type: "string" },
      "secret-key": { type: "string" },
      region: { type: "string", default: "us-east-1" },
      bucket: { type: "string", default: "conformance" },
      known: { type: "string" },
      only: { type: "string" },
      json: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  const { endpoint, region, bucket } = values;
  const [accessKeyId, secretAccessKey] = [values["access-key"], values["secret-key"]];
  if (values.help || !endpoint || !accessKeyId || !secretAccessKey) {
    console.log(USAGE);
    process.exitCode = values.help ? 0 : 101;
    return;
  }
  const results = await runSuite(
    { endpoint, region, bucket, accessKeyId, secretAccessKey },
    {
      known: values.known === undefined ? [] : await readKnown(values.known),
      only: values.only,
      onResult: values.json ? undefined : (result) => console.log(render(result)),
    },
  );
  const count = (outcome: CheckResult["outcome"]): number => results.filter((one) => one.outcome === outcome).length;
  const passed = count("ok") + count("unexpected pass");
  if (values.json)
    console.log(
      JSON.stringify(
        results.map(({ check, outcome, message, durationMs }) => ({
          id: check.id,
          title: check.title,
          source: check.source,
          outcome,
          message,
          durationMs,
        })),
        null,
        2,
      ),
    );
  else console.log(`${passed} passed, ${count("failed")} failed, ${count("known")} known differences`);
  if (count("unexpected pass") > 0 && !values.json)
    console.log(`${count("unexpected pass")} declared differences are none any more: take them off the list`);
  process.exitCode = Math.min(count("failed"), 100);
}

function render({ check, outcome, message }: CheckResult): string {
  const line = `${LABELS[outcome]} ${check.id}: ${check.title}`;
  return message === "" ? line : `${line}\n       ${message}${outcome === "failed" ? `\n       ${check.source}` : ""}`;
}

async function readKnown(name: string): Promise<readonly KnownDifference[]> {
  const profile = PROFILES[name];
  if (profile) return profile;
  const parsed: unknown = JSON.parse(await readFile(name, "utf8"));
  const valid =
    Array.isArray(parsed) &&
    parsed.every((one: Partial<KnownDifference>) => typeof one?.id === "string" && typeof one.reason === "string");
  if (!valid) throw new Error(`${name} is no list of {"id","reason"}`);
  return parsed as KnownDifference[];
}

main().catch((error: unknown) => {
  console.error(`conformance: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 101;
});
