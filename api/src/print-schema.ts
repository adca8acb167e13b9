import { lexicographicSortSchema, printSchema } from "graphql";
import { createSchema } from "./schema.js";

// The command behind schema.graphql: prints the SDL, needs no servers.
process.stdout.write(`${printSchema(lexicographicSortSchema(createSchema([])))}\n`);
