import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { startEmbeddedS3 } from "./server.js";

const USAGE = `usage: npm run embedded:s3 -- [--port N] [--data-dir DIR] [--bucket NAME] [--region NAME]
         [--access-key ID] [--secret-key KEY] [--no-fsync]

Runs the embedded S3 store in the foreground until Ctrl-C. The first line on stdout is JSON: endpoint, region, bucket, accessKeyId, secretAccessKey.
Without --data-dir everything lives in a temporary folder that is removed at the end. Port 0 (the default) takes any free one.
Without --secret-key a new one is drawn at each start.`;

/** Starts the store as a process of its own; see USAGE. */
async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      port: { type: "string", default: "0" },
      "data-dir": { type: "string" },
      bucket: { type: "string", default: "uploads" },
      "access-key": { type: "string", default: "embedded" },
      "secret-key": { type: "string" },
      region: { type: "string", default: "us-east-1" },
      "no-fsync": { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) {
    console.log(USAGE);
    return;
  }
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new Error(`--port ${values.port} is no port number`);
  const temporary = values["data-dir"] === undefined ? await mkdtemp(join(tmpdir(), "embedded-s3-")) : undefined;
  const removeTemporary = async (): Promise<void> => {
    if (temporary !== undefined) await rm(temporary, { recursive: true, force: true });
  };
  try {
    const store = await startEmbeddedS3({
      dataDir: values["data-dir"] ?? (temporary as string),
      port,
      region: values.region,
      accessKeyId: values["access-key"],
      secretAccessKey: values["secret-key"] ?? randomBytes(20).toString("hex"),
      buckets: [values.bucket],
      durable: !values["no-fsync"],
    });
    const stop = (): void => {
      store
        .stop()
        .then(removeTemporary)
        .then(() => process.exit(0), fail);
    };
    process.once("SIGINT", stop);
    process.once("SIGTERM", stop);
    const { endpoint, region, accessKeyId, secretAccessKey } = store;
    console.log(JSON.stringify({ endpoint, region, bucket: values.bucket, accessKeyId, secretAccessKey }));
  } catch (error) {
    await removeTemporary();
    throw error;
  }
}

function fail(error: unknown): void {
  const { code, message } = error as NodeJS.ErrnoException;
  const advice = code === "EADDRINUSE" ? `the port is taken (${message}); choose another with --port` : message;
  console.error(`embedded S3: ${advice}`);
  process.exit(1);
}

main().catch(fail);
