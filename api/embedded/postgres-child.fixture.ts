/**
 * A process that holds an embedded Postgres, for the tests: `node postgres-child.fixture.js '{"dataDir":…,"port":0}'`.
 * Prints one JSON line, `{"ready":{url,port,adopted}}` or `{"error":{code,message}}`, with every log line in `log`.
 * SIGTERM: stop and end. SIGINT: write a row first, as an API that drains would. SIGUSR2: end at once, without stop.
 */
import pg from "pg";
import { EmbeddedError } from "./embedded-error.js";
import type { EmbeddedPostgresOptions } from "./postgres.js";
import { startEmbeddedPostgres } from "./postgres.js";

const options = JSON.parse(process.argv[2] ?? "{}") as EmbeddedPostgresOptions;
const log: string[] = [];

try {
  const server = await startEmbeddedPostgres({ ...options, onLog: (line) => log.push(line) });
  const stayAlive = setInterval(() => undefined, 60_000);
  process.once("SIGTERM", () => void server.stop().then(() => clearInterval(stayAlive)));
  process.once("SIGUSR2", () => process.exit(3));
  process.once(
    "SIGINT",
    () =>
      void drain(server.url)
        .then(server.stop)
        .then(() => clearInterval(stayAlive)),
  );
  const { url, port, adopted } = server;
  process.stdout.write(`${JSON.stringify({ ready: { url, port, adopted }, log })}\n`);
} catch (error) {
  const code = error instanceof EmbeddedError ? error.code : "UNTYPED";
  process.stdout.write(`${JSON.stringify({ error: { code, message: String(error) }, log })}\n`);
}

async function drain(url: string): Promise<void> {
  const client = new pg.Client(url);
  await client.connect();
  await client.query("create table drained as select pg_sleep(0.3) is not null as after_the_signal");
  await client.end();
}
